"""HDF5 files of weights: a guarded reader and a writer.

A file from elsewhere may point at other files (external and virtual datasets, soft and external
links), declare sizes that it doesn't hold, or name filter plug-ins. The reader follows hard links
only, and checks what a dataset declares against what is stored before a byte is allocated.
"""

import contextlib
import functools
import io
import itertools
import math
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import torch

from torchkeras.core.stored import Stored
from torchkeras.saving import transfer
from torchkeras.saving.files import DamagedFileError, damaged
from torchkeras.saving.hdf5_heaps import Texts
from torchkeras.saving.transfer import Place

# gzip can't expand by more than this (1032 bytes for one), and shuffle doesn't expand.
_MOST_EXPANSION = 1040
_FILTERS = {1: "gzip", 2: "shuffle", 3: "fletcher32"}
_KINDS = "biufcS"
_ATTRIBUTE_KINDS = "biufSO"
_SMALL = 2**20
_DEEPEST = 100  # groups within each other
_HARD = "hard link"
_LARGEST_CHUNK = 64 * 2**20
# HDF5 has no bfloat16: Keras stores the two bytes as an opaque type, and the name beside them.
_BFLOAT16 = np.dtype("V2")


def _h5py() -> Any:
    try:
        import h5py
    except ImportError:
        raise ImportError("Reading and writing .h5 files needs the package h5py.") from None
    return h5py


def refuse(path: str, what: str) -> DamagedFileError:
    """The error for a file that does what weights never need."""
    return damaged(
        f"HDF5 object {path!r}", what, "plain data stored in the file itself",
        "The file is damaged or was made to do harm.",
    )  # fmt: skip


# --- Reading

# How h5py tells that the bytes of a file aren't what they should be.
_UNREADABLE = (
    OSError, RuntimeError, LookupError, TypeError, ValueError, AttributeError, ArithmeticError,
    MemoryError, SystemError,
)  # fmt: skip


@contextlib.contextmanager
def _reading(path: str) -> Iterator[None]:
    """Within it, what h5py can't make sense of is damage at ``path``.

    Raises:
        DamagedFileError: it can't.
    """
    try:
        yield
    except DamagedFileError:
        raise
    except _UNREADABLE as error:
        raise refuse(path, f"unreadable ({type(error).__name__}: {error})") from error


class Source(NamedTuple):
    """What the members of an open file know of it.

    Attributes:
        texts: Reads its texts.
        place: Where it lies, if its bytes can be read past HDF5.
    """

    texts: Texts
    place: Place | None


class Attributes(Mapping):
    """Attributes of a group or dataset, none of which is longer than its file.

    Raises:
        DamagedFileError: one is, or it can't be read.
    """

    def __init__(self, owner: Any, path: str, texts: Texts) -> None:
        self._owner = owner
        self._path = path
        self._texts = texts

    def __iter__(self) -> Iterator[str]:
        with _reading(self._path):
            return iter(list(self._owner.attrs.keys()))

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __contains__(self, name: object) -> bool:
        with _reading(self._path):
            return isinstance(name, str) and name in self._owner.attrs

    def __getitem__(self, name: str) -> Any:
        if name not in self:
            raise KeyError(name)
        with _reading(f"{self._path}@{name}"):
            attribute = self._owner.attrs.get_id(name)
            declared = math.prod(attribute.shape or ()) * attribute.dtype.itemsize
            stored = self._owner.file.id.get_filesize()
            if declared > stored or attribute.dtype.kind not in _ATTRIBUTE_KINDS:
                what = f"{declared} bytes of {attribute.dtype} in a file of {stored}"
                raise refuse(f"{self._path}@{name}", what)
            if 0 in (attribute.shape or ()):
                return []
            if attribute.dtype.kind == "O":
                return self._text(attribute, name)
            return self._owner.attrs[name]

    def _text(self, attribute: Any, name: str) -> Any:
        """An attribute of texts of no fixed length."""
        if _h5py().check_string_dtype(attribute.dtype) is None:
            raise refuse(f"{self._path}@{name}", "neither numbers nor texts")
        try:
            return self._texts.read(attribute, self._owner.name, name)
        finally:
            if self._texts.problem is not None:
                raise refuse(f"{self._path}@{name}", self._texts.problem)

    def text(self, name: str) -> str:
        """The attribute of that name, which is one text."""
        value = self[name]
        if isinstance(value, bytes):
            value = value.decode("utf-8", "replace")
        if not isinstance(value, str):
            raise refuse(f"{self._path}@{name}", f"a {type(value).__name__}, where a text belongs")
        return str(value)


class Group(Mapping):
    """A group of an HDF5 file whose members are reached by hard links only.

    Iterating gives names; an entry is a ``Group`` or a ``Dataset``.

    Args:
        group: h5py's.
        source: The file.
        depth: How many groups it is in.

    Raises:
        DamagedFileError: a member lies elsewhere, is of another kind, or can't be read.
    """

    def __init__(self, group: Any, source: Source, depth: int = 0) -> None:
        self._group = group
        self._source = source
        self._depth = depth
        self._known: dict[str, Group | Dataset] = {}  # each is opened once
        if depth > _DEEPEST:  # such as a group within itself
            raise refuse(self.path[:200], f"{depth} groups within each other")

    @functools.cached_property
    def path(self) -> str:
        """Where the group lies in its file."""
        with _reading("/"):
            return self._group.name or "/"

    @property
    def identity(self) -> Any:
        """What tells the group from others, under whatever name it is reached."""
        with _reading(self.path):
            return _h5py().h5o.get_info(self._group.id).addr

    @property
    def attributes(self) -> Attributes:
        """The group's attributes."""
        return Attributes(self._group, self.path, self._source.texts)

    def __iter__(self) -> Iterator[str]:
        with _reading(self.path):
            return iter(list(self._group.keys()))

    def __len__(self) -> int:
        with _reading(self.path):
            return len(self._group)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and (name in self._known or self._link(name) is not None)

    def _link(self, name: str) -> str | None:
        """What kind of link has that name; None if there is none."""
        if not name or "\0" in name:
            return None
        with _reading(self.path):
            links, encoded = self._group.id.links, name.encode("utf-8", "surrogateescape")
            if not links.exists(encoded):
                return None
            kind = links.get_info(encoded).type
        h5l = _h5py().h5l
        known = {h5l.TYPE_HARD: _HARD, h5l.TYPE_SOFT: "SoftLink", h5l.TYPE_EXTERNAL: "ExternalLink"}
        return known.get(kind, "link of an unknown kind")

    def __getitem__(self, name: str) -> Any:
        if "/" in name:
            first, _, rest = name.strip("/").partition("/")
            found = self[first]
            if rest and not isinstance(found, Group):
                raise KeyError(name)
            return found[rest] if rest else found
        if name not in self._known:
            self._known[name] = self._opened(name)
        return self._known[name]

    def _opened(self, name: str) -> "Group | Dataset":
        h5py = _h5py()
        link = self._link(name)
        if link is None and name in list(iter(self)):
            raise refuse(f"{self.path}/{name}", "listed and not there")
        if link is None:
            raise KeyError(name)
        if link != _HARD:
            raise refuse(f"{self.path}/{name}", f"a {link}")
        with _reading(f"{self.path}/{name}"):
            member = self._group[name]
            if isinstance(member, h5py.Group):
                return Group(member, self._source, self._depth + 1)
            if isinstance(member, h5py.Dataset):
                return Dataset(member, self._source)
        raise refuse(f"{self.path}/{name}", f"a {type(member).__name__}")

    def group(self, name: str) -> "Group | None":
        """The group of that name (or path), or None if there is none."""
        found: Any = self
        for part in name.strip("/").split("/"):
            if not isinstance(found, Group) or part not in found:
                return None
            found = found[part]
        return found if isinstance(found, Group) else None

    def arrays(self) -> "dict[str, Dataset]":
        """The datasets of this group, by name."""
        found = {name: self[name] for name in self}
        return {name: inner for name, inner in found.items() if isinstance(inner, Dataset)}

    def holds_texts(self, name: str) -> bool:
        """Whether there is a list of texts of that name, whole or in parts."""
        return name in self.attributes or f"{name}0" in self.attributes

    def texts(self, name: str) -> list[str]:
        """The list of texts in the attribute of that name, or in its numbered parts.

        Raises:
            ValueError: there is something else, or more is declared than stored.
        """
        if name in self.attributes:
            return self._list_of_texts(name)
        found: list[str] = []
        for number in itertools.count():
            if f"{name}{number}" not in self.attributes:
                return found
            found += self._list_of_texts(f"{name}{number}")

    def _list_of_texts(self, name: str) -> list[str]:
        values = self.attributes[name]
        if isinstance(values, np.ndarray):
            values = values.tolist()
        if not isinstance(values, list):
            raise refuse(f"{self.path}@{name}", "no list")
        texts = [
            value.decode("utf-8", "replace") if isinstance(value, bytes) else value
            for value in values
        ]
        if not all(isinstance(text, str) for text in texts):
            raise refuse(f"{self.path}@{name}", "no list of texts")
        return texts

    def values_of(self, name: str) -> "Values":
        """The arrays of the group of that name; none if there is no such group."""
        return Values(self.group(name))


def groups_of(group: Any) -> Iterator[Any]:
    """``group`` and all groups below it, once each, though they lie within each other."""
    seen = set()
    stack = [] if group is None else [group]
    while stack:
        found = stack.pop()
        if found.identity in seen:
            continue
        seen.add(found.identity)
        yield found
        below = (found.group(name) for name in found)
        stack += [inner for inner in below if inner is not None]


class Dataset(Stored):
    """A dataset whose declared size has been checked against what is stored.

    Args:
        dataset: h5py's.
        source: The file.

    Attributes:
        path: Where it lies in its file.
        shape: Shape of the data.
        dtype: Number type; that of two bytes without meaning if they are bfloat16.

    Raises:
        ValueError: data in other files, a filter that isn't gzip or shuffle, values that aren't
            numbers, or more declared than stored.
    """

    def __init__(self, dataset: Any, source: Source) -> None:
        self._dataset = dataset
        self._source = source
        self.path = dataset.name
        plan = dataset.id.get_create_plist()
        if plan.get_layout() == _h5py().h5d.VIRTUAL or plan.get_external_count() > 0:
            raise refuse(self.path, "data kept in other files")
        filters = [plan.get_filter(k)[0] for k in range(plan.get_nfilters())]
        if any(number not in _FILTERS for number in filters):
            raise refuse(self.path, f"compressed by filters {filters}")
        self.dtype = dataset.dtype
        if dataset.shape is None or (self.dtype.kind not in _KINDS and not self.is_bfloat16):
            raise refuse(self.path, f"of type {self.dtype}")
        self.shape = tuple(dataset.shape)
        self._check_size(1 in filters)

    def _check_size(self, is_compressed: bool) -> None:
        declared = math.prod(self.shape) * self.dtype.itemsize
        stored = self._dataset.id.get_storage_size()
        if declared > stored * (_MOST_EXPANSION if is_compressed else 1):
            raise refuse(self.path, f"{declared} bytes declared, {stored} stored")
        chunks = self._dataset.chunks
        if chunks is not None:
            chunk = math.prod(chunks) * self.dtype.itemsize
            if chunk > max(_LARGEST_CHUNK, 4 * declared):
                raise refuse(self.path, f"chunks of {chunk} bytes for {declared} bytes of data")

    @functools.cached_property
    def is_bfloat16(self) -> bool:
        """Whether the numbers are of that type, which HDF5 lacks."""
        if self.dtype != _BFLOAT16:
            return False
        attributes = Attributes(self._dataset, self.path, self._source.texts)
        return attributes.get("dtype") in ("bfloat16", b"bfloat16")

    @property
    def place(self) -> Place | None:
        """Where the numbers lie in one piece, as this machine has them; None if they don't."""
        whole = self._source.place
        if whole is None:
            return None
        with _reading(self.path):
            kind, offset = self._dataset.id.get_type(), self._dataset.id.get_offset()
            native = _h5py().h5t.py_create(self.dtype.newbyteorder("="))
        if offset is None or not (kind == native or self.is_bfloat16):
            return None
        size = math.prod(self.shape) * self.dtype.itemsize
        if offset + size > whole.size:
            raise refuse(self.path, f"{size} bytes behind {offset} of {whole.size}")
        return whole._replace(start=whole.start + offset, size=size)

    def read(self) -> Any:
        """The data: a NumPy array, or a tensor if they are bfloat16."""
        with _reading(self.path):
            values = self._dataset[()]
        if self.is_bfloat16:
            return torch.from_numpy(np.asarray(values).view(np.int16)).view(torch.bfloat16)
        return np.asarray(values)


class Values(Mapping):
    """What ``load_own_variables`` gets: arrays by name, read when they are asked for."""

    def __init__(self, group: Group | None, is_unread: bool = False) -> None:
        self._group = group
        self._is_unread = is_unread

    def unread(self) -> "Values":
        """The same, whose values are datasets."""
        return Values(self._group, is_unread=True)

    def __iter__(self) -> Iterator[str]:
        if self._group is not None:
            yield from (name for name in self._group if isinstance(self._group[name], Dataset))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, name: object) -> bool:
        return self._group is not None and name in self._group

    def __getitem__(self, name: str) -> Any:
        if self._group is None:
            raise KeyError(name)
        found = self.dataset(name)
        return found if self._is_unread else found.read()

    def dataset(self, name: str) -> Dataset:
        """The unread dataset of that name."""
        found = self._group[name] if self._group is not None else None
        if not isinstance(found, Dataset):
            raise KeyError(name)
        return found


class open_group:
    """The root of an HDF5 file, closed at the end of the block.

    Args:
        source: Path, or a binary file that can seek, which may have a ``place``.

    Raises:
        ValueError: this is no HDF5 file.
    """

    def __init__(self, source: str | os.PathLike | BinaryIO) -> None:
        self.source = source

    def __enter__(self) -> Group:
        h5py = _h5py()
        path = self.source
        if isinstance(path, (str, os.PathLike)) and not Path(path).is_file():
            raise FileNotFoundError(f"load: there is no file {str(path)!r}.")
        try:
            self.file = h5py.File(path, "r")
        except _UNREADABLE as error:
            raise damaged("file", repr(str(path)), "an HDF5 file", f"HDF5 says: {error}") from error
        self._texts = Texts(path)
        return Group(self.file, Source(self._texts, self._place()))

    def _place(self) -> Place | None:
        if not transfer.IS_POSSIBLE or self.file.driver != "sec2":
            return getattr(self.source, "place", None)
        descriptor = self.file.id.get_vfd_handle()
        return Place(descriptor, 0, os.fstat(descriptor).st_size)

    def __exit__(self, *exc: object) -> None:
        self._texts.close()
        self.file.close()


# --- Writing


class _Sink(io.RawIOBase):
    """The file that HDF5 writes to, which keeps an error of the disk to itself until the end.

    HDF5 can't close a file that it couldn't write, and may take the process along. So the first
    error is noted, and what comes after it is taken and forgotten.
    """

    def __init__(self, path: str | os.PathLike) -> None:
        self.file = open(path, "w+b", buffering=0)  # noqa: SIM115 - closed by close()
        self.error: OSError | None = None
        self.position = 0
        self.length = 0
        self._unwritten: dict[int, bytes] = {}  # HDF5 reads its own small pieces again

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self.position, io.SEEK_END: self.length}[whence]
        self.position = start + offset
        return self.position

    def tell(self) -> int:
        return self.position

    def write(self, data: Any) -> int:
        view = memoryview(data).cast("B")
        try:
            self.file.seek(self.position)
            done = 0
            while done < len(view) and self.error is None:
                done += self.file.write(view[done:])
        except OSError as error:
            self.error = self.error or error
        if self.error is not None and len(view) <= _SMALL:
            self._unwritten[self.position] = bytes(view)
        self.position += len(view)
        self.length = max(self.length, self.position)
        return len(view)

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        self.file.seek(self.position)
        done = self.file.readinto(view) or 0
        view[done:] = bytes(len(view) - done)
        kept = self._unwritten.get(self.position, b"")[: len(view)]
        view[: len(kept)] = kept
        self.position += len(view)
        return len(view)

    def truncate(self, size: int | None = None) -> int:
        self.length = self.position if size is None else size
        try:
            if self.error is None:
                self.file.truncate(self.length)
        except OSError as error:
            self.error = error
        return self.length

    def close(self) -> None:
        self.file.close()
        super().close()


class Writer:
    """Writes groups of variables into a new HDF5 file, as Keras lays them out.

    Raises:
        OSError: the disk is full or fails, when the block ends.
    """

    def __init__(self, path: str | os.PathLike) -> None:
        self._sink = _Sink(path)
        self._file = _h5py().File(self._sink, "w")

    def __enter__(self) -> "Writer":
        return self

    def __exit__(self, *exc: object) -> None:
        try:
            self._file.close()
        finally:
            self._sink.close()
            if self._sink.error is not None:
                raise self._sink.error

    def write(self, path: str, values: Mapping[str, np.ndarray], name: str | None = None) -> None:
        """Put ``values`` under ``<path>/vars``; ``name`` is noted as the object's own."""
        group = self._file.require_group(f"{path}/vars".strip("/"))
        if name is not None:
            group.attrs["name"] = name
        for key, value in values.items():
            write_array(group, key, value)

    def note(self, path: str, attributes: Mapping[str, Any]) -> None:
        """Put attributes on the group at ``path``."""
        group = self._file.require_group(path) if path else self._file
        for key, value in attributes.items():
            group.attrs[key] = value

    def write_at(self, path: str, values: Mapping[str, Any]) -> None:
        """Put ``values`` under ``path`` itself; slashes in their names make groups."""
        group = self._file.require_group(path)
        for key, value in values.items():
            write_array(group, key, value)


def write_array(group: Any, key: str, value: Any) -> None:
    """One dataset; bfloat16 as Keras stores it."""
    if isinstance(value, torch.Tensor):
        value = value.detach().cpu()
        if value.dtype == torch.bfloat16:
            raw = value.contiguous().view(torch.int16).numpy().view(_BFLOAT16)
            group.create_dataset(key, data=raw).attrs["dtype"] = "bfloat16"
            return
        value = value.contiguous().numpy()  # torch is the faster one at that
    group.create_dataset(key, data=np.asarray(value))

"""HDF5 files of weights: a guarded reader.

A file from elsewhere may point at other files (external and virtual datasets, soft and external
links), declare sizes that it doesn't hold, or name filter plug-ins. The reader follows hard links
only, and checks what a dataset declares against what is stored before a byte is allocated.
"""

import contextlib
import functools
import itertools
import math
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import torch

from torchkeras.core.stored import Stored
from torchkeras.saving import recognition, transfer, versions
from torchkeras.saving.files import DamagedFileError, damaged
from torchkeras.saving.hdf5_guard import Guard
from torchkeras.saving.transfer import Place

# gzip can't expand by more than this (1032 bytes for one), and shuffle doesn't expand.
_MOST_EXPANSION = 1040
_FILTERS = {1: "gzip", 2: "shuffle", 3: "fletcher32"}
_KINDS = "biufcS"
_ATTRIBUTE_KINDS = "biufSO"
_DEEPEST = 100  # groups within each other
_HARD = "hard link"
_EXPECTED = "an HDF5 file or a .keras archive"
_LARGEST_CHUNK = 64 * 2**20
_SMALL = 2**20
# HDF5 has no bfloat16: Keras stores the two bytes as an opaque type, and the name beside them.
BFLOAT16 = np.dtype("V2")


def package() -> Any:
    """h5py."""
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
        guard: What its bytes pass by.
        place: Where it lies, if its bytes can be read past HDF5.
    """

    guard: Guard
    place: Place | None


class Attributes(Mapping):
    """Attributes of a group or dataset, none of which is longer than its file.

    Raises:
        DamagedFileError: one is, or it can't be read.
    """

    def __init__(self, owner: Any, path: str, guard: Guard) -> None:
        self._owner = owner
        self._path = path
        self._guard = guard

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
            if attribute.dtype.kind == "O":  # texts of no fixed length
                if package().check_string_dtype(attribute.dtype) is None:
                    raise refuse(f"{self._path}@{name}", "neither numbers nor texts")
                place = package().h5o.get_info(self._owner.id).addr
                self._guard.check_texts(place, name, math.prod(attribute.shape))
            return self._owner.attrs[name]

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
            return package().h5o.get_info(self._group.id).addr

    @property
    def attributes(self) -> Attributes:
        """The group's attributes."""
        return Attributes(self._group, self.path, self._source.guard)

    def __iter__(self) -> Iterator[str]:
        return iter(self._links)

    @functools.cached_property
    def _links(self) -> dict[str, str]:
        """Kinds of the members' links by name; the names together are no longer than the file."""
        h5py = package()
        kinds = {
            h5py.h5l.TYPE_HARD: _HARD,
            h5py.h5l.TYPE_SOFT: "SoftLink",
            h5py.h5l.TYPE_EXTERNAL: "ExternalLink",
        }
        found: dict[str, str] = {}
        left = max(_SMALL, self._source.guard.length)

        def take(name: bytes, info: Any) -> bool | None:
            nonlocal left
            left -= len(name)
            kind = kinds.get(info.type, "link of an unknown kind")
            found[name.decode("utf-8", "surrogateescape")] = kind
            return True if left < 0 else None

        with _reading(self.path):
            group = h5py.h5g.open(self._group.id, b".")
            order = group.get_create_plist().get_link_creation_order()
            is_tracked = order & h5py.h5p.CRT_ORDER_TRACKED
            index = h5py.h5.INDEX_CRT_ORDER if is_tracked else h5py.h5.INDEX_NAME
            group.links.iterate(take, idx_type=index, info=True)
        if left < 0:
            raise refuse(self.path, f"{len(found)} names that are longer than the file")
        return found

    def __len__(self) -> int:
        return len(self._links)

    def __contains__(self, name: object) -> bool:
        return name in self._links

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
        h5py = package()
        link = self._links[name]
        if link != _HARD:
            raise refuse(f"{self.path}/{name}", f"a {link}")
        with _reading(f"{self.path}/{name}"):
            member = h5py.h5o.open(self._group.id, name.encode("utf-8", "surrogateescape"))
            if isinstance(member, h5py.h5g.GroupID):
                return Group(h5py.Group(member), self._source, self._depth + 1)
            if isinstance(member, h5py.h5d.DatasetID):
                return Dataset(h5py.Dataset(member), self._source)
        raise refuse(f"{self.path}/{name}", "neither a group nor a dataset")

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
        if plan.get_layout() == package().h5d.VIRTUAL or plan.get_external_count() > 0:
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
        if self.dtype != BFLOAT16:
            return False
        attributes = Attributes(self._dataset, self.path, self._source.guard)
        # tf.keras 2 wrote no name beside them.
        return attributes.get("dtype") in ("bfloat16", b"bfloat16", None)

    @property
    def place(self) -> Place | None:
        """Where the numbers lie in one piece, as this machine has them; None if they don't."""
        whole = self._source.place
        if whole is None:
            return None
        with _reading(self.path):
            kind, offset = self._dataset.id.get_type(), self._dataset.id.get_offset()
            native = package().h5t.py_create(self.dtype.newbyteorder("="))
        if offset is None or not (kind == native or self.is_bfloat16):
            return None
        size = math.prod(self.shape) * self.dtype.itemsize
        if offset + size > whole.size:
            raise refuse(self.path, f"{size} bytes behind {offset} of {whole.size}")
        return whole.part(offset, size)

    def read(self) -> Any:
        """The data: a NumPy array in this machine's order of bytes, or a tensor of bfloat16."""
        with _reading(self.path):
            values = self._dataset[()]
        if self.is_bfloat16:
            return torch.from_numpy(np.asarray(values).view(np.int16)).view(torch.bfloat16)
        values = np.asarray(values)
        return values if values.dtype.isnative else values.astype(values.dtype.newbyteorder("="))


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
        ValueError: this is no HDF5 file; or, at the end, it was written to meanwhile.
    """

    def __init__(self, source: str | os.PathLike | BinaryIO) -> None:
        self.source = source

    def __enter__(self) -> Group:
        h5py = package()
        path = self.source
        if isinstance(path, (str, os.PathLike)) and not Path(path).is_file():
            raise recognition.missing("load", path, _EXPECTED)
        with contextlib.ExitStack() as stack:
            try:
                guard = stack.enter_context(Guard(path))
                place = stack.enter_context(self._place(guard))
                file = stack.enter_context(h5py.File(guard, "r"))
            except DamagedFileError:
                raise
            except _UNREADABLE as error:
                says = f"HDF5 says: {error}."
                if not isinstance(path, (str, os.PathLike)):
                    raise damaged("member of an archive", "no HDF5 file", "one", says) from error
                raise recognition.refused("load", "file", path, _EXPECTED, says) from error
            self._opened = stack.pop_all()
        return Group(file, Source(guard, place))

    @contextlib.contextmanager
    def _place(self, guard: Guard) -> Iterator[Place | None]:
        """Where the bytes lie; at the end, that nobody wrote to a file of its own is seen."""
        if not isinstance(self.source, (str, os.PathLike)):
            yield getattr(self.source, "place", None)
        elif transfer.IS_POSSIBLE:
            with transfer.mapped(Place(guard.file.fileno(), 0, guard.length)) as place:
                yield place
        else:
            with versions.unchanged(guard.file.fileno()):
                yield None

    def __exit__(self, *exc: Any) -> None:
        self._opened.__exit__(*exc)

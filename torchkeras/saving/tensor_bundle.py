"""The files of a TensorFlow checkpoint: ``<prefix>.index`` and ``<prefix>.data-...``.

The index tells the type, shape and place of each tensor; the data files hold their bytes. What it
declares is checked against the files before a byte is allocated, and nothing in them names code.
"""

import contextlib
import math
import os
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from torchkeras.core.stored import Stored
from torchkeras.saving import sstable, transfer, wire
from torchkeras.saving.checksums import CRC32C, crc32c, mask, masked_crc32c
from torchkeras.saving.files import DamagedFileError, damaged
from torchkeras.saving.transfer import Place

INDEX = ".index"
# TensorFlow's numbers of the types that NumPy has.
_TYPES = {
    1: "float32", 2: "float64", 3: "int32", 4: "uint8", 5: "int16", 6: "int8", 8: "complex64",
    9: "int64", 10: "bool", 11: "int8", 12: "uint8", 13: "int32", 15: "int16", 16: "uint16",
    17: "uint16", 18: "complex128", 19: "float16", 22: "uint32", 23: "uint64",
}  # fmt: skip
# Those that torch alone has, and the type of the same width that they are read as.
_TORCH_TYPES = {
    14: (torch.bfloat16, "int16"),
    24: (torch.float8_e5m2, "uint8"),
    25: (torch.float8_e4m3fn, "uint8"),
}
_BFLOAT16, _TEXT = 14, 7
# Those whose numbers lie in files as in the memory of this machine.
_SWIFT = {*_TYPES, _BFLOAT16} if transfer.IS_POSSIBLE and sys.byteorder == "little" else set()
_LARGEST_INDEX = 2**28
_LARGE = 2**16  # bytes of tensors that are worth more than one call
_MOST_AXES = 254


def exists(prefix: str | os.PathLike) -> bool:
    """Whether there is a checkpoint whose files begin with ``prefix``, made by TensorFlow."""
    path = f"{os.fspath(prefix)}{INDEX}"
    if not os.path.isfile(path):  # or too long for a name
        return False
    with open(path, "rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 8))
        return sstable.is_end(file.read(8))


def is_beside(path: str, index: str) -> bool:
    """Whether a data file lies where the index does, or where that is linked from."""
    own = {os.path.realpath(os.path.dirname(index)), os.path.dirname(os.path.realpath(index))}
    return os.path.dirname(os.path.realpath(path)) in own


@dataclass
class Entry:
    """What the index says of a tensor.

    Attributes:
        kind: TensorFlow's number of the type.
        shape: Shape of the tensor.
        shard: Number of the data file.
        offset, size: Its bytes there.
        checksum: Masked CRC-32C of the bytes.
        slices: The parts it was saved in, if any: for each axis the start, and the length or None.
    """

    kind: int = 0
    shape: tuple[int, ...] = ()
    shard: int = 0
    offset: int = 0
    size: int = 0
    checksum: int = 0
    slices: list[list[tuple[int, int | None]]] = field(default_factory=list)

    @property
    def dtype(self) -> str:
        """Name of the type."""
        if self.kind in _TORCH_TYPES:
            return str(_TORCH_TYPES[self.kind][0]).removeprefix("torch.")
        return "string" if self.kind == _TEXT else _TYPES.get(self.kind, f"number {self.kind}")

    @property
    def is_text(self) -> bool:
        """Whether the elements are strings of bytes."""
        return self.kind == _TEXT


class StoredTensor(Stored):
    """A tensor that lies in a checkpoint, and is what the index says.

    Args:
        bundle: The checkpoint.
        path: The tensor's name.
        place: Where its numbers are.

    Attributes:
        is_bfloat16: Whether its numbers are of that type, which NumPy lacks.
    """

    def __init__(self, bundle: "Bundle", path: str, place: Place) -> None:
        entry = bundle.entry(path)
        self.path = path
        self.place = place
        self.shape = entry.shape
        self.is_bfloat16 = entry.dtype == "bfloat16"
        self.dtype = np.dtype(_TYPES.get(entry.kind, "int16"))
        self._bundle = bundle

    def read(self) -> Any:
        return self._bundle.read(self.path)


class Bundle:
    """A checkpoint's files, open for reading.

    Args:
        prefix: What the names of the files begin with.

    Raises:
        FileNotFoundError: there is no index.
        ValueError: it isn't TensorFlow's, it is damaged, or it declares what it can't hold.
    """

    def __init__(self, prefix: str | os.PathLike) -> None:
        self.prefix = os.fspath(prefix)
        index = Path(f"{self.prefix}{INDEX}")
        if not index.is_file():
            raise FileNotFoundError(f"load: there is no file {str(index)!r}.")
        if index.stat().st_size > _LARGEST_INDEX:
            raise self._refuse("index", f"larger than {_LARGEST_INDEX} bytes")
        table = sstable.read(index.read_bytes())
        self._shards = self._header(table.pop(b"", b""))
        self._known: dict[str, bool] = {}  # data files, and whether they lie beside the index
        self._table = table

    def _header(self, data: bytes) -> int:
        """Number of data files."""
        found = {number: value for number, _, value in wire.fields(data)}
        if found.get(2, 0) != 0:
            raise self._refuse("order of bytes", "big endian")
        return int(found.get(1, 0))

    def keys(self) -> list[str]:
        """Names of the tensors, sorted; the parts of those saved in parts aren't listed."""
        return [key.decode() for key in self._table if key[:1] != b"\0"]

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __contains__(self, key: str) -> bool:
        return key.encode() in self._table

    def entry(self, key: str) -> Entry:
        """What the index says of a tensor.

        Raises:
            ValueError: there is none of that name, or what it says can't be.
        """
        return self._entry(key.encode())

    def _entry(self, key: bytes) -> Entry:
        if key not in self._table:
            raise self._refuse(key, "missing in the index")
        try:
            return self._read_entry(key)
        except DamagedFileError:
            raise
        except ValueError as error:
            raise self._refuse(key, str(error)) from error

    def _read_entry(self, key: bytes) -> Entry:
        entry = Entry()
        for number, kind, value in wire.fields(self._table[key]):
            if number == 2 and kind == wire.BYTES:
                entry.shape = self._shape(key, value)
            elif number == 6 and kind == wire.FIXED32:
                entry.checksum = struct.unpack("<I", value)[0]
            elif number == 7 and kind == wire.BYTES:
                entry.slices.append(_slice(value))
            elif number in _NUMBERS and kind == wire.VARINT:
                setattr(entry, _NUMBERS[number], value)
        return entry

    def _shape(self, key: bytes, data: bytes) -> tuple[int, ...]:
        sizes = []
        for number, kind, value in wire.fields(data):
            if number == 2 and kind == wire.BYTES:
                inner = {n: v for n, k, v in wire.fields(value) if k == wire.VARINT}
                sizes.append(wire.signed(inner.get(1, 0)))
            elif number == 3 and value:
                raise self._refuse(key, "a tensor of unknown rank")
        if len(sizes) > _MOST_AXES or any(size < 0 for size in sizes):
            raise self._refuse(key, f"a tensor of shape {tuple(sizes[:8])}")
        return tuple(sizes)

    def read(self, key: str) -> Any:
        """A tensor: an array, of bytes objects if it holds texts; or a torch tensor if NumPy
        doesn't know its type.

        Raises:
            ValueError: there is none of that name, it isn't what the index says, or it is of a type
                that weights don't have.
        """
        entry = self.entry(key)
        if entry.slices:
            return self._joined(key, entry)
        return self._read(key.encode(), entry)

    @contextlib.contextmanager
    def stored(self, keys: list[str]) -> Iterator[list[Any]]:
        """What ``read`` gives of tensors, all of them sound before the block begins.

        Of those that are large, and in the system's memory, there is a ``StoredTensor`` instead.

        Raises:
            ValueError: see ``read``.
        """
        with contextlib.ExitStack() as stack:
            places = self._places(keys, stack)
            with transfer.Crew(sum(place.size for place in places.values())) as crew:
                for place in places.values():
                    transfer.add_up(crew, place)
            for key, place in places.items():
                found = mask(place.sums.whole(place.size))
                self._check(key.encode(), found, self.entry(key).checksum)
                places[key] = place._replace(sums=None, was_read=True)
            yield [
                StoredTensor(self, key, places[key]) if key in places else self.read(key)
                for key in keys
            ]

    def _places(self, keys: list[str], stack: contextlib.ExitStack) -> dict[str, Place]:
        """Where tensors lie that needn't be copied, and something to note their checksums."""
        files: dict[str, Place | None] = {}
        places = {}
        for key in keys:
            entry = self.entry(key)
            if entry.size < _LARGE or entry.slices or entry.kind not in _SWIFT:
                continue
            self._held_type(key.encode(), entry)
            path = self._data_path(key.encode(), entry)
            if path not in files:
                files[path] = stack.enter_context(_mapped(path))
            whole = files[path]
            if whole is not None and entry.offset + entry.size <= whole.size:
                sums = transfer.Checksums(entry.offset, CRC32C)
                places[key] = whole.part(entry.offset, entry.size)._replace(sums=sums)
        return places

    def _read(self, key: bytes, entry: Entry) -> Any:
        if entry.is_text:
            return self._texts(key, entry, math.prod(entry.shape))
        held = self._held_type(key, entry)
        octets = self._octets(key, entry)
        self._check(key, masked_crc32c(octets), entry.checksum)
        values = octets.view(held.newbyteorder("<")).astype(held, copy=False).reshape(entry.shape)
        if entry.kind in _TORCH_TYPES:
            return torch.from_numpy(values).view(_TORCH_TYPES[entry.kind][0])
        return values

    def _held_type(self, key: bytes, entry: Entry) -> np.dtype:
        """The type that the numbers of a tensor are read as; they are as many as its shape has."""
        held = _TYPES.get(entry.kind) or _TORCH_TYPES.get(entry.kind, (None, None))[1]
        if held is None:
            raise self._refuse(key, f"a tensor of type {entry.dtype}")
        if math.prod(entry.shape) * np.dtype(held).itemsize != entry.size:
            raise self._refuse(key, f"{entry.size} bytes for the shape {entry.shape}")
        return np.dtype(held)

    def _is_beside(self, path: str) -> bool:
        if path not in self._known:
            self._known[path] = is_beside(path, f"{self.prefix}{INDEX}")
        return self._known[path]

    def _data_path(self, key: bytes, entry: Entry) -> str:
        """The file that holds the bytes of a tensor."""
        path = f"{self.prefix}.data-{entry.shard:05d}-of-{self._shards:05d}"
        if entry.shard >= self._shards or not os.path.isfile(path):
            raise self._refuse(key, f"in the file {os.path.basename(path)!r}, which there isn't")
        if not self._is_beside(path):
            raise self._refuse(key, f"in {os.path.basename(path)!r}, a link that leads elsewhere")
        if entry.offset + entry.size > os.path.getsize(path):
            raise self._refuse(key, f"{entry.size} bytes from {entry.offset} on, past the end")
        return path

    def _octets(self, key: bytes, entry: Entry) -> np.ndarray:
        """The bytes of a tensor."""
        return np.fromfile(self._data_path(key, entry), np.uint8, entry.size, offset=entry.offset)

    def _texts(self, key: bytes, entry: Entry, number: int) -> np.ndarray:
        """Texts: all lengths, their checksum, then one text after another."""
        if number > entry.size:
            raise self._refuse(key, f"{number} texts in {entry.size} bytes")
        data = self._octets(key, entry).tobytes()
        lengths, position = [], 0
        for _ in range(number):
            length, position = wire.varint(data, position)
            lengths.append(length)
        start = position + 4
        if start + sum(lengths) != len(data):
            raise self._refuse(key, f"texts of {sum(lengths)} bytes in {len(data)}")
        widths = b"".join(struct.pack("<I" if n < 2**32 else "<Q", n) for n in lengths)
        self._check(key, mask(crc32c(widths)), struct.unpack_from("<I", data, position)[0])
        self._check(key, mask(crc32c(widths + data[position:])), entry.checksum)
        texts = np.empty(number, object)
        for place, length in enumerate(lengths):
            texts[place] = data[start : start + length]
            start += length
        return texts.reshape(entry.shape)

    def _joined(self, key: str, entry: Entry) -> Any:
        """A tensor that was saved in parts."""
        parts = [(part, self._part(key, entry, part)) for part in entry.slices]
        sizes = [math.prod(found.shape) for _, (_, found) in parts]
        if sum(sizes) != math.prod(entry.shape):
            raise self._refuse(key, f"parts of {sum(sizes)} elements for the shape {entry.shape}")
        whole: Any = None
        for part, (name, found) in parts:
            values = torch.as_tensor(self._read(name, found))
            if whole is None:
                whole = torch.empty(entry.shape, dtype=values.dtype)
            place = tuple(
                slice(start, start + size)
                for (start, _), size in zip(part, found.shape, strict=True)
            )
            whole[place] = values
        return whole if entry.kind in _TORCH_TYPES else whole.numpy()

    def _part(self, key: str, entry: Entry, part: list) -> tuple[bytes, Entry]:
        """Name and entry of a part, which fits into the whole."""
        name = _part_name(key, part)
        if name not in self._table or len(part) != len(entry.shape):
            raise self._refuse(key, f"without its part {part}")
        found = self._entry(name)
        fits = len(found.shape) == len(part) and all(
            start >= 0 and start + size <= whole and length in (None, size)
            for (start, length), size, whole in zip(part, found.shape, entry.shape, strict=True)
        )
        if not fits or found.slices or found.is_text or found.kind != entry.kind:
            raise self._refuse(key, f"with a part of shape {found.shape} at {part}")
        return name, found

    def _check(self, key: bytes, found: int, expected: int) -> None:
        if found != expected:
            raise self._refuse(key, "of another checksum than when it was written")

    def _refuse(self, key: str | bytes, what: str) -> DamagedFileError:
        name = key.decode(errors="replace") if isinstance(key, bytes) else key
        place = f"{name!r} of the checkpoint {self.prefix!r}"
        return damaged(place, what, "a tensor that its files hold", "They may be incomplete.")


@contextlib.contextmanager
def _mapped(path: str) -> Iterator[Place | None]:
    """A file's bytes as memory; None where that isn't safe."""
    with open(path, "rb") as file:
        whole = Place(file.fileno(), 0, os.path.getsize(path))
        with transfer.mapped(whole) as place:
            yield None if place.memory is None else place


_NUMBERS = {1: "kind", 3: "shard", 4: "offset", 5: "size"}


def _slice(data: bytes) -> list[tuple[int, int | None]]:
    """Start, and length or None for all, of a part along each axis."""
    found = []
    for number, kind, value in wire.fields(data):
        if number == 1 and kind == wire.BYTES:
            inner = {n: wire.signed(v) for n, k, v in wire.fields(value) if k == wire.VARINT}
            found.append((inner.get(1, 0), inner.get(2)))
    return found


def _part_name(key: str, part: list[tuple[int, int | None]]) -> bytes:
    """The key of a part, made so that keys sort like what they stand for."""
    text = key.encode().replace(b"\xff", b"\xff\0").replace(b"\0", b"\0\xff")
    rank = len(part)
    octets = b"\0" + text + b"\0\1" + (bytes([1, rank]) if rank else b"\0")
    for start, length in part:
        octets += _ordered(start) + _ordered(-1 if length is None else length)
    return octets


def _ordered(value: int) -> bytes:
    """A signed number as bytes that sort like it: as many leading bits as it has bytes."""
    magnitude = ~value if value < 0 else value
    size = next(n for n in range(1, 11) if magnitude < 1 << 7 * n - 1)
    octets = value & (1 << 8 * size) - 1
    return (octets ^ ((1 << size) - 1) << 7 * size).to_bytes(size, "big")

"""Writing the files of a TensorFlow checkpoint: ``<prefix>.index`` and ``<prefix>.data-...``."""

import functools
import os
import re
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from torchkeras.core.checks import argument_error
from torchkeras.saving import files, sstable, wire
from torchkeras.saving.checksums import CRC32C, crc32c, mask, masked_crc32c
from torchkeras.saving.row_writer import RowWriter
from torchkeras.saving.temporary import alone_in, beside, telling_of
from torchkeras.saving.tensor_bundle import INDEX

DATA = ".data-00000-of-00001"
_TEXT = 7
# TensorFlow's numbers of types.
_TYPES = {
    "float32": 1, "float64": 2, "int32": 3, "uint8": 4, "int16": 5, "int8": 6, "complex64": 8,
    "int64": 9, "bool": 10, "uint16": 17, "complex128": 18, "float16": 19, "uint32": 22,
    "uint64": 23,
}  # fmt: skip
# Those that NumPy lacks, and the type whose bytes are theirs.
_TORCH_TYPES = {
    torch.bfloat16: (14, torch.int16),
    torch.float8_e5m2: (24, torch.uint8),
    torch.float8_e4m3fn: (25, torch.uint8),
}


class _Entry(NamedTuple):
    """What the index says of a tensor; the checksum is known when all is written."""

    kind: int
    shape: tuple[int, ...]
    start: int
    size: int
    checksum: Callable[[], int]

    def __bytes__(self) -> bytes:
        axes = b"".join(wire.write_field(2, _field(1, length)) for length in self.shape)
        entry = wire.write_field(1, self.kind) + wire.write_field(2, axes)
        entry += _field(4, self.start) + _field(5, self.size)
        entry += wire.write_varint(6 << 3 | wire.FIXED32)
        return entry + struct.pack("<I", mask(self.checksum()))


class Writer:
    """Collects tensors in a data file; what the index says of them is kept until the end.

    Args:
        row: Writes the data file, with checksums.
    """

    def __init__(self, row: RowWriter) -> None:
        self._row = row
        self._entries: dict[str, _Entry] = {}

    def add(self, key: str, value: Any) -> None:
        """Write a tensor behind the others.

        Args:
            key: Its name.
            value: A tensor, an array, or bytes: a text of no axes. Arrays of objects hold bytes
                or texts.

        Raises:
            ValueError: TensorFlow has no such number type.
        """
        if isinstance(value, bytes):
            value = np.array(value, object)
        if isinstance(value, torch.Tensor):
            kind, array, shape = _of_tensor(key, value)
        elif np.asarray(value).dtype.kind in "OSU":
            value = np.asarray(value)
            array, checksum = _texts(value)
            self._write(key, _TEXT, value.shape, array, lambda: checksum)
            return
        else:
            kind, array, shape = _of_array(key, np.asarray(value))
        self._write(key, kind, shape, array)

    def _write(
        self,
        key: str,
        kind: int,
        shape: tuple[int, ...],
        array: np.ndarray,
        checksum: Callable[[], int] | None = None,
    ) -> None:
        start, sums = self._row.position, self._row.add(array)
        known = checksum or functools.partial(sums.whole, array.nbytes)
        self._entries[key] = _Entry(kind, shape, start, array.nbytes, known)

    def index(self, shards: int = 1) -> bytes:
        """The index of what was written, now that it is.

        Args:
            shards: Number of data files that it is to tell; this is the first.
        """
        version = wire.write_field(1, 1)
        header = wire.write_field(1, shards) + wire.write_field(3, version)
        entries = {key.encode(): bytes(entry) for key, entry in self._entries.items()}
        return sstable.write({b"": header, **entries})


def _field(number: int, value: int) -> bytes:
    """A field of an integer; nothing for 0, as is usual."""
    return wire.write_field(number, value) if value else b""


def _of_tensor(key: str, value: torch.Tensor) -> tuple[int, np.ndarray, tuple[int, ...]]:
    value = value.detach()
    shape = tuple(value.shape)
    if value.dtype in _TORCH_TYPES:
        kind, same_width = _TORCH_TYPES[value.dtype]
        return kind, value.cpu().view(same_width).numpy(), shape
    return _of_array(key, value.cpu().resolve_conj().resolve_neg().numpy())


def _of_array(key: str, value: np.ndarray) -> tuple[int, np.ndarray, tuple[int, ...]]:
    kind = _TYPES.get(value.dtype.name)
    if kind is None:
        raise argument_error(
            "save", f"type of {key!r}", value.dtype.name, "a type that TensorFlow has"
        )
    return kind, value.astype(value.dtype.newbyteorder("<"), copy=False), value.shape


def _texts(value: np.ndarray) -> tuple[np.ndarray, int]:
    """Texts: all lengths, the checksum of these, then one text after another; and the checksum."""
    texts = [text.encode() if isinstance(text, str) else bytes(text) for text in value.flat]
    lengths = [len(text) for text in texts]
    widths = b"".join(struct.pack("<I" if n < 2**32 else "<Q", n) for n in lengths)
    guard = struct.pack("<I", masked_crc32c(widths))
    content = b"".join(texts)
    octets = b"".join(map(wire.write_varint, lengths)) + guard + content
    return np.frombuffer(octets, np.uint8), crc32c(widths + guard + content)


def write(prefix: str | os.PathLike, tensors: Mapping[str, Any], overwrite: bool = True) -> None:
    """Write a checkpoint; if this is cut off at any moment, the one that was there stays whole.

    Args:
        prefix: What the names of the files begin with; the folder is made.
        tensors: Values by key, or functions without arguments that give one, which are called one
            by one.
        overwrite: Whether files that are there are replaced.

    Raises:
        FileExistsError: they are there, and may not be.
        ValueError: TensorFlow has no such number type.
    """
    prefix = os.path.join(os.path.realpath(os.path.dirname(prefix)), os.path.basename(prefix))
    index = files.prepare_target("save_weights", f"{prefix}{INDEX}", overwrite)
    data = Path(f"{prefix}{DATA}")
    with telling_of(index), beside(index) as folder:
        with open(folder / "data", "wb") as file, RowWriter(file, kind=CRC32C) as row:
            writer = Writer(row)
            for key, value in tensors.items():
                writer.add(key, value() if callable(value) else value)
        files.synchronize(folder)
        with alone_in(data.parent), files.undone_if_it_fails() as undoing:
            if index.exists():
                _bridge(prefix, folder, writer, undoing)
            files.rename(folder / "data", data, folder / "old data", undoing)
            files.synchronize_folder(data.parent)
            _write_index(index, folder / "index", writer.index(), undoing)
            _remove_others(data)


def _bridge(prefix: str, folder: Path, writer: Writer, undoing: list[Callable[[], Any]]) -> None:
    """Let the index name the new data by a second name, while the old ones go.

    On a disk without links it names the wrong data between two renamings.

    Args:
        prefix: What the names of the files begin with.
        folder: Where the new data are, and old files are kept until all went well.
        writer: What wrote the data.
        undoing: Gets what undoes it.
    """
    shards = 2
    while os.path.exists(meanwhile := f"{prefix}.data-00000-of-{shards:05d}"):
        shards += 1  # left by a save that was cut off here, and maybe in use
    try:
        os.link(folder / "data", meanwhile)
    except OSError:
        return
    undoing.append(lambda: os.unlink(meanwhile))
    files.synchronize_folder(folder.parent)
    index = Path(f"{prefix}{INDEX}")
    _write_index(index, folder / "first index", writer.index(shards), undoing)


def _remove_others(data: Path) -> None:
    """Remove data files that the index doesn't name any more."""
    stem = data.name.removesuffix(DATA)
    shard = re.compile(re.escape(stem) + r"\.data-\d{5}-of-\d{5}")
    for file in data.parent.iterdir():
        if file != data and shard.fullmatch(file.name):
            file.unlink(missing_ok=True)


def _write_index(index: Path, new: Path, content: bytes, undoing: list[Callable[[], Any]]) -> None:
    """Write the index; first as ``new``, on the same disk."""
    new.write_bytes(content)
    files.synchronize(new)
    files.rename(new, index, new.with_suffix(".old"), undoing)
    files.synchronize_folder(index.parent)

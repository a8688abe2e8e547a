"""Writes weights as HDF5 files, alone or within others.

HDF5 keeps account of what lies where, in memory; arrays of some size are written past it, to the
places that it gives them. So it never meets a disk that is full or fails, which it can't cope with.
"""

import contextlib
import io
import os
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

import numpy as np
import torch

from torchkeras.saving import transfer
from torchkeras.saving.hdf5 import BFLOAT16, package
from torchkeras.saving.transfer import Checksums, Crew, Place

# Bytes of an array that is worth a place of its own.
_LARGE = 2**16
_BLOCK = 2**16


class Writer:
    """Writes groups of variables into a new HDF5 file, as Keras lays them out.

    Args:
        target: Path; or a file open for writing, in which the HDF5 file begins where it stands.

    Attributes:
        size: Length of the HDF5 file, when the block has ended.
        checksum: Its CRC-32 then, if ``target`` is a file.

    Raises:
        OSError: the disk is full or fails.
    """

    def __init__(self, target: str | os.PathLike | BinaryIO) -> None:
        self._is_own = isinstance(target, (str, os.PathLike))
        self._output = open(target, "wb") if self._is_own else target  # noqa: SIM115 - see __exit__
        self._output.flush()
        self._start = self._output.tell()
        self._sums = None if self._is_own else Checksums(self._start)
        self._skeleton = _Skeleton()
        self._file = package().File(self._skeleton, "w")
        self._taken: list[tuple[int, int]] = []
        self._crew = Crew()

    def __enter__(self) -> "Writer":
        return self

    def __exit__(self, *exc: Any) -> None:
        with contextlib.ExitStack() as stack:
            if self._is_own:
                stack.enter_context(self._output)
            with self._file:
                self._crew.__exit__(*exc)
            if exc[0] is None:
                self._finish()

    def _finish(self) -> None:
        """Write what HDF5 keeps account of."""
        self.size = self._skeleton.length
        with Crew(self.size - sum(size for _, size in self._taken)) as crew:
            for start, content in self._skeleton.around(sorted(self._taken)):
                transfer.store(crew, content, self._place(start, content.nbytes), self._sums)
        if self._sums is not None:
            self.checksum = self._sums.whole(self.size)

    def _place(self, start: int, size: int) -> Place:
        return Place(self._output.fileno(), self._start + start, size)

    def write(self, path: str, values: Mapping[str, Any], name: str | None = None) -> None:
        """Put ``values`` under ``<path>/vars``; ``name`` is noted as the object's own."""
        group = self._file.require_group(f"{path}/vars".strip("/"))
        if name is not None:
            group.attrs["name"] = name
        for key, value in values.items():
            self._write_array(group, key, value)

    def note(self, path: str, attributes: Mapping[str, Any]) -> None:
        """Put attributes on the group at ``path``."""
        group = self._file.require_group(path) if path else self._file
        for key, value in attributes.items():
            group.attrs[key] = value

    def write_at(self, path: str, values: Mapping[str, Any]) -> None:
        """Put ``values`` under ``path`` itself; slashes in their names make groups."""
        group = self._file.require_group(path)
        for key, value in values.items():
            self._write_array(group, key, value)

    def _write_array(self, group: Any, key: str, value: Any) -> None:
        """One dataset; bfloat16 as Keras stores it."""
        is_bfloat16 = isinstance(value, torch.Tensor) and value.dtype == torch.bfloat16
        if isinstance(value, torch.Tensor):
            value = value.detach().cpu()
            value = (value.view(torch.int16) if is_bfloat16 else value).numpy()
        array = np.asarray(value)
        kind = BFLOAT16 if is_bfloat16 else array.dtype
        if array.nbytes < _LARGE or not array.ndim or array.dtype.hasobject:
            made = group.create_dataset(key, data=array.view(kind))
        else:
            made = group.create_dataset(key, array.shape, kind, dcpl=_placed_at_once())
            start = made.id.get_offset()
            self._taken.append((start, array.nbytes))
            transfer.store(self._crew, array, self._place(start, array.nbytes), self._sums)
        if is_bfloat16:
            made.attrs["dtype"] = "bfloat16"


def _placed_at_once() -> Any:
    """How a dataset is made that has its place from the beginning, and isn't filled with zeros."""
    h5py = package()
    plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plan.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    plan.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
    return plan


class _Skeleton(io.RawIOBase):
    """A file in memory, of which only what is written takes some."""

    def __init__(self) -> None:
        self.position = 0
        self.length = 0
        self._blocks: dict[int, np.ndarray] = {}

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self.position, io.SEEK_END: self.length}[whence]
        self.position = start + offset
        return self.position

    def tell(self) -> int:
        return self.position

    def write(self, data: Any) -> int:
        octets = np.frombuffer(data, np.uint8)
        for number, inside, outside in _pieces(self.position, len(octets)):
            self._block(number)[inside] = octets[outside]
        self.position += len(octets)
        self.length = max(self.length, self.position)
        return len(octets)

    def readinto(self, buffer: Any) -> int:
        octets = np.frombuffer(buffer, np.uint8)
        octets[:] = self._read(self.position, len(octets))
        self.position += len(octets)
        return len(octets)

    def truncate(self, size: int | None = None) -> int:
        self.length = self.position if size is None else size
        return self.length

    def around(self, taken: list[tuple[int, int]]) -> Iterator[tuple[int, np.ndarray]]:
        """What lies between the places of arrays: where, and the bytes."""
        position = 0
        for start, size in (*taken, (self.length, 0)):
            if start > position:
                yield position, self._read(position, start - position)
            position = start + size

    def _block(self, number: int) -> np.ndarray:
        if number not in self._blocks:
            self._blocks[number] = np.zeros(_BLOCK, np.uint8)
        return self._blocks[number]

    def _read(self, start: int, size: int) -> np.ndarray:
        octets = np.zeros(size, np.uint8)
        for number, inside, outside in _pieces(start, size):
            if number in self._blocks:
                octets[outside] = self._blocks[number][inside]
        return octets


def _pieces(start: int, size: int) -> Iterator[tuple[int, slice, slice]]:
    """The blocks that bytes lie in: the number of each, where in it, and which of the bytes."""
    position = start
    while position < start + size:
        number, first = divmod(position, _BLOCK)
        length = min(_BLOCK - first, start + size - position)
        yield (
            number,
            slice(first, first + length),
            slice(position - start, position - start + length),
        )
        position += length

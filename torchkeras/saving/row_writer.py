"""Writing arrays into a file, one behind the other."""

from typing import Any, BinaryIO

import numpy as np

from torchkeras.saving import transfer
from torchkeras.saving.checksums import Kind

_LARGE = 2**16  # bytes of an array that is written by itself


class RowWriter:
    """Writes arrays as a crew does; small ones are joined with their neighbours.

    All is written when the block ends. An array must stay as it is until then.

    Args:
        file: Open for writing, with nothing in it. A pipe gets the same bytes.
        size: How many bytes will be written; None if that isn't known.
        kind: Of the checksums that are computed on the way.

    Attributes:
        position: Where the next array begins.

    Raises:
        OSError: the disk is full or fails.
    """

    def __init__(self, file: BinaryIO, size: int | None = None, kind: Kind | None = None) -> None:
        self.position = 0
        self._file = file
        self._is_pipe = not file.seekable()
        self._crew = transfer.Crew(size)
        self._kind = kind
        self._small = bytearray()

    def __enter__(self) -> "RowWriter":
        return self

    def __exit__(self, *exc: Any) -> None:
        if exc[0] is None:
            with self._crew:
                self._write_small()
        else:
            self._crew.__exit__(*exc)

    def add(self, array: np.ndarray) -> transfer.Checksums | None:
        """Write the elements of an array in C order, whatever its strides are.

        Returns:
            Its checksums, once the block has ended; None without a kind.
        """
        sums = None if self._kind is None else transfer.Checksums(self.position, self._kind)
        if self._is_pipe or array.nbytes < _LARGE:
            self._join(array.tobytes(), sums)
        else:
            self._write_small()
            place = transfer.Place(self._file.fileno(), self.position, array.nbytes)
            transfer.store(self._crew, array, place, sums)
            self.position += array.nbytes
        return sums

    def _join(self, octets: bytes, sums: transfer.Checksums | None) -> None:
        if sums is not None:
            sums.note(self.position, [memoryview(octets)])
        self._small += octets
        self.position += len(octets)
        if len(self._small) >= transfer.SHARE:
            self._write_small()

    def _write_small(self) -> None:
        octets, self._small = np.frombuffer(self._small, np.uint8), bytearray()
        if self._is_pipe:
            self._file.write(octets)
        elif octets.size:
            place = transfer.Place(self._file.fileno(), self.position - octets.size, octets.size)
            transfer.store(self._crew, octets, place)

"""Texts of HDF5 files, read so that a damaged heap of them can't make the library run for ever.

Texts of no fixed length lie in heaps (the format's "global heap collections"), which the library
walks object by object, by the sizes that the file tells: an object of size 0 holds it for ever.
So attributes of such texts are read through a handle of its own, whose bytes pass by here.
"""

import io
import math
import os
import struct
from typing import Any, BinaryIO

_SIGNATURE = b"GCOL"
_HEADER = struct.Struct("<4sB3xQ")  # signature, version, size of all
_OBJECT = struct.Struct("<HH4xQ")  # number, references, size; number 0 is what is free
_WIDTH = 8  # bytes of a size, in every file that isn't made by hand
_SMALL = 64 * 2**20


class Texts:
    """Reads texts of a file.

    Args:
        source: Path, or a binary file that can seek.

    Attributes:
        problem: What was wrong with a heap; None while nothing was.
    """

    def __init__(self, source: str | os.PathLike | BinaryIO) -> None:
        self._source = source
        self._heaps: _Heaps | None = None
        self._file: Any = None

    @property
    def problem(self) -> str | None:
        """What is wrong with the heap that was to be read; None if nothing is."""
        return None if self._heaps is None else self._heaps.problem

    def read(self, attribute: Any, owner: str, name: str) -> Any:
        """The value of an attribute of texts.

        Args:
            attribute: The attribute, as the other handle has it.
            owner: Path of what it belongs to.
            name: Its name.

        Raises:
            OSError: the library can't read it; ``problem`` tells more if a heap is at fault.
        """
        if self._file is None:
            self._open()
        self._heaps.expect(math.prod(attribute.shape))
        return self._file[owner].attrs[name]

    def _open(self) -> None:
        import h5py

        if self._heaps is None:
            is_own = isinstance(self._source, (str, os.PathLike))
            file = open(self._source, "rb", buffering=0) if is_own else self._source  # noqa: SIM115
            self._heaps = _Heaps(file, is_own)
        self._file = h5py.File(self._heaps, "r")
        if self._file.id.get_create_plist().get_sizes() != (_WIDTH, _WIDTH):
            self._heaps.problem = "sizes that aren't of 8 bytes"

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
        if self._heaps is not None:
            self._heaps.close()


class _Heaps(io.RawIOBase):
    """A file in which each heap is walked before the library gets it.

    The library reads a heap from its first byte on, and nothing else with it.
    """

    def __init__(self, file: BinaryIO, is_own: bool) -> None:
        self.problem: str | None = None
        self._file = file
        self._is_own = is_own
        self._position = 0
        self._length = file.seek(0, os.SEEK_END)
        self._walked: dict[int, int] = {}
        self._largest = 0
        self._number = 1

    def expect(self, number: int) -> None:
        """Announce that ``number`` texts are read, which may all be the same, largest one."""
        self._number = number
        self._check_number()

    def _check_number(self) -> None:
        if self._number > 1 and self._number * self._largest > max(_SMALL, self._length):
            self.problem = f"{self._number} texts of up to {self._largest} bytes"

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._length}[whence]
        self._position = start + offset
        return self._position

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        place = self._position
        content = self._at(place, len(view))
        if content[:4] == _SIGNATURE and place not in self._walked:
            self._walk(place)
        if self.problem is not None:
            content = b""  # what is empty is no heap, which the library tells
        view[: len(content)] = content
        view[len(content) :] = bytes(len(view) - len(content))
        self._position += len(view)
        return len(view)

    def _at(self, place: int, size: int) -> bytes:
        self._file.seek(place)
        parts = []
        while size > 0 and (part := self._file.read(size)):
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def _walk(self, place: int) -> None:
        """Note a problem if the heap at ``place`` isn't one object after another to its end."""
        head = self._at(place, _HEADER.size)
        size = _HEADER.unpack(head)[2] if len(head) == _HEADER.size else 0
        self._walked[place] = size
        if size < _HEADER.size or place + size > self._length:
            self.problem = f"a heap of {size} bytes at {place}"
        elif sum(self._walked.values()) > self._length:  # they can't lie within each other
            self.problem = "heaps that are larger than the file"
        else:
            self._walk_objects(place, self._at(place, size))
            self._check_number()

    def _walk_objects(self, place: int, heap: bytes) -> None:
        position = _HEADER.size
        while position + _OBJECT.size <= len(heap):
            number, _, size = _OBJECT.unpack_from(heap, position)
            # What is free is counted with its header, an object without; they begin at multiples.
            step = size if number == 0 else _OBJECT.size + -(-size // _WIDTH) * _WIDTH
            if not 0 < step <= len(heap) - position:
                self.problem = f"an object of {size} bytes at {place + position}"
                return
            self._largest = max(self._largest, size if number else 0)
            position += step

    def close(self) -> None:
        if self._is_own:
            self._file.close()
        super().close()

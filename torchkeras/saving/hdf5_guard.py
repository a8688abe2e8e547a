"""The bytes of an HDF5 file on their way to the library, which believes what they say.

The library walks trees, lists and heaps along the places and sizes that a file tells. Those that
lead back to where they began hold it for ever, take all memory, or all of the stack. So each
structure that can is followed here, when the library reads it from its first byte on.
"""

import io
import os
import struct
from collections.abc import Callable
from typing import Any, BinaryIO

from torchkeras.saving import hdf5_headers
from torchkeras.saving.files import DamagedFileError, damaged

_FILE = b"\x89HDF\r\n\x1a\n"
_WIDTH = 8  # bytes of a place and of a size, in every file that isn't made by hand
_HEAP_OF_TEXTS = struct.Struct("<4sB3xQ")  # signature, version, size of all
_OBJECT = struct.Struct("<HH4xQ")  # number, references, size; number 0 is what is free
_HEAP_OF_NAMES = struct.Struct("<4sB3xQQQ")  # ..., size, first free block, place of the names
_FREE = struct.Struct("<QQ")  # next free block, size
_NO_MORE = 1  # what stands for the next free block if there is none
_TREE = struct.Struct("<4sBBHQQ")  # signature, kind, level, number of children, neighbours
_GROUP, _CHUNKS = 0, 1  # kinds of trees
_NEWER_TREE = struct.Struct("<4sBBIHH")  # ..., kind, size of a node, of a record, depth
_SMALLEST_CHILD = 10  # bytes of what a node of a newer tree says of a child
_MOST_RECORDS = 2**24


class Guard(io.RawIOBase):
    """A file for the HDF5 library to read.

    Args:
        source: Path, or a binary file that can seek.

    Attributes:
        file: The file itself.
        length: Its length in bytes.

    Raises:
        DamagedFileError: when what is read would lead the library astray.
        OSError: there is no such file.
    """

    def __init__(self, source: str | os.PathLike | BinaryIO) -> None:
        self._is_own = isinstance(source, (str, os.PathLike))
        self.file: Any = open(source, "rb", buffering=0) if self._is_own else source  # noqa: SIM115
        self.length = self.file.seek(0, os.SEEK_END)
        self._position = 0
        self._most_chunks = 64  # below a node of a tree of them
        self._start = self._found_start()
        self._sound: set[int] = set()  # places of what was followed already
        self._followed = 0  # bytes of it, which can't be more than there are
        self._levels: dict[int, int] = {}  # of nodes that were met, by their places
        self._checks: dict[bytes, Callable[[int, int], None]] = {
            b"GCOL": self._check_texts,
            b"HEAP": self._check_names,
            b"TREE": self._check_node,
            b"BTHD": self._check_newer_tree,
        }

    def check_texts(self, place: int, name: str, number: int) -> None:
        """Look at an attribute of texts of no fixed length, which is going to be read.

        Args:
            place: Where the header of its object lies.
            name: Its name.
            number: How many texts it has.

        Raises:
            DamagedFileError: the texts are said to be longer than the file.
        """
        declared = hdf5_headers.lengths(self._at, self._start, place, name, number)
        if sum(declared) > self.length:
            raise self._refuse(f"texts of {sum(declared)} bytes in {name!r}")

    # What the library calls

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence != io.SEEK_SET:
            offset += self._position if whence == io.SEEK_CUR else self.length
        self._position = offset
        return offset

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: Any) -> int:
        place = self._position
        self.file.seek(place)
        done = self.file.readinto(buffer) or 0
        check = self._checks.get(bytes(buffer[:4]))
        if check is not None and place not in self._sound:
            check(place, len(buffer))
            self._sound.add(place)
        if done < len(buffer):
            done += self._rest(place + done, memoryview(buffer)[done:])
        self._position += done
        return done

    def _rest(self, place: int, view: memoryview) -> int:
        """Fill ``view``, behind the end of the file with zeros, as the library has it of files."""
        content = self._at(place, len(view))
        view[: len(content)] = content
        view[len(content) :] = bytes(len(view) - len(content))
        return len(view)

    def close(self) -> None:
        if self._is_own:
            self.file.close()
        super().close()

    # What is followed

    def _found_start(self) -> int:
        """Where the file begins, which may lie behind something else; places count from there."""
        place = 0
        while place < self.length:
            head = self._at(place, 26)
            if head[:8] == _FILE:
                widths = head[13:15] if len(head) > 8 and head[8] < 2 else head[9:11]
                if widths != bytes([_WIDTH, _WIDTH]):
                    raise self._refuse("sizes that aren't of 8 bytes")
                if head[8] == 1:
                    self._most_chunks = 2 * int.from_bytes(head[24:26], "little")
                return place
            place = 2 * place or 512
        return 0

    def _at(self, place: int, size: int) -> bytes:
        """What there is of ``size`` bytes from ``place`` on."""
        size = min(size, self.length - place)
        if size <= 0:
            return b""
        self.file.seek(place)
        parts = []
        while size > 0 and (part := self.file.read(size)):
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def _part(self, form: struct.Struct, place: int) -> tuple[Any, ...]:
        content = self._at(place, form.size)
        if len(content) < form.size:
            raise self._refuse(f"an end within what begins at {place}")
        return form.unpack(content)

    def _take(self, place: int, size: int) -> None:
        """Note that ``size`` bytes at ``place`` are followed: different ones each time."""
        self._followed += size
        if not 0 <= place <= place + size <= self.length:
            raise self._refuse(f"{size} bytes at {place}, past the end")
        if self._followed > self.length:
            raise self._refuse("structures within each other")

    def _check_texts(self, place: int, _: int) -> None:
        """Texts of no fixed length: one object after another, up to the end of the heap."""
        *_, size = self._part(_HEAP_OF_TEXTS, place)
        self._take(place, size)
        heap = self._at(place, size)
        position = _HEAP_OF_TEXTS.size
        while position + _OBJECT.size <= len(heap):
            number, _, size = _OBJECT.unpack_from(heap, position)
            # What is free is counted with its header, an object without; they begin at multiples.
            step = size if number == 0 else _OBJECT.size + -(-size // _WIDTH) * _WIDTH
            if not 0 < step <= len(heap) - position:
                raise self._refuse(f"a text of {size} bytes at {place + position}")
            position += step

    def _check_names(self, place: int, _: int) -> None:
        """Names of a group's members: what is free among them is a list that ends."""
        *_, size, free, names = self._part(_HEAP_OF_NAMES, place)
        self._take(self._start + names, size)
        for _ in range(size // _FREE.size + 1):
            if free == _NO_MORE:
                return
            if free + _FREE.size > size:
                break
            free, _ = self._part(_FREE, self._start + names + free)
        raise self._refuse(f"free names at {place} without an end")

    def _check_node(self, place: int, size: int) -> None:
        """A node of a tree: its children lie one level below it, and nowhere else."""
        _, kind, level, number, *_ = self._part(_TREE, place)
        if self._levels.setdefault(place, level) != level:
            raise self._refuse(f"a node of level {level} at {place}")
        if level == 0:
            return
        for child in self._children(kind, place, size, number):
            if child in self._levels:
                raise self._refuse(f"two ways to the node at {child}")
            self._levels[child] = level - 1

    def _children(self, kind: int, place: int, size: int, number: int) -> list[int]:
        content = self._at(place, size)[_TREE.size :]
        key = _WIDTH
        if kind == _CHUNKS:  # as long as what is left beside the children
            most = self._most_chunks
            key = (size - _TREE.size - most * _WIDTH) // (most + 1)
        places = [key + child * (key + _WIDTH) for child in range(number)]
        if not places or key < _WIDTH or places[-1] + _WIDTH > len(content):
            raise self._refuse(f"a node of {number} children at {place}")
        return [self._start + struct.unpack_from("<Q", content, where)[0] for where in places]

    def _check_newer_tree(self, place: int, _: int) -> None:
        """A tree of the newer kind, whose nodes don't tell their level: not too deep."""
        *_, node, record, depth = self._part(_NEWER_TREE, place)
        of_leaf = node // max(1, record)
        if depth > 8 or (node // _SMALLEST_CHILD + 1) ** depth * of_leaf > _MOST_RECORDS:
            raise self._refuse(f"a tree of depth {depth} at {place}")

    def _refuse(self, what: str) -> DamagedFileError:
        return damaged(
            "HDF5 file", what, "structures that come to an end",
            "The file is damaged or was made to do harm.",
        )  # fmt: skip

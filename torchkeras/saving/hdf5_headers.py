"""Attributes of an HDF5 object as its header holds them, read without the library.

The library makes room for as many bytes as an attribute says that its texts have, and fails then.
"""

import struct
from collections.abc import Callable, Iterator

from torchkeras.saving.files import DamagedFileError, damaged

_ATTRIBUTE, _CONTINUED = 0x0C, 0x10  # kinds of messages
_IS_SHARED = 2  # flag of a message that lies elsewhere
_HEADER = struct.Struct("<BxH4xI4x")  # version, number of messages, their size
_MESSAGE = struct.Struct("<HHB3x")  # kind, size, flags
_NEWER_MESSAGE = struct.Struct("<BHB")
_PLACE = struct.Struct("<QQ")  # where a header goes on, for how many bytes
_TEXT = struct.Struct("<IQI")  # length of a text, its heap, its number there
_MOST_BYTES = 2**24  # of a header

Reader = Callable[[int, int], bytes]  # the bytes from a place on


def lengths(read: Reader, start: int, place: int, name: str, number: int) -> list[int]:
    """Lengths that the texts of an attribute are said to have.

    Args:
        read: Gives bytes of the file, fewer at its end.
        start: Where places are counted from.
        place: Where the object's header lies.
        name: The attribute's name.
        number: How many texts it has.

    Raises:
        DamagedFileError: the header holds no such attribute.
    """
    wanted = name.encode("utf-8", "surrogateescape")
    try:
        for kind, flags, data in _messages(read, start, place):
            if kind == _ATTRIBUTE and not flags & _IS_SHARED:
                found, position = _name(data)
                if found == wanted:
                    texts = data[position : position + number * _TEXT.size]
                    return [length for length, _, _ in _TEXT.iter_unpack(texts)]
    except (struct.error, IndexError) as error:
        raise _refuse(name, f"in a header that ends too early ({error})") from error
    raise _refuse(name, "not in the header of its object")


def _name(data: bytes) -> tuple[bytes, int]:
    """Name of an attribute, and where its values begin."""
    version, name, kind, shape = struct.unpack_from("<BxHHH", data)
    step = 8 if version == 1 else 1  # the first version fills up to whole words
    position = 9 if version == 3 else 8
    found = data[position : position + name].partition(b"\0")[0]
    return found, position + sum(-(-size // step) * step for size in (name, kind, shape))


def _messages(read: Reader, start: int, place: int) -> Iterator[tuple[int, int, bytes]]:
    """Kind, flags and content of each message of a header, wherever it goes on."""
    head = read(start + place, 64)
    is_newer = head[:4] == b"OHDR"
    if is_newer:
        flags = head[5]
        position = 6 + 16 * bool(flags & 0x20) + 4 * bool(flags & 0x10)
        width = 1 << (flags & 3)
        size = int.from_bytes(head[position : position + width], "little")
        begin, before = start + place + position + width, 2 * bool(flags & 4)
    else:
        _, _, size = _HEADER.unpack_from(head)
        begin, before = start + place + _HEADER.size, 0
    parts = [(begin, size)]
    left = _MOST_BYTES
    for begin, size in parts:  # which grows
        content = read(begin, min(size, left))
        left -= len(content)
        for kind, flags, data in _of_part(content, is_newer, before):
            if kind == _CONTINUED:
                follows, size = _PLACE.unpack_from(data)
                edges = (4, 8) if is_newer else (0, 0)  # a signature, and a checksum too
                parts.append((start + follows + edges[0], max(0, size - edges[1])))
            yield kind, flags, data
        if left <= 0 or not content:
            return


def _of_part(content: bytes, is_newer: bool, before: int) -> Iterator[tuple[int, int, bytes]]:
    form = _NEWER_MESSAGE if is_newer else _MESSAGE
    position = 0
    while position + form.size <= len(content):
        kind, size, flags = form.unpack_from(content, position)
        position += form.size + before
        yield kind, flags, content[position : position + size]
        position += size


def _refuse(name: str, what: str) -> DamagedFileError:
    return damaged(f"HDF5 attribute {name!r}", what, "texts that the file holds")

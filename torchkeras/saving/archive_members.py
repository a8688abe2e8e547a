"""Members of zip archives from elsewhere: what they declare, their bytes, and checksums."""

import contextlib
import io
import os
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO

from torchkeras.saving import files, transfer, versions
from torchkeras.saving.checksums import crc32
from torchkeras.saving.transfer import Place

# Deflate can't do better than this; Keras itself doesn't compress.
_MOST_EXPANSION = 1040
_LARGEST_EXPANSION = 64 * 2**20
_ENCRYPTED = 0x1
_PORTION = 2**20  # bytes read at a time
# How zipfile tells that the bytes of an archive aren't what they should be.
UNREADABLE = (
    zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError,
    ValueError, struct.error, MemoryError, OverflowError,
)  # fmt: skip


def check_members(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """The members of an archive, if what they declare can be true.

    Raises:
        ValueError: too many members, names that lead elsewhere or occur twice, encryption, unusual
            compression, or more data declared than the archive can hold.
    """
    infos = archive.infolist()
    if len(infos) > files.MOST_MEMBERS:
        raise files.damaged("archive", f"{len(infos)} members", f"at most {files.MOST_MEMBERS}")
    length = os.path.getsize(archive.filename)
    names = set()
    for info in infos:
        files.check_member_name(info.filename)
        if info.filename in names:
            raise files.damaged("archive", f"{info.filename!r} twice", "each name once")
        names.add(info.filename)
        if info.flag_bits & _ENCRYPTED or info.compress_type not in (
            zipfile.ZIP_STORED,
            zipfile.ZIP_DEFLATED,
        ):
            raise files.damaged(
                f"member {info.filename!r}", "encrypted or compressed in an unusual way",
                "a member stored as it is or deflated",
            )  # fmt: skip
        stored = info.compress_type == zipfile.ZIP_STORED
        most = info.compress_size * (1 if stored else _MOST_EXPANSION)
        if info.compress_size > length or info.file_size > most:
            raise too_large(info.filename)
    if sum(info.compress_size for info in infos) > length:  # members that share their bytes
        raise too_large("all together")
    expanded = sum(i.file_size - i.compress_size for i in infos if i.file_size > i.compress_size)
    if expanded > max(_LARGEST_EXPANSION, 20 * length):
        raise too_large("all together")
    return infos


def too_large(name: str) -> files.DamagedFileError:
    """The error for a member that declares more than it may."""
    return files.damaged(
        "archive", f"one whose member {name!r} is larger than it may be", "a .keras archive",
        "It is damaged or was made to exhaust memory.",
    )  # fmt: skip


def bytes_of(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """Content of a member, which is no longer than it declares.

    Raises:
        DamagedFileError: it is longer, or its checksum is another.
    """
    try:
        with archive.open(info) as member:
            content = member.read(info.file_size + 1)
    except UNREADABLE as error:
        raise _unreadable(info, error) from error
    if len(content) != info.file_size:
        raise too_large(info.filename)
    return content


def _unreadable(info: zipfile.ZipInfo, error: Exception | str) -> files.DamagedFileError:
    return files.damaged(f"member {info.filename!r}", str(error), "intact data")


@contextlib.contextmanager
def opened(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, is_checked_at_end: bool = False
) -> Iterator[BinaryIO]:
    """A member as a file that can seek.

    Args:
        archive: The archive, in a file.
        info: The member.
        is_checked_at_end: Whether its checksum need not be known before it is used, but when the
            block ends, well or with an error.

    Raises:
        DamagedFileError: the checksum is another.
    """
    if info.compress_type != zipfile.ZIP_STORED:
        with io.BytesIO(bytes_of(archive, info)) as content:
            yield content
        return
    with contextlib.ExitStack() as stack:
        start, size = _start_of(archive, info), info.file_size
        section = stack.enter_context(Section(archive.filename, start, size))
        if section.place is None:
            stack.enter_context(versions.unchanged(section.file.fileno()))
        else:
            section.place = stack.enter_context(transfer.mapped(section.place))
        if is_checked_at_end and section.place is not None:
            stack.enter_context(_checked_at_end(section, info))
        else:
            _check_sum(info, section)
        yield section


def _start_of(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> int:
    """Where the content of a member begins: behind its own header, a name and extra fields."""
    try:
        with archive.open(info), open(archive.filename, "rb") as file:
            file.seek(info.header_offset)
            header = file.read(30)
        name_length, extra_length = struct.unpack("<HH", header[26:30])
    except UNREADABLE as error:  # also if somebody cuts the file off meanwhile
        raise _unreadable(info, error) from error
    return info.header_offset + 30 + name_length + extra_length


class Section(io.RawIOBase):
    """Part of a file as a file of its own.

    Args:
        path: Of the file.
        start: Where it begins.
        size: Bytes of it.

    Attributes:
        place: Where its bytes lie, if they can be read past this object.
    """

    def __init__(self, path: str | os.PathLike, start: int, size: int) -> None:
        self.file = open(path, "rb")  # noqa: SIM115 - closed by close()
        self.start = start
        self.size = size
        self.position = 0
        self.place: Place | None = None
        if transfer.IS_POSSIBLE:
            self.place = Place(self.file.fileno(), start, size)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self.position, io.SEEK_END: self.size}[whence]
        self.position = max(0, base + offset)
        return self.position

    def tell(self) -> int:
        return self.position

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        view = view[: max(0, min(len(view), self.size - self.position))]
        memory = None if self.place is None else self.place.at_hand()
        if memory is not None:
            done = len(view)
            view[:] = memory[self.position : self.position + done]
        elif self.place is not None:
            done = os.preadv(self.place.descriptor, [view], self.start + self.position)
        else:
            self.file.seek(self.start + self.position)
            done = self.file.readinto(view) if len(view) else 0
        self.position += done
        return done

    def close(self) -> None:
        self.file.close()
        super().close()


def _check_sum(info: zipfile.ZipInfo, section: Section) -> None:
    """Read a member once, so that a damaged one is noticed."""
    if section.place is None:
        found = 0
        while part := section.read(_PORTION):
            found = crc32(part, found)
    else:
        found = transfer.checksum(section.place)
        section.place = section.place._replace(was_read=True)
    if found != info.CRC:
        raise _unreadable(info, "Bad CRC-32")


@contextlib.contextmanager
def _checked_at_end(section: Section, info: zipfile.ZipInfo) -> Iterator[None]:
    """The checksum is computed while the member is used, and at the end that of the rest.

    If the member is damaged, that is the error, whatever came of it.
    """
    try:
        with transfer.summing(section.place) as section.place:
            yield
    except Exception as error:
        if transfer.checksum(section.place) != info.CRC:
            raise _unreadable(info, "Bad CRC-32") from error
        raise
    if transfer.checksum(section.place) != info.CRC:
        raise _unreadable(info, "Bad CRC-32")

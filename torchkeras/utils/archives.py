"""Unpacking tar and zip archives that nobody vouches for."""

import errno
import lzma
import math
import tarfile
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO, Any, NamedTuple

from torchkeras.saving.files import replacing_folder

MAX_RATIO = 1100  # of unpacked to packed bytes; gzip and zip can't honestly do better
FREE_BYTES = 1 << 30  # unpacked bytes that need no explanation, however small the archive
HEADER_BYTES = 1 << 20  # that a member's name and attributes may take in a tar
FREE_MEMBERS = 10_000  # of a tar, beside one for each 16 bytes
# How tarfile and zipfile tell that the bytes aren't what they should be.
_SIGNS_OF_DAMAGE = (
    tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError,
    NotImplementedError, OverflowError,
)  # fmt: skip


class Tar(tarfile.TarFile):
    """A tar whose headers are read within ``HEADER_BYTES``, whatever they say of their length."""

    def __init__(self, name: Any = None, mode: Any = "r", fileobj: Any = None, **options: Any):
        super().__init__(name, mode, _Bounded(fileobj), **options)

    def next(self) -> tarfile.TarInfo | None:
        """The next member.

        Raises:
            ValueError: its header is too long.
        """
        self.fileobj.left = HEADER_BYTES
        try:
            return super().next()
        finally:
            self.fileobj.left = math.inf


class _Bounded:
    """A file that gives ``left`` more bytes at most."""

    def __init__(self, file: IO[bytes]) -> None:
        self.left = math.inf
        self._read = file.read
        self.seek, self.tell, self.close = file.seek, file.tell, file.close

    def read(self, size: int) -> bytes:
        if size > self.left:
            raise ValueError(
                f"The archive has a header of more than {HEADER_BYTES} bytes; it is damaged or "
                "made to fill the memory."
            )
        self.left -= size
        return self._read(size)


def open_tar(file: IO[bytes]) -> Tar | None:
    """The tar, packed or not, in an open file; None if it is none."""
    try:
        return Tar.open(fileobj=file)
    except tarfile.TarError:
        return None


class Member(NamedTuple):
    """A file or folder of an archive; ``content`` is None for folders and unreadable things."""

    name: str
    is_folder: bool
    content: IO[bytes] | None


def unpack(
    archive: Path,
    folder: Path,
    kinds: tuple[str, ...] = ("tar", "zip"),
    arrange: Callable[[Path], None] | None = None,
) -> bool:
    """Unpack ``archive`` into the folder ``folder``, which it replaces.

    Nothing is written outside of it and no links are made: a link to another member becomes a
    copy of it. What leads elsewhere, devices and the like are left out with a warning.

    Args:
        archive: The file.
        folder: It appears when all is unpacked.
        kinds: Which of ``"tar"`` and ``"zip"`` to try.
        arrange: Called with what was unpacked before it appears.

    Returns:
        Whether the file is an archive of these kinds.

    Raises:
        ValueError: an unpacked size that no honest archive of this size has.
    """
    try:
        return any(_unpack(archive, folder, kind, arrange) for kind in kinds)
    except _SIGNS_OF_DAMAGE as error:
        raise ValueError(f"The archive {archive.name} is damaged: {error}") from error


def _unpack(archive: Path, folder: Path, kind: str, arrange: Callable[[Path], None] | None) -> bool:
    """Unpack ``archive`` if it is of that kind."""
    if kind == "tar":
        with open(archive, "rb") as file:
            opened = open_tar(file)
            if opened is not None:
                most = FREE_MEMBERS + archive.stat().st_size // 16
                _write(_tar_members(opened, most), archive, folder, arrange)
        return opened is not None
    if kind == "zip" and zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as opened:
            _write(_zip_members(opened), archive, folder, arrange)
        return True
    return False


def _tar_members(archive: tarfile.TarFile, most: int) -> Iterator[Member]:
    for number, info in enumerate(archive):
        if number == most:
            raise ValueError(
                f"The archive has more than {most} members; it is damaged or made to fill the disk."
            )
        content = None
        if info.isfile() or info.issym() or info.islnk():
            try:
                content = archive.extractfile(info)  # follows links to members only
            except (KeyError, RecursionError):
                content = None
        yield Member(info.name, info.isdir(), content)


def _zip_members(archive: zipfile.ZipFile) -> Iterator[Member]:
    for info in archive.infolist():
        is_link = info.external_attr >> 28 == 0o12
        is_file = not info.is_dir() and not is_link
        yield Member(info.filename, info.is_dir(), archive.open(info) if is_file else None)


def _write(
    members: Iterator[Member],
    archive: Path,
    folder: Path,
    arrange: Callable[[Path], None] | None,
) -> None:
    left = archive.stat().st_size * MAX_RATIO + FREE_BYTES
    folder.parent.mkdir(parents=True, exist_ok=True)
    with replacing_folder(folder) as partial:
        for member in members:
            path = _inside(partial, member.name)
            if path is None or not (member.is_folder or member.content):
                warnings.warn(
                    "Skipping invalid path during archive extraction: "
                    f"{member.name!r} of {archive.name}.",
                    stacklevel=4,
                )
            else:
                left = _place(member, path, left)
        if arrange is not None:
            arrange(partial)


def _inside(folder: Path, name: str) -> Path | None:
    """Where ``name`` goes below ``folder``; None if it would leave it."""
    path = PurePosixPath(name)
    foreign = PureWindowsPath(name)
    if path.is_absolute() or foreign.drive or foreign.root or ".." in foreign.parts:
        return None
    return None if ".." in path.parts or "\0" in name else folder.joinpath(*path.parts)


def _place(member: Member, path: Path, left: int) -> int:
    try:
        if member.is_folder:
            path.mkdir(parents=True, exist_ok=True)
            return left
        path.parent.mkdir(parents=True, exist_ok=True)
        return _copy(member, path, left)
    except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
        raise ValueError(
            f"The archive has {member.name!r} as a file and as a folder; it is damaged."
        ) from error
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            raise
        raise ValueError(
            f"The archive has the member {member.name[:80]!r}..., longer than names may be here."
        ) from error


def _copy(member: Member, path: Path, left: int) -> int:
    with member.content as source, open(path, "wb") as target:
        while chunk := source.read(1 << 20):
            left -= len(chunk)
            if left < 0:
                raise ValueError(
                    f"The archive unpacks to more than {MAX_RATIO} times its size, at "
                    f"{member.name!r}; it is damaged or made to fill the disk."
                )
            target.write(chunk)
    return left

"""Unpacking tar and zip archives that nobody vouches for."""

import lzma
import shutil
import tarfile
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO, NamedTuple

MAX_RATIO = 1100  # of unpacked to packed bytes; gzip and zip can't honestly do better
FREE_BYTES = 1 << 30  # unpacked bytes that need no explanation, however small the archive
# How tarfile and zipfile tell that the bytes aren't what they should be.
_SIGNS_OF_DAMAGE = (
    tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError,
    NotImplementedError, OverflowError,
)  # fmt: skip


class Member(NamedTuple):
    """A file or folder of an archive; ``content`` is None for folders and unreadable things."""

    name: str
    is_folder: bool
    content: IO[bytes] | None


def unpack(archive: Path, folder: Path, kinds: tuple[str, ...] = ("tar", "zip")) -> bool:
    """Unpack ``archive`` into the new folder ``folder``.

    Nothing is written outside of it and no links are made: a link to another member becomes a
    copy of it. What leads elsewhere, devices and the like are left out with a warning.

    Args:
        archive: The file.
        folder: Must not exist yet; it appears when all is unpacked.
        kinds: Which of ``"tar"`` and ``"zip"`` to try.

    Returns:
        Whether the file is an archive of these kinds.

    Raises:
        ValueError: an unpacked size that no honest archive of this size has.
    """
    try:
        return any(_unpack(archive, folder, kind) for kind in kinds)
    except _SIGNS_OF_DAMAGE as error:
        raise ValueError(f"The archive {archive.name} is damaged: {error}") from error


def _unpack(archive: Path, folder: Path, kind: str) -> bool:
    """Unpack ``archive`` if it is of that kind."""
    if kind == "tar" and tarfile.is_tarfile(archive):
        with tarfile.open(archive) as opened:
            _write(_tar_members(opened), archive, folder)
        return True
    if kind == "zip" and zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as opened:
            _write(_zip_members(opened), archive, folder)
        return True
    return False


def _tar_members(archive: tarfile.TarFile) -> Iterator[Member]:
    for info in archive:
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


def _write(members: Iterator[Member], archive: Path, folder: Path) -> None:
    partial = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    left = archive.stat().st_size * MAX_RATIO + FREE_BYTES
    try:
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
        partial.rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


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

"""Files that are either whole or absent, and names that stay within a folder."""

import contextlib
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from torchkeras.core.checks import argument_error

MOST_MEMBERS = 100_000


class DamagedFileError(ValueError, OSError):
    """A file that is damaged, or that was made to do harm; nothing of it is used.

    Keras raises a ValueError for some of them, an OSError for others.
    """


def damaged(what: str, found: str, expected: str, hint: str = "") -> DamagedFileError:
    """The error for a file that can't be what an honest program wrote.

    Args:
        what: The file, or the part of it.
        found: What is wrong with it.
        expected: What should be there.
        hint: What to do, or what it may mean.
    """
    error = argument_error("load", what, found, expected, hint)
    return DamagedFileError(str(error))


@contextlib.contextmanager
def replacing(path: str | os.PathLike) -> Iterator[Path]:
    """A temporary path in the folder of ``path``, which takes its place when all went well.

    What was written is forced to the disk before it is renamed, so that a crash leaves either the
    old file or the new one. Links are followed: the file that they point to is replaced. A file
    keeps its rights. An error of the disk names the file.
    """
    target = Path(os.path.realpath(path))
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(6)}.tmp")
    try:
        rights = _rights(target if target.is_file() else temporary)
        yield temporary
        if temporary.is_file():  # some libraries write files that only their owner may read
            temporary.chmod(rights)
        synchronize(temporary)
        put_in_place(temporary, target)
    except OSError as error:
        if error.filename is None:
            error.filename = str(target)
        raise
    finally:
        if temporary.is_dir():
            shutil.rmtree(temporary, ignore_errors=True)
        else:
            temporary.unlink(missing_ok=True)


def _rights(path: Path) -> int:
    """Those of a file, or what a new one of this path would have."""
    if not path.exists():
        path.touch(exist_ok=False)
        rights = path.stat().st_mode
        path.unlink()
        return rights & 0o777
    return path.stat().st_mode & 0o777


def put_in_place(temporary: Path, target: Path) -> None:
    """Give what is whole the name ``target``; a file or folder of that name goes."""
    if target.is_dir():  # a folder can't be renamed onto another
        old = target.with_name(f".{target.name}.{secrets.token_hex(6)}.old")
        os.replace(target, old)
        try:
            os.replace(temporary, target)
        except OSError:
            os.replace(old, target)
            raise
        shutil.rmtree(old, ignore_errors=True)
    else:
        os.replace(temporary, target)
    synchronize_folder(target.parent)


def synchronize(path: Path) -> None:
    """Force a file, or a folder and all that is in it, to the disk."""
    if path.is_dir():
        for child in path.iterdir():
            synchronize(child)
        synchronize_folder(path)
        return
    with open(path, "rb") as file:
        os.fsync(file.fileno())


def synchronize_folder(path: Path) -> None:
    """Force the list of files in a folder to the disk."""
    if os.name != "posix":  # other systems can't open a folder
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def prepare_target(owner: str, path: str | os.PathLike, overwrite: bool) -> Path:
    """``path`` with its folder made, ready to be written.

    Raises:
        FileExistsError: there is such a file and ``overwrite`` is off.
    """
    target = Path(path)
    if not overwrite and target.exists():
        raise FileExistsError(
            f"{owner}: {str(path)!r} exists already; expected a new path. Pass overwrite=True to "
            "replace it."
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    return target


def check_member_name(name: str) -> PurePosixPath:
    """``name`` as a path that stays within the folder it is put in.

    Raises:
        ValueError: an absolute name, one with ``..``, a drive, a backslash or a null byte.
    """
    path = PurePosixPath(name)
    unsafe = path.is_absolute() or ".." in path.parts or any(c in name for c in "\\:\0")
    if unsafe or not path.parts:
        raise argument_error(
            "load", "name of a member", name, "a relative name within the archive",
            "The file may have been made to write elsewhere.",
        )  # fmt: skip
    return path


def check_folder(folder: Path) -> None:
    """Refuse a folder of a model with links that leave it, pipes, devices or too many files.

    Raises:
        DamagedFileError: it has some.
    """
    root = os.path.realpath(folder)
    count = 0
    for parent, folders, names in os.walk(root):
        for name in (*folders, *names):
            path = os.path.join(parent, name)
            count += 1
            real = os.path.realpath(path)
            if not real.startswith(root + os.sep):
                raise damaged(
                    f"member {os.path.relpath(path, root)!r}", "a link that leaves the folder",
                    "a file of its own", "Copy the folder with its links followed if you trust it.",
                )  # fmt: skip
            if not (os.path.isfile(path) or os.path.isdir(path)):
                raise damaged(f"member {name!r}", "a pipe or a device", "a file")
        if count > MOST_MEMBERS:
            raise damaged("folder", f"more than {MOST_MEMBERS} members", "a model's folder")

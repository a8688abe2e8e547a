"""Files that are either whole or absent, and names that stay within a folder."""

import contextlib
import ctypes
import errno
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from torchkeras.core.checks import argument_error
from torchkeras.saving.temporary import LONGEST, alone_in, beside, locked, telling_of

MOST_MEMBERS = 100_000
_VERY_MANY = 1000  # files that aren't forced to the disk one by one


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
def naming(path: str | os.PathLike) -> Iterator[None]:
    """Within it, errors of what is in a file say which one it is."""
    try:
        yield
    except (ValueError, TypeError) as error:
        name = os.fspath(path).removesuffix(".index")  # a checkpoint's is known without
        if len(error.args) == 1 and name not in str(error):
            error.args = (f"{error} The file is {name!r}.",)
        raise


@contextlib.contextmanager
def replacing(path: str | os.PathLike) -> Iterator[Path]:
    """A file of this name in a temporary folder, which takes its place when all went well.

    What was written is forced to the disk before it is renamed, so that a crash leaves either the
    old file or the new one. Links are followed: the file that they point to is replaced. A file
    keeps its rights. Pipes and devices are written to as they are. What saves that were killed
    have left is removed.

    Raises:
        IsADirectoryError: ``path`` is a folder.
        OSError: the disk is full or fails; it names the file, and says what to do.
    """
    target = Path(os.path.realpath(path))
    if target.is_dir():
        says = "It is a folder; expected the path of a file. Choose another name"
        raise IsADirectoryError(errno.EISDIR, says, str(path))
    if os.path.exists(path) and not target.is_file():
        yield Path(path)
        return
    with telling_of(target), beside(target) as folder:
        temporary = folder / target.name
        temporary.touch()
        rights = (target if target.is_file() else temporary).stat().st_mode & 0o777
        yield temporary
        temporary.chmod(rights)  # some libraries write files that only their owner may read
        synchronize(temporary)
        with undone_if_it_fails() as undoing:
            rename(temporary, target, folder / ".old", undoing)
            synchronize_folder(target.parent)


@contextlib.contextmanager
def replacing_folder(path: str | os.PathLike) -> Iterator[Path]:
    """A temporary folder beside ``path``, which takes its place when all went well.

    What a folder of that name holds goes: in the same instant where the system can exchange two
    names, as Linux can on disks of its own.

    Raises:
        NotADirectoryError: ``path`` is a file.
        OSError: see ``replacing``.
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_dir():
        says = "It is a file; expected the path of a folder. Choose another name"
        raise NotADirectoryError(errno.ENOTDIR, says, str(path))
    with telling_of(target), beside(target) as temporary:
        yield temporary
        synchronize(temporary)
        put_in_place(temporary, target)


@contextlib.contextmanager
def replacing_within(
    path: str | os.PathLike, is_outdated: Callable[[str], bool] = lambda name: False
) -> Iterator[Path]:
    """A temporary folder whose files take their places in the folder ``path`` when all went well.

    A new folder appears whole. In one that is there, other files stay, and those of the same names
    are replaced one by one when all new ones are on the disk; they are put back if that fails. So
    a crash in this one instant leaves some that are new and some that are old, each of them whole.

    Args:
        path: The folder.
        is_outdated: Tells by the name of a file that is there whether it goes, unless it is new.

    Raises:
        NotADirectoryError: ``path`` is a file.
        OSError: see ``replacing``.
    """
    target = Path(os.path.realpath(path))
    if not target.is_dir():
        with replacing_folder(path) as temporary:
            yield temporary
        return
    with telling_of(target), beside(target / "new") as temporary:
        yield temporary
        synchronize(temporary)
        new = [file.relative_to(temporary) for file in temporary.rglob("*") if file.is_file()]
        with alone_in(target), undone_if_it_fails() as undoing:
            for number, name in enumerate(sorted(new)):
                (target / name).parent.mkdir(parents=True, exist_ok=True)
                if (target / name).is_file():
                    (temporary / name).chmod((target / name).stat().st_mode & 0o777)
                rename(temporary / name, target / name, temporary / f".{number}.old", undoing)
            synchronize_folder(target)
        for name in os.listdir(target):
            if is_outdated(name) and Path(name) not in new:
                (target / name).unlink(missing_ok=True)


@contextlib.contextmanager
def undone_if_it_fails() -> Iterator[list[Callable[[], Any]]]:
    """A list of what undoes the block's steps: done from the end if it fails, as far as it can be.

    Where one of them fails, too, those before it are left: they count on it.
    """
    undoing: list[Callable[[], Any]] = []
    with contextlib.ExitStack() as stack:
        stack.callback(_undo, undoing)
        yield undoing
        stack.pop_all()


def _undo(steps: list[Callable[[], Any]]) -> None:
    with contextlib.suppress(OSError):
        for step in reversed(steps):
            step()


def rename(new: Path, target: Path, kept: Path, undoing: list[Callable[[], Any]]) -> None:
    """Give the file ``new`` the name ``target``; a file of that name goes.

    Args:
        new: A whole file.
        target: What it is to be called.
        kept: A path on the same disk where the old file is kept. On a disk without links it isn't,
            and nothing can be undone.
        undoing: Gets what undoes it.
    """
    is_first = not target.exists()
    with contextlib.suppress(OSError):
        os.link(target, kept)
    os.replace(new, target)
    if is_first:
        undoing.append(target.unlink)
    elif kept.exists():
        undoing.append(lambda: os.replace(kept, target))


def put_in_place(temporary: Path, target: Path) -> None:
    """Give a folder that is whole the name ``target``; a folder of that name goes."""
    with undone_if_it_fails() as undoing:
        while True:
            if not target.is_dir():
                try:
                    os.replace(temporary, target)
                except OSError as error:  # another process may have been first
                    if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                        raise
                else:
                    undoing.append(lambda: os.replace(target, temporary))
                    break
            elif _exchange(temporary, target) or _change_places(temporary, target):
                undoing.append(lambda: _change_places(temporary, target))
                break
        synchronize_folder(target.parent)
    shutil.rmtree(temporary, ignore_errors=True)


def _exchange(one: Path, other: Path) -> bool:
    """Exchange the names of two folders in one instant; whether the system can."""
    rename = (
        getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
        if os.name == "posix"
        else None
    )
    if rename is None:
        return False
    here, exchange = -100, 2  # AT_FDCWD, RENAME_EXCHANGE
    if rename(here, os.fsencode(one), here, os.fsencode(other), exchange) == 0:
        return True
    code = ctypes.get_errno()
    if code in (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOENT):
        return False
    raise OSError(code, os.strerror(code), str(other))


def _change_places(temporary: Path, target: Path) -> bool:
    """The same in three renamings; whether both were there."""
    old = target.with_name(f".{target.name[:LONGEST]}.{secrets.token_hex(6)}.old")
    with contextlib.ExitStack() as stack:
        try:
            stack.callback(os.close, locked(target, waits=False))
            os.replace(target, old)
        except FileNotFoundError:  # another process has taken it away
            return False
        try:
            os.replace(temporary, target)
        except OSError:
            os.replace(old, target)
            raise
        os.replace(old, temporary)
    return True


def synchronize(path: Path) -> None:
    """Force a file, or a folder and all that is in it, to the disk.

    Of very many files, such as those of an unpacked archive, the whole disk is.
    """
    if path.is_dir():
        below = list(path.rglob("*"))
        if len(below) > _VERY_MANY and hasattr(os, "sync"):
            os.sync()
            return
        for child in below:
            if child.is_dir():
                synchronize_folder(child)
            else:
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
    check_free(owner, path, overwrite)
    target = Path(path)
    with telling_of(target):
        target.parent.mkdir(parents=True, exist_ok=True)
    return target


def check_free(owner: str, path: str | os.PathLike, overwrite: bool) -> None:
    """Refuse a path at which there is something already, unless ``overwrite`` is on.

    Raises:
        FileExistsError: there is.
    """
    if not overwrite and os.path.exists(path):
        raise FileExistsError(
            f"{owner}: {str(path)!r} exists already; expected a new path. Pass overwrite=True to "
            "replace it."
        )


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

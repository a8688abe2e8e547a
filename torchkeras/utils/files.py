"""``get_file``: download once, check, unpack."""

import hashlib
import os
import tempfile
import urllib.error
import urllib.parse
import urllib.request
import warnings
from pathlib import Path

from torchkeras.callbacks.console import say
from torchkeras.callbacks.progress import Progbar
from torchkeras.core.checks import argument_error
from torchkeras.core.settings import keras_home
from torchkeras.saving.files import replacing
from torchkeras.utils.archives import unpack

CHUNK_BYTES = 1 << 18
TIMEOUT_SECONDS = 60.0


def get_file(
    fname: str | os.PathLike[str] | None = None,
    origin: str | None = None,
    untar: bool = False,
    md5_hash: str | None = None,
    file_hash: str | None = None,
    cache_subdir: str = "datasets",
    hash_algorithm: str = "auto",
    extract: bool = False,
    archive_format: str | list[str] | tuple[str, ...] | None = "auto",
    cache_dir: str | os.PathLike[str] | None = None,
    force_download: bool = False,
) -> str:
    """Path of a file from the net, downloaded if it isn't in the cache.

    A file appears under its name only when it is complete and its hash is right. Archives are
    unpacked by rules of their own (``archives.unpack``): nothing is written elsewhere, no links.
    What an archive unpacks to is also found beside its folder, where tf.keras 2 had put it.

    Args:
        fname: Name in the cache, without folders; None takes it from ``origin``.
        origin: Address of the file.
        untar: Old way to say ``extract`` for tar archives. The folder of an archive that holds
            one folder of the same name is that folder.
        md5_hash: Old way to give ``file_hash``.
        file_hash: SHA-256 or MD5 of the file, as hexadecimal text.
        cache_subdir: Folder below ``cache_dir``, or an absolute one.
        hash_algorithm: ``"sha256"``, ``"md5"``, or ``"auto"`` to tell by the length.
        extract: Whether to unpack, and return the folder.
        archive_format: ``"tar"``, ``"zip"``, a list of them, ``"auto"`` for both, None for none.
        cache_dir: Root of the cache; None is ``$KERAS_HOME`` or ``~/.keras``.
        force_download: Whether to download even if the file is there.

    Raises:
        ValueError: no ``origin``, a name with folders, or a file whose hash is wrong.
        OSError: the download failed.

    Source: Keras 3 ``get_file``.
    """
    if origin is None:
        raise argument_error(
            "get_file", "origin", origin, "a URL", 'Please specify the "origin" argument.'
        )
    if md5_hash is not None and file_hash is None:
        file_hash, hash_algorithm = md5_hash, "md5"
    folder = _cache_folder(cache_dir, cache_subdir)
    name = _file_name(fname, origin)
    target, unpacked = folder / name, None
    if extract or untar:
        target, unpacked = _archive_places(folder, name, is_given=bool(fname))
    is_new = _make_present(target, origin, file_hash, hash_algorithm, force_download)
    if unpacked is None:
        return str(target)
    kinds = _archive_kinds("tar" if untar else archive_format)
    if is_new or not unpacked.exists():
        is_lifted = False

        def arrange(folder: Path) -> None:
            nonlocal is_lifted
            is_lifted = untar and _lift(folder, unpacked.name)

        if not unpack(target, unpacked, kinds, arrange):
            warnings.warn(f"Could not extract archive {target}.", stacklevel=2)
        elif not is_lifted:
            _link_as_before(unpacked)
    return str(unpacked)


def _cache_folder(cache_dir: str | os.PathLike[str] | None, cache_subdir: str) -> Path:
    base = keras_home() if cache_dir is None else Path(cache_dir).expanduser()
    try:
        base.mkdir(parents=True, exist_ok=True)
        is_writable = os.access(base, os.W_OK)
    except OSError:
        is_writable = False
    if not is_writable:
        base = Path(tempfile.gettempdir(), ".keras")
    folder = base / cache_subdir
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _file_name(fname: str | os.PathLike[str] | None, origin: str) -> str:
    name = os.fspath(fname) if fname else Path(urllib.parse.urlsplit(origin).path).name
    if not name or name in (".", ".."):
        raise argument_error(
            "get_file", "fname", fname, "a name", f"Can't parse the file name from {origin!r}."
        )
    if "/" in name or os.sep in name:
        raise argument_error(
            "get_file",
            "fname",
            name,
            "a name without folders",
            "Paths are no longer accepted as the `fname` argument; use `cache_dir`.",
        )
    return name


def _archive_places(folder: Path, name: str, is_given: bool) -> tuple[Path, Path]:
    """Where an archive and its unpacked folder lie, as in Keras 3."""
    if is_given and "." in name:
        return folder / name, folder / f"{name[: name.find('.')]}_extracted"
    return folder / f"{name}_archive", folder / name


def _archive_kinds(archive_format: str | list[str] | tuple[str, ...] | None) -> tuple[str, ...]:
    if archive_format == "auto":
        return ("tar", "zip")
    kinds = (archive_format,) if isinstance(archive_format, str) else tuple(archive_format or ())
    if not set(kinds) <= {"tar", "zip"}:
        raise argument_error("get_file", "archive_format", archive_format, '"tar" or "zip"')
    return kinds


def _make_present(
    target: Path, origin: str, file_hash: str | None, algorithm: str, force: bool
) -> bool:
    """Download ``target`` unless it is there and right; whether it was downloaded."""
    if target.exists() and not force:
        if file_hash is None or hash_of(target, algorithm, file_hash) == file_hash:
            return False
        say(
            f"A local file was found, but it seems to be incomplete or outdated: the hash of "
            f"{target} is not {file_hash}, so we will re-download the data."
        )
    say(f"Downloading data from {origin}")
    with replacing(target) as partial:
        with open(partial, "wb") as file:
            _download(origin, file)
        if file_hash is not None and hash_of(partial, algorithm, file_hash) != file_hash:
            raise ValueError(
                f"Incomplete or corrupted file detected: the hash of {origin} does not match the "
                f"provided value of {file_hash}."
            )
    return True


def _download(origin: str, file) -> None:
    try:
        with urllib.request.urlopen(origin, timeout=TIMEOUT_SECONDS) as response:
            total = int(response.headers.get("Content-Length") or 0) or None
            bar, done = Progbar(total, unit_name="byte"), 0
            while chunk := response.read(CHUNK_BYTES):
                file.write(chunk)
                done += len(chunk)
                bar.update(done, finalize=done == total)
    except urllib.error.HTTPError as error:
        raise OSError(f"URL fetch failure on {origin}: {error.code} -- {error.msg}") from error
    except urllib.error.URLError as error:
        raise OSError(f"URL fetch failure on {origin}: {error.reason}") from error


def hash_of(path: str | os.PathLike[str], algorithm: str = "auto", like: str = "") -> str:
    """Hexadecimal hash of a file; ``"auto"`` takes the algorithm whose hashes are as ``like``."""
    if algorithm == "auto":
        algorithm = "sha256" if len(like) == 64 else "md5"
    if algorithm not in ("sha256", "md5"):
        raise argument_error("get_file", "hash_algorithm", algorithm, '"sha256", "md5" or "auto"')
    digest = hashlib.sha256() if algorithm == "sha256" else hashlib.md5(usedforsecurity=False)
    with open(path, "rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def _lift(folder: Path, name: str) -> bool:
    """Bring what lies in ``folder/name`` into ``folder``; False if there is more in that."""
    inner = folder / name
    if list(folder.iterdir()) != [inner] or not inner.is_dir():
        return False
    for item in list(inner.iterdir()):
        os.replace(item, folder / f".{item.name}")  # a child may bear its parent's name
    inner.rmdir()
    for item in list(folder.iterdir()):
        os.replace(item, folder / item.name[1:])
    return True


def _link_as_before(unpacked: Path) -> None:
    """Make what was unpacked reachable where tf.keras 2 had put it."""
    for item in unpacked.iterdir():
        beside = unpacked.parent / item.name
        if not os.path.lexists(beside):
            beside.symlink_to(Path(unpacked.name, item.name), target_is_directory=item.is_dir())

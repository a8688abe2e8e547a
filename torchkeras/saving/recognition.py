"""What a file is that holds no model, told by its first bytes, its members or its name."""

import contextlib
import difflib
import os
import re
import struct
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from torchkeras.core.checks import argument_error
from torchkeras.core.naming import printable
from torchkeras.saving.files import DamagedFileError

_BEGINNING = 512  # bytes that tell the kind of a file
_ARCHIVES = {
    b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\0": "xz", b"(\xb5/\xfd": "zstd",
    b"7z\xbc\xaf\x27\x1c": "7-Zip", b"Rar!": "RAR",
}  # fmt: skip
_OTHERS = {
    b"\x89PNG": "a PNG image", b"\xff\xd8\xff": "a JPEG image", b"GIF8": "a GIF image",
    b"%PDF": "a PDF document", b"SQLite format 3": "a database of SQLite", b"\x7fELF": "a program",
}  # fmt: skip
_HDF5 = b"\x89HDF\r\n\x1a\n"
_ZIP = b"PK\x03\x04"
_PAGES = ("<!doctype html", "<html", "<head", "<?xml")
_POINTER = b"version https://git-lfs.github.com/spec/"
_PICKLE = re.compile(rb"\x80[\x02-\x05]")
_CONTROLS = re.compile("[\0-\b\x0e-\x1f]")
_PART = re.compile(r"(.+)\.(data-\d+-of-\d+|index|meta)$")
_OF_KERAS = (".keras", ".h5", ".hdf5", ".safetensors")
_OF_TORCH = "It is of torch: torch.load(path, weights_only=True) reads a state_dict."
# Where the end of the file is noted, by the version of what an HDF5 file begins with.
_END_OF_HDF5 = {0: 40, 1: 44, 2: 28, 3: 28}
_BY_SUFFIX = {
    ".onnx": "It is an ONNX program, which onnxruntime runs; load the model that it was made of.",
    ".tflite": "It is a TensorFlow Lite program; load the model that it was made of.",
    ".mlmodel": "It is a Core ML program; load the model that it was made of.",
    ".pt": _OF_TORCH,
    ".pth": _OF_TORCH,
    ".yaml": "It is a configuration without weights, in a form that isn't read; to_json writes one "
    "that is.",
}
_FROZEN = (
    "It is a graph of TensorFlow, which is never run; load the .keras, .h5 or SavedModel folder "
    "that it was made of."
)
_CONFIGURATION = (
    "It is a model's configuration without weights: keras.models.model_from_json takes its text."
)
_SHARDED = "It names the files that weights are in: build the model and call load_weights."
_ARRAYS = "It holds NumPy's arrays: model.set_weights takes a list of them."


class MissingFileError(FileNotFoundError, ValueError):
    """There is no such file: an OSError in Python, a ValueError in Keras."""


def missing(owner: str, path: str | os.PathLike, expected: str) -> OSError:
    """The error for a path at which nothing is, or a folder where a file belongs.

    Args:
        owner: The function that was given it.
        path: The path.
        expected: What should have been there.
    """
    if os.path.exists(path):
        return refused(owner, "file", path, expected, "It is no file.")
    return MissingFileError(
        f"{owner}: there is no file {os.fspath(path)!r}; expected {expected}. {_instead(path)}"
    )


def _instead(path: str | os.PathLike) -> str:
    """What there is instead of a file that is missing."""
    if os.path.islink(path):
        return f"It is a link to {os.readlink(path)!r}, which isn't there."
    folder, name = os.path.split(os.fspath(path))
    if folder and not os.path.isdir(folder):
        return f"There is no folder {folder!r}, either."
    names = sorted(os.listdir(folder or "."))
    stem = name.partition(".")[0].lower()
    alike = [other for other in names if other.partition(".")[0].lower() == stem]
    alike = alike or difflib.get_close_matches(name, names, n=1, cutoff=0.8)
    if alike:
        return f"There is {listed(alike)}."
    return "Check the path and the folder it starts from."


def refused(
    owner: str, argument: str, path: str | os.PathLike, expected: str, otherwise: str = ""
) -> DamagedFileError:
    """The error for a file that is something else than what was expected.

    Args:
        owner: The function that was given it.
        argument: The argument's name.
        path: The file.
        expected: What should have been there.
        otherwise: What to say if nothing is known of the file.
    """
    hint = told(path) or otherwise
    error = argument_error(owner, argument, os.fspath(path), expected, hint)
    return DamagedFileError(str(error))


@contextlib.contextmanager
def telling_release(release: Any, known: str) -> Iterator[None]:
    """Within it, errors tell of a file of a newer release of Keras than the one that is known.

    Args:
        release: What wrote the file, as it says; None if it doesn't.
        known: The newest release whose files are known.

    Raises:
        TypeError, ValueError: as they were raised, with that added.
    """
    try:
        yield
    except (TypeError, ValueError) as error:
        if isinstance(error, DamagedFileError) or not _is_newer(release, known):
            raise
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(
            f"{error} The file was written by Keras {printable(str(release))}, and this release of "
            f"torchkeras knows those up to {known}: a newer one may read it."
        ) from error


def _is_newer(release: Any, known: str) -> bool:
    numbers = [re.match(r"(\d{1,6})\.(\d{1,6})", str(text)) for text in (release, known)]
    found = [tuple(map(int, match.groups())) for match in numbers if match is not None]
    return len(found) == 2 and found[0] > found[1]


def told(path: str | os.PathLike) -> str:
    """What the file or folder at ``path`` is, and what to do with it; empty if that isn't known.

    Example:
        >>> path = getfixture("tmp_path") / "model.h5"
        >>> path.write_text("<!DOCTYPE html><html></html>")
        28
        >>> told(path)
        'It is a web page, such as one that asks to sign in: download the file itself.'
    """
    path = Path(path)
    if path.is_dir():
        return _of_folder(path)
    if not path.is_file():
        return ""
    size = path.stat().st_size
    if not size:
        return "It is empty: what wrote or copied it was interrupted. Get it anew."
    with open(path, "rb") as file:
        beginning = file.read(_BEGINNING)
    return _of_bytes(path, beginning, size) or _of_name(path) or _of_text(beginning)


def _of_bytes(path: Path, beginning: bytes, size: int) -> str:
    if beginning.startswith(_POINTER):
        noted = re.search(rb"size (\d{1,20})", beginning)
        of = f" of {int(noted[1])} bytes" if noted else ""
        return f"It is a Git LFS pointer to a file{of}: run git lfs pull in its repository."
    for start, name in _ARCHIVES.items():
        if beginning.startswith(start):
            return f"It is compressed by {name}: unpack it first."
    for start, name in _OTHERS.items():
        if beginning.startswith(start):
            return f"It is {name}: check the path."
    if beginning[257:262] == b"ustar":
        return "It is a tar archive: unpack it first."
    if beginning.startswith(_ZIP) or zipfile.is_zipfile(path):
        return _of_zip(path)
    if beginning.startswith(_HDF5):
        return _of_hdf5(beginning, size)
    if beginning[4:8] == b"TFL3":
        return _BY_SUFFIX[".tflite"]
    if beginning.startswith(b"\x93NUMPY"):
        return _ARRAYS
    if _PICKLE.match(beginning):
        return "It is a pickle, which isn't read, since any code may be in one."
    is_named = path.suffix == ".safetensors"
    if not is_named and beginning[8:9] == b"{" and struct.unpack("<Q", beginning[:8])[0] < size:
        return "It is a safetensors file: end its name in .safetensors, and call load_weights."
    return ""


def _of_hdf5(beginning: bytes, size: int) -> str:
    at = _END_OF_HDF5.get(int.from_bytes(beginning[8:9], "little"))
    if at is None:
        return ""
    if size < at + 8:
        return f"It has been cut off: it has {size} bytes. Get it anew."
    end = int.from_bytes(beginning[at : at + 8], "little")
    if end > size:
        return f"It has been cut off: it has {size} of {end} bytes. Get it anew."
    return ""


def _of_zip(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, struct.error):
        return "It begins as a .keras file and has been cut off, or is damaged. Get it anew."
    below = sorted(name for name in names if name.endswith("/config.json"))
    if "config.json" in names:
        return "It has no model.weights.h5: it is incomplete."
    if any(name.endswith("/data.pkl") for name in names):
        return _OF_TORCH
    if any(name.endswith("/archive_format") for name in names):
        return "It is a program of torch: torch.export.load(path).module() runs it."
    if names and all(name.endswith(".npy") for name in names):
        return _ARRAYS
    if below:
        folder = below[0].rpartition("/")[0]
        return f"The model lies in its folder {folder!r}: unpack it, and load that folder."
    inner = [name for name in names if name.endswith((*_OF_KERAS, "saved_model.pb"))]
    if inner:
        return f"It is an archive around {listed(inner)}: unpack it first."
    return f"It is a zip archive of other things: {listed(names)}."


def _of_name(path: Path) -> str:
    part = _PART.match(path.name)
    if part:
        prefix = str(path.with_name(part[1]))
        return f"It is part of a TensorFlow checkpoint: load_weights({prefix!r}) reads one."
    if path.suffix == ".pb":
        is_in_folder = path.name in ("saved_model.pb", "keras_metadata.pb", "fingerprint.pb")
        return f"Give the folder that it is in: {str(path.parent)!r}." if is_in_folder else _FROZEN
    return _BY_SUFFIX.get(path.suffix, "")


def _of_text(beginning: bytes) -> str:
    text = beginning.decode("utf-8", "ignore")
    if len(text.encode()) < len(beginning) - 3 or _CONTROLS.search(text):  # 3: a letter cut in two
        return ""
    text = text.strip()
    if text.lower().startswith(_PAGES):
        return "It is a web page, such as one that asks to sign in: download the file itself."
    if text.startswith("{") and '"class_name"' in text:
        return _CONFIGURATION
    if text.startswith("{") and '"weight_map"' in text:
        return _SHARDED
    return f"It is text: {printable(text[:60])!r}."


def _of_folder(path: Path) -> str:
    names = sorted(os.listdir(path))
    if not names:
        return "The folder is empty."
    indices = [name for name in names if name.endswith(".index")]
    if indices:
        prefix = str(path / indices[-1].removesuffix(".index"))
        return (
            f"It holds a TensorFlow checkpoint: build the model and call load_weights({prefix!r})."
        )
    if "model.json" in names and any(name.endswith(".bin") for name in names):
        return "It is a model of TensorFlow.js; load the model that it was made of."
    if "config.json" in names:
        return "It has no model.weights.h5: it is incomplete."
    inner = [name for name in names if name.endswith(_OF_KERAS)]
    if inner:
        return f"It holds {listed(inner)}: give the path of one of these."
    return f"It holds {listed(names)}; a model's folder holds config.json or saved_model.pb."


def listed(names: Iterable[str]) -> str:
    """The first few names, for an error."""
    names = [printable(repr(name[:80])) for name in names]
    return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")

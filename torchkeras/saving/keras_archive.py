"""``.keras``: a zip archive (or a folder) with configuration, weights and assets.

An archive from elsewhere is read without unpacking: members are looked up by their fixed names,
what they declare is checked before anything is decompressed, and assets go to a temporary folder
under names that can't leave it.
"""

import contextlib
import json
import os
import tempfile
import time
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from torchkeras.core import scopes, serialization
from torchkeras.core.checks import describe, kind_error
from torchkeras.core.notices import warn
from torchkeras.saving import (
    archive_members,
    files,
    hdf5,
    hdf5_writer,
    layer_order,
    recognition,
    weights,
)
from torchkeras.saving.later_arguments import without_later_arguments
from torchkeras.saving.plan import Rebuilding

# The release of Keras whose form the files have.
KERAS_VERSION = "3.15.1"
METADATA, CONFIG, WEIGHTS, ASSETS = "metadata.json", "config.json", "model.weights.h5", "assets"

_LARGEST_CONFIG = 256 * 2**20


# --- Writing


def save(
    model: Any, path: str | os.PathLike, zipped: bool = True, include_optimizer: bool = True
) -> None:
    """Write ``model`` as a ``.keras`` archive, or as a folder of the same members.

    Args:
        model: The model.
        path: Where to.
        zipped: Whether it is one file.
        include_optimizer: Whether the arguments of ``compile`` and the optimizer are written.

    Raises:
        TypeError: the configuration holds something that JSON can't say.
        FileExistsError: the path is a folder with other things in it.
    """
    _check_folder(Path(path))
    config = to_file_json(model, include_optimizer)
    texts = {METADATA: json.dumps(_metadata()), CONFIG: config}
    left_out = () if include_optimizer else (getattr(model, "optimizer", None),)
    if zipped:
        with files.replacing(path) as temporary:
            _write_archive(model, temporary, texts, left_out)
        return
    with files.replacing_folder(path) as temporary:
        for name, text in texts.items():
            (temporary / name).write_text(text, encoding="utf-8")
        write_weights(model, temporary / WEIGHTS, left_out)
        _write_assets(model, temporary / ASSETS)


def _check_folder(path: Path) -> None:
    """A folder that is to be replaced must hold a model and nothing else."""
    known = {METADATA, CONFIG, WEIGHTS, ASSETS}
    others = {entry.name for entry in path.iterdir()} - known if path.is_dir() else ()
    if others:
        raise FileExistsError(
            f"save_model: the folder {str(path)!r} holds other things ({sorted(others)[:3]}, ...); "
            "expected a new folder or one that holds a model alone."
        )


def _metadata() -> dict[str, str]:
    return {"keras_version": KERAS_VERSION, "date_saved": time.strftime("%Y-%m-%d@%H:%M:%S")}


def to_json(model: Any, **options: Any) -> str:
    """The configuration of ``model`` as JSON text.

    Args:
        model: The model.
        **options: Of ``json.dumps``.

    Raises:
        TypeError: it holds something that JSON can't say.
    """
    return _as_json(model, _configuration(model), **options)


def to_file_json(model: Any, include_compile: bool = True) -> str:
    """The same for files, which earlier releases of Keras 3 read, too.

    Args:
        model: The model.
        include_compile: Whether the arguments of ``compile`` are in it.

    Raises:
        TypeError: see ``to_json``.
    """
    config = _configuration(model)
    if not include_compile:
        config.pop("compile_config", None)
    return _as_json(model, without_later_arguments(config))


def _configuration(model: Any) -> dict[str, Any]:
    with serialization.numbering_scope():
        return serialization.serialize_keras_object(model)


def _as_json(model: Any, config: dict[str, Any], **options: Any) -> str:
    try:
        return json.dumps(config, **options)
    except TypeError as error:
        raise kind_error(
            model, "configuration", f"not plain data ({error})", "values that JSON can hold",
            "Let get_config() of your class give keras.saving.serialize_keras_object(...) of it.",
        ) from error  # fmt: skip


def write_weights(
    model: Any, target: str | os.PathLike | BinaryIO, left_out: Any = ()
) -> hdf5_writer.Writer:
    """Write the variables of ``model`` and all below it, but ``left_out``, as an HDF5 file.

    Args:
        model: The model.
        target: Path, or a file open for writing.
        left_out: Objects that aren't written.

    Returns:
        The writer, which knows the size of what it wrote.
    """
    skipped = {id(owner) for owner in left_out}
    with hdf5_writer.Writer(target) as writer:
        for place, owner in weights.places(model):
            if id(owner) not in skipped and hasattr(owner, "save_own_variables"):
                name = getattr(owner, "name", None)
                writer.write(place, weights.own_values(owner), name)
    return writer


def _write_assets(model: Any, folder: Path) -> None:
    for place, owner in weights.places(model):
        if hasattr(owner, "save_assets"):
            target = folder / files.check_member_name(place or "root") if place else folder
            target.mkdir(parents=True, exist_ok=True)
            owner.save_assets(str(target))
    for path in sorted(folder.rglob("*"), reverse=True) if folder.is_dir() else ():
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def _write_archive(model: Any, path: Path, texts: Mapping[str, str], left_out: Any) -> None:
    """Write the members as an archive in Keras's order, uncompressed."""
    with (
        open(path, "wb") as file,
        zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive,
        tempfile.TemporaryDirectory() as folder,
    ):
        for name, text in texts.items():
            archive.writestr(name, text)
        _add_weights(model, file, archive, left_out)
        _write_assets(model, Path(folder, ASSETS))
        for member in sorted(Path(folder).rglob("*")):
            if member.is_file():
                archive.write(member, member.relative_to(folder).as_posix())


def _add_weights(model: Any, file: BinaryIO, archive: zipfile.ZipFile, left_out: Any) -> None:
    """Write the weights right into the archive.

    A member can be written from its beginning to its end only, and an HDF5 file can't. So an empty
    one is made, the weights are written behind its header, and then it is told what it holds.
    """
    info = zipfile.ZipInfo(WEIGHTS, time.localtime()[:6])
    archive.open(info, "w", force_zip64=True).close()
    file.seek(archive.start_dir)
    writer = write_weights(model, file, left_out)
    info.CRC, info.file_size, info.compress_size = writer.checksum, writer.size, writer.size
    file.seek(info.header_offset)
    file.write(info.FileHeader(zip64=True))
    archive.start_dir += writer.size  # where the next member begins


# --- Reading


def load(
    path: str | os.PathLike,
    custom_objects: Mapping[str, Any] | None = None,
    compile: bool = True,
    safe_mode: bool | None = True,
) -> Any:
    """The model of a ``.keras`` archive or folder.

    Args:
        path: The archive, or the folder.
        custom_objects: Classes and functions by the names they have in the file.
        compile: Whether the model is compiled as it was.
        safe_mode: False lets bytecode of lambdas become functions. None follows what is in force.

    Raises:
        ValueError: this is no such archive, it is damaged or hostile, or its parts don't fit.
        TypeError: it names a class that isn't known.
    """
    with Archive(path) as archive:
        config = archive.config()
        if not compile:
            config["compile_config"] = None
        with contextlib.ExitStack() as stack:
            stack.enter_context(scopes.custom_objects_scope(custom_objects))
            if safe_mode is not None:
                stack.enter_context(
                    serialization.SafeModeScope(safe_mode and serialization.in_safe_mode())
                )
            release = archive.version()
            stack.enter_context(scopes.keras_2_scope(release))
            stack.enter_context(serialization.sharing_scope())
            telling = recognition.telling_release(release, KERAS_VERSION)
            source = stack.enter_context(archive.weights(is_fresh=True))
            with telling, Rebuilding(archive.size_of(WEIGHTS)) as rebuilding:
                model = rebuilt(config)
            with archive.assets() as assets:
                if source is None and model.weights:
                    raise archive.incomplete()
                reader = weights.Reader(assets=assets, is_fresh=True)
                with layer_order.slots_of(model):
                    reader.read(model, source)
                report(model, reader)
            rebuilding.finish(reader.plan.variables)
        return model


def rebuilt(config: dict[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The object of a configuration that ``parse_config`` gave.

    Raises:
        DamagedFileError: there is a class name with nothing beside it.
        ValueError, TypeError: as ``deserialize_keras_object``.
    """
    found = serialization.deserialize_keras_object(config, custom_objects=custom_objects)
    if isinstance(found, dict):
        raise files.damaged(
            "configuration", "a class name alone", 'a class name with a "config" beside it'
        )
    return found


def report(model: Any, reader: weights.Reader, hint: str = "") -> None:
    """Carry out what ``reader`` found; warn of, or raise, what didn't fit, with a ``hint``."""
    reader.finish()
    failures = list(reader.failures.values())
    if not failures:
        return
    owner, place, error = failures[0]
    text = (
        f"{len(failures)} objects could not be loaded. The first is "
        f"{describe(owner)} at {place}: {error}"
    )
    if reader.skip_mismatch:
        warn(f"load: A total of {text}")
        return
    raise ValueError(f"load: A total of {text} {hint}".rstrip()) from error


class Archive:
    """A ``.keras`` archive or folder, opened for reading.

    Raises:
        ValueError: it is none, or declares what it can't hold.
    """

    def __init__(self, path: str | os.PathLike) -> None:
        self.path = Path(path)

    def __enter__(self) -> "Archive":
        self.zip: zipfile.ZipFile | None = None
        if self.path.is_dir():
            files.check_folder(self.path)
            return self
        if not self.path.is_file():
            raise recognition.missing("load", self.path, "a .keras archive")
        try:
            self.zip = zipfile.ZipFile(self.path)
        except archive_members.UNREADABLE as error:
            says = f"It is no zip file: {error}."
            raise recognition.refused(
                "load", "file", self.path, "a .keras archive", says
            ) from error
        try:
            self.members = {info.filename: info for info in archive_members.check_members(self.zip)}
        except ValueError:
            self.zip.close()
            raise
        return self

    def __exit__(self, *exc: object) -> None:
        if self.zip is not None:
            self.zip.close()

    def incomplete(self) -> files.DamagedFileError:
        """The error for one without weights."""
        return recognition.refused(
            "load", "file", self.path, f"an archive or folder with a member {WEIGHTS}"
        )

    def has(self, name: str) -> bool:
        """Whether there is a member of that name."""
        return name in self.members if self.zip is not None else (self.path / name).is_file()

    def size_of(self, name: str) -> int:
        """Bytes of a member, unpacked; 0 if there is none."""
        if not self.has(name):
            return 0
        if self.zip is None:
            return (self.path / name).stat().st_size
        return self.members[name].file_size

    def version(self) -> str | None:
        """The release of Keras that wrote it, if it is noted."""
        noted = parse_json(self._read_small(METADATA), "metadata") if self.has(METADATA) else {}
        return noted.get("keras_version") if isinstance(noted, dict) else None

    def config(self) -> dict[str, Any]:
        """The model's configuration."""
        return parse_config(self._read_small(CONFIG))

    def metadata(self) -> dict[str, Any]:
        """The release of Keras that wrote the file, and when; empty if it isn't told."""
        return parse_json(self._read_small(METADATA), "metadata") if self.has(METADATA) else {}

    def names(self) -> dict[str, int]:
        """The members by name, with their sizes."""
        if self.zip is not None:
            return {name: info.file_size for name, info in self.members.items()}
        found = (path for path in sorted(self.path.rglob("*")) if path.is_file())
        return {path.relative_to(self.path).as_posix(): path.stat().st_size for path in found}

    def _read_small(self, name: str) -> bytes:
        if not self.has(name):
            raise recognition.refused(
                "load", "file", self.path, f"an archive or folder with a member {name}",
                "It is incomplete, or no Keras model.",
            )  # fmt: skip
        if self.zip is None:
            return _read_file(self.path / name)
        if self.members[name].file_size > _LARGEST_CONFIG:
            raise archive_members.too_large(name)
        return archive_members.bytes_of(self.zip, self.members[name])

    @contextlib.contextmanager
    def weights(self, is_fresh: bool = False) -> Iterator[Any]:
        """Root group of the weights; None if there are none.

        Args:
            is_fresh: Whether they are for a model that is thrown away if they are damaged, so that
                the end of the block is early enough to notice that.
        """
        if not self.has(WEIGHTS):
            yield None
            return
        with contextlib.ExitStack() as stack:
            source: Any = self.path / WEIGHTS
            if self.zip is not None:
                member = archive_members.opened(self.zip, self.members[WEIGHTS], is_fresh)
                source = stack.enter_context(member)
            yield stack.enter_context(hdf5.open_group(source))

    @contextlib.contextmanager
    def assets(self) -> Iterator[Any]:
        """Function from a place to the folder of its assets (None if it has none)."""
        if self.zip is None:
            yield lambda place: _folder(self.path / ASSETS / place)
            return
        names = [n for n in self.members if n.startswith(ASSETS + "/") and not n.endswith("/")]
        if not names:
            yield None
            return
        with tempfile.TemporaryDirectory() as temporary:
            for name in names:
                target = Path(temporary) / files.check_member_name(name)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(archive_members.bytes_of(self.zip, self.members[name]))
            yield lambda place: _folder(Path(temporary) / ASSETS / place)


def _folder(path: Path) -> Path | None:
    return path if path.is_dir() else None


def read_config(path: Path) -> dict[str, Any]:
    """The configuration in a file of its own."""
    return parse_config(_read_file(path))


def _read_file(path: Path) -> bytes:
    if path.stat().st_size > _LARGEST_CONFIG:
        raise archive_members.too_large(path.name)
    return path.read_bytes()


def parse_json(text: str | bytes, what: str) -> dict[str, Any]:
    """A JSON object from its text.

    Raises:
        DamagedFileError: this is no JSON, or no object.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise files.damaged(what, f"not JSON ({error})", "a JSON object") from error
    if not isinstance(found, dict):
        raise files.damaged(what, f"a JSON {type(found).__name__}", "a JSON object")
    return found


def parse_config(text: str | bytes) -> dict[str, Any]:
    """A configuration from its JSON text.

    Raises:
        DamagedFileError: this is no JSON, or no object with a class name.
    """
    config = parse_json(text, "configuration")
    if not isinstance(config.get("class_name"), str):
        raise files.damaged(
            "configuration", "a JSON object without a class name",
            'an object with a "class_name"',
        )  # fmt: skip
    return config

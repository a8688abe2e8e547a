"""Data sets by name: classes of scripts, folders of prepared files."""

import os
from pathlib import Path
from typing import Any

from tensorflow_datasets.core.info import FILE, object_of
from tensorflow_datasets.core.naming import Version
from torchkeras.core.checks import nearest

BUILDERS: dict[str, type] = {}


class DatasetNotFoundError(ValueError):
    """There is no data set of a name."""


def data_root(data_dir: Any = None) -> Path:
    """The folder of all data sets: the given one, ``$TFDS_DATA_DIR``, ``~/tensorflow_datasets``."""
    given = data_dir or os.environ.get("TFDS_DATA_DIR") or "~/tensorflow_datasets"
    return Path(given).expanduser()


def versions_in(folder: Path) -> list[Version]:
    """Releases that a folder has, the latest first."""
    if not folder.is_dir():
        return []
    names = [path.name for path in folder.iterdir() if (path / FILE).is_file()]
    return sorted((Version(name) for name in names if Version.is_valid(name)), reverse=True)


def configs_in(folder: Path) -> list[str]:
    """Variants that a data set's folder has, the one to take first."""
    if not folder.is_dir():
        return []
    names = sorted(path.name for path in folder.iterdir() if versions_in(path))
    note = folder / ".config" / "metadata.json"
    first = object_of(note).get("default_config_name") if note.is_file() else None
    return sorted(names, key=lambda name: name != first)


def chosen_version(folder: Path, wanted: Any) -> Version | None:
    """The latest release of a folder that fits ``wanted``; None if there is none."""
    found = versions_in(folder)
    if wanted is not None:
        found = [version for version in found if version.match(wanted)]
    return found[0] if found else None


def prepared_names(root: Path) -> list[str]:
    """Names of data sets that lie in a folder."""
    if not root.is_dir():
        return []
    folders = [path for path in root.iterdir() if path.is_dir()]
    return sorted(p.name for p in folders if versions_in(p) or configs_in(p))


def not_found(name: str, root: Path) -> DatasetNotFoundError:
    """What to say of a data set that is nowhere, with the way to it."""
    known = sorted({*BUILDERS, *prepared_names(root)})
    sentences = (
        f"tfds: there is no data set {name!r} here; known are {', '.join(known)}.",
        nearest(name, known),
        "To have it, prepare it once where TensorFlow Datasets itself is installed, "
        f'`tfds build {name} --data_dir {root}`, and call tfds.load(..., data_dir="{root}"): '
        "prepared folders are read as they are.",
        "Its own files are read by keras.utils.get_file, keras.utils.image_dataset_from_directory "
        "and tf.data.",
    )
    return DatasetNotFoundError(" ".join(filter(None, sentences)))

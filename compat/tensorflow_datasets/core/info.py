"""What is known of a data set: its words, features and splits, and the file that has them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tensorflow_datasets.core.naming import Version
from tensorflow_datasets.core.sizes import Size
from tensorflow_datasets.core.splits import SplitDict, SplitInfo
from tensorflow_datasets.features.base import FeatureConnector
from torchkeras.core.checks import argument_error
from torchkeras.saving.files import check_folder, replacing_within

FILE = "dataset_info.json"
# As many files as a split may have: their numbers have five digits.
_MOST_SHARDS = 10**5


class Metadata:
    """Words of one's own that are kept beside a data set."""

    def save_metadata(self, data_dir: Any) -> None:
        """Write them."""

    def load_metadata(self, data_dir: Any) -> None:
        """Read them."""


class MetadataDict(Metadata, dict):
    """Values of one's own that are kept beside a data set, as metadata.json."""

    def save_metadata(self, data_dir: Any) -> None:
        (Path(data_dir) / "metadata.json").write_text(json.dumps(self), encoding="utf-8")

    def load_metadata(self, data_dir: Any) -> None:
        path = Path(data_dir) / "metadata.json"
        if path.is_file():
            self.clear()
            self.update(object_of(path))


class DatasetInfo:
    """What is known of a data set.

    Args:
        builder: What makes it.
        description, homepage, citation, license: Words about it.
        features: What its examples have.
        supervised_keys: Names of what goes into a model and what shall come out, as a tuple, of
            which each may be a dict or tuple of names.
        disable_shuffling: Whether examples stay in the order in which they were made.
        metadata: Values of one's own.
        redistribution_info: A dict with ``"license"``.
        split_dict: The splits.
        options: Others of tfds, which have no effect here.

    Source: ``tfds.core.DatasetInfo``.
    """

    def __init__(
        self,
        *,
        builder: Any,
        description: str | None = None,
        features: FeatureConnector | None = None,
        supervised_keys: Any = None,
        disable_shuffling: bool = False,
        homepage: str | None = None,
        citation: str | None = None,
        metadata: Metadata | None = None,
        license: str | None = None,
        redistribution_info: dict[str, str] | None = None,
        split_dict: SplitDict | None = None,
        **options: Any,
    ) -> None:
        unknown = set(options) - {
            "nondeterministic_order",
            "alternative_file_formats",
            "is_blocked",
        }
        if unknown:
            raise argument_error(
                "tfds.core.DatasetInfo", "an argument", sorted(unknown), "none so named"
            )
        self._builder = builder
        self.description = _words(description)
        self.features = features
        self.supervised_keys = supervised_keys
        self.disable_shuffling = disable_shuffling
        self._homepage = homepage or ""
        self.citation = _words(citation)
        self.metadata = metadata
        self.license = license or (redistribution_info or {}).get("license")
        self.file_format = "tfrecord"
        self.download_size = Size(0)
        self.splits = split_dict or SplitDict()
        self._notes: dict[str, str] = {}
        self.initialized = False

    @property
    def name(self) -> str:
        """The data set's name."""
        return self._builder.name

    @property
    def config_name(self) -> str | None:
        """Name of the variant; None if there is one only."""
        config = self._builder.builder_config
        return config.name if config else None

    @property
    def version(self) -> Version:
        """Its release."""
        return self._builder.version

    @property
    def homepage(self) -> str:
        """Where to read of it."""
        return self._homepage or f"https://www.tensorflow.org/datasets/catalog/{self.name}"

    @property
    def release_notes(self) -> dict[str, str]:
        """What changed, by release."""
        return dict(getattr(self._builder, "RELEASE_NOTES", None) or self._notes)

    @property
    def full_name(self) -> str:
        """``"name/config/1.0.0"``."""
        return "/".join(filter(None, (self.name, self.config_name, str(self.version))))

    @property
    def data_dir(self) -> str:
        """Where it lies."""
        return self._builder.data_dir

    @property
    def dataset_size(self) -> Size:
        """Bytes of all examples."""
        return Size(sum(split.num_bytes for split in self.splits.values()))

    @property
    def as_json(self) -> str:
        """What dataset_info.json has."""
        return json.dumps(self._content(), indent=2, sort_keys=True)

    def set_splits(self, split_dict: Mapping[str, SplitInfo]) -> None:
        """Set the splits."""
        self.splits = SplitDict(split_dict.values())

    def write_to_directory(self, dataset_info_dir: Any, all_metadata: bool = True) -> None:
        """Write dataset_info.json; and features.json with what belongs to it."""
        with replacing_within(dataset_info_dir) as folder:
            if all_metadata and self.features is not None:
                self.features.save_config(folder)
            if self.metadata is not None:
                self.metadata.save_metadata(folder)
            if self.license:
                (folder / "LICENSE").write_text(self.license, encoding="utf-8")
            (folder / FILE).write_text(self.as_json, encoding="utf-8")

    def read_from_directory(self, dataset_info_dir: Any) -> None:
        """Take over what a folder has; words and features that are known stay.

        Raises:
            ValueError: dataset_info.json isn't of the form, or of another version; or links that
                leave the folder, or pipes, are in it.
        """
        folder = Path(dataset_info_dir)
        check_folder(folder)
        content = object_of(folder / FILE)
        if str(content.get("version")) != str(self.version):
            raise argument_error(
                f"tfds, {folder / FILE}", "version", content.get("version"), f"{self.version}"
            )
        form = content.get("fileFormat") or "tfrecord"
        self.file_format = form
        self.set_splits(splits_of_json(content, folder, self.name, form))
        if self.features is not None:
            self.features.load_metadata(folder)
        elif (folder / "features.json").is_file():
            self.features = FeatureConnector.from_config(folder)
        self.description = self.description or _words(content.get("description"))
        self.citation = self.citation or _words(content.get("citation"))
        urls = content.get("location", {}).get("urls") or [""]
        self._homepage = self._homepage or urls[0]
        self.supervised_keys = self.supervised_keys or _keys_of_json(content.get("supervisedKeys"))
        self.disable_shuffling = self.disable_shuffling or bool(content.get("disableShuffling"))
        self.download_size = Size(int(content.get("downloadSize") or 0))
        self._notes = dict(content.get("releaseNotes") or {})
        if self.metadata is None:
            self.metadata = MetadataDict()
        self.metadata.load_metadata(folder)
        self.initialized = True

    def _content(self) -> dict[str, Any]:
        content = {
            "citation": self.citation,
            "configName": self.config_name,
            "description": self.description,
            "disableShuffling": self.disable_shuffling,
            "downloadSize": str(int(self.download_size)) if self.download_size else None,
            "fileFormat": self.file_format,
            "location": {"urls": [self._homepage]} if self._homepage else None,
            "moduleName": type(self._builder).__module__,
            "name": self.name,
            "releaseNotes": self.release_notes,
            "splits": [_split_to_json(split) for split in self.splits.values()],
            "supervisedKeys": _keys_to_json(self.supervised_keys),
            "version": str(self.version),
        }
        return {key: value for key, value in content.items() if value}

    def __repr__(self) -> str:
        words = f'    description="""\n    {_indented(self.description)}\n    """,\n'
        if self.config_name:
            about = getattr(self._builder.builder_config, "description", None)
            words += f'    config_description="""\n    {_indented(about or "")}\n    """,\n'
        splits = "".join(
            f"        {name!r}: {self.splits[name]},\n" for name in sorted(self.splits)
        )
        shown = f"{{\n{splits}    }}" if splits else "{}"
        features = repr(self.features).replace("\n", "\n    ")
        return (
            "tfds.core.DatasetInfo(\n"
            f"    name={self.name!r},\n    full_name={self.full_name!r},\n{words}"
            f"    homepage={self.homepage!r},\n    data_dir={self.data_dir!r},\n"
            f"    file_format={self.file_format},\n    download_size={self.download_size},\n"
            f"    dataset_size={self.dataset_size},\n    features={features},\n"
            f"    supervised_keys={self.supervised_keys!r},\n"
            f"    disable_shuffling={self.disable_shuffling!r},\n"
            f"    nondeterministic_order=False,\n    splits={shown},\n"
            f'    citation="""{_indented(self.citation)}""",\n)'
        )


def identity_of(folder: Path) -> tuple[str, str | None, str]:
    """Name, variant and version of the data set that lies in a folder.

    Raises:
        FileNotFoundError: the folder has no dataset_info.json.
        ValueError: that isn't of the form.
    """
    content = object_of(folder / FILE)
    for key in ("name", "version"):
        if not isinstance(content.get(key), str):
            raise argument_error(f"tfds, {folder / FILE}", key, content.get(key), "a text")
    return content["name"], content.get("configName") or None, content["version"]


def splits_of_json(content: dict[str, Any], folder: Path, name: str, form: str) -> SplitDict:
    """The splits that dataset_info.json tells of.

    Raises:
        ValueError: a number of examples is none, or files have impossible names.
    """
    splits = []
    for entry in content.get("splits", ()):
        lengths = entry.get("shardLengths") if isinstance(entry, dict) else None
        if not isinstance(lengths, list) or len(lengths) > _MOST_SHARDS:
            raise argument_error(
                f"tfds, {folder / FILE}", "shardLengths", lengths, "a list of numbers",
                "Older releases wrote none: prepare the data set anew.",
            )  # fmt: skip
        numbers = [int(length) for length in lengths]
        if min(numbers, default=0) < 0:
            raise argument_error(f"tfds, {folder / FILE}", "shardLengths", numbers, "0 or more")
        size = int(entry.get("numBytes") or 0)
        template = entry.get("filepathTemplate")
        info = SplitInfo(str(entry["name"]), numbers, size, folder, name, template, form)
        if numbers:
            _ = info.filepaths[:1]  # names of files are checked before they are needed
        splits.append(info)
    return SplitDict(splits)


def object_of(path: Path) -> dict[str, Any]:
    """The object that a file of JSON has.

    Raises:
        ValueError: it has none.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise argument_error("tfds", path.name, str(path), "JSON", str(error)) from error
    if not isinstance(content, dict):
        raise argument_error("tfds", path.name, content, "an object")
    return content


def _split_to_json(split: SplitInfo) -> dict[str, Any]:
    return {
        "filepathTemplate": "{DATASET}-{SPLIT}.{FILEFORMAT}-{SHARD_X_OF_Y}",
        "name": split.name,
        "numBytes": str(int(split.num_bytes)),
        "shardLengths": [str(length) for length in split.shard_lengths],
    }


def _keys_to_json(keys: Any, is_whole: bool = True) -> Any:
    if keys is None:
        return None
    if isinstance(keys, str):
        return {"featureKey": keys}
    if isinstance(keys, dict):
        return {"dict": {"dict": {name: _keys_to_json(k, False) for name, k in keys.items()}}}
    return {"tuple": {"items": [_keys_to_json(key, False) for key in keys]}}


def _keys_of_json(value: Any) -> Any:
    """Keys of new releases, and the pair that old ones wrote."""
    if not isinstance(value, dict):
        return None
    if "featureKey" in value:
        return value["featureKey"]
    if "dict" in value:
        return {name: _keys_of_json(part) for name, part in value["dict"].get("dict", {}).items()}
    if "tuple" in value:
        return tuple(_keys_of_json(part) for part in value["tuple"].get("items", ()))
    return (value["input"], value["output"]) if {"input", "output"} <= set(value) else None


def _words(text: str | None) -> str:
    """A text without the indentation that a docstring has."""
    lines = (text or "").strip("\n").splitlines()
    inner = [len(line) - len(line.lstrip()) for line in lines[1:] if line.strip()]
    cut = min(inner, default=0)
    return (
        "\n".join([lines[0].strip(), *(line[cut:] for line in lines[1:])]).strip() if lines else ""
    )


def _indented(text: str) -> str:
    return text.replace("\n", "\n    ")

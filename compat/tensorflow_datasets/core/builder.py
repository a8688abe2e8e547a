"""What makes a data set: from prepared files, or from code that makes examples."""

import dataclasses
import inspect
import json
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar

import tensorflow as tf

from tensorflow_datasets.core import registry
from tensorflow_datasets.core.download import DownloadConfig, DownloadManager
from tensorflow_datasets.core.info import FILE, DatasetInfo, identity_of
from tensorflow_datasets.core.naming import Version, snake_case
from tensorflow_datasets.core.reading import FORMATS, ReadConfig, read
from tensorflow_datasets.core.splits import JoinedSplit, SplitDict
from tensorflow_datasets.core.writing import write_split
from torchkeras.core.checks import argument_error, kind_error, moment_error, nearest
from torchkeras.saving.files import put_in_place, replacing, synchronize

# Bytes up to which a data set is kept in memory from the first pass on.
_CACHED_BYTES = 250 * 2**20


@dataclasses.dataclass(eq=False)
class BuilderConfig:
    """A variant of a data set.

    Args:
        name: Its name.
        version: Its release; None is the builder's.
        release_notes: What changed, by release.
        supported_versions: Older releases.
        description: What it is.
        tags: Words to find it by.

    Source: ``tfds.core.BuilderConfig``.
    """

    name: str
    version: Any = None
    release_notes: dict[str, str] | None = None
    supported_versions: list[Any] = dataclasses.field(default_factory=list)
    description: str | None = None
    tags: list[str] = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class SplitGenerator:
    """A split, and what ``_generate_examples`` is called with to make it; the older form.

    Args:
        name: The split's name.
        gen_kwargs: Arguments.
        num_shards: Accepted, as in old releases.
    """

    name: str
    gen_kwargs: dict[str, Any] = dataclasses.field(default_factory=dict)
    num_shards: int | None = None


class DatasetBuilder:
    """Makes a data set, tells of it, and gives its examples.

    Args:
        data_dir: The folder of all data sets; None is ``$TFDS_DATA_DIR`` or
            ``~/tensorflow_datasets``.
        config: A variant or its name; None is the first one.
        version: A release; None is the one that the class makes.
        file_format: ``"tfrecord"``.

    Raises:
        ValueError: there is no such variant, or files have another format.

    Source: ``tfds.core.DatasetBuilder``.
    """

    VERSION: ClassVar[Any] = None
    SUPPORTED_VERSIONS: ClassVar[list[Any]] = []
    RELEASE_NOTES: ClassVar[dict[str, str]] = {}
    BUILDER_CONFIGS: ClassVar[list[BuilderConfig]] = []
    DEFAULT_BUILDER_CONFIG_NAME: ClassVar[str | None] = None
    MANUAL_DOWNLOAD_INSTRUCTIONS: ClassVar[str] = ""
    MAX_SIMULTANEOUS_DOWNLOADS: ClassVar[int | None] = None
    name: ClassVar[str] = "dataset_builder"

    def __init_subclass__(cls, skip_registration: bool = False, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "name" not in vars(cls):
            cls.name = snake_case(cls.__name__)
        if not skip_registration and not cls.__name__.startswith("_"):
            registry.BUILDERS[cls.name] = cls

    def __init__(
        self,
        *,
        data_dir: Any = None,
        config: Any = None,
        version: Any = None,
        file_format: Any = None,
    ) -> None:
        if file_format not in (None, *FORMATS):
            raise argument_error(self, "file_format", file_format, '"tfrecord"')
        self.builder_config = self._chosen_config(config)
        self._root = registry.data_root(data_dir)
        self.version = self._chosen_version(version)
        self._folder = self._folder_of(self.version)
        self._told: DatasetInfo | None = None
        if (self._folder / FILE).is_file():
            self.info.read_from_directory(self._folder)

    def _chosen_config(self, config: Any) -> Any:
        if config is None or config == "":
            named = self.DEFAULT_BUILDER_CONFIG_NAME
            first = self.BUILDER_CONFIGS[0] if self.BUILDER_CONFIGS else None
            return self._chosen_config(named) if named else first
        if not isinstance(config, str):
            return config
        known = {one.name: one for one in self.BUILDER_CONFIGS}
        if config not in known:
            raise argument_error(
                self, "config", config, f"one of {sorted(known)}" if known else "None",
                f"BuilderConfig {config} not found. {nearest(config, known)}".rstrip(),
            )  # fmt: skip
        return known[config]

    def _chosen_version(self, wanted: Any) -> Version:
        own = getattr(self.builder_config, "version", None) or self.VERSION
        if own is None:
            raise moment_error(
                self, "it has no VERSION", 'Set VERSION = tfds.core.Version("1.0.0").'
            )
        own = Version(own)
        if wanted in (None, "experimental_latest") or own.match(wanted):
            return own
        for other in (*self.SUPPORTED_VERSIONS, registry.chosen_version(self._versions(), wanted)):
            if other is not None and Version(other).match(wanted):
                return Version(other)
        raise argument_error(self, "version", str(wanted), f"{own}, or one that is prepared")

    def _versions(self) -> Path:
        """The folder that has a folder for each release."""
        config = self.builder_config.name if self.builder_config else ""
        return self._root / self.name / config

    def _folder_of(self, version: Version) -> Path:
        return self._versions() / str(version)

    # What is known.

    @property
    def info(self) -> DatasetInfo:
        """What is known of the data set."""
        if self._told is None:
            self._told = self._info()
            if not isinstance(self._told, DatasetInfo):
                raise kind_error(self, "_info()", self._told, "a tfds.core.DatasetInfo")
        return self._told

    def _info(self) -> DatasetInfo:
        """Tells of the data set; written by a subclass."""
        raise moment_error(self, "it doesn't tell of itself", "Define _info.")

    def dataset_info_from_configs(self, **options: Any) -> DatasetInfo:
        """A ``DatasetInfo`` of this builder."""
        options.setdefault("description", type(self).__doc__)
        return DatasetInfo(builder=self, **options)

    def create_dataset_info(self) -> DatasetInfo:
        """What ``_info`` tells."""
        return self._info()

    @property
    def data_dir(self) -> str:
        """Where the data set lies."""
        return str(self._folder)

    @property
    def data_path(self) -> Path:
        """Where the data set lies."""
        return self._folder

    @property
    def release_notes(self) -> dict[str, str]:
        """What changed, by release."""
        return dict(self.RELEASE_NOTES)

    @property
    def canonical_version(self) -> Version:
        """The release that the class makes."""
        return Version(self.VERSION)

    @property
    def builder_configs(self) -> dict[str, BuilderConfig]:
        """Variants by name."""
        return {one.name: one for one in self.BUILDER_CONFIGS}

    def is_prepared(self) -> bool:
        """Whether the files are there."""
        return (self._folder / FILE).is_file()

    # Making it.

    def download_and_prepare(
        self,
        *,
        download_dir: Any = None,
        download_config: DownloadConfig | None = None,
        file_format: Any = None,
        permissions: Any = None,
    ) -> None:
        """Make the files, unless they are there.

        Args:
            download_dir: Where downloads go; None is ``downloads`` beside the data sets.
            download_config: How.
            file_format: ``"tfrecord"``.
            permissions: Accepted.
        """
        if file_format not in (None, *FORMATS):
            raise argument_error(self, "file_format", file_format, '"tfrecord"')
        config = download_config or DownloadConfig()
        if self.is_prepared() and not config.download_mode.overwrite_dataset:
            return
        manager = DownloadManager(
            download_dir=download_dir or self._root / "downloads",
            config=config,
            manual_instructions=self.MANUAL_DOWNLOAD_INSTRUCTIONS,
        )
        self._folder.parent.mkdir(parents=True, exist_ok=True)
        if self.BUILDER_CONFIGS:
            note = self._root / self.name / ".config" / "metadata.json"
            note.parent.mkdir(exist_ok=True)
            first = self._chosen_config(None).name
            with replacing(note) as temporary:
                temporary.write_text(json.dumps({"default_config_name": first}), encoding="utf-8")
        with tempfile.TemporaryDirectory(
            dir=self._folder.parent, prefix=f"incomplete.{self.version}."
        ) as partial:
            folder = Path(partial, "files")
            folder.mkdir()
            self.info.set_splits(self._download_and_prepare(manager, config, folder))
            self.info.write_to_directory(folder)
            synchronize(folder)
            put_in_place(folder, self._folder)
        self.info.read_from_directory(self._folder)

    def _download_and_prepare(
        self, manager: DownloadManager, config: DownloadConfig, folder: Path
    ) -> SplitDict:
        """Make the files in a folder; written by a subclass."""
        raise moment_error(self, "it doesn't make files", "Give it a folder of prepared ones.")

    # Giving it.

    def as_dataset(
        self,
        split: Any = None,
        *,
        batch_size: int | None = None,
        shuffle_files: bool = False,
        decoders: Any = None,
        read_config: ReadConfig | None = None,
        as_supervised: bool = False,
    ) -> Any:
        """The examples, as a ``tf.data.Dataset``.

        Args:
            split: A part such as ``"train[:80%]"``, or a list or dict of such; None gives a dict
                of all splits.
            batch_size: Examples of a batch, shorter ones filled up with 0; -1 gives tensors of
                all examples in place of a dataset; None makes no batches.
            shuffle_files: Whether the files come in a random order.
            decoders: By name, what decodes a feature in place of itself; see ``tfds.decode``.
            read_config: How they are read.
            as_supervised: Whether examples are tuples of what goes into a model and what shall
                come out, rather than dicts of all features.

        Raises:
            AssertionError: the files aren't there.
            ValueError: there is no such part, or it isn't known what goes into a model.
        """
        self._require_examples()
        if split is None:
            split = {name: name for name in self.info.splits}
        options = (batch_size, shuffle_files, decoders, read_config or ReadConfig(), as_supervised)
        return self._each_split(split, options)

    def _require_examples(self) -> None:
        if not self.is_prepared():
            raise AssertionError(
                f"Dataset {self.name}: could not find data in {self._root}. Call "
                "download_and_prepare(), or tfds.load(..., download=True), before as_dataset()."
            )

    def _each_split(self, split: Any, options: tuple[Any, ...]) -> Any:
        if isinstance(split, Mapping):
            return {name: self._each_split(part, options) for name, part in split.items()}
        if isinstance(split, (list, tuple)):
            return type(split)(self._each_split(part, options) for part in split)
        return self._one_split(split, *options)

    def _one_split(
        self,
        split: Any,
        batch_size: int | None,
        shuffle_files: bool,
        decoders: Any,
        config: ReadConfig,
        as_supervised: bool,
    ) -> Any:
        dataset = self._as_dataset(split, decoders, config, shuffle_files)
        if config.try_autocache and self._is_small(split, shuffle_files, config):
            dataset = dataset.cache()
        if as_supervised:
            dataset = self._supervised(dataset)
        if batch_size == -1:
            batch_size = max(1, self.info.splits.total_num_examples)
            return next(iter(_batched(dataset, batch_size)))
        return _batched(dataset, batch_size) if batch_size else dataset

    def _is_small(self, split: Any, shuffle: bool, config: ReadConfig) -> bool:
        size = self.info.dataset_size
        reshuffles = shuffle and config.shuffle_reshuffle_each_iteration is not False
        if not 0 < size <= _CACHED_BYTES or config.repeat_filenames:
            return False
        return not (reshuffles and self.info.splits[split].num_shards > 1)

    def _supervised(self, dataset: Any) -> Any:
        keys = self.info.supervised_keys
        if not keys:
            raise argument_error(
                self, "as_supervised", True, "False: it isn't known what goes into a model",
                f"Take the features by name: {list(dataset.element_spec)}.",
            )  # fmt: skip
        return dataset.map(lambda example: _chosen(keys, example))

    def _as_dataset(
        self, split: Any, decoders: Any, read_config: ReadConfig, shuffle_files: bool
    ) -> Any:
        """The examples of a part of the splits as dicts."""
        if self.info.features is None:
            raise moment_error(
                self, f"{self._folder} has no features.json",
                "It is of an old release; prepare it with a newer one.",
            )  # fmt: skip
        form = read_config.file_format or self.info.file_format
        if str(getattr(form, "value", form)) not in FORMATS:
            raise argument_error(
                self, "file_format", form, '"tfrecord"',
                "Prepare it so: tfds build --file_format tfrecord.",
            )  # fmt: skip
        return read(
            self.info.splits.instructions(split),
            self.info.features,
            read_config,
            shuffle_files,
            decoders,
            self.info.disable_shuffling,
        )


class GeneratorBasedBuilder(DatasetBuilder, skip_registration=True):
    """Makes a data set from Python code.

    A subclass has ``VERSION``, and defines ``_info()``, ``_split_generators(dl_manager)``, which
    gives what makes the examples of each split by its name, and ``_generate_examples(...)``,
    which yields pairs of a key and a dict.

    Source: ``tfds.core.GeneratorBasedBuilder``.
    """

    def _split_generators(self, dl_manager: DownloadManager) -> Any:
        """Iterables of pairs by name of split; written by a subclass."""
        raise moment_error(self, "it has no splits", "Define _split_generators.")

    def _generate_examples(self, **options: Any) -> Iterable[tuple[Any, Any]]:
        """Yields pairs of a key and a dict; written by a subclass."""
        raise moment_error(self, "it makes no examples", "Define _generate_examples.")

    def _download_and_prepare(
        self, manager: DownloadManager, config: DownloadConfig, folder: Path
    ) -> SplitDict:
        if "pipeline" in inspect.signature(self._split_generators).parameters:
            raise argument_error(self, "pipeline", "Apache Beam's", "examples that Python yields")
        generators = self._split_generators(manager)
        if isinstance(generators, (list, tuple)):
            generators = {
                str(one.name): self._generate_examples(**one.gen_kwargs) for one in generators
            }
        splits = []
        for name, examples in generators.items():
            if str(name) == "all":
                raise argument_error(self, "a split", "all", "another name; it means all splits")
            pairs = examples.items() if isinstance(examples, Mapping) else examples
            if not isinstance(pairs, Iterable):
                raise kind_error(self, f"examples of {name!r}", examples, "pairs of key and dict")
            split = write_split(
                str(name),
                pairs,
                self.info.features,
                folder,
                self.name,
                in_order=self.info.disable_shuffling,
                ignore_duplicates=config.ignore_duplicates,
                most=config.max_examples_per_split,
                shards=config.num_shards,
            )
            splits.append(split)
        return SplitDict(splits)


class ReadOnlyBuilder(DatasetBuilder, skip_registration=True):
    """Gives a data set that is prepared, without the code that made it.

    Args:
        builder_dir: The folder with dataset_info.json.

    Raises:
        FileNotFoundError: there is none.
        ValueError: it isn't of the form.

    Source: ``tfds.core.ReadOnlyBuilder``.
    """

    def __init__(self, builder_dir: Any) -> None:
        folder = Path(builder_dir).expanduser()
        self.name, config, version = identity_of(folder)
        self.VERSION = Version(version)
        self.BUILDER_CONFIGS = [BuilderConfig(config)] if config else []
        self._chosen_folder = folder
        super().__init__(data_dir=folder.parents[1 + bool(config)])

    def _folder_of(self, version: Version) -> Path:
        return self._chosen_folder

    def _info(self) -> DatasetInfo:
        return DatasetInfo(builder=self)


def builder_from_directory(builder_dir: Any) -> ReadOnlyBuilder:
    """What gives the data set of a folder with dataset_info.json."""
    return ReadOnlyBuilder(builder_dir)


def builder_from_directories(
    builder_dirs: list[Any], *, filetype_suffix: str | None = None
) -> ReadOnlyBuilder:
    """What gives the data sets of several folders as one.

    Args:
        builder_dirs: The folders.
        filetype_suffix: ``"tfrecord"``.

    Raises:
        ValueError: there is no folder, or files have another format.
    """
    if filetype_suffix not in (None, *FORMATS) or not builder_dirs:
        raise argument_error(
            "tfds.builder_from_directories",
            "builder_dirs",
            builder_dirs,
            "folders of tfrecord files",
        )
    builders = [ReadOnlyBuilder(folder) for folder in builder_dirs]
    names = dict.fromkeys(name for builder in builders for name in builder.info.splits)
    first = builders[0]
    first.info.set_splits(
        {
            name: JoinedSplit.of([b.info.splits[name] for b in builders if name in b.info.splits])
            for name in names
        }
    )
    return first


def _batched(dataset: Any, size: int) -> Any:
    """Batches, shorter elements filled up where lengths differ."""
    shapes = [getattr(s, "shape", None) for s in tf.nest.flatten(dataset.element_spec)]
    is_known = all(shape is not None and None not in tuple(shape) for shape in shapes)
    return dataset.batch(size) if is_known else dataset.padded_batch(size)


def _chosen(keys: Any, example: Mapping[str, Any]) -> Any:
    """The features of an example in the structure of their names."""
    if isinstance(keys, Mapping):
        return {name: _chosen(key, example) for name, key in keys.items()}
    if isinstance(keys, (list, tuple)):
        return tuple(_chosen(key, example) for key in keys)
    if keys not in example:
        raise argument_error("dataset_info.json", "supervisedKeys", keys, f"of {list(example)}")
    return example[keys]

"""``tfds.load`` and ``tfds.builder``: data sets by name."""

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

from tensorflow_datasets.core import registry
from tensorflow_datasets.core.builder import DatasetBuilder, ReadOnlyBuilder
from tensorflow_datasets.core.naming import parsed
from tensorflow_datasets.core.reading import ReadConfig
from torchkeras.core.checks import argument_error


def load(
    name: str,
    *,
    split: Any = None,
    data_dir: Any = None,
    batch_size: int | None = None,
    shuffle_files: bool = False,
    download: bool = True,
    as_supervised: bool = False,
    decoders: Any = None,
    read_config: ReadConfig | None = None,
    with_info: bool = False,
    builder_kwargs: Mapping[str, Any] | None = None,
    download_and_prepare_kwargs: Mapping[str, Any] | None = None,
    as_dataset_kwargs: Mapping[str, Any] | None = None,
    try_gcs: bool = False,
    file_format: Any = None,
) -> Any:
    """A data set by name.

    Prepared folders come first, then classes of the script, then what ``keras.datasets`` has.

    Args:
        name: ``"name"``, ``"name/config"`` or ``"name:1.0.0"``.
        split: A part such as ``"train[:80%]"``, or a list or dict of such; None gives a dict of
            all splits.
        data_dir: The folder of all data sets; None is ``$TFDS_DATA_DIR`` or
            ``~/tensorflow_datasets``.
        batch_size: Examples of a batch; -1 gives tensors of all examples; None makes no batches.
        shuffle_files: Whether the files come in a random order.
        download: Whether a data set that isn't there is made.
        as_supervised: Whether examples are tuples of what goes into a model and what shall come
            out, rather than dicts.
        decoders: By name, what decodes a feature in place of itself.
        read_config: How examples are read.
        with_info: Whether what is known of the data set is returned too.
        builder_kwargs, download_and_prepare_kwargs, as_dataset_kwargs: More arguments of the
            builder and its methods.
        try_gcs: Accepted: nothing is looked for in Google's cloud.
        file_format: ``"tfrecord"``.

    Raises:
        DatasetNotFoundError: there is none of this name; a ``ValueError``.

    Source: ``tfds.load``.
    """
    options = dict(builder_kwargs or {})
    if file_format is not None:
        options["file_format"] = file_format
    maker = builder(name, data_dir=data_dir, **options)
    if download:
        maker.download_and_prepare(**(download_and_prepare_kwargs or {}))
    chosen = {
        "split": split,
        "batch_size": batch_size,
        "shuffle_files": shuffle_files,
        "as_supervised": as_supervised,
        "decoders": decoders,
        "read_config": read_config,
        **(as_dataset_kwargs or {}),
    }
    dataset = maker.as_dataset(**chosen)
    return (dataset, maker.info) if with_info else dataset


def builder(name: str, *, try_gcs: bool = False, **builder_kwargs: Any) -> DatasetBuilder:
    """What makes a data set, by name.

    Args:
        name: As in ``load``.
        try_gcs: Accepted.
        builder_kwargs: ``data_dir``, ``config``, ``version``, and what its class takes.

    Raises:
        DatasetNotFoundError: there is none of this name; a ``ValueError``.

    Source: ``tfds.builder``.
    """
    short, said = parsed(name)
    options = {**said, **{key: v for key, v in builder_kwargs.items() if v is not None}}
    if short in registry.BUILDERS:
        return registry.BUILDERS[short](**options)
    root = registry.data_root(options.get("data_dir"))
    prepared = _prepared(root, short, options)
    if prepared is None:
        raise registry.not_found(short, root)
    return prepared


def _prepared(root: Any, name: str, options: Mapping[str, Any]) -> ReadOnlyBuilder | None:
    """What reads the files of a data set whose class isn't there."""
    folder, config = root / name, options.get("config")
    configs = registry.configs_in(folder)
    if config is None and not registry.versions_in(folder) and configs:
        config = configs[0]
    if config is not None:
        if config not in configs:
            if not folder.is_dir():
                return None
            raise argument_error(f"tfds, {name}", "config", config, f"one of {configs}")
        folder = folder / str(config)
    version = registry.chosen_version(folder, options.get("version"))
    if version is None and registry.versions_in(folder):
        known = list(map(str, registry.versions_in(folder)))
        raise argument_error(f"tfds, {name}", "version", options.get("version"), f"one of {known}")
    return None if version is None else ReadOnlyBuilder(folder / str(version))


def builder_cls(name: str) -> type[DatasetBuilder]:
    """The class that makes a data set.

    Raises:
        DatasetNotFoundError: there is none of this name; a ``ValueError``.
    """
    short, _ = parsed(name)
    if short not in registry.BUILDERS:
        raise registry.not_found(short, registry.data_root())
    return registry.BUILDERS[short]


def list_builders(*, with_community_datasets: bool = True) -> list[str]:
    """Names of the data sets that are known here, prepared folders among them.

    Args:
        with_community_datasets: Accepted.
    """
    return sorted({*registry.BUILDERS, *registry.prepared_names(registry.data_root())})


def is_dataset_on_gcs(dataset_name: str) -> bool:
    """False: nothing is looked for in Google's cloud."""
    return False


def enable_progress_bar() -> None:
    """Nothing: data sets are made without bars."""


def disable_progress_bar() -> None:
    """Nothing: data sets are made without bars."""


@contextlib.contextmanager
def display_progress_bar(enabled: bool) -> Iterator[None]:
    """Nothing within it: data sets are made without bars."""
    yield

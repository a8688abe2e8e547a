"""``tensorflow_datasets.public_api``: the package's names, as builders in old files import them."""

from torchkeras_shim.names import missing

from tensorflow_datasets import (
    GenerateMode,
    ImageFolder,
    ReadConfig,
    Split,
    TranslateFolder,
    __version__,
    as_dataframe,
    as_numpy,
    benchmark,
    builder,
    builder_cls,
    builder_from_directories,
    builder_from_directory,
    core,
    decode,
    deprecated,
    disable_progress_bar,
    display_progress_bar,
    download,
    enable_progress_bar,
    even_splits,
    features,
    folder_dataset,
    is_dataset_on_gcs,
    list_builders,
    load,
    percent,
    show_examples,
    split_for_jax_process,
)

__getattr__ = missing(__name__)

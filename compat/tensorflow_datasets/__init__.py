"""The drop-in ``tensorflow_datasets``: data sets by name, on the drop-in's ``tf.data``."""

from torchkeras_shim.names import missing as _missing

from tensorflow_datasets import core, deprecated, features, folder_dataset
from tensorflow_datasets.core import decoding as decode
from tensorflow_datasets.core import download
from tensorflow_datasets.core.builder import builder_from_directories, builder_from_directory
from tensorflow_datasets.core.download import GenerateMode
from tensorflow_datasets.core.reading import ReadConfig
from tensorflow_datasets.core.splits import (
    Split,
    even_splits,
    percent,
    split_for_jax_process,
)
from tensorflow_datasets.display import as_dataframe, as_numpy, benchmark, show_examples
from tensorflow_datasets.folders import ImageFolder, TranslateFolder
from tensorflow_datasets.loading import (
    builder,
    builder_cls,
    disable_progress_bar,
    display_progress_bar,
    enable_progress_bar,
    is_dataset_on_gcs,
    list_builders,
    load,
)

__version__ = "4.9.10"
__getattr__ = _missing(__name__)

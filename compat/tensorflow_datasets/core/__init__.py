"""``tfds.core``: what data sets are made with."""

from pathlib import Path

from torchkeras_shim.names import missing

from tensorflow_datasets import features
from tensorflow_datasets.core import arrays, download, reviews
from tensorflow_datasets.core.builder import (
    BuilderConfig,
    DatasetBuilder,
    GeneratorBasedBuilder,
    ReadOnlyBuilder,
    SplitGenerator,
)
from tensorflow_datasets.core.info import DatasetInfo, Metadata, MetadataDict
from tensorflow_datasets.core.naming import Version
from tensorflow_datasets.core.registry import DatasetNotFoundError
from tensorflow_datasets.core.sizes import Size
from tensorflow_datasets.core.splits import ReadInstruction, SplitDict, SplitInfo
from tensorflow_datasets.core.writing import DuplicatedKeysError

as_path = Path
__getattr__ = missing(__name__)

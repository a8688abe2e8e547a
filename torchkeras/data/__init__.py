"""Data of any kind as streams of batches."""

from torchkeras.data.arrays import ArrayBatches
from torchkeras.data.batches import batches
from torchkeras.data.generators import (
    IterableBatches,
    IteratorBatches,
    PyDataset,
    PyDatasetBatches,
)
from torchkeras.data.loaders import LoaderBatches
from torchkeras.data.split import train_validation_split
from torchkeras.data.streams import Batches, Epochs, Share, batch_length, empty_error
from torchkeras.data.weights import (
    ClassWeights,
    pack_x_y_sample_weight,
    unpack_x_y_sample_weight,
)

__all__ = [
    "ArrayBatches",
    "Batches",
    "ClassWeights",
    "Epochs",
    "IterableBatches",
    "IteratorBatches",
    "LoaderBatches",
    "PyDataset",
    "PyDatasetBatches",
    "Share",
    "batch_length",
    "batches",
    "empty_error",
    "pack_x_y_sample_weight",
    "train_validation_split",
    "unpack_x_y_sample_weight",
]

"""``keras.layers.experimental``: layers that tf.keras 2 calls experimental."""

from torchkeras.layers.dense import EinsumDense
from torchkeras.layers.dynamic import DynamicEmbedding, DynamicLookup
from torchkeras.layers.experimental import preprocessing
from torchkeras.layers.fourier import RandomFourierFeatures
from torchkeras.layers.normalization import SyncBatchNormalization

__all__ = [
    "DynamicEmbedding",
    "DynamicLookup",
    "EinsumDense",
    "RandomFourierFeatures",
    "SyncBatchNormalization",
    "preprocessing",
]

"""``keras.layers.experimental.preprocessing``: where these layers were before tf.keras 2.6."""

from torchkeras.layers.preprocessing.adapted import PreprocessingLayer
from torchkeras.layers.preprocessing.categories import CategoryEncoding, Discretization
from torchkeras.layers.preprocessing.hashing import HashedCrossing, Hashing
from torchkeras.layers.preprocessing.image.affine import (
    RandomRotation,
    RandomTranslation,
    RandomZoom,
)
from torchkeras.layers.preprocessing.image.color import RandomContrast
from torchkeras.layers.preprocessing.image.cropping import CenterCrop, RandomCrop
from torchkeras.layers.preprocessing.image.flipping import RandomFlip
from torchkeras.layers.preprocessing.image.resizing import RandomHeight, RandomWidth, Resizing
from torchkeras.layers.preprocessing.lookup import IntegerLookup, StringLookup
from torchkeras.layers.preprocessing.numeric import Normalization, Rescaling
from torchkeras.layers.preprocessing.text import TextVectorization

__all__ = [
    "CategoryEncoding",
    "CenterCrop",
    "Discretization",
    "HashedCrossing",
    "Hashing",
    "IntegerLookup",
    "Normalization",
    "PreprocessingLayer",
    "RandomContrast",
    "RandomCrop",
    "RandomFlip",
    "RandomHeight",
    "RandomRotation",
    "RandomTranslation",
    "RandomWidth",
    "RandomZoom",
    "Rescaling",
    "Resizing",
    "StringLookup",
    "TextVectorization",
]

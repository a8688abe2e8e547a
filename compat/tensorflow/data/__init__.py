"""``tf.data``: pipelines of elements, worked out while they are iterated."""

from tensorflow.data import experimental
from tensorflow.data.dataset import (
    AUTOTUNE,
    INFINITE_CARDINALITY,
    UNKNOWN_CARDINALITY,
    Dataset,
    Iterator,
    Options,
)
from torchkeras_shim.names import missing

__getattr__ = missing(__name__)

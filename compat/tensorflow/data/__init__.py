"""``tf.data``: pipelines of elements, worked out while they are iterated."""

from torchkeras_shim.names import missing

from tensorflow.data import experimental
from tensorflow.data.dataset import (
    AUTOTUNE,
    INFINITE_CARDINALITY,
    UNKNOWN_CARDINALITY,
    Dataset,
    Iterator,
    Options,
)

__getattr__ = missing(__name__)

"""``tf.data``: pipelines of elements, worked out while they are iterated."""

from torchkeras_shim.names import missing

from tensorflow.data import experimental
from tensorflow.data.base import Iterator, NumpyIterator
from tensorflow.data.dataset import (
    AUTOTUNE,
    INFINITE_CARDINALITY,
    UNKNOWN_CARDINALITY,
    Dataset,
)
from tensorflow.data.elements import DatasetSpec
from tensorflow.data.files import FixedLengthRecordDataset, TextLineDataset, TFRecordDataset
from tensorflow.data.options import Options, ThreadingOptions

__getattr__ = missing(__name__)

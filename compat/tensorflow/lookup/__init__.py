"""``tf.lookup``: tables from keys to values."""

from torchkeras_shim.names import missing

from tensorflow.lookup import experimental
from tensorflow.lookup.initializers import (
    KeyValueTensorInitializer,
    TextFileIndex,
    TextFileInitializer,
)
from tensorflow.lookup.tables import StaticHashTable, StaticVocabularyTable

__getattr__ = missing(__name__)

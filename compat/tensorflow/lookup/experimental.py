"""``tf.lookup.experimental``: tables that change."""

from torchkeras_shim.names import missing

from tensorflow.lookup.tables import DenseHashTable, MutableHashTable

__getattr__ = missing(__name__)

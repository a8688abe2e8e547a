"""``tf.experimental``: NumPy's functions on tensors."""

from torchkeras_shim.names import missing

from tensorflow.experimental import numpy

__getattr__ = missing(__name__)

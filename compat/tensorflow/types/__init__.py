"""``tf.types``: what annotations name."""

from torchkeras_shim.names import missing

from tensorflow.types import experimental

__getattr__ = missing(__name__)

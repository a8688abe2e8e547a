"""``tf.profiler``: how long operations take."""

from torchkeras_shim.names import missing

from tensorflow.profiler import experimental

__getattr__ = missing(__name__)

"""``tensorflow.python``: TensorFlow's inside, of which scripts import ``keras``."""

from torchkeras_shim.names import missing

__getattr__ = missing(__name__)

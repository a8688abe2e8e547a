"""``tensorflow.python``: TensorFlow's inside, of which scripts import Keras (``tensorflow.python.keras``)."""

from torchkeras_shim.names import missing

__getattr__ = missing(__name__)

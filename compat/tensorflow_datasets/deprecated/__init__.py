"""``tfds.deprecated``: what old scripts still use."""

from torchkeras_shim.names import missing

from tensorflow_datasets.deprecated import text

__getattr__ = missing(__name__)

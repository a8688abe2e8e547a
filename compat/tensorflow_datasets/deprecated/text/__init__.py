"""``tfds.deprecated.text``: texts as numbers of their parts."""

from torchkeras_shim.names import missing

from tensorflow_datasets.deprecated.text.encoders import (
    ByteTextEncoder,
    TextEncoder,
    TextEncoderConfig,
    Tokenizer,
    TokenTextEncoder,
)
from tensorflow_datasets.deprecated.text.subwords import SubwordTextEncoder

__getattr__ = missing(__name__)

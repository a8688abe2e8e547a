"""``tf.io``: files."""

from typing import Any

import numpy as np
from torchkeras_shim.names import missing
from torchkeras_shim.text import as_path, as_text_array

from tensorflow.image import decode_image, decode_jpeg, decode_png
from tensorflow.io import gfile

__getattr__ = missing(__name__)


def read_file(filename: Any, name: str | None = None) -> np.ndarray:
    """The bytes of a file, as a text without axes."""
    with open(as_path(filename), "rb") as file:
        return as_text_array(file.read())


def write_file(filename: Any, contents: Any, name: str | None = None) -> None:
    """Make a file of ``contents``, and the folders it lies in."""
    path = as_path(filename)
    gfile.makedirs(path.rpartition("/")[0] or ".")
    data = contents.item() if hasattr(contents, "item") else contents
    with open(path, "wb") as file:
        file.write(data.encode() if isinstance(data, str) else data)

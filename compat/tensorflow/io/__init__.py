"""``tf.io``: files, pictures, records and what is written in them."""

from typing import Any

from torchkeras_shim.names import missing
from torchkeras_shim.text import Texts, as_octets, as_path, as_texts

from tensorflow.io import gfile
from tensorflow.io.features import (
    FixedLenFeature,
    FixedLenSequenceFeature,
    RaggedFeature,
    SparseFeature,
    VarLenFeature,
)
from tensorflow.io.parsing import (
    parse_example,
    parse_sequence_example,
    parse_single_example,
    parse_single_sequence_example,
)
from tensorflow.io.pictures import (
    decode_and_crop_jpeg,
    decode_bmp,
    decode_gif,
    decode_image,
    decode_jpeg,
    decode_png,
    decode_webp,
    encode_jpeg,
    encode_png,
    extract_jpeg_shape,
    is_jpeg,
)
from tensorflow.io.records import TFRecordOptions, TFRecordWriter
from tensorflow.io.tables import decode_csv
from tensorflow.io.tensors import (
    decode_base64,
    decode_compressed,
    decode_raw,
    deserialize_many_sparse,
    encode_base64,
    parse_tensor,
    serialize_many_sparse,
    serialize_sparse,
    serialize_tensor,
)
from torchkeras.saving.files import replacing

__getattr__ = missing(__name__)


def read_file(filename: Any, name: str | None = None) -> Texts:
    """The bytes of a file, as a text without axes.

    Raises:
        FileNotFoundError: there is no such file.
    """
    with open(as_path(filename), "rb") as file:
        return as_texts(file.read())


def write_file(filename: Any, contents: Any, name: str | None = None) -> None:
    """Make a file of ``contents``, and the folders it lies in.

    It is whole or as it was before: writing that is cut off changes nothing.
    """
    path = as_path(filename)
    gfile.makedirs(path.rpartition("/")[0] or ".")
    with replacing(path) as temporary:
        temporary.write_bytes(as_octets(contents))


def matching_files(pattern: Any, name: str | None = None) -> Texts:
    """Names of the files that fit a pattern or several, in order."""
    patterns = pattern.ravel().tolist() if hasattr(pattern, "ravel") else pattern
    return as_texts(gfile.glob(patterns))


match_filenames_once = matching_files

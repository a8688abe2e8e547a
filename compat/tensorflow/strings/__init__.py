"""``tf.strings``: texts, which lie in NumPy arrays of objects.

As in TensorFlow, letters and spaces are those of ASCII unless an encoding is named. Rows of
unequal lengths are ragged tensors.
"""

from torchkeras_shim.names import missing

from tensorflow.strings.each import (
    length,
    lower,
    regex_full_match,
    regex_replace,
    strip,
    substr,
    upper,
)
from tensorflow.strings.joining import (
    bytes_split,
    join,
    ngrams,
    reduce_join,
    split,
    unsorted_segment_join,
)
from tensorflow.strings.numbers import (
    as_string,
    format,
    to_hash_bucket,
    to_hash_bucket_fast,
    to_hash_bucket_strong,
    to_number,
)
from tensorflow.strings.unicode import (
    unicode_decode,
    unicode_decode_with_offsets,
    unicode_encode,
    unicode_split,
    unicode_split_with_offsets,
    unicode_transcode,
)

__getattr__ = missing(__name__)

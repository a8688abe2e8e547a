"""``tf.nest``: structures of tuples, lists and dicts."""

from torchkeras.core.nested import (
    assert_same_structure,
    flatten,
    is_nested,
    map_structure,
    pack_sequence_as,
)
from torchkeras_shim.names import missing

__getattr__ = missing(__name__)

"""``tf.nest``: structures of tuples, lists and dicts."""

from torchkeras_shim.names import missing

from torchkeras.core.nested import (
    assert_same_structure,
    flatten,
    is_nested,
    map_structure,
    pack_sequence_as,
)

__getattr__ = missing(__name__)

"""``tf.ragged``: rows of unequal lengths."""

from torchkeras_shim.names import missing

from tensorflow.ragged import layers as _layers
from tensorflow.ragged.elementwise import map_flat_values
from tensorflow.ragged.making import (
    boolean_mask,
    constant,
    range,
    row_splits_to_segment_ids,
    segment_ids_to_row_splits,
    stack,
    stack_dynamic_partitions,
)
from tensorflow.ragged.spec import RaggedTensorSpec
from tensorflow.ragged.tensor import RaggedTensor, joined

__getattr__ = missing(__name__)

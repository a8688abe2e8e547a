import tensorflow as tf


def test_descriptions_compare_by_what_they_say():
    spec = tf.RaggedTensorSpec([None, None], tf.int32)
    ragged = tf.RaggedTensor.from_row_lengths([1, 2, 3], [1, 2])
    assert tf.RaggedTensorSpec.from_value(ragged) == tf.RaggedTensorSpec([2, None], tf.int32)
    assert spec.batched(4).shape == (4, None, None)
    assert (spec.ragged_rank, spec.batched(4).ragged_rank) == (1, 2)
    assert spec != tf.RaggedTensorSpec([None, None], tf.int64)

import tensorflow as tf

io = tf.io


def test_features_are_told_by_place_or_by_name():
    assert io.FixedLenFeature([], tf.int64) == io.FixedLenFeature(shape=[], dtype=tf.int64)
    assert io.FixedLenFeature([], tf.int64).default_value is None
    assert io.VarLenFeature(tf.string).dtype is tf.string
    assert not io.FixedLenSequenceFeature([], tf.int64).allow_missing
    assert io.SparseFeature("i", "v", tf.float32, 4).already_sorted is False
    ragged = io.RaggedFeature(tf.float32, partitions=[io.RaggedFeature.UniformRowLength(2)])
    assert ragged.partitions[0].length == 2
    assert ragged.row_splits_dtype == tf.int32

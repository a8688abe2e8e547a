"""What the first generation asks of datasets."""

import tensorflow as tf

v1 = tf.compat.v1.data


def test_shapes_and_types_of_elements():
    table = tf.data.Dataset.from_tensor_slices(([1.0, 2.0], [[1], [2]])).batch(2)
    assert v1.get_output_shapes(table) == ((None,), (None, 1))
    assert v1.get_output_types(table) == (tf.float32, tf.int32)
    assert v1.get_output_classes(table) == (tf.Tensor, tf.Tensor)


def test_iterators_and_other_names():
    iterator = v1.make_one_shot_iterator(tf.data.Dataset.range(2))
    assert [int(iterator.get_next()), int(iterator.get_next())] == [0, 1]
    assert v1.Dataset is tf.data.Dataset

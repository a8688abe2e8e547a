import numpy as np
import pytest
import tensorflow as tf


def test_types_of_constants():
    assert tf.constant([1, 2]).dtype == tf.int32
    assert tf.constant(1.0).dtype == tf.float32
    assert tf.constant(np.zeros(2)).dtype == tf.float64
    assert tf.constant(1, tf.float32).dtype == tf.float32
    assert tf.constant([True]).dtype == tf.bool
    assert tf.constant(2, shape=(2, 2)).numpy().tolist() == [[2, 2], [2, 2]]
    assert tf.constant([1, 2, 3, 4], shape=(2, 2)).numpy().tolist() == [[1, 2], [3, 4]]
    with pytest.raises(ValueError, match="shape"):
        tf.constant([1, 2, 3], shape=(2, 2))


def test_texts_stay_in_numpy():
    words = tf.constant(["a", "b"])
    assert isinstance(words, np.ndarray)
    assert tf.TensorSpec.from_tensor(words).dtype is tf.string


def test_variables_are_assigned_in_place():
    v = tf.Variable([1.0, 2.0], name="v")
    same = v.assign_add([1.0, 1.0])
    assert same is v
    assert v.numpy().tolist() == [2.0, 3.0]
    assert v.shape.as_list() == [2]
    assert v.assign_sub([1.0, 0.0]).read_value().numpy().tolist() == [1.0, 3.0]
    assert (v + 1).numpy().tolist() == [2.0, 4.0]
    assert tf.Variable(lambda: tf.ones((2,))).shape == (2,)
    with pytest.raises(ValueError, match="initial_value"):
        tf.Variable()


def test_a_variable_that_is_not_trained_takes_no_part_in_gradients():
    v = tf.Variable(1.0, trainable=False)
    with tf.GradientTape() as tape:
        y = v * 2.0
    assert tape.gradient(y, v) is None


def test_shapes_are_numbers_that_compute():
    x = tf.zeros((4, 3))
    assert tf.shape(x)[0] + 1 == 5
    assert (tf.shape(x) * 2).numpy().tolist() == [8, 6]
    assert int(tf.size(x)) == 12
    assert int(tf.rank(x)) == 2
    assert int(tf.reduce_prod(tf.shape(x))) == 12
    assert tf.concat([tf.shape(x)[:1], [7]], 0).numpy().tolist() == [4, 7]


def test_unknown_sizes_of_symbolic_tensors_can_be_used():
    x = tf.keras.Input((3,))
    batch = tf.shape(x)[0]
    y = tf.concat([x, tf.zeros((batch, 2))], axis=1)
    model = tf.keras.Model(x, y)
    assert model(np.ones((5, 3), "float32")).shape == (5, 5)


def test_ranges():
    assert tf.range(3).dtype == tf.int32
    assert tf.range(1, 7, 2).numpy().tolist() == [1, 3, 5]
    assert tf.range(0.0, 1.0, 0.25).dtype == tf.float32
    np.testing.assert_allclose(tf.linspace(0.0, 1.0, 3), [0, 0.5, 1])


def test_filled_tensors():
    assert tf.fill([2, 2], 7).numpy().tolist() == [[7, 7], [7, 7]]
    assert tf.zeros_like(tf.constant([1, 2])).dtype == tf.int32
    assert tf.ones(3, tf.int32).dtype == tf.int32
    assert tf.eye(2, batch_shape=[3]).shape == (3, 2, 2)


def test_specs_compare_and_check():
    spec = tf.TensorSpec((None, 3), tf.float32)
    assert spec.is_compatible_with(tf.zeros((4, 3)))
    assert not spec.is_compatible_with(tf.zeros((4, 2)))
    assert spec == tf.TensorSpec((None, 3), "float32")
    assert "float32" in repr(spec)
    with pytest.raises(ValueError, match="ensure_shape"):
        tf.ensure_shape(tf.zeros(3), (None, None))


def test_what_is_a_tensor():
    assert tf.is_tensor(tf.zeros(1))
    assert tf.is_tensor(tf.Variable(1.0))
    assert not tf.is_tensor(np.zeros(1))
    assert tf.is_symbolic_tensor(tf.keras.Input((1,)))


@pytest.mark.parametrize("make", [tf.zeros, tf.ones, tf.zeros_like, tf.ones_like])
def test_layouts_over_devices_are_keras_distributions(make):
    with pytest.raises(ValueError, match="layout is 1; expected None"):
        make([1], layout=1)
    with pytest.raises(ValueError, match="layout"):
        tf.fill([1], 2, layout=1)


def test_assigning_gives_the_variable_back_unless_told_otherwise():
    variable = tf.Variable(1.0)
    assert variable.assign(2.0) is variable
    for change in (variable.assign, variable.assign_add, variable.assign_sub):
        assert change(2.0, read_value=False) is None
    assert float(variable) == 2.0


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: tf.constant(1.5, tf.int32), "whole numbers"),
        (lambda: tf.constant("a", tf.int32), "numbers, of type"),
        (lambda: tf.constant([1], tf.string), "expected texts"),
        (lambda: tf.fill([2], [1, 2]), "one value"),
    ],
)
def test_values_of_another_type_are_said(call, message):
    with pytest.raises(ValueError, match=message):
        call()

import numpy as np
import pytest
import tensorflow as tf
import torch


def test_types_are_torchs_and_know_their_name_and_limits():
    assert tf.float32 is torch.float32
    assert tf.float32.name == "float32"
    assert tf.int8.max == 127
    assert tf.zeros(2).dtype.min == np.finfo("float32").min
    assert tf.float16.is_floating
    assert tf.int64.is_integer
    assert not tf.bool.is_integer
    assert tf.int32.as_numpy_dtype is np.int32
    assert tf.float64.size == 8


def test_as_dtype_takes_every_spelling():
    for spelling in ("int32", np.int32, tf.int32, np.dtype("int32")):
        assert tf.as_dtype(spelling) is tf.int32
    assert tf.as_dtype("string") is tf.string
    assert repr(tf.string) == "tf.string"


def test_casts_cut_off_towards_zero():
    assert tf.cast(tf.constant([1.9, -1.9]), tf.int32).numpy().tolist() == [1, -1]
    assert tf.cast([0, 2], tf.bool).numpy().tolist() == [False, True]
    assert tf.saturate_cast([300.0, -5.0], tf.uint8).numpy().tolist() == [255, 0]


def test_complex_numbers():
    z = tf.complex(1.0, 2.0)
    assert z.dtype == tf.complex64
    assert float(tf.math.imag(z)) == 2.0


def test_a_missing_type_offers_the_nearest():
    with pytest.raises(AttributeError, match="float32"):
        tf.dtypes.float33  # noqa: B018


def test_numbers_outside_the_range_of_a_type_wrap_around():
    assert tf.cast([300, 7], tf.uint8).tolist() == [44, 7]
    assert tf.cast([1.5, tf.constant(2.5)], tf.int32).tolist() == [1, 2]

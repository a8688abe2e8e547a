"""Older spellings that are no namespace of their own."""

from pathlib import Path

import tensorflow as tf


def test_texts_and_paths_are_spelt():
    assert tf.compat.as_bytes("é") == "é".encode()
    assert tf.compat.as_str(b"a") == tf.compat.as_text("a") == "a"
    assert tf.compat.as_str_any(b"a") == "a"
    assert tf.compat.as_str_any(3) == "3"
    assert tf.compat.path_to_str(Path("a", "b")) == "a/b"
    assert tf.compat.path_to_str("c") == "c"


def test_sizes_of_shapes_are_numbers_already():
    shape = tf.TensorShape([None, 3])
    assert tf.compat.dimension_value(shape[1]) == tf.compat.dimension_at_index(shape, 1) == 3
    assert tf.compat.dimension_at_index(shape, 0) is None


def test_kinds_of_numbers_are_tuples_of_types():
    assert isinstance(3, tf.compat.integral_types)
    assert not isinstance(3.5, tf.compat.integral_types)
    assert isinstance(3.5, tf.compat.real_types)
    assert isinstance(b"", tf.compat.bytes_or_text_types)

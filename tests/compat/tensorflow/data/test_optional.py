import pytest
import tensorflow as tf


def test_optionals_tell_whether_there_is_a_next_element():
    iterator = iter(tf.data.Dataset.range(1))
    first, second = iterator.get_next_as_optional(), iterator.get_next_as_optional()
    assert bool(first.has_value())
    assert int(first.get_value()) == 0
    assert not bool(second.has_value())
    assert second.element_spec == tf.TensorSpec((), tf.int64)
    with pytest.raises(RuntimeError, match="no value"):
        second.get_value()

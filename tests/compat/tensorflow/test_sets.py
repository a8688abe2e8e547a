import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

NUMBERS = st.lists(st.integers(-5, 5), min_size=3, max_size=3)


@given(NUMBERS, NUMBERS)
def test_sets_are_pythons(first, second):
    expected = {
        tf.sets.union: set(first) | set(second),
        tf.sets.intersection: set(first) & set(second),
        tf.sets.difference: set(first) - set(second),
    }
    for function, members in expected.items():
        assert function([first], [second]).values.numpy().tolist() == sorted(members)
    assert int(tf.sets.size(tf.sets.union([first], [second]))[0]) == len({*first, *second})


def test_indices_out_of_order_are_an_error_unless_told_otherwise():
    late = tf.SparseTensor([[0, 1], [0, 0]], [1, 2], [1, 2])
    for function in (tf.sets.union, tf.sets.intersection, tf.sets.difference):
        with pytest.raises(ValueError, match="indices in order"):
            function(late, late)
    assert tf.sets.size(late, validate_indices=False).tolist() == [2]
    with pytest.raises(ValueError, match="indices in order"):
        tf.sets.size(late)


def test_sets_are_of_integers_or_texts():
    assert tf.sets.union([["a", "b"]], [["c", "b"]]).values.tolist() == [b"a", b"b", b"c"]
    with pytest.raises(TypeError, match="integers or texts"):
        tf.sets.union([[1.0]], [[2.0]])
    with pytest.raises(TypeError, match="SparseTensor"):
        tf.sets.size([[1]])

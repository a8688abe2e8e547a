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

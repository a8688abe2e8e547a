import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from torchkeras.utils import pad_sequences


@given(
    st.lists(st.lists(st.integers(-5, 5), max_size=5), min_size=1, max_size=4),
    st.sampled_from([None, 1, 3, 6]),
    st.sampled_from(["pre", "post"]),
    st.sampled_from(["pre", "post"]),
    st.sampled_from([("int32", 0.0), ("float32", -1.5), ("int64", 7)]),
)
def test_arrays_equal_those_of_keras(sequences, maxlen, padding, truncating, kind):
    arguments = {"maxlen": maxlen, "padding": padding, "truncating": truncating}
    arguments |= {"dtype": kind[0], "value": kind[1]}
    ours = pad_sequences(sequences, **arguments)
    theirs = keras.utils.pad_sequences(sequences, **arguments)
    assert ours.dtype == theirs.dtype
    assert np.array_equal(ours, theirs)


def test_items_may_be_vectors_and_words():
    vectors = [[[1, 2]], [[3, 4], [5, 6]], []]
    assert pad_sequences(vectors).shape == (3, 2, 2)
    words = pad_sequences([["a"], ["b", "cc"]], dtype=object, value="")
    assert words.tolist() == [["", "a"], ["b", "cc"]]


def test_arrays_of_lists_are_taken():
    sequences = np.array([[1], [2, 3]], dtype=object)
    assert pad_sequences(sequences, 2, padding="post").tolist() == [[1, 0], [2, 3]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sequences": 3}, "`sequences` must be iterable"),
        ({"sequences": [3]}, "`sequences` must be a list of iterables. Found non-iterable: 3"),
        ({"sequences": [[1]], "padding": "front"}, 'Padding type "front" not understood'),
        ({"sequences": [[1]], "truncating": "front"}, 'Truncating type "front" not understood'),
        ({"sequences": [[1]], "value": "x"}, "is not compatible with `value`'s type"),
        ({"sequences": [[[1, 2]], [[1, 2, 3]]]}, "sequence at position 1 is different"),
    ],
)
def test_bad_input_is_explained(arguments, message):
    with pytest.raises(ValueError, match=message):
        pad_sequences(**arguments)

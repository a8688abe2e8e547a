import keras
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from torchkeras.utils import normalize, to_categorical, to_ordinal


@given(
    st.lists(st.integers(0, 4), min_size=1, max_size=6),
    st.sampled_from([None, 5, 7]),
    st.booleans(),
)
def test_vectors_equal_those_of_keras(classes, num_classes, as_column):
    x = np.array(classes)[:, None] if as_column else classes
    ours, theirs = to_categorical(x, num_classes), keras.utils.to_categorical(x, num_classes)
    assert ours.dtype == theirs.dtype
    assert np.array_equal(ours, theirs)


def test_both_spellings_are_taken():
    assert to_categorical(y=[0, 1], num_classes=2, dtype="int8").dtype == np.int8
    assert to_categorical([[0, 1], [2, 0]]).shape == (2, 2, 3)
    assert to_categorical(np.zeros((0,)), 3).shape == (0, 3)


def test_tensors_stay_tensors():
    one_hot = to_categorical(torch.tensor([[2], [0]]), 3)
    assert one_hot.dtype == torch.float32
    assert one_hot.tolist() == [[0, 0, 1], [1, 0, 0]]


@pytest.mark.parametrize("x", [[3], [-1]])
def test_a_class_out_of_range_is_an_error(x):
    with pytest.raises(ValueError, match="classes from 0 to 2"):
        to_categorical(x, 3)


def test_ordinals():
    assert to_ordinal([0, 2, 3]).tolist() == [[0, 0, 0], [1, 1, 0], [1, 1, 1]]
    assert to_ordinal([[1]], num_classes=3, dtype="int32").tolist() == [[1, 0]]


@pytest.mark.parametrize("order", [1, 2, np.inf])
@pytest.mark.parametrize("axis", [1, -1])
def test_norms_become_one_as_in_keras(axis, order):
    x = np.random.default_rng(0).normal(size=(3, 4))
    x[1] = 0
    assert np.allclose(normalize(x, 0, order), normalize(x.T, 1, order).T)  # Keras fails at 0
    expected = keras.utils.normalize(x, axis, order)
    assert np.allclose(normalize(x, axis, order), expected, atol=1e-12)
    assert np.allclose(normalize(torch.tensor(x), axis, order).numpy(), expected, atol=1e-12)


def test_integers_are_normalized_too():
    assert normalize([[3, 4]]).tolist() == [[0.6, 0.8]]
    assert normalize(torch.tensor([[3, 4]])).dtype == torch.float32

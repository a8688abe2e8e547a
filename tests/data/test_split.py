import numpy as np
import pandas
import pytest
import scipy.sparse
import torch
from hypothesis import given
from hypothesis import strategies as st

from torchkeras.data import batches, train_validation_split


@given(st.integers(2, 50), st.floats(0.02, 0.98))
def test_the_last_samples_are_for_validation(size, fraction):
    x = np.arange(float(size))
    first = int(np.floor(size * (1 - fraction)))
    if first in (0, size):
        with pytest.raises(ValueError, match="too few samples"):
            train_validation_split((x, x, None), fraction)
        return
    (a, b, none), (c, _, _) = train_validation_split((x, x, None), fraction)
    assert a.tolist() + c.tolist() == x.tolist()
    assert len(b) == first
    assert none is None


@pytest.mark.parametrize(
    "x",
    [
        torch.arange(4.0)[:, None],
        pandas.DataFrame({"a": range(4)}),
        scipy.sparse.csr_matrix(np.arange(4.0)[:, None]),
        [[0.0], [1.0], [2.0], [3.0]],
    ],
    ids=["torch", "pandas", "scipy", "lists"],
)
def test_every_kind_of_array_can_be_split(x):
    (train, _, _), (rest, _, _) = train_validation_split((x, np.arange(4), None), 0.25)
    assert next(iter(batches(train))).tolist() == [[0], [1], [2]]
    assert next(iter(batches(rest))).tolist() == [[3]]


def test_structures_are_split_leaf_by_leaf():
    x = {"text": np.array(["a", "b"]), "number": torch.zeros(2, 3)}
    (train, _, _), _ = train_validation_split((x, None, None), 0.5)
    assert train["text"].shape == (1,)
    assert train["number"].shape == (1, 3)


def test_a_generator_cannot_be_split():
    with pytest.raises(ValueError, match="only supported for tensors or NumPy arrays"):
        train_validation_split((iter([1]), None, None), 0.5)


def test_the_fraction_lies_between_0_and_1():
    with pytest.raises(ValueError, match="between 0 and 1"):
        train_validation_split((np.zeros(4), None, None), 1.5)

import numpy as np
import pytest
import torch

from torchkeras.utils import split_dataset


@pytest.mark.parametrize(
    ("left", "right", "sizes"),
    [
        (0.75, None, (6, 2)),
        (None, 0.25, (6, 2)),
        (3, None, (3, 5)),
        (0.5, 0.25, (4, 2)),
        (2, 3, (2, 3)),
    ],
)
def test_sizes_are_fractions_or_numbers(left, right, sizes):
    parts = split_dataset(np.arange(8), left, right)
    assert tuple(map(len, parts)) == sizes
    assert [int(parts[1][i]) for i in range(sizes[1])] == list(range(8 - sizes[1], 8))


def test_several_arrays_are_cut_together():
    left, _ = split_dataset((np.arange(4), np.arange(4) * 2), 0.5)
    x, y = left[1]
    assert (int(x), int(y)) == (1, 2)


def test_shuffling_is_by_seed_and_loses_nothing():
    first = split_dataset(list(range(20)), 0.5, shuffle=True, seed=1)
    second = split_dataset(iter(range(20)), 0.5, shuffle=True, seed=1)
    assert [*first[0]] == [*second[0]] != list(range(10))
    assert sorted([*first[0], *first[1]]) == list(range(20))


def test_torch_datasets_are_taken():
    left, _ = split_dataset(torch.utils.data.TensorDataset(torch.arange(4)), 1)
    assert left[0][0] == 0


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        ({}, ValueError, "At least one of the `left_size` or `right_size` must be specified"),
        ({"left_size": 1.5}, ValueError, r"left_size is 1.5; expected a fraction in \(0, 1\)"),
        ({"left_size": 8}, ValueError, "a number from 1 to 7"),
        ({"left_size": 5, "right_size": 5}, ValueError, "at most 8 items"),
        ({"left_size": "half"}, TypeError, "left_size is 'half'"),
        ({"left_size": 1, "preferred_backend": "jax"}, ValueError, "preferred_backend is 'jax'"),
    ],
)
def test_bad_sizes_are_explained(arguments, kind, message):
    with pytest.raises(kind, match=message):
        split_dataset(np.arange(8), **arguments)


def test_bad_data_is_explained():
    with pytest.raises(ValueError, match=r"arrays of \[3, 4\]"):
        split_dataset((np.zeros(3), np.zeros(4)), 0.5)
    with pytest.raises(TypeError, match="arrays or a dataset"):
        split_dataset(3, 0.5)

"""Data for ``adapt``: anything that gives batches."""

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset

from torchkeras.layers.preprocessing.adapting import as_numbers, batches_of, first_part, is_whole

ARRAY = np.arange(6).reshape(3, 2)


@pytest.mark.parametrize("data", [ARRAY, torch.tensor(ARRAY), [[1, 2]], ["a", "b"], "a"])
def test_one_array_is_one_batch(data):
    assert is_whole(data)
    assert list(batches_of("layer", data)) == [data] or np.ndim(data) > 1


def test_batches_are_taken_from_anything():
    loader = DataLoader(TensorDataset(torch.tensor(ARRAY), torch.zeros(3)), batch_size=2)
    for data in ([ARRAY[:2], ARRAY[2:]], loader, iter([(ARRAY[:2], 0), (ARRAY[2:], 0)])):
        joined = np.concatenate([as_numbers(batch) for batch in batches_of("layer", data)])
        assert joined.tolist() == ARRAY.tolist()
    assert len(list(batches_of("layer", [ARRAY] * 5, steps=2))) == 2


def test_inputs_are_parted_from_targets():
    assert first_part(("text", 1)) == "text"
    assert first_part([["a", "b"], torch.zeros(2)]) == ["a", "b"]
    assert first_part(["a", "b"]) == ["a", "b"]
    assert first_part(()) == ()


def test_nothing_else_is_taken():
    with pytest.raises(TypeError, match="Unsupported data type"):
        list(batches_of("layer", 3))

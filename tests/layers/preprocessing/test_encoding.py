"""Category numbers as rows of 0 and 1, and as counts."""

import pytest
import torch

from torchkeras.layers.preprocessing.encoding import (
    check_sparse,
    checked_mode,
    encode,
    encoded_shape,
)

SHAPES = [(), (4,), (1,), (3, 1), (2, 4), (2, 3, 4)]


@pytest.mark.parametrize("mode", ["int", "one_hot", "multi_hot", "count"])
@pytest.mark.parametrize("shape", SHAPES)
def test_shapes_are_foretold(mode, shape):
    y = encode(torch.zeros(shape, dtype=torch.int64), mode, 5, torch.float32)
    expected = encoded_shape(shape or (1,), mode, 5) if mode != "int" else shape
    assert tuple(y.shape) == expected


def test_weights_are_added_up():
    weights = torch.tensor([[0.5, 2.0, 1.0]])
    y = encode(torch.tensor([[1, 1, 9]]), "count", 3, torch.float32, weights=weights)
    assert y.tolist() == [[0, 2.5, 0]]


def test_one_hot_agrees_with_torch():
    x = torch.randint(0, 6, (3, 4))
    assert torch.equal(encode(x, "one_hot", 6, torch.int64), torch.nn.functional.one_hot(x, 6))


def test_older_names_of_modes_are_known():
    assert checked_mode("layer", "binary") == "multi_hot"
    assert checked_mode("layer", "tf-idf", ("int", "tf_idf")) == "tf_idf"
    check_sparse("layer", True, "count")
    with pytest.raises(ValueError, match="expected one of"):
        checked_mode("layer", "rows")

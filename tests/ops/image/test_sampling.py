"""Images bent: what the table of parity leaves out."""

import pytest
import torch

from torchkeras import ops

IDENTITY = [1.0, 0, 0, 0, 1, 0, 0, 0]


def test_a_transform_that_changes_nothing_changes_nothing():
    x = torch.rand(2, 5, 4, 3)
    torch.testing.assert_close(ops.image.affine_transform(x, IDENTITY), x)
    first = x.permute(0, 3, 1, 2)
    y = ops.image.affine_transform(first[0], IDENTITY, data_format="channels_first")
    torch.testing.assert_close(y, first[0])


def test_a_shift_reads_from_the_right():
    x = torch.arange(4.0).reshape(1, 4, 1)
    y = ops.image.affine_transform(x, [1.0, 0, 1, 0, 1, 0, 0, 0], fill_value=9)
    assert y.flatten().tolist() == [1.0, 2.0, 3.0, 9.0]


def test_an_elastic_transform_is_fixed_by_its_seed():
    x = torch.rand(2, 8, 8, 3)
    one, two = [ops.image.elastic_transform(x, 3.0, 1.0, seed=4) for _ in range(2)]
    assert torch.equal(one, two)
    assert one.shape == x.shape
    assert not torch.equal(one, x)
    torch.testing.assert_close(ops.image.elastic_transform(x, 0.0, 1.0), x)


def test_arguments_that_do_not_fit_are_named():
    x = torch.ones(4, 4, 3)
    with pytest.raises(ValueError, match="argument `interpolation`"):
        ops.image.affine_transform(x, IDENTITY, "bicubic")
    with pytest.raises(ValueError, match="argument `fill_mode`"):
        ops.image.affine_transform(x, IDENTITY, fill_mode="edge")
    with pytest.raises(ValueError, match="Invalid transform rank"):
        ops.image.affine_transform(x, torch.ones(1, 1, 8))
    with pytest.raises(ValueError, match="Invalid start_points shape"):
        ops.image.perspective_transform(x, torch.ones(3, 2), torch.ones(3, 2))
    with pytest.raises(ValueError, match="must have the same shape"):
        ops.image.perspective_transform(x, torch.ones(4, 2), torch.ones(1, 4, 2))
    with pytest.raises(ValueError, match="same as the rank"):
        ops.image.map_coordinates(x, torch.ones(2, 4), 1)
    with pytest.raises(ValueError, match="expected at least rank 2"):
        ops.image.map_coordinates(x, torch.ones(3), 1)
    with pytest.raises(ValueError, match="order is 3"):
        ops.image.map_coordinates(x, torch.ones(3, 4), 3)

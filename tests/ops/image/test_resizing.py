"""Other sizes: what the table of parity leaves out."""

import pytest
import torch

from torchkeras import ops


def test_what_lacks_is_filled_and_what_exceeds_cut():
    x = torch.ones(1, 4, 8, 1)
    y = ops.image.resize(x, (8, 8), pad_to_aspect_ratio=True, fill_value=7.0)
    assert (y[0, 0, 0, 0].item(), y[0, 4, 4, 0].item()) == (7.0, 1.0)
    x[:, :, :2] = 9.0
    y = ops.image.resize(x, (4, 4), crop_to_aspect_ratio=True)
    assert torch.equal(y, torch.ones(1, 4, 4, 1))


@pytest.mark.parametrize("kernel", ["lanczos3", "lanczos5"])
@pytest.mark.parametrize("antialias", [True, False])
def test_an_even_surface_stays_even(kernel, antialias):
    y = ops.image.resize(torch.ones(6, 8, 3), (9, 4), kernel, antialias)
    torch.testing.assert_close(y, torch.ones(9, 4, 3))


def test_arguments_that_do_not_fit_are_named():
    x = torch.ones(4, 4, 3)
    with pytest.raises(ValueError, match="tuple of two elements"):
        ops.image.resize(x, (1, 2, 3))
    with pytest.raises(ValueError, match="argument `interpolation`"):
        ops.image.resize(x, (2, 2), "linear")
    with pytest.raises(ValueError, match="argument `fill_mode`"):
        ops.image.resize(x, (2, 2), fill_mode="wrap")
    with pytest.raises(ValueError, match="Only one of"):
        ops.image.resize(x, (2, 2), crop_to_aspect_ratio=True, pad_to_aspect_ratio=True)
    with pytest.raises(ValueError, match="argument `method`"):
        ops.image.scale_and_translate(x, (4, 4, 3), [1.0], [0.0], (0,), "box")


def test_channels_may_come_first():
    x = torch.rand(2, 3, 6, 6)
    first = ops.image.resize(x, (4, 4), data_format="channels_first")
    last = ops.image.resize(x.permute(0, 2, 3, 1), (4, 4))
    torch.testing.assert_close(first, last.permute(0, 3, 1, 2))

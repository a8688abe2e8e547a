"""Colour spaces: what the table of parity leaves out."""

import pytest
import torch

from torchkeras import ops


@pytest.mark.parametrize("layout", ["channels_first", "channels_last"])
def test_colours_come_back(layout):
    shape = (2, 3, 4, 5) if layout == "channels_first" else (2, 4, 5, 3)
    x = torch.rand(shape)
    hsv = ops.image.rgb_to_hsv(x, layout)
    torch.testing.assert_close(ops.image.hsv_to_rgb(hsv, layout), x, rtol=1e-4, atol=1e-5)


def test_images_that_do_not_fit_are_named():
    with pytest.raises(ValueError, match="Invalid images rank"):
        ops.image.rgb_to_grayscale(torch.ones(3, 3))
    with pytest.raises(ValueError, match="Invalid channel size"):
        ops.image.rgb_to_grayscale(torch.ones(3, 3, 2))
    with pytest.raises(ValueError, match="expected float dtype"):
        ops.image.rgb_to_hsv(torch.ones(3, 3, 3, dtype=torch.uint8))


def test_one_channel_stays_as_it_is():
    x = torch.rand(4, 4, 1)
    assert torch.equal(ops.image.rgb_to_grayscale(x), x)

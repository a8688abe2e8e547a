"""Filters: what the table of parity leaves out."""

import pytest
import torch

from torchkeras import ops


def test_a_blur_keeps_an_even_surface_inside():
    y = ops.image.gaussian_blur(torch.ones(1, 9, 9, 2), (3, 5), (1.0, 2.0))
    torch.testing.assert_close(y[:, 2:-2, 2:-2], torch.ones(1, 5, 5, 2))


def test_slopes_are_those_of_the_surface():
    ramp = torch.arange(5.0)[None, :, None, None].expand(1, 5, 5, 1)
    edges = ops.image.sobel_edges(ramp)
    assert edges[0, 2, 2, 0].tolist() == [8.0, 0.0]
    with pytest.raises(ValueError, match="expected rank 4"):
        ops.image.sobel_edges(torch.ones(5, 5, 1))


def test_equal_images_are_alike():
    x = torch.rand(12, 12, 3)
    assert ops.image.ssim(x, x).item() == pytest.approx(1.0, abs=1e-5)
    first = x.permute(2, 0, 1)
    assert ops.image.ssim(first, 1 - first, data_format="channels_first").item() < 0.5

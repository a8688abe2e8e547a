"""Enlarging by interpolation."""

import pytest
import torch
from torch.nn import functional as F

from torchkeras.nn.resize import REACH, enlarge, weights


@pytest.mark.parametrize("method", REACH)
def test_a_constant_image_stays_constant(method):
    x = torch.full((1, 2, 4, 5), 3.0)
    y = enlarge(x, (2, 3), method)
    assert y.shape == (1, 2, 8, 15)
    torch.testing.assert_close(y, torch.full_like(y, 3.0))


def test_bilinear_equals_torchs():
    x = torch.randn(2, 3, 4, 5)
    wanted = F.interpolate(x, scale_factor=(2.0, 3.0), mode="bilinear", align_corners=False)
    torch.testing.assert_close(enlarge(x, (2, 3), "bilinear"), wanted)


def test_bicubic_reproduces_a_straight_line_inside():
    x = torch.arange(8.0)
    y = weights(8, 2, "bicubic", x) @ x
    wanted = (torch.arange(16.0) + 0.5) / 2 - 0.5
    torch.testing.assert_close(y[4:12], wanted[4:12])

"""Colours, beside the way through hue, saturation and value."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from torchkeras import ops
from torchkeras.nn.colors import scale_saturation, to_gray, turn_hue

COLORS = torch.tensor(
    [[0, 0, 0], [1, 1, 1], [0.5, 0.5, 0.5], [1, 0, 0], [1, 1, 0], [0, 1, 1], [0.3, 0.7, 0.2]]
).reshape(1, 1, 7, 3)


def images() -> torch.Tensor:
    return torch.cat([COLORS, torch.rand(1, 1, 50, 3)], 2)


@given(factor=st.floats(-1, 3), axis=st.sampled_from([-1, -3]))
def test_saturation_is_scaled_as_by_hsv(factor, axis):
    x = images().movedim(-1, axis)
    hue, saturation, value = ops.image.rgb_to_hsv(x.movedim(axis, -1)).unbind(-1)
    by_hsv = torch.stack([hue, (saturation * factor).clamp(0, 1), value], -1)
    expected = ops.image.hsv_to_rgb(by_hsv).movedim(-1, axis)
    torch.testing.assert_close(
        scale_saturation(x, torch.tensor(factor), 0, 1, axis), expected, rtol=1e-5, atol=1e-6
    )


@given(turns=st.floats(-1, 1), axis=st.sampled_from([-1, -3]))
def test_hue_is_turned_as_by_hsv(turns, axis):
    x = images().movedim(-1, axis)
    hue, saturation, value = ops.image.rgb_to_hsv(x.movedim(axis, -1)).unbind(-1)
    by_hsv = torch.stack([torch.remainder(hue + turns, 1.0), saturation, value], -1)
    expected = ops.image.hsv_to_rgb(by_hsv).movedim(-1, axis)
    torch.testing.assert_close(
        turn_hue(x, torch.tensor(turns), axis), expected, rtol=1e-5, atol=1e-5
    )


def test_gray_has_one_channel_and_keeps_grays():
    gray = to_gray(COLORS, -1)
    assert gray.shape == (1, 1, 7, 1)
    torch.testing.assert_close(gray[0, 0, :3, 0], torch.tensor([0, 0.9999 * 1.0, 0.5]), rtol=1e-3,
                               atol=1e-3)  # fmt: skip
    assert to_gray(gray, -1) is gray

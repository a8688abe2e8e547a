"""Convolutions with padding that torch's own modules don't have."""

from torch import Tensor, nn
from torch.nn import functional as F

from torchkeras.nn.geometry import Window, is_symmetric, pad_unevenly

FUNCTIONS = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}
PLAIN = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}


class _Padded:
    """Forward of the padded convolutions: pad by the window, then convolve."""

    def _conv_forward(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        window = self.window
        x, padding = pad_unevenly(x, window.pads(tuple(x.shape[2:])))
        convolve = FUNCTIONS[window.rank]
        return convolve(x, weight, bias, window.strides, padding, window.dilation, self.groups)


class PaddedConv1d(_Padded, nn.Conv1d):
    """``nn.Conv1d`` that pads as its window says: "same" with strides, "causal"."""


class PaddedConv2d(_Padded, nn.Conv2d):
    """``nn.Conv2d`` that pads as its window says: "same" with strides, even sizes."""


class PaddedConv3d(_Padded, nn.Conv3d):
    """``nn.Conv3d`` that pads as its window says: "same" with strides, even sizes."""


PADDED = {1: PaddedConv1d, 2: PaddedConv2d, 3: PaddedConv3d}


def convolution(
    window: Window, in_channels: int, out_channels: int, groups: int, bias: bool, **factory: object
) -> nn.Module:
    """The module that convolves ``(b, c, *lengths)`` with a window.

    torch's own wherever its padding says the same, else a padded one.
    """
    fixed = window.fixed_pads
    plain = fixed is not None and is_symmetric(fixed)
    kinds = PLAIN if plain else PADDED
    module = kinds[window.rank](
        in_channels,
        out_channels,
        window.size,
        stride=window.strides,
        padding=tuple(before for before, _ in fixed) if plain else 0,
        dilation=window.dilation,
        groups=groups,
        bias=bias,
        **factory,
    )
    if not plain:
        module.window = window
    return module

"""Dropout that torch lacks."""

from torch import Tensor, nn
from torch.nn import functional as F


class SharedDropout(nn.Module):
    """``nn.Dropout`` of whole steps, channels or samples: along ``shared``, all or nothing.

    Args:
        p: Fraction dropped, in [0, 1].
        shared: Axes along which elements share their fate.

    Source: Tompson et al. 2015; Huang et al. 2016; Keras 3 ``Dropout(noise_shape=...)``.
    """

    def __init__(self, p: float, shared: tuple[int, ...]) -> None:
        super().__init__()
        self.p, self.shared = p, shared

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        shape = [1 if axis in self.shared else length for axis, length in enumerate(x.shape)]
        return x * F.dropout(x.new_ones(shape), self.p)

    def extra_repr(self) -> str:
        return f"p={self.p}, shared={self.shared}"

"""Whether a tensor's values can be looked at, for checks that raise."""

import torch
from torch import Tensor

from torchkeras.core.scopes import local


def is_at_hand(x: Tensor) -> bool:
    """Whether the values of ``x`` are here now, without waiting for a device.

    They aren't while a function is compiled, while shapes are found, or for one row of many.
    """
    if not x.is_cpu or torch.compiler.is_compiling() or local.shape_run:
        return False
    return not torch._C._functorch.is_batchedtensor(x)

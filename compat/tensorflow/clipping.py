"""Values and lengths kept within bounds."""

from typing import Any

import torch
from torchkeras_shim.composite import over_values

from tensorflow import math
from torchkeras import ops


@over_values
def clip_by_value(t: Any, clip_value_min: Any, clip_value_max: Any, name: str | None = None) -> Any:
    """``t`` with each element between the two bounds, of which the lower one comes first."""
    return ops.maximum(ops.minimum(t, clip_value_max), clip_value_min)


def clip_by_norm(t: Any, clip_norm: Any, axes: Any = None, name: str | None = None) -> Any:
    """``t``, shortened to length ``clip_norm`` along ``axes`` where it is longer."""
    length = ops.sqrt(math.reduce_sum(ops.square(t), axes, keepdims=True))
    return ops.divide(ops.multiply(t, clip_norm), ops.maximum(length, clip_norm))


def global_norm(t_list: Any, name: str | None = None) -> Any:
    """The length of all tensors together; None among them counts as zero."""
    squares = [ops.sum(ops.square(t)) for t in t_list if t is not None]
    return ops.sqrt(math.add_n(squares))


def clip_by_global_norm(
    t_list: Any, clip_norm: Any, use_norm: Any = None, name: str | None = None
) -> tuple[list[Any], Any]:
    """Tensors shortened alike so that together they are no longer than ``clip_norm``.

    Returns:
        The tensors, NaN if the length isn't finite, and the length before.
    """
    length = global_norm(t_list) if use_norm is None else use_norm
    scale = clip_norm / torch.clamp(torch.as_tensor(length), min=clip_norm)
    scale = torch.where(torch.isfinite(torch.as_tensor(length)), scale, torch.nan)
    return [None if t is None else ops.multiply(t, scale) for t in t_list], length

"""Enlarging images by interpolation between their elements."""

import torch
from torch import Tensor
from torch.nn import functional as F

# Reach of each kernel in elements of the input.
REACH = {"bilinear": 1.0, "bicubic": 2.0, "lanczos3": 3.0, "lanczos5": 5.0}


def kernel(distance: Tensor, method: str) -> Tensor:
    """Weight of an element at this distance.

    Source: Keys 1981 with a = -0.5 for "bicubic"; Lanczos windows; as in TensorFlow and Pillow.
    """
    d = distance.abs()
    if method == "bilinear":
        return (1 - d).clamp(min=0)
    if method == "bicubic":
        near = (1.5 * d - 2.5) * d * d + 1
        far = ((-0.5 * d + 2.5) * d - 4) * d + 2
        return torch.where(d <= 1, near, torch.where(d < 2, far, 0.0))
    reach = REACH[method]
    return torch.where(d < reach, torch.sinc(d) * torch.sinc(d / reach), 0.0)


def weights(length: int, factor: int, method: str, like: Tensor) -> Tensor:
    """``(length * factor, length)``: how much of each element goes into each new one."""
    places = torch.arange(length * factor, device=like.device, dtype=torch.float32)
    centers = (places + 0.5) / factor - 0.5
    elements = torch.arange(length, device=like.device, dtype=torch.float32)
    found = kernel(centers.unsqueeze(1) - elements, method)
    return (found / found.sum(1, keepdim=True)).to(like.dtype)


def enlarge(x: Tensor, factors: tuple[int, ...], method: str) -> Tensor:
    """``(b, c, *lengths)`` with each length times its factor; weights at borders sum to 1.

    "nearest" repeats. Torch's own kernels do it where their weights are these.
    """
    if method == "nearest" or (method == "bilinear" and x.ndim == 4):
        return F.interpolate(x, scale_factor=[float(factor) for factor in factors], mode=method)
    for axis, factor in enumerate(factors, start=2):
        if factor > 1:
            matrix = weights(x.shape[axis], factor, method, x)
            x = torch.tensordot(x, matrix, dims=([axis], [1])).movedim(-1, axis)
    return x

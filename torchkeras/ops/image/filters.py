"""Filters of images, and their likeness."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from torchkeras.core.typing import TensorLike
from torchkeras.ops.image.colors import channel_axis, check_rank
from torchkeras.ops.image.resizing import gaussian
from torchkeras.ops.operands import floating, tensor
from torchkeras.tracer import traceable


def _channels_first(images: Tensor, is_last: bool) -> Tensor:
    x = images if images.ndim == 4 else images.unsqueeze(0)
    return x.permute(0, 3, 1, 2) if is_last else x


def by_channel(x: Tensor, kernel: Tensor, padding: tuple[int, int]) -> Tensor:
    """Convolution of each channel of ``(b, c, h, w)`` with ``(kh, kw)``."""
    channels = x.shape[1]
    weight = kernel.expand(channels, 1, *kernel.shape)
    if not x.is_cpu or not x.is_contiguous():
        return functional.conv2d(x, weight, padding=padding, groups=channels)
    # On the CPU torch is several times as fast on this order of elements, copies included.
    x = x.contiguous(memory_format=torch.channels_last)
    return functional.conv2d(x, weight, padding=padding, groups=channels).contiguous()


@traceable
def gaussian_blur(
    images: TensorLike,
    kernel_size: Sequence[int] = (3, 3),
    sigma: Sequence[float] = (1.0, 1.0),
    data_format: str | None = None,
) -> Tensor:
    """Images blurred by a bell curve, as if zeros lay around them.

    Args:
        kernel_size: Height and width of the window, odd.
        sigma: Deviations of the curve across and down, in pixels; may be a tensor.

    Raises:
        ValueError: other ranks than 3 and 4.
    """
    images = floating(images)
    check_rank("gaussian_blur", images)
    is_last = channel_axis(data_format) == -1
    x = _channels_first(images, is_last)
    height, width = [int(size) for size in kernel_size]
    across = gaussian(width, sigma[0], x.dtype, x.device)
    down = gaussian(height, sigma[1], x.dtype, x.device)
    if max(height, width) < 7:
        y = by_channel(x, torch.outer(down, across), (height // 2, width // 2))
    else:
        y = by_channel(x, across.unsqueeze(0), (0, width // 2))
        y = by_channel(y, down.unsqueeze(1), (height // 2, 0))
    y = y.permute(0, 2, 3, 1) if is_last else y
    return y if images.ndim == 4 else y.squeeze(0)


@traceable
def sobel_edges(images: TensorLike, data_format: str | None = None) -> Tensor:
    """Slopes along height and width, by Sobel's windows, along a new last axis of length 2.

    Raises:
        ValueError: ``images`` isn't of rank 4.
    """
    images = floating(images)
    if images.ndim != 4:
        raise ValueError(
            f"sobel_edges: images has shape {tuple(images.shape)}; expected rank 4 (batch of "
            "images)."
        )
    is_last = channel_axis(data_format) == -1
    x = _channels_first(images, is_last)
    across = x.new_tensor([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    edges = torch.stack([by_channel(x, k, (1, 1)) for k in (across.T, across)], -1)
    return edges.permute(0, 2, 3, 1, 4) if is_last else edges


@traceable
def ssim(
    image1: TensorLike,
    image2: TensorLike,
    max_val: float = 1.0,
    filter_size: int = 11,
    filter_sigma: float = 1.5,
    k1: float = 0.01,
    k2: float = 0.03,
    data_format: str | None = None,
) -> Tensor:
    """Structural similarity of images, at most 1, which it is for equal ones.

    Args:
        max_val: The highest value that a pixel may have.
        filter_size, filter_sigma: Size and deviation of the window, in pixels.
        k1, k2: Shares of ``max_val`` that keep denominators from 0.

    Shape:
        output: ``(batch,)``, or no axes for single images.

    Raises:
        ValueError: other ranks than 3 and 4.
    """
    image1, image2 = tensor(image1), tensor(image2)
    check_rank("ssim", image1)
    check_rank("ssim", image2)
    is_last = channel_axis(data_format) == -1
    x, y = [_channels_first(floating(image), is_last) for image in (image1, image2)]
    curve = gaussian(filter_size, filter_sigma, x.dtype, x.device)
    window = torch.outer(curve, curve)

    def mean(z: Tensor) -> Tensor:
        return by_channel(z, window, (0, 0))

    mean_x, mean_y = mean(x), mean(y)
    c1, c2 = (k1 * max_val) ** 2, (k2 * max_val) ** 2
    variances = mean(x * x) - mean_x**2 + mean(y * y) - mean_y**2
    covariance = mean(x * y) - mean_x * mean_y
    likeness = (2 * mean_x * mean_y + c1) * (2 * covariance + c2)
    likeness = likeness / ((mean_x**2 + mean_y**2 + c1) * (variances + c2))
    result = likeness.mean((1, 2, 3)).to(image1.dtype)
    return result if image1.ndim == 4 else result.squeeze(0)

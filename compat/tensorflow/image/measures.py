"""How images differ, and where they change."""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from tensorflow.io.pictures import convert_image_dtype
from tensorflow.tensors import convert_to_tensor
from torchkeras.tracer import traceable

# How much each halving counts in ``ssim_multiscale``.
_POWERS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)


def _comparable(img1: Any, img2: Any, max_val: Any) -> tuple[Tensor, Tensor, Tensor]:
    """Two images and their greatest value, as floats from 0 to 1 where they were integers."""
    first, second = convert_to_tensor(img1), convert_to_tensor(img2)
    greatest = torch.as_tensor(max_val).to(first.dtype)
    return tuple(convert_image_dtype(part, torch.float32) for part in (first, second, greatest))


def psnr(a: Any, b: Any, max_val: Any, name: str | None = None) -> Tensor:
    """Peak signal to noise of two images, in decibel, over the last three axes."""
    first, second, greatest = _comparable(a, b, max_val)
    error = ((first - second) ** 2).mean((-3, -2, -1))
    return 20 * torch.log10(greatest) - 10 * torch.log10(error)


@traceable
def ssim(
    img1: Any,
    img2: Any,
    max_val: Any,
    filter_size: int = 11,
    filter_sigma: float = 1.5,
    k1: float = 0.01,
    k2: float = 0.03,
    return_index_map: bool = False,
) -> Tensor:
    """Structural similarity of two images, at most 1.

    Args:
        img1, img2: ``(..., height, width, channels)``.
        max_val: The greatest value that pixels can have.
        filter_size: Length of the window's sides, in pixels.
        filter_sigma: Width of the window's bell, in pixels.
        k1, k2: What is added below fractions, relative to ``max_val``.
        return_index_map: Whether each place keeps its own value.
    """
    first, second, greatest = _comparable(img1, img2, max_val)
    luminance, structure = _similarity(first, second, greatest, filter_size, filter_sigma, k1, k2)
    found = luminance * structure
    return found.mean(-1) if return_index_map else found.mean((-3, -2)).mean(-1)


def _similarity(
    x: Tensor, y: Tensor, greatest: Tensor, size: int, sigma: float, k1: float, k2: float
) -> tuple[Tensor, Tensor]:
    """Likeness of means, and of contrast and structure, at each place."""
    offsets = torch.arange(size, dtype=x.dtype) - (size - 1) / 2
    bell = torch.softmax(-(offsets**2) / (2 * sigma**2), 0)
    window = (bell[:, None] * bell[None, :])[None, None]

    def blurred(image: Tensor) -> Tensor:
        planes = image.movedim(-1, -3)
        found = functional.conv2d(planes.reshape(-1, 1, *planes.shape[-2:]), window)
        return found.reshape(*planes.shape[:-2], *found.shape[-2:]).movedim(-3, -1)

    c1, c2 = (k1 * greatest) ** 2, (k2 * greatest) ** 2
    mean_x, mean_y = blurred(x), blurred(y)
    above, below = mean_x * mean_y * 2, mean_x**2 + mean_y**2
    structure = blurred(x * y) * 2 - above + c2
    return (above + c1) / (below + c1), structure / (blurred(x**2 + y**2) - below + c2)


def ssim_multiscale(
    img1: Any,
    img2: Any,
    max_val: Any,
    power_factors: Any = _POWERS,
    filter_size: int = 11,
    filter_sigma: float = 1.5,
    k1: float = 0.01,
    k2: float = 0.03,
) -> Tensor:
    """Structural similarity over images of halved sizes, each to the power of its factor."""
    first, second, greatest = _comparable(img1, img2, max_val)
    found = []
    for scale, power in enumerate(power_factors):
        if scale:
            first, second = _halved(first), _halved(second)
        luminance, structure = _similarity(
            first, second, greatest, filter_size, filter_sigma, k1, k2
        )
        is_last = scale == len(power_factors) - 1
        value = (luminance * structure if is_last else structure).mean((-3, -2))
        found.append(torch.relu(value) ** power)
    return torch.stack(found, dim=-1).prod(-1).mean(-1)


def _halved(image: Tensor) -> Tensor:
    """Means of two by two pixels; an odd last row or column counts twice."""
    planes = image.movedim(-1, -3)
    flat = planes.reshape(-1, 1, *planes.shape[-2:])
    odd = [n % 2 for n in planes.shape[-2:]]
    flat = functional.pad(flat, (0, odd[1], 0, odd[0]), mode="replicate")
    found = functional.avg_pool2d(flat, 2)
    return found.reshape(*planes.shape[:-2], *found.shape[-2:]).movedim(-3, -1)


@traceable
def total_variation(images: Any, name: str | None = None) -> Tensor:
    """The sum of the differences between neighbouring pixels of each image."""
    images = convert_to_tensor(images)
    axes = (-3, -2, -1)
    images = images.int() if images.dtype == torch.uint8 else images
    steps = images.diff(dim=-3).abs(), images.diff(dim=-2).abs()
    return steps[0].sum(axes, dtype=images.dtype) + steps[1].sum(axes, dtype=images.dtype)


def image_gradients(image: Any) -> tuple[Tensor, Tensor]:
    """Differences to the pixel below and to that on the right; 0 at the edge."""
    image = convert_to_tensor(image)
    down = functional.pad(image.diff(dim=1), (0, 0, 0, 0, 0, 1))
    return down, functional.pad(image.diff(dim=2), (0, 0, 0, 1))


def sobel_edges(image: Any) -> Tensor:
    """Sobel's two derivatives, downwards and to the right, along a new last axis."""
    image = convert_to_tensor(image)
    planes = image.movedim(-1, 1)
    flat = functional.pad(planes.reshape(-1, 1, *planes.shape[2:]), (1, 1, 1, 1), mode="reflect")
    down = torch.tensor([[-1.0, -2, -1], [0, 0, 0], [1, 2, 1]], dtype=image.dtype)
    found = functional.conv2d(flat, torch.stack([down, down.T])[:, None])
    return found.reshape(*planes.shape[:2], 2, *planes.shape[2:]).permute(0, 3, 4, 1, 2)

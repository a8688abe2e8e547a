"""Layers that move, cut and resize images, beside what one would write with ``grid_sample``."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from layer_cases import Case

SHAPE = BATCH, HEIGHT, WIDTH, CHANNELS = (16, 128, 128, 3)
SMALL = {"height": 96, "width": 96}


def rows(*numbers: Any) -> Tensor:
    """Matrices ``(b, 2, 3)`` for ``affine_grid`` from six numbers, of which some are drawn."""
    zero = torch.zeros(BATCH)
    return torch.stack([zero + number for number in numbers], 1).unflatten(1, (2, 3))


def between(low: float, high: float) -> Tensor:
    return torch.rand(BATCH) * (high - low) + low


def turned() -> Tensor:
    angle = between(-0.2, 0.2) * 2 * math.pi
    cosine, sine = torch.cos(angle), torch.sin(angle)
    return rows(cosine, -sine, 0, sine, cosine, 0)


def moved() -> Tensor:
    return rows(1, 0, 2 * between(-0.2, 0.2), 0, 1, 2 * between(-0.3, 0.3))


def zoomed() -> Tensor:
    zoom = between(0.7, 1.3)
    return rows(zoom, 0, 0, 0, zoom, 0)


def sheared() -> Tensor:
    return rows(1, between(-0.3, 0.3), 0, between(-0.2, 0.2), 1, 0)


def read(
    matrix: Callable[[], Tensor], mode: str = "bilinear", padding: str = "reflection"
) -> Callable[[Any], Callable[[Tensor], Tensor]]:
    """Plain torch: a drawn grid, and what lies there."""

    def run(x: Tensor) -> Tensor:
        grid = F.affine_grid(matrix(), (BATCH, CHANNELS, HEIGHT, WIDTH), align_corners=False)
        y = F.grid_sample(
            x.permute(0, 3, 1, 2), grid, mode=mode, padding_mode=padding, align_corners=False
        )
        return y.permute(0, 2, 3, 1)

    return lambda layer: run


def flipped(x: Tensor) -> Tensor:
    return torch.where(torch.rand(BATCH, 1, 1, 1) < 0.5, x.flip((1, 2)), x)


def resized(x: Tensor, **options: Any) -> Tensor:
    y = F.interpolate(x.permute(0, 3, 1, 2), (96, 96), align_corners=False, **options)
    return y.permute(0, 2, 3, 1)


def cut(x: Tensor) -> Tensor:
    top, left = (int(torch.randint(33, ())) for _ in range(2))
    return x[:, top : top + 96, left : left + 96]


def bent(x: Tensor) -> Tensor:
    """Noise blurred by two convolutions of one channel, and a grid of it."""
    curve = torch.exp(-0.5 * ((torch.arange(19.0) - 9) / 3.2) ** 2)
    curve = (curve / curve.sum()).reshape(1, 1, 1, -1)
    noise = torch.randn(2 * BATCH, 1, HEIGHT, WIDTH) * 3.2
    smooth = F.conv2d(F.conv2d(noise, curve, padding=(0, 9)), curve.mT, padding=(9, 0)) * 6.4
    across, down = smooth.reshape(2, BATCH, HEIGHT, WIDTH)
    across = (2 * (across + torch.arange(WIDTH)) + 1) / WIDTH - 1
    down = (2 * (down + torch.arange(HEIGHT).unsqueeze(1)) + 1) / HEIGHT - 1
    grid = torch.stack([across, down], -1)
    y = F.grid_sample(x.permute(0, 3, 1, 2), grid, padding_mode="reflection", align_corners=False)
    return y.permute(0, 2, 3, 1).clamp(0, 255)


def just(function: Callable[[Tensor], Tensor]) -> Callable[[Any], Callable[[Tensor], Tensor]]:
    return lambda layer: function


image = partial(Case, shape=SHAPE, backward=False)
NEAREST = {"factor": 0.2, "interpolation": "nearest"}

CASES = [
    image("RandomRotation", {"factor": 0.2}, plain=read(turned)),
    image("RandomRotation", NEAREST, plain=read(turned, "nearest"), note="nearest pixel"),
    image(
        "RandomRotation",
        {"factor": 0.2, "fill_mode": "constant"},
        plain=read(turned, padding="zeros"),
        note="constant outside",
    ),
    image("RandomTranslation", {"height_factor": 0.3, "width_factor": 0.2}, plain=read(moved)),
    image("RandomZoom", {"height_factor": 0.3}, plain=read(zoomed)),
    image("RandomShear", {"x_factor": 0.3, "y_factor": 0.2}, plain=read(sheared)),
    image("RandomPerspective", {}, plain=read(sheared, padding="zeros")),
    image("RandomElasticTransform", {"scale": 0.5}, plain=just(bent)),
    image("RandomFlip", {}, plain=just(flipped)),
    image("Resizing", SMALL, plain=just(partial(resized, mode="bilinear"))),
    image(
        "Resizing",
        {**SMALL, "antialias": True},
        plain=just(partial(resized, mode="bilinear", antialias=True)),
        note="antialias",
    ),
    image("CenterCrop", SMALL, plain=just(lambda x: x[:, 16:112, 16:112])),
    image("RandomCrop", SMALL, plain=just(cut)),
]

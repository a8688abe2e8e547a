"""Layers that change colours and mix images, beside what one would write in plain torch."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from layer_cases import Case

SHAPE = BATCH, HEIGHT, WIDTH, CHANNELS = (16, 128, 128, 3)
RED, GREEN, BLUE = 0.2989, 0.587, 0.114


def each(low: float = 0.0, high: float = 1.0) -> Tensor:
    """A number for each image."""
    return torch.rand(BATCH, 1, 1, 1) * (high - low) + low


def brighter(x: Tensor) -> Tensor:
    return (x + each(-77, 77)).clamp_(0, 255)


def contrasted(x: Tensor) -> Tensor:
    mean = x.mean((1, 2), keepdim=True)
    return ((x - mean) * each(1, 1.3) + mean).clamp_(0, 255)


def gray_of(x: Tensor) -> Tensor:
    return (x[..., 0] * RED + x[..., 1] * GREEN + x[..., 2] * BLUE).unsqueeze(-1)


def faded(x: Tensor) -> Tensor:
    return torch.lerp(x, gray_of(x).expand_as(x), each(-0.3, 0.3)).clamp_(0, 255)


def hue_saturation_value(x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    value, highest = x.max(-1)
    spread = value - x.amin(-1)
    red, green, blue = (x / torch.where(spread > 0, spread, 1.0).unsqueeze(-1)).unbind(-1)
    sixths = torch.where(highest == 1, 2 + blue - red, 4 + red - green)
    sixths = torch.where(highest == 0, green - blue, sixths)
    return sixths % 6, spread / torch.where(value > 0, value, 1.0), value


def back(sixths: Tensor, saturation: Tensor, value: Tensor) -> Tensor:
    places = (torch.tensor([5.0, 3.0, 1.0]) + sixths.unsqueeze(-1)) % 6
    share = torch.minimum(places, 4 - places).clamp(0, 1)
    return value.unsqueeze(-1) * (1 - saturation.unsqueeze(-1) * share)


def saturated(x: Tensor) -> Tensor:
    sixths, saturation, value = hue_saturation_value(x)
    return back(sixths, (saturation * each(0.4, 1.5)[..., 0]).clamp(0, 255), value)


def hued(x: Tensor) -> Tensor:
    sixths, saturation, value = hue_saturation_value(x / 255)
    return back((sixths + each(-0.9, 0.9)[..., 0]) % 6, saturation, value).clamp_(0, 1) * 255


def jittered(x: Tensor) -> Tensor:
    return hued(saturated(contrasted(brighter(x))))


def stretched(x: Tensor) -> Tensor:
    low, high = x.amin((1, 2), keepdim=True), x.amax((1, 2), keepdim=True)
    return ((x - low) * (255 / (high - low))).clamp_(0, 255)


def equalized(x: Tensor) -> Tensor:
    """Counted and looked up where Keras rounds to, which differs by a level here and there."""
    done = []
    for channel in x.unbind(-1):
        places, levels = [
            y.clamp(0, 255).int() for y in (channel * 255 / 255.0, channel / 255.0 * 255)
        ]
        total = torch.bincount(places.flatten(), minlength=256).cumsum(0)
        least = total[total > 0][0]
        table = ((total - least) * 255 / (total[-1] - least)).round()
        done.append(table[levels])
    return torch.stack(done, -1)


def convolved(x: Tensor, kernel: Tensor) -> Tensor:
    weight = kernel.expand(CHANNELS, 1, *kernel.shape)
    y = F.conv2d(x.permute(0, 3, 1, 2), weight, padding="same", groups=CHANNELS)
    return y.permute(0, 2, 3, 1)


def sharpened(x: Tensor) -> Tensor:
    kernel = torch.ones(3, 3) / 13
    kernel[1, 1] = 5 / 13
    return torch.lerp(x, convolved(x, kernel), 1 - 2 * each()).clamp_(0, 255)


def blurred(x: Tensor) -> Tensor:
    places = torch.arange(-1.0, 2.0)
    across, down = (torch.exp(-0.5 * (places / s) ** 2) for s in torch.rand(2))
    kernel = torch.outer(down / down.sum(), across / across.sum())
    return torch.where(each() < each(), convolved(x, kernel), x).clamp_(0, 255)


def boxes(shares: Tensor) -> Tensor:
    sides = []
    for length in (HEIGHT, WIDTH):
        size = shares * length
        start = torch.rand(BATCH, 1) * (length - size)
        places = torch.arange(length)
        sides.append((places >= start) & (places < start + size))
    return (sides[0].unsqueeze(2) & sides[1].unsqueeze(1)).unsqueeze(-1)


def erased(x: Tensor) -> Tensor:
    mask = boxes(torch.rand(BATCH, 1).sqrt() * 0.57) & (each() < each())
    return torch.where(mask, (torch.randn(x.shape) * 255).clamp_(0, 255), x)


def pasted(x: Tensor) -> Tensor:
    return torch.where(boxes(torch.rand(BATCH, 1)), x[torch.randperm(BATCH)], x)


def blended(x: Tensor) -> Tensor:
    share = torch.distributions.Beta(0.2, 0.2).sample((BATCH, 1, 1, 1))
    return torch.lerp(x[torch.randperm(BATCH)], x, share)


def solarized(x: Tensor) -> Tensor:
    y = (x + each(0, 77)).clamp_(0, 255)
    return torch.where(y < each(0, 127), y, 255 - y)


def posterized(x: Tensor) -> Tensor:
    dropped = torch.randint(4, 8, (BATCH, 1, 1, 1), dtype=torch.uint8)
    return ((x.to(torch.uint8) >> dropped) << dropped).float()


def grayed(x: Tensor) -> Tensor:
    return torch.where(each() < 0.5, gray_of(x), x)


def negative(x: Tensor) -> Tensor:
    return torch.where(each() < each(), 255 - x, x)


class Pictures(Case):
    """A case on images with values in [0, 255]."""

    def _input(self, shape: tuple[int, ...]) -> Tensor:
        return torch.rand(shape) * 255


def case(name: str, plain: Callable[[Tensor], Tensor], **arguments: Any) -> Case:
    return Pictures(name, arguments, SHAPE, lambda layer: plain, backward=False)


JITTER = {
    "brightness_factor": 0.3,
    "contrast_factor": 0.3,
    "saturation_factor": (0.3, 0.6),
    "hue_factor": 0.3,
}
CASES = [
    case("RandomBrightness", brighter, factor=0.3),
    case("RandomContrast", contrasted, factor=0.3),
    case("RandomSaturation", saturated, factor=(0.3, 0.6)),
    case("RandomHue", hued, factor=0.3),
    case("RandomColorJitter", jittered, **JITTER),
    case("RandomColorDegeneration", faded, factor=0.3),
    case("RandomGrayscale", grayed),
    case("RandomInvert", negative),
    case("RandomPosterization", posterized, factor=(1, 4)),
    case("Solarization", solarized, addition_factor=0.3, threshold_factor=0.5),
    case("AutoContrast", stretched),
    case("Equalization", equalized),
    case("RandomSharpness", sharpened, factor=1.0),
    case("RandomGaussianBlur", blurred),
    case("RandomErasing", erased),
    case("CutMix", pasted),
    case("MixUp", blended),
]

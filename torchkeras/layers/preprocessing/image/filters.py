"""Image layers that sharpen, blur and erase."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from typing_extensions import Unpack

from torchkeras.core.checks import argument_error
from torchkeras.core.typing import SeedLike
from torchkeras.layers.preprocessing.image.base import ImageOptions, Transformation
from torchkeras.layers.preprocessing.image.mixing import box_masks, random_span
from torchkeras.layers.preprocessing.image.recoloring import (
    ColorLayer,
    Factor,
    Range,
    for_each,
    mask_for_each,
)
from torchkeras.nn.geometry import CHANNELS_FIRST, to_channels_first, to_channels_last
from torchkeras.ops.image.filters import by_channel, gaussian_blur

# A pixel among its neighbours: how much of the smoothed image each of the nine makes up.
_CENTRE, _NEIGHBOUR = 5.0 / 13.0, 1.0 / 13.0


class RandomSharpness(ColorLayer):
    """Blurs or sharpens: ``x + (1 - 2 f) * (smoothed - x)``, with f drawn for each image.

    Args:
        factor: Bounds of f, in [0, 1]: 0 blurs, 0.5 leaves an image, 1 sharpens; a number means
            (0, f).
        value_range: Lowest and highest value of a pixel, to which results are clipped.
        data_format: "channels_last", "channels_first", or None for the default.
        seed: Integer for numbers of its own; None draws from torch's generator.

    Source: Keras 3 ``RandomSharpness``.
    """

    factor_bounds = (0, 1)

    def __init__(
        self,
        factor: Factor,
        value_range: Range = (0, 255),
        data_format: str | None = None,
        seed: SeedLike = None,
        **options: Unpack[ImageOptions],
    ) -> None:
        super().__init__(seed, value_range, data_format=data_format, **options)
        self.factor = self.factor_range(factor)

    def get_random_transformation(
        self, data: Any, training: bool = True, seed: SeedLike = None
    ) -> Transformation:
        return {"factor": self.uniform(data, self.factor, seed)} if training else None

    def recolored(self, images: Tensor, transformation: Transformation) -> Tensor:
        factor = for_each(transformation["factor"], images)
        smoothed = self._smoothed(images)
        return torch.lerp(images, smoothed, 1.0 - 2.0 * factor).clamp_(*self.value_range)

    def _smoothed(self, images: Tensor) -> Tensor:
        is_first = self.data_format == CHANNELS_FIRST
        x = images if is_first else to_channels_first(images)
        kernel = torch.full((3, 3), _NEIGHBOUR, dtype=x.dtype, device=x.device)
        kernel[1, 1] = _CENTRE
        y = by_channel(x, kernel, (1, 1))
        return y if is_first else to_channels_last(y)


class RandomGaussianBlur(ColorLayer):
    """Blurs some of the images by a bell curve, whose deviations are drawn for the batch.

    Args:
        factor: Bounds of the chance of an image to be blurred, in [0, 1]; a number means (0, f).
        kernel_size: Height and width of the window, odd; one number means both.
        sigma: Bounds of the deviations, in pixels, in [0, 1]; a number means (0, s).
        value_range: Lowest and highest value of a pixel, to which results are clipped.
        data_format: "channels_last", "channels_first", or None for the default.
        seed: Integer for numbers of its own; None draws from torch's generator.

    Raises:
        ValueError: an argument is out of range.

    Source: Keras 3 ``RandomGaussianBlur``.
    """

    factor_bounds = (0, 1)

    def __init__(
        self,
        factor: Factor = 1.0,
        kernel_size: int | Sequence[int] = 3,
        sigma: Factor = 1.0,
        value_range: Range = (0, 255),
        data_format: str | None = None,
        seed: SeedLike = None,
        **options: Unpack[ImageOptions],
    ) -> None:
        super().__init__(seed, value_range, data_format=data_format, **options)
        self.factor = self.factor_range(factor)
        self.kernel_size = self._odd(kernel_size)
        self.sigma = self.factor_range(sigma, "sigma")

    def _odd(self, kernel_size: int | Sequence[int]) -> tuple[int, int]:
        sizes = kernel_size if isinstance(kernel_size, (tuple, list)) else (kernel_size,) * 2
        if len(sizes) != 2 or any(not isinstance(n, int) or n < 1 or n % 2 == 0 for n in sizes):
            raise argument_error(
                self, "kernel_size", kernel_size, "an odd number (or a list of two odd numbers)"
            )
        return tuple(sizes)

    def get_random_transformation(
        self, data: Any, training: bool = True, seed: SeedLike = None
    ) -> Transformation:
        if not training:
            return None
        is_chosen = self.chosen(data, self.factor, seed)
        sigma = self.uniform(data, self.sigma, seed, (2,)) + 1e-6  # no division by 0
        return {"should_apply_blur": is_chosen, "blur_factor": sigma}

    def recolored(self, images: Tensor, transformation: Transformation) -> Tensor:
        sigma = torch.as_tensor(transformation["blur_factor"], device=images.device)
        blurred = gaussian_blur(
            images, self.kernel_size, sigma.to(images.dtype), data_format=self.data_format
        )
        is_chosen = mask_for_each(transformation["should_apply_blur"], images)
        return torch.where(is_chosen, blurred, images).clamp_(*self.value_range)


class RandomErasing(ColorLayer):
    """Fills a box in some of the images.

    Args:
        factor: Bounds of the chance of an image to get a box, in [0, 1]; a number means (0, f).
        scale: Bounds of the box's share of the area, in [0, 1], drawn for each axis and rooted; a
            number means (0, s).
        fill_value: A number, or one for each channel; None fills with noise, normal numbers times
            the highest value of a pixel.
        value_range: Lowest and highest value of a pixel, to which fillings are clipped.
        seed: Integer for numbers of its own; None draws from torch's generator.
        data_format: "channels_last", "channels_first", or None for the default.

    Raises:
        ValueError: an argument is out of range.

    Source: Keras 3 ``RandomErasing``; Zhong et al. 2020.
    """

    factor_bounds = (0, 1)

    def __init__(
        self,
        factor: Factor = 1.0,
        scale: Factor = (0.02, 0.33),
        fill_value: float | Sequence[float] | None = None,
        value_range: Range = (0, 255),
        seed: SeedLike = None,
        data_format: str | None = None,
        **options: Unpack[ImageOptions],
    ) -> None:
        super().__init__(seed, value_range, data_format=data_format, **options)
        self.factor = self.factor_range(factor)
        self.scale = self.factor_range(scale, "scale")
        self.fill_value = fill_value
        numbers = fill_value if isinstance(fill_value, (tuple, list)) else (fill_value,)
        if fill_value is not None and (
            len(numbers) not in (1, 3) or any(not isinstance(n, (int, float)) for n in numbers)
        ):
            raise argument_error(
                self, "fill_value", fill_value, "a number (or a list of three numbers) or None"
            )

    def get_random_transformation(
        self, data: Any, training: bool = True, seed: SeedLike = None
    ) -> Transformation:
        if not training:
            return None
        batch = self.batch_of(data)
        shares = self.uniform(data, self.scale, seed, (batch.size, 2)).sqrt()
        across = random_span(self, batch, batch.width, shares[:, 0], seed)
        down = random_span(self, batch, batch.height, shares[:, 1], seed)
        return {
            "batch_masks": box_masks(self, batch, across, down),
            "apply_erasing": self.chosen(data, self.factor, seed),
            "fill_value": self._filling(data, seed),
        }

    def _filling(self, data: Any, seed: SeedLike) -> Tensor:
        batch, (low, high) = self.batch_of(data), self.value_range
        if self.fill_value is None:
            images = data["images"] if isinstance(data, dict) else data
            shape = tuple(images.shape)
            noise = self.draw("normal", shape, 0.0, 1.0, device=batch.device, seed=seed)
            return (noise * high).clamp_(low, high)
        value = torch.tensor(self.fill_value, dtype=torch.float32, device=batch.device)
        value = value.clamp_(low, high)
        return value.reshape(-1, 1, 1) if self.data_format == CHANNELS_FIRST else value

    def recolored(self, images: Tensor, transformation: Transformation) -> Tensor:
        mask = torch.as_tensor(transformation["batch_masks"], device=images.device)
        filling = torch.as_tensor(transformation["fill_value"], device=images.device)
        mask = mask & mask_for_each(transformation["apply_erasing"], images)
        return torch.where(mask, filling.to(images.dtype), images)

"""Image layers that change how light and dark are spread."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from typing_extensions import Unpack

from torchkeras.core.checks import argument_error
from torchkeras.core.typing import SeedLike, TensorLike
from torchkeras.layers.preprocessing.image.base import ImageOptions, Transformation
from torchkeras.layers.preprocessing.image.recoloring import ColorLayer, Factor, Range, for_each
from torchkeras.layers.windows import sizes
from torchkeras.nn.geometry import CHANNELS_FIRST, to_channels_first, to_channels_last
from torchkeras.nn.histograms import adaptively_equalized, equalized


class RandomPosterization(ColorLayer):
    """Keeps only the highest bits of each channel, their number drawn for each image.

    Args:
        factor: Bounds of the number of bits, integers in [1, 8], the upper one left out unless
            both are equal; a number means (1, f).
        value_range: Lowest and highest value of a pixel.
        data_format: "channels_last", "channels_first", or None for the default.
        seed: Integer for numbers of its own; None draws from torch's generator.

    Raises:
        ValueError: ``factor`` is out of range or no integer.

    Source: Keras 3 ``RandomPosterization``.

    Example:
        >>> keras.layers.RandomPosterization((2, 2))(torch.tensor([[[255, 100, 30]]]))
        tensor([[[192.,  64.,   0.]]])
    """

    factor_bounds = (1, 8)

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
        if any(bits != int(bits) for bits in self.factor):
            raise argument_error(self, "factor", factor, "whole numbers of bits, 1 to 8")

    def get_random_transformation(
        self, data: Any, training: bool = True, seed: SeedLike = None
    ) -> Transformation:
        if not training:
            return None
        batch = self.batch_of(data)
        low, high = (int(bits) for bits in self.factor)
        if low == high:
            bits = torch.full((batch.size,), low, dtype=torch.uint8, device=batch.device)
        else:
            bits = self.draw("randint", (batch.size,), low, high, batch.device, torch.uint8, seed)
        return {"shift_factor": 8 - bits}

    def recolored(self, images: Tensor, transformation: Transformation) -> Tensor:
        dropped = torch.as_tensor(transformation["shift_factor"], device=images.device)
        dropped = dropped.reshape(-1, 1, 1, 1).to(torch.uint8)
        levels = self.transform_value_range(images, self.value_range, (0, 255)).to(torch.uint8)
        levels = ((levels >> dropped) << dropped).to(images.dtype)
        return self.transform_value_range(levels, (0, 255), self.value_range)


class Solarization(ColorLayer):
    """Adds to all pixels, then turns those above a threshold into their negatives.

    Args:
        addition_factor: Bounds of what is added, as shares of 255 in [0, 1] (the lower one is
            taken as it is); a number means (0, f).
        threshold_factor: Bounds of the threshold, in the same way.
        value_range: Lowest and highest value of a pixel; factors speak of it as [0, 255].
        seed: Integer for numbers of its own; None draws from torch's generator.

    Raises:
        ValueError: a factor is out of range.

    Source: Keras 3 ``Solarization``.

    Example:
        >>> keras.layers.Solarization()(torch.tensor([[[255, 100, 0]]]))
        tensor([[[  0., 155., 255.]]])
    """

    def __init__(
        self,
        addition_factor: Factor = 0.0,
        threshold_factor: Factor = 0.0,
        value_range: Range = (0, 255),
        seed: SeedLike = None,
        **options: Unpack[ImageOptions],
    ) -> None:
        super().__init__(seed, value_range, **options)
        self.addition_factor = self._share(addition_factor, "addition_factor")
        self.threshold_factor = self._share(threshold_factor, "threshold_factor")

    def _share(self, factor: Factor, argument: str) -> tuple[float, float]:
        both = factor if isinstance(factor, (tuple, list)) else (0, factor)
        if len(both) != 2 or any(
            not isinstance(share, (int, float)) or not 0 <= share <= 1 for share in both
        ):
            raise argument_error(
                self, argument, factor, "a number (or a list of two numbers) in the range [0, 1.0]"
            )
        lower, upper = sorted(both)
        return lower, upper

    def get_random_transformation(
        self, data: Any, training: bool = True, seed: SeedLike = None
    ) -> Transformation:
        if not training:
            return None
        shape = self.pixel_shape(data)
        bounds = {"additions": self.addition_factor, "thresholds": self.threshold_factor}
        return {
            key: self.uniform(data, (low, high * 255), seed, shape)
            for key, (low, high) in bounds.items()
        }

    def recolored(self, images: Tensor, transformation: Transformation) -> Tensor:
        additions = for_each(transformation["additions"], images)
        thresholds = for_each(transformation["thresholds"], images)
        levels = self.transform_value_range(images, self.value_range, (0, 255))
        levels = (levels + additions).clamp_(0, 255)
        levels = torch.where(levels < thresholds, levels, 255 - levels)
        return self.transform_value_range(levels, (0, 255), self.value_range)


class AutoContrast(ColorLayer):
    """Stretches each channel of each image over the whole range, in training and inference.

    A channel of one value stays as it is.

    Args:
        value_range: Lowest and highest value of a pixel.

    Source: Keras 3 ``AutoContrast``.

    Example:
        >>> keras.layers.AutoContrast(value_range=(0, 1))(torch.tensor([[[0.2]], [[0.4]]]))
        tensor([[[0.]],
        <BLANKLINE>
                [[1.]]])
    """

    is_random = False
    acts_always = True

    def __init__(self, value_range: Range = (0, 255), **options: Unpack[ImageOptions]) -> None:
        super().__init__(None, value_range, **options)

    def recolored(self, images: Tensor, transformation: Transformation) -> Tensor:
        # One axis at a time, which is many times as fast as both.
        low, high = (
            extreme(extreme(images, self.height_axis, True), self.width_axis, True)
            for extreme in (torch.amin, torch.amax)
        )
        first, last = self.value_range
        is_varied = high > low
        scale = (last - first) / torch.where(is_varied, high - low, 1.0)
        stretched = ((images - low) * scale + first).clamp_(first, last)
        return torch.where(is_varied, stretched, images)


class Equalization(ColorLayer):
    """Moves values so that about as many lie in each part of the range, channel by channel.

    A channel has one histogram for the whole batch, as in Keras.

    Args:
        value_range: Lowest and highest value of a pixel.
        bins: Number of levels that are told apart, 2 or more.
        data_format: "channels_last", "channels_first", or None for the default.

    Raises:
        ValueError: ``bins`` is below 2.

    Source: Keras 3 ``Equalization``.
    """

    is_random = False

    def __init__(
        self,
        value_range: Range = (0, 255),
        bins: int = 256,
        data_format: str | None = None,
        **options: Unpack[ImageOptions],
    ) -> None:
        super().__init__(None, value_range, data_format=data_format, **options)
        if not isinstance(bins, int) or bins < 2:
            raise argument_error(self, "bins", bins, "an integer, 2 or more")
        self.bins = bins

    def transform_images(
        self, images: TensorLike, transformation: Transformation = None, training: bool = True
    ) -> Tensor:
        return super().transform_images(images, {}, training)

    def compute_output_spec(self, inputs: Any, **options: Any) -> Any:
        return super().compute_output_spec(inputs, **options)

    def recolored(self, images: Tensor, transformation: Transformation) -> Tensor:
        levels = self.transform_value_range(images, self.value_range, (0, 255))
        channels = levels.unbind(self.channel_axis)
        levels = torch.stack([equalized(c, self.bins) for c in channels], self.channel_axis)
        return self.transform_value_range(levels, (0, 255), self.value_range)


class ContrastLimitedAdaptiveHistogramEqualization(ColorLayer):
    """Equalizes tile by tile with bounded contrast, in training and inference. Integers stay so.

    Args:
        value_range: Lowest and highest value of a pixel.
        clip_limit: How many times the average a level may occur in a tile before it is cut off; 0
            or less sets no limit.
        tile_grid_size: Numbers of tiles down and across.
        data_format: "channels_last", "channels_first", or None for the default.

    Raises:
        ValueError: ``tile_grid_size`` isn't two integers of 1 or more.

    Source: Keras 3 ``ContrastLimitedAdaptiveHistogramEqualization``; Zuiderveld 1994.
    """

    is_random = False
    acts_always = True
    keeps_integers = True

    def __init__(
        self,
        value_range: Range = (0, 255),
        clip_limit: float = 4.0,
        tile_grid_size: Sequence[int] = (8, 8),
        data_format: str | None = None,
        **options: Unpack[ImageOptions],
    ) -> None:
        super().__init__(None, value_range, data_format=data_format, **options)
        self.clip_limit = clip_limit
        self.tile_grid_size = sizes(self, "tile_grid_size", tile_grid_size, 2)

    def transform_images(
        self, images: TensorLike, transformation: Transformation = None, training: bool = True
    ) -> Tensor:
        images = self.in_output_dtype(images)
        levels = self.transform_value_range(images.float(), self.value_range, (0, 255))
        is_first = self.data_format == CHANNELS_FIRST
        levels = levels if is_first else to_channels_first(levels)
        levels = adaptively_equalized(levels, self.tile_grid_size, self.clip_limit)
        levels = levels if is_first else to_channels_last(levels)
        return self.transform_value_range(levels, (0, 255), self.value_range).to(images.dtype)

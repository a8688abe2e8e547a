"""Image layers that change colours by chance."""

from typing import Any

import torch
from torch import Tensor
from typing_extensions import Unpack

from torchkeras.core import settings
from torchkeras.core.checks import argument_error
from torchkeras.core.typing import SeedLike, Shape, TensorLike
from torchkeras.layers.preprocessing.image.base import ImageOptions, Transformation
from torchkeras.layers.preprocessing.image.recoloring import (
    ColorLayer,
    Factor,
    Range,
    check_color,
    for_each,
    mask_for_each,
)
from torchkeras.nn.colors import scale_saturation, to_gray, turn_hue


class RandomBrightness(ColorLayer):
    """Adds a share of the value range, drawn for each image, to all channels.

    Args:
        factor: Bounds of the share, in [-1, 1]; a number f means (-f, f).
        value_range: Lowest and highest value of a pixel, to which results are clipped.
        seed: Integer for numbers of its own; None draws from torch's generator.

    Source: Keras 3 ``RandomBrightness``.

    Example:
        >>> layer = keras.layers.RandomBrightness((0.2, 0.2), value_range=(0, 1))
        >>> layer(torch.full((1, 1, 3), 0.5))
        tensor([[[0.7000, 0.7000, 0.7000]]])
    """

    def __init__(
        self,
        factor: Factor,
        value_range: Range = (0, 255),
        seed: SeedLike = None,
        **options: Unpack[ImageOptions],
    ) -> None:
        super().__init__(seed, value_range, **options)
        self.factor = self.factor_range(factor)

    def get_random_transformation(
        self, data: Any, training: bool = True, seed: SeedLike = None
    ) -> Transformation:
        if not training:
            return None
        low, high = self.value_range
        share = self.uniform(data, self.factor, seed, self.pixel_shape(data))
        return {"rgb_delta": share * (high - low)}

    def recolored(self, images: Tensor, transformation: Transformation) -> Tensor:
        return (images + for_each(transformation["rgb_delta"], images)).clamp_(*self.value_range)


class RandomContrast(ColorLayer):
    """``(x - mean) * f + mean`` for each channel, with f drawn for each image.

    Args:
        factor: (a, b) draws f between ``1 - a`` and ``1 + b``, both in [0, 1]; a number means
            (0, b).
        value_range: Lowest and highest value of a pixel, to which results are clipped. An integer
            here is a seed, as in tf.keras 2.
        seed: Integer for numbers of its own; None draws from torch's generator.

    Source: Keras 3 ``RandomContrast``.

    Example:
        >>> layer = keras.layers.RandomContrast((0.5, 0.5), value_range=(0, 1), seed=1)
        >>> layer(torch.full((1, 2, 3), 0.25))
        tensor([[[0.2500, 0.2500, 0.2500],
                 [0.2500, 0.2500, 0.2500]]])
    """

    factor_bounds = (0, 1)

    def __init__(
        self,
        factor: Factor,
        value_range: Range = (0, 255),
        seed: SeedLike = None,
        **options: Unpack[ImageOptions],
    ) -> None:
        if isinstance(value_range, int):
            value_range, seed = (0, 255), value_range
        super().__init__(seed, value_range, **options)
        self.factor = self.factor_range(factor)

    @property
    def lower(self) -> float:
        """How far the factor may lie below 1."""
        return self.factor[0]

    @property
    def upper(self) -> float:
        """How far the factor may lie above 1."""
        return self.factor[1]

    def get_random_transformation(
        self, data: Any, training: bool = True, seed: SeedLike = None
    ) -> Transformation:
        if not training:
            return None
        bounds = (1.0 - self.lower, 1.0 + self.upper)
        return {"contrast_factor": self.uniform(data, bounds, seed, self.pixel_shape(data))}

    def recolored(self, images: Tensor, transformation: Transformation) -> Tensor:
        factor = for_each(transformation["contrast_factor"], images)
        mean = images.mean(self.height_axis, keepdim=True).mean(self.width_axis, keepdim=True)
        return torch.lerp(mean, images, factor).clamp_(*self.value_range)


class RandomSaturation(ColorLayer):
    """Makes colours stronger or weaker: saturation times ``f / (1 - f)``, f drawn for each image.

    Args:
        factor: Bounds of f, in [-1, 1]: 0 is gray, 0.5 leaves an image, 1 is full colour; a number
            means (-f, f).
        value_range: Bounds of the new saturation, which itself is in [0, 1].
        data_format: "channels_last", "channels_first", or None for the default.
        seed: Integer for numbers of its own; None draws from torch's generator.

    Source: Keras 3 ``RandomSaturation``.

    Example:
        >>> layer = keras.layers.RandomSaturation((0.0, 0.0), value_range=(0, 1))
        >>> layer(torch.tensor([[[0.2, 0.4, 0.8]]]))
        tensor([[[0.8000, 0.8000, 0.8000]]])
    """

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
        if not training:
            return None
        share = self.uniform(data, self.factor, seed)
        return {"factor": share / (1 - share + settings.epsilon())}

    def recolored(self, images: Tensor, transformation: Transformation) -> Tensor:
        factor = for_each(transformation["factor"], images).squeeze(-1)
        return scale_saturation(images, factor, *self.value_range, self.channel_axis)


class RandomHue(ColorLayer):
    """Turns the hue by a part of the circle, drawn for each image, either way.

    Args:
        factor: Bounds of the turn, in [0, 1], where 1 is half the circle; a number means (0, f).
        value_range: Lowest and highest value of a pixel, to which results are clipped.
        data_format: "channels_last", "channels_first", or None for the default.
        seed: Integer for numbers of its own; None draws from torch's generator.

    Source: Keras 3 ``RandomHue``.

    Example:
        >>> layer = keras.layers.RandomHue((1.0, 1.0), value_range=(0, 1))
        >>> layer(torch.tensor([[[1.0, 0.0, 0.0]]]))
        tensor([[[0., 1., 1.]]])
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
        if not training:
            return None
        is_backward = self.uniform(data, (0.0, 1.0), seed) > 0.5
        turns = self.uniform(data, self.factor, seed) * 0.5
        return {"factor": torch.where(is_backward, -turns, turns)}

    def recolored(self, images: Tensor, transformation: Transformation) -> Tensor:
        images = self.transform_value_range(images, self.value_range, (0, 1))
        turns = for_each(transformation["factor"], images).squeeze(-1)
        images = turn_hue(images, turns, self.channel_axis).clamp_(0, 1)
        return self.transform_value_range(images, (0, 1), self.value_range)


class RandomColorJitter(ColorLayer):
    """``RandomBrightness``, ``RandomContrast``, ``RandomSaturation`` and ``RandomHue`` in a row.

    Args:
        value_range: Lowest and highest value of a pixel.
        brightness_factor, contrast_factor, saturation_factor, hue_factor: ``factor`` of each of
            the layers; None leaves it out.
        seed: Integer for numbers of its own; None draws from torch's generator.
        data_format: "channels_last", "channels_first", or None for the default.

    Source: Keras 3 ``RandomColorJitter``.
    """

    def __init__(
        self,
        value_range: Range = (0, 255),
        brightness_factor: Factor | None = None,
        contrast_factor: Factor | None = None,
        saturation_factor: Factor | None = None,
        hue_factor: Factor | None = None,
        seed: SeedLike = None,
        data_format: str | None = None,
        **options: Unpack[ImageOptions],
    ) -> None:
        super().__init__(seed, value_range, data_format=data_format, **options)
        self.brightness_factor = brightness_factor
        self.contrast_factor = contrast_factor
        self.saturation_factor = saturation_factor
        self.hue_factor = hue_factor
        self.random_brightness = self._part(RandomBrightness, brightness_factor)
        self.random_contrast = self._part(RandomContrast, contrast_factor)
        self.random_saturation = self._part(RandomSaturation, saturation_factor)
        self.random_hue = self._part(RandomHue, hue_factor)

    def _part(self, cls: type[ColorLayer], factor: Factor | None) -> ColorLayer | None:
        if factor is None:
            return None
        return cls(
            factor,
            value_range=self.value_range,
            seed=self.seed,
            data_format=self.data_format,
            dtype=self.dtype_policy,
        )

    @property
    def _parts(self) -> list[ColorLayer]:
        parts = (
            self.random_brightness,
            self.random_contrast,
            self.random_saturation,
            self.random_hue,
        )
        return [part for part in parts if part is not None]

    def build(self, input_shape: Shape) -> None:
        for part in self._parts:
            part.build(input_shape)

    def transform_images(
        self,
        images: TensorLike,
        transformation: Transformation = None,
        training: bool = True,
    ) -> Tensor:
        images = self.in_compute_dtype(images)
        for part in self._parts if training else ():
            drawn = part.get_random_transformation(images, seed=self.generator)
            images = part.transform_images(images, drawn)
        return images


class RandomColorDegeneration(ColorLayer):
    """Mixes each image with its gray version: ``x + f * (gray - x)``, f drawn for each image.

    Args:
        factor: Bounds of f, in [-1, 1]: 0 leaves an image, 1 is gray; a number means (-f, f).
        value_range: Lowest and highest value of a pixel, to which results are clipped.
        data_format: "channels_last", "channels_first", or None for the default.
        seed: Integer for numbers of its own; None draws from torch's generator.

    Raises:
        ValueError: other than 3 channels (1 is taken as gray already).

    Source: Keras 3 ``RandomColorDegeneration``.
    """

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
        if not training:
            return None
        batch = self.batch_of(data)
        return {"factor": self.uniform(data, self.factor, seed, (batch.size, 1, 1, 1))}

    def recolored(self, images: Tensor, transformation: Transformation) -> Tensor:
        gray = to_gray(check_color(self, images), self.channel_axis)
        factor = for_each(transformation["factor"], images)
        return torch.lerp(images, gray.expand_as(images), factor).clamp_(*self.value_range)


class RandomGrayscale(ColorLayer):
    """Takes the colour from some of the images. Integers stay integers.

    Args:
        factor: Share of the images that become gray, in [0, 1].
        data_format: "channels_last", "channels_first", or None for the default.
        seed: Integer for numbers of its own; None draws from torch's generator.

    Raises:
        ValueError: ``factor`` is out of range; other than 3 channels (or 1).

    Source: Keras 3 ``RandomGrayscale``.

    Example:
        >>> keras.layers.RandomGrayscale(factor=1.0)(torch.tensor([[[200, 100, 0]]]))
        tensor([[[118, 118, 118]]])
    """

    keeps_integers = True

    def __init__(
        self,
        factor: float = 0.5,
        data_format: str | None = None,
        seed: SeedLike = None,
        **options: Unpack[ImageOptions],
    ) -> None:
        super().__init__(seed, data_format=data_format, **options)
        if not 0 <= factor <= 1:
            raise argument_error(
                self, "factor", factor, "a fraction; `factor` should be between 0 and 1"
            )
        self.factor = factor

    def get_random_transformation(
        self, images: Any, training: bool = True, seed: SeedLike = None
    ) -> Tensor | None:
        if not training:
            return None
        return self.uniform(images, (0.0, 1.0), seed)[:, None, None, None] < self.factor

    def transform_images(
        self,
        images: TensorLike,
        transformation: Tensor | None = None,
        training: bool = True,
    ) -> Tensor:
        images = self.in_output_dtype(images)
        if not training:
            return images
        if transformation is None:
            transformation = self.get_random_transformation(images)
        gray = to_gray(check_color(self, images), self.channel_axis).to(images.dtype)
        return torch.where(mask_for_each(transformation, images), gray, images)

    def compute_output_spec(self, inputs: Any, **options: Any) -> Any:
        return super().compute_output_spec(inputs, **options)

    # In this class Keras calls the transformation by its plural.

    def transform_labels(
        self,
        labels: TensorLike,
        transformations: Transformation = None,
        transformation: Transformation = None,
        training: bool = True,
    ) -> Tensor:
        return labels

    def transform_segmentation_masks(
        self,
        segmentation_masks: TensorLike,
        transformations: Transformation = None,
        transformation: Transformation = None,
        training: bool = True,
    ) -> Tensor:
        return segmentation_masks


class RandomInvert(ColorLayer):
    """Turns some of the images into their negatives: ``highest value - x``.

    Args:
        factor: Bounds of the chance of an image to be turned, in [0, 1]; a number means (0, f).
        value_range: Lowest and highest value of a pixel.
        seed: Integer for numbers of its own; None draws from torch's generator.
        data_format: "channels_last", "channels_first", or None for the default.

    Source: Keras 3 ``RandomInvert``.

    Example:
        >>> keras.layers.RandomInvert((1.0, 1.0))(torch.tensor([[[250, 100, 0]]]))
        tensor([[[  5., 155., 255.]]])
    """

    factor_bounds = (0, 1)

    def __init__(
        self,
        factor: Factor = 1.0,
        value_range: Range = (0, 255),
        seed: SeedLike = None,
        data_format: str | None = None,
        **options: Unpack[ImageOptions],
    ) -> None:
        super().__init__(seed, value_range, data_format=data_format, **options)
        self.factor = self.factor_range(factor)

    def get_random_transformation(
        self, data: Any, training: bool = True, seed: SeedLike = None
    ) -> Transformation:
        return {"apply_inversion": self.chosen(data, self.factor, seed)} if training else None

    def recolored(self, images: Tensor, transformation: Transformation) -> Tensor:
        is_chosen = mask_for_each(transformation["apply_inversion"], images)
        return torch.where(is_chosen, self.value_range[1] - images, images)

"""What image layers share that change colours and leave everything where it is."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from typing_extensions import Unpack

from torchkeras.core import seeds
from torchkeras.core.checks import argument_error
from torchkeras.core.dtypes import is_floating
from torchkeras.core.typing import SeedLike, Shape, TensorLike
from torchkeras.layers.preprocessing.image.base import (
    BaseImagePreprocessingLayer,
    Boxes,
    ImageOptions,
    Transformation,
)
from torchkeras.layers.shapes import SameShape

Factor = float | Sequence[float]
Range = Sequence[float]


class ColorLayer(SameShape, BaseImagePreprocessingLayer):
    """An image layer that changes colours and moves nothing: labels, boxes and masks stay.

    Subclasses write ``recolored`` and, if chance plays a part, ``get_random_transformation``. Half
    precision is computed in as it is; integer dtypes are computed in float32 and rounded.

    Args:
        seed: Integer for numbers of its own; None draws from torch's generator.
        value_range: Lowest and highest value of a pixel; None where it plays no part.
    """

    has_factor = False  # or sees to it itself
    is_random = True
    acts_always = False  # in inference, too, and without a transformation
    keeps_integers = False  # instead of giving the compute dtype

    def __init__(
        self,
        seed: SeedLike = None,
        value_range: Range | None = None,
        **options: Unpack[ImageOptions],
    ) -> None:
        super().__init__(**options)
        if self.is_random:
            self.seed = seed
            self.generator = seeds.SeedGenerator(seed)
        if value_range is not None:
            self.value_range = self._checked_range(value_range)

    def _checked_range(self, value_range: Range) -> list[float]:
        if not isinstance(value_range, (tuple, list)) or len(value_range) != 2:
            raise argument_error(
                self,
                "value_range",
                value_range,
                "two numbers, such as (0, 255)",
                "The `value_range` argument should be a list of two numbers.",
            )
        return sorted(value_range)

    def recolored(self, images: Tensor, transformation: Transformation) -> Tensor:
        """Float images, transformed.

        Raises:
            NotImplementedError: the subclass hasn't written it.
        """
        raise self._unwritten("recolored")

    def transform_images(
        self,
        images: TensorLike,
        transformation: Transformation = None,
        training: bool = True,
    ) -> Tensor:
        images = self.in_output_dtype(images)
        if not self.acts_always and (not training or transformation is None):
            return images
        if images.is_floating_point():
            return self.recolored(images, transformation)
        return rounded(self.recolored(images.to(torch.float32), transformation), images.dtype)

    def in_output_dtype(self, images: TensorLike) -> Tensor:
        """``images`` as a tensor of the type in which they come out."""
        images = self.as_tensor(images)
        if self.keeps_integers and not images.is_floating_point():
            return images
        return self.in_compute_dtype(images)

    def _dtype_of_outputs(self, args: tuple) -> str:
        dtype = args[0].dtype
        return dtype if self.keeps_integers and not is_floating(dtype) else self.compute_dtype

    def transform_bounding_boxes(
        self, bounding_boxes: Boxes, transformation: Transformation = None, training: bool = True
    ) -> Boxes:
        return bounding_boxes

    def transform_segmentation_masks(
        self,
        segmentation_masks: TensorLike,
        transformation: Transformation = None,
        training: bool = True,
    ) -> Tensor:
        return segmentation_masks

    def uniform(
        self,
        data: Any,
        bounds: tuple[float, float],
        seed: SeedLike = None,
        shape: Shape | None = None,
    ) -> Tensor:
        """Numbers between ``bounds``, one for each image of ``data`` unless ``shape`` says else."""
        batch = self.batch_of(data)
        shape = (batch.size,) if shape is None else shape
        return self.draw("uniform", shape, *bounds, device=batch.device, seed=seed)

    def pixel_shape(self, data: Any) -> Shape:
        """Shape of one number for each image, which broadcasts to the images."""
        batch = self.batch_of(data)
        return (1, 1, 1) if batch.is_single else (batch.size, 1, 1, 1)

    def chosen(self, data: Any, chances: tuple[float, float], seed: SeedLike = None) -> Tensor:
        """For each image, whether it is taken; the chance of that is drawn between ``chances``."""
        chance = self.uniform(data, chances, seed)
        return self.uniform(data, (0.0, 1.0), seed) < chance


def rounded(images: Tensor, dtype: torch.dtype) -> Tensor:
    """Float images in an integer type, rounded and held within its bounds."""
    limits = torch.iinfo(dtype)
    return images.round().clamp(limits.min, limits.max).to(dtype)


def for_each(numbers: TensorLike, images: Tensor) -> Tensor:
    """One number for each image, so that it broadcasts to the images, in their type."""
    numbers = torch.as_tensor(numbers, device=images.device)
    return numbers.reshape(-1, 1, 1, 1).to(images.dtype)


def mask_for_each(flags: TensorLike, images: Tensor) -> Tensor:
    """One truth value for each image, so that it broadcasts to the images."""
    return torch.as_tensor(flags, device=images.device).reshape(-1, 1, 1, 1)


def check_color(layer: BaseImagePreprocessingLayer, images: Tensor) -> Tensor:
    """``images`` if they have 3 channels, or 1.

    Raises:
        ValueError: they don't.
    """
    if images.shape[layer.channel_axis] not in (1, 3):
        raise argument_error(
            layer,
            "images",
            tuple(images.shape),
            f"3 channels (RGB) or 1 along axis {layer.channel_axis}",
            "Invalid channel size.",
        )
    return images

"""The base of layers that read each pixel of an image at another place."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from typing_extensions import Unpack

from torchkeras.core import seeds
from torchkeras.core.checks import argument_error
from torchkeras.core.typing import SeedLike, TensorLike
from torchkeras.layers.preprocessing.image.base import (
    BaseImagePreprocessingLayer,
    Boxes,
    ImageOptions,
    Transformation,
)
from torchkeras.layers.preprocessing.image.boxes import (
    clip_to_image_size,
    convert_format,
    through,
)
from torchkeras.layers.shapes import SameShape
from torchkeras.nn import sampling
from torchkeras.nn.geometry import CHANNELS_LAST

FILL_MODES = ("reflect", "wrap", "constant", "nearest")
INTERPOLATIONS = {"nearest": 0, "bilinear": 1}
Factor = float | Sequence[float]


class Projection(SameShape, BaseImagePreprocessingLayer):
    """What layers share that read each pixel of an image at another place.

    Pixel (x, y) of the output is read at ``((a0 x + a1 y + a2) / k, (b0 x + b1 y + b2) / k)``,
    where k is ``c0 x + c1 y + 1``; a subclass gives the eight numbers for each image by ``matrix``.
    Boxes are drawn around what becomes of their corners, cut off at the image's borders; the label
    of those of which nothing is left becomes -1. Segmentation masks are read at the nearest pixel
    and keep their number type.

    Args:
        fill_mode: What lies outside the image: ``"reflect"`` (d c b a | a b c d | d c b a),
            ``"wrap"`` (a b c d | a b c d | a b c d), ``"nearest"`` (a a a a | a b c d | d d d d) or
            ``"constant"``, which is ``fill_value``.
        interpolation: ``"bilinear"`` or ``"nearest"``.
        seed: Integer for numbers of its own; None draws from torch's generator.
        fill_value: What lies outside, where ``fill_mode`` is ``"constant"``.
        factor: See the base.
        **options: See ``ImageOptions``.

    Raises:
        ValueError: an unknown word.
    """

    has_factor = False
    is_affine = True  # c0 and c1 are 0

    def __init__(
        self,
        fill_mode: str,
        interpolation: str,
        seed: SeedLike,
        fill_value: float,
        factor: Factor | None = None,
        **options: Unpack[ImageOptions],
    ) -> None:
        super().__init__(factor=factor, **options)
        self.fill_mode = self.word_among("fill_mode", fill_mode, FILL_MODES)
        self.interpolation = self.word_among("interpolation", interpolation, INTERPOLATIONS)
        self.fill_value = fill_value
        self.seed = seed
        self.generator = seeds.SeedGenerator(seed)

    def matrix(self, transformation: dict[str, Any], height: int, width: int) -> Tensor:
        """The eight numbers for each image, ``(b, 8)``.

        Args:
            transformation: What ``get_random_transformation`` gave.
            height, width: Sizes of the images in pixels.

        Raises:
            NotImplementedError: the subclass hasn't written it.
        """
        raise NotImplementedError(f'{type(self).__name__} "{self.name}" has no `matrix`.')

    def transform_images(
        self, images: TensorLike, transformation: Transformation, training: bool = True
    ) -> Tensor:
        images = self.in_compute_dtype(images)
        if not training or transformation is None:
            return images
        return self._read(images, transformation, self.interpolation)

    def transform_segmentation_masks(
        self, segmentation_masks: TensorLike, transformation: Transformation, training: bool = True
    ) -> Tensor:
        masks = self.as_tensor(segmentation_masks)
        if not training or transformation is None:
            return masks
        return self._read(masks, transformation, "nearest")

    def _read(self, images: Tensor, transformation: dict[str, Any], interpolation: str) -> Tensor:
        is_single, is_last = images.ndim == 3, self.data_format == CHANNELS_LAST
        x = images.unsqueeze(0) if is_single else images
        x = x if is_last else x.permute(0, 2, 3, 1)
        matrix = self.matrix(transformation, x.shape[1], x.shape[2]).to(x.device)
        order = INTERPOLATIONS[interpolation]
        x = sampling.project(x, matrix, order, self.fill_mode, self.fill_value, self.is_affine)
        x = x if is_last else x.permute(0, 3, 1, 2)
        return x.squeeze(0) if is_single else x

    def transform_bounding_boxes(
        self, bounding_boxes: Boxes, transformation: Transformation, training: bool = True
    ) -> Boxes:
        if not training or transformation is None:
            return bounding_boxes
        height, width = self._size(transformation)
        size = {"height": height, "width": width}
        found = convert_format(bounding_boxes, self.bounding_box_format, "xyxy", **size)
        boxes = found["boxes"]
        matrix = self.matrix(transformation, height, width).to(boxes)
        matrix = torch.cat([matrix, torch.ones_like(matrix[:, :1])], -1).unflatten(-1, (3, 3))
        found["boxes"] = through(boxes, _undone(matrix))
        found = clip_to_image_size(found, **size)
        return convert_format(found, "xyxy", self.bounding_box_format, **size)

    def _size(self, transformation: dict[str, Any]) -> tuple[int, int]:
        """Height and width of the images that a transformation was drawn for."""
        shape = transformation["input_shape"]
        return shape[self.height_axis], shape[self.width_axis]

    def get_transformed_x_y(self, x: Any, y: Any, transform: Any) -> tuple[Tensor, Tensor]:
        """Where pixel (x, y) of the output is read.

        Args:
            transform: The eight numbers along the last axis.
        """
        a0, a1, a2, b0, b1, b2, c0, c1 = self.as_tensor(transform).split(1, -1)
        depth = c0 * x + c1 * y + 1
        return (a0 * x + a1 * y + a2) / depth, (b0 * x + b1 * y + b2) / depth

    def fraction_range(
        self, argument: str, value: Factor, low: float, is_low_taken: bool = True
    ) -> tuple[float, float]:
        """Lower and upper end of the range that ``value`` means; a number is for both signs.

        Args:
            low: The least number; the greatest is 1.
            is_low_taken: Whether ``low`` itself is allowed.

        Raises:
            ValueError: it is no number or pair of them, or lies outside.
        """
        numbers = value if isinstance(value, (list, tuple)) else (value,)
        if len(numbers) in (1, 2) and all(
            isinstance(n, (int, float)) and low <= n <= 1 and (is_low_taken or n > low)
            for n in numbers
        ):
            if len(numbers) == 2:
                lower, upper = sorted(numbers)
                return lower, upper
            if not isinstance(value, (list, tuple)):
                return -abs(value), abs(value)
        bracket = "[" if is_low_taken else "("
        raise argument_error(
            self,
            argument,
            value,
            f"a number, or a pair of them, in {bracket}{low:g}, 1]",
            f"The `{argument}` argument should be a number (or a list of two numbers).",
        )


def _undone(matrix: Tensor) -> Tensor:
    """The inverses of ``(b, 3, 3)`` up to a factor, which homogeneous coordinates don't mind."""
    one, two, three = matrix.unbind(1)
    crosses = [torch.linalg.cross(a, b) for a, b in ((two, three), (three, one), (one, two))]
    return torch.stack(crosses, -1)

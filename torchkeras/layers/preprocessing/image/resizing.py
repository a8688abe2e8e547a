"""Layers that change the size of images."""

import math
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
from torchkeras.layers.preprocessing.image.boxes import (
    clip_to_image_size,
    convert_format,
)
from torchkeras.layers.preprocessing.image.projection import Factor
from torchkeras.ops.image.resizing import INTERPOLATIONS, resize


def resized_shape(
    layer: BaseImagePreprocessingLayer, shape: Shape, height: int | None, width: int | None
) -> Shape:
    """``shape`` of images with other sizes.

    Raises:
        ValueError: it has neither 3 nor 4 axes.
    """
    if len(shape) not in (3, 4):
        raise argument_error(
            layer,
            "input_shape",
            tuple(shape),
            "3 axes (one image) or 4 (a batch)",
            "`input_shape` must be a non-nested tuple or list.",
        )
    sizes = list(shape)
    sizes[layer.height_axis], sizes[layer.width_axis] = height, width
    return tuple(sizes)


class Resizing(BaseImagePreprocessingLayer):
    """Images of another size, by interpolation, in training and in inference.

    Args:
        height, width: Sizes of the output in pixels.
        interpolation: ``"bilinear"``, ``"nearest"``, ``"bicubic"``, ``"lanczos3"``,
            ``"lanczos5"``, and as in tf.keras 2 ``"area"``, ``"gaussian"`` or ``"mitchellcubic"``;
            segmentation masks always take the nearest pixel.
        crop_to_aspect_ratio: Whether what exceeds the new shape's proportions is cut off first.
        pad_to_aspect_ratio: Whether what lacks to them is filled with ``fill_value`` first.
        fill_mode: ``"constant"``.
        fill_value: What is filled in.
        antialias: Whether shrinking averages over all pixels that fall together.

    Shape:
        data: ``(batch, h, w, channels)`` or one image.
        output: the same with ``height`` and ``width``, in the input's number type.

    Raises:
        ValueError: an unknown word, or both crop and pad.

    Source: Keras 3 ``Resizing``; ``torch.nn.functional.interpolate``.

    Example:
        >>> keras.layers.Resizing(2, 6)(torch.ones(1, 4, 4, 3)).shape
        torch.Size([1, 2, 6, 3])
    """

    has_factor = False

    def __init__(
        self,
        height: int,
        width: int,
        interpolation: str = "bilinear",
        crop_to_aspect_ratio: bool = False,
        pad_to_aspect_ratio: bool = False,
        fill_mode: str = "constant",
        fill_value: float = 0.0,
        antialias: bool = False,
        data_format: str | None = None,
        **options: Unpack[ImageOptions],
    ) -> None:
        super().__init__(data_format=data_format, **options)
        self.height = height
        self.width = width
        self.interpolation = self.word_among("interpolation", interpolation, INTERPOLATIONS)
        self.crop_to_aspect_ratio = crop_to_aspect_ratio
        self.pad_to_aspect_ratio = pad_to_aspect_ratio
        self.fill_mode = self.word_among("fill_mode", fill_mode, ("constant",))
        self.fill_value = fill_value
        self.antialias = bool(antialias)
        if crop_to_aspect_ratio and pad_to_aspect_ratio:
            raise argument_error(
                self,
                "crop_to_aspect_ratio and pad_to_aspect_ratio",
                (True, True),
                "one of them at most",
                "Only one of `pad_to_aspect_ratio` & `crop_to_aspect_ratio` can be `True`.",
            )

    def get_random_transformation(
        self, data: Any, training: bool = True, seed: SeedLike = None
    ) -> tuple[int, int]:
        """Height and width of the images in ``data``; there is no chance in it."""
        batch = self.batch_of(data)
        return batch.height, batch.width

    def transform_images(
        self, images: TensorLike, transformation: Any = None, training: bool = True
    ) -> Tensor:
        images = self.as_tensor(images)
        if images.is_floating_point():
            images = self.in_compute_dtype(images)
        return self._resized(images, self.interpolation)

    def transform_labels(
        self, labels: TensorLike, transformation: Any = None, training: bool = True
    ) -> Tensor:
        return labels

    def transform_segmentation_masks(
        self, segmentation_masks: TensorLike, transformation: Any = None, training: bool = True
    ) -> Tensor:
        return self._resized(self.as_tensor(segmentation_masks), "nearest")

    def _resized(self, images: Tensor, interpolation: str) -> Tensor:
        return resize(
            images,
            (self.height, self.width),
            interpolation=interpolation,
            antialias=self.antialias,
            crop_to_aspect_ratio=self.crop_to_aspect_ratio,
            pad_to_aspect_ratio=self.pad_to_aspect_ratio,
            fill_mode=self.fill_mode,
            fill_value=self.fill_value,
            data_format=self.data_format,
        )

    def transform_bounding_boxes(
        self, bounding_boxes: Boxes, transformation: Any, training: bool = True
    ) -> Boxes:
        height, width = transformation
        given = bounding_boxes["boxes"]
        is_none = ((given == -1).all(-1) | (given == 0).all(-1)).unsqueeze(-1)
        old, new = (height, width), (self.height, self.width)
        found = convert_format(bounding_boxes, self.bounding_box_format, "xyxy", *old)
        (scale_x, scale_y), (left, top) = self._scales(height, width)
        x, y, right, bottom = found["boxes"].unbind(-1)
        x, right = [place * scale_x + left for place in (x, right)]
        y, bottom = [place * scale_y + top for place in (y, bottom)]
        found["boxes"] = torch.stack([x, y, right, bottom], -1)
        found = clip_to_image_size(found, *new)
        found["boxes"] = torch.where(is_none, 0.0, found["boxes"])
        return convert_format(found, "xyxy", self.bounding_box_format, *new)

    def _scales(self, height: int, width: int) -> tuple[tuple[float, float], tuple[float, float]]:
        """Factor and shift of places across and down."""
        scale_x, scale_y = self.width / width, self.height / height
        if self.pad_to_aspect_ratio:
            scale_x = scale_y = min(scale_x, scale_y)
        elif self.crop_to_aspect_ratio:
            scale_x = scale_y = max(scale_x, scale_y)
        left = math.trunc((self.width - width * scale_x) / 2)
        top = math.trunc((self.height - height * scale_y) / 2)
        return (scale_x, scale_y), (left, top)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The input's shape with the layer's sizes."""
        return resized_shape(self, input_shape, self.height, self.width)

    def _dtype_of_outputs(self, args: tuple) -> str:
        """Integers stay integers."""
        return self.compute_dtype if is_floating(args[0].dtype) else args[0].dtype


class RandomLength(BaseImagePreprocessingLayer):
    """What layers share that draw a length of images anew for each batch.

    Args:
        factor: Range by which the length grows, as a fraction: a number for both signs, or a pair
            (lower, upper), -1 or more.
        interpolation: As in ``Resizing``; segmentation masks always take the nearest pixel.
        seed: Integer for numbers of its own; None draws from torch's generator.

    Raises:
        ValueError: a factor below -1, a pair in the wrong order, or an unknown word.
    """

    has_factor = False

    def __init__(
        self,
        factor: Factor,
        interpolation: str = "bilinear",
        seed: SeedLike = None,
        **options: Unpack[ImageOptions],
    ) -> None:
        super().__init__(**options)
        self.factor = factor
        self.interpolation = self.word_among("interpolation", interpolation, INTERPOLATIONS)
        self.seed = seed
        self.generator = seeds.SeedGenerator(seed)
        is_pair = isinstance(factor, (tuple, list))
        self._ends = tuple(factor) if is_pair else (-factor, factor)
        if len(self._ends) != 2 or not -1 <= self._ends[0] <= self._ends[1]:
            raise argument_error(
                self,
                "factor",
                factor,
                "a number in [0, 1], or a pair (lower, upper) of numbers, -1 or more",
                "`factor` argument cannot have an upper bound lower than the lower bound.",
            )

    @property
    def seed_generator(self) -> seeds.SeedGenerator:
        """Where numbers are drawn from."""
        return self.generator

    def _drawn(self, length: int, seed: SeedLike) -> int:
        """A length, drawn on the host: the shape of the output depends on it."""
        factor = self.draw("uniform", (), *[1.0 + end for end in self._ends], "cpu", seed=seed)
        return max(int(factor * length), 1)

    def transform_images(
        self, images: TensorLike, transformation: Transformation, training: bool = True
    ) -> Tensor:
        return self._resized(images, transformation, self.interpolation)

    def transform_segmentation_masks(
        self, segmentation_masks: TensorLike, transformation: Transformation, training: bool = True
    ) -> Tensor:
        return self._resized(segmentation_masks, transformation, "nearest")

    def _resized(
        self, images: TensorLike, transformation: Transformation, interpolation: str
    ) -> Tensor:
        images = self.in_compute_dtype(images)
        if transformation is None:
            return images
        size = (transformation["height"], transformation["width"])
        return resize(images, size, interpolation, data_format=self.data_format)

    def transform_bounding_boxes(
        self, bounding_boxes: Boxes, transformation: Transformation, training: bool = True
    ) -> Boxes:
        if transformation is None:
            return bounding_boxes
        shape = transformation["input_shape"]
        old = (shape[self.height_axis], shape[self.width_axis])
        new = (transformation["height"], transformation["width"])
        found = convert_format(bounding_boxes, self.bounding_box_format, "rel_xyxy", *old)
        return convert_format(found, "rel_xyxy", self.bounding_box_format, *new)


class RandomHeight(RandomLength):
    """Images of another height, drawn for each batch in training; in inference as they are.

    Args:
        factor: Range by which the height grows, as a fraction (see ``RandomLength``).
        interpolation: As in ``Resizing``.
        seed: Integer for numbers of its own; None draws from torch's generator.

    Source: tf.keras 2 ``RandomHeight``; ``torch.nn.functional.interpolate``.

    Example:
        >>> keras.layers.RandomHeight((0.5, 0.5))(torch.ones(1, 4, 4, 3)).shape
        torch.Size([1, 6, 4, 3])
    """

    @property
    def height_lower(self) -> float:
        """Lower end of the range."""
        return self._ends[0]

    @property
    def height_upper(self) -> float:
        """Upper end of the range."""
        return self._ends[1]

    def get_random_transformation(
        self, data: Any, training: bool = True, seed: SeedLike = None
    ) -> Transformation:
        if not training:
            return None
        batch = self.batch_of(data)
        height = self._drawn(batch.height, seed)
        return {"height": height, "width": batch.width, "input_shape": batch.shape}

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The input's shape with an unknown height."""
        return resized_shape(self, input_shape, None, input_shape[self.width_axis])


class RandomWidth(RandomLength):
    """Images of another width, drawn for each batch in training; in inference as they are.

    Args:
        factor: Range by which the width grows, as a fraction (see ``RandomLength``).
        interpolation: As in ``Resizing``.
        seed: Integer for numbers of its own; None draws from torch's generator.

    Source: tf.keras 2 ``RandomWidth``; ``torch.nn.functional.interpolate``.

    Example:
        >>> keras.layers.RandomWidth((0.5, 0.5))(torch.ones(1, 4, 4, 3)).shape
        torch.Size([1, 4, 6, 3])
    """

    @property
    def width_lower(self) -> float:
        """Lower end of the range."""
        return self._ends[0]

    @property
    def width_upper(self) -> float:
        """Upper end of the range."""
        return self._ends[1]

    def get_random_transformation(
        self, data: Any, training: bool = True, seed: SeedLike = None
    ) -> Transformation:
        if not training:
            return None
        batch = self.batch_of(data)
        width = self._drawn(batch.width, seed)
        return {"height": batch.height, "width": width, "input_shape": batch.shape}

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The input's shape with an unknown width."""
        return resized_shape(self, input_shape, input_shape[self.height_axis], None)

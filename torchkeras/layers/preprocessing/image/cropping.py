"""Layers that cut images."""

from typing import Any

import torch
from torch import Tensor
from typing_extensions import Unpack

from torchkeras.core import seeds
from torchkeras.core.checks import argument_error
from torchkeras.core.typing import SeedLike, Shape, TensorLike
from torchkeras.layers.preprocessing.image.base import (
    BaseImagePreprocessingLayer,
    Boxes,
    ImageOptions,
    Transformation,
)
from torchkeras.layers.preprocessing.image.boxes import clip_to_image_size, convert_format, crop
from torchkeras.layers.preprocessing.image.resizing import resized_shape
from torchkeras.ops.image.resizing import resize


class Crop(BaseImagePreprocessingLayer):
    """What layers share that show a part of an image, and resize it if it isn't of their size.

    A transformation is a dict of the part's ``"top"``, ``"left"``, ``"height"`` and ``"width"`` in
    pixels, and the ``"input_shape"``.

    Args:
        height, width: Sizes of the output in pixels.
    """

    has_factor = False

    def __init__(self, height: int, width: int, **options: Unpack[ImageOptions]) -> None:
        super().__init__(**options)
        self.height = height
        self.width = width

    def middle(self, shape: Shape) -> dict[str, Any]:
        """The largest part of the layer's proportions, in the middle of images of ``shape``."""
        height, width = shape[self.height_axis], shape[self.width_axis]
        inner_height = max(min(height, int(width * self.height / self.width)), 1)
        inner_width = max(min(width, int(height * self.width / self.height)), 1)
        return {
            "top": (height - inner_height) // 2,
            "left": (width - inner_width) // 2,
            "height": inner_height,
            "width": inner_width,
            "input_shape": shape,
        }

    def cut(self, images: Tensor, part: dict[str, Any]) -> Tensor:
        """The part of the images, in the layer's size."""
        for axis, start, length in (
            (self.height_axis, part["top"], part["height"]),
            (self.width_axis, part["left"], part["width"]),
        ):
            if type(start) is Tensor and start.is_cpu and not torch.compiler.is_compiling():
                start = int(start)
            if isinstance(start, Tensor):  # without waiting for it
                places = torch.arange(length, device=images.device) + start
                images = images.index_select(axis, places)
            else:
                images = images.narrow(axis, start, length)
        size = (self.height, self.width)
        if (part["height"], part["width"]) != size:
            images = resize(images, size, data_format=self.data_format)
        return images

    def transform_segmentation_masks(
        self, segmentation_masks: TensorLike, transformation: Transformation, training: bool = True
    ) -> Tensor:
        return self.transform_images(segmentation_masks, transformation, training=training)

    def cut_boxes(self, bounding_boxes: Boxes, part: dict[str, Any]) -> Boxes:
        """The boxes as they lie in the part, in the layer's size."""
        shape = part["input_shape"]
        old = (shape[self.height_axis], shape[self.width_axis])
        found = convert_format(bounding_boxes, self.bounding_box_format, "xyxy", *old)
        names = ("top", "left", "height", "width")
        boxes = crop(found["boxes"], *[part[name] for name in names])
        new = (self.height, self.width)
        if (part["height"], part["width"]) != new:
            boxes = convert_format(boxes, "xyxy", "rel_xyxy", part["height"], part["width"])
            boxes = convert_format(boxes, "rel_xyxy", "xyxy", *new)
        found = clip_to_image_size({**found, "boxes": boxes}, *new)
        return convert_format(found, "xyxy", self.bounding_box_format, *new)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The input's shape with the layer's sizes."""
        return resized_shape(self, input_shape, self.height, self.width)


class CenterCrop(Crop):
    """The middle of images, in training and in inference.

    Images smaller than that are cut to the layer's proportions and enlarged.

    Args:
        height, width: Sizes of the output in pixels.

    Source: Keras 3 ``CenterCrop``.

    Example:
        >>> keras.layers.CenterCrop(1, 2)(torch.arange(16.0).reshape(4, 4, 1)).flatten()
        tensor([5., 6.])
    """

    def __init__(
        self,
        height: int,
        width: int,
        data_format: str | None = None,
        **options: Unpack[ImageOptions],
    ) -> None:
        super().__init__(height, width, data_format=data_format, **options)

    def get_random_transformation(
        self, data: Any, training: bool = True, seed: SeedLike = None
    ) -> Transformation:
        return {"input_shape": self.batch_of(data).shape}

    def transform_images(
        self, images: TensorLike, transformation: Transformation = None, training: bool = True
    ) -> Tensor:
        images = self.in_compute_dtype(images)
        return self.cut(images, self._part(images.shape))

    def transform_bounding_boxes(
        self, bounding_boxes: Boxes, transformation: Transformation, training: bool = True
    ) -> Boxes:
        return self.cut_boxes(bounding_boxes, self._part(transformation["input_shape"]))

    def _part(self, shape: Shape) -> dict[str, Any]:
        height, width = shape[self.height_axis], shape[self.width_axis]
        if height < self.height or width < self.width:
            return self.middle(shape)
        return {
            "top": (height - self.height) // 2,
            "left": (width - self.width) // 2,
            "height": self.height,
            "width": self.width,
            "input_shape": shape,
        }


class RandomCrop(Crop):
    """A part of images at a place drawn for the batch.

    In inference, and of images smaller than that, the largest part of the layer's proportions in
    the middle is shown, resized.

    Args:
        height, width: Sizes of the output in pixels.
        seed: Integer for numbers of its own; None draws from torch's generator.

    Source: Keras 3 ``RandomCrop``.

    Example:
        >>> keras.layers.RandomCrop(2, 2)(torch.ones(5, 4, 4, 3)).shape
        torch.Size([5, 2, 2, 3])
    """

    def __init__(
        self,
        height: int,
        width: int,
        seed: SeedLike = None,
        data_format: str | None = None,
        name: str | None = None,
        **options: Unpack[ImageOptions],
    ) -> None:
        super().__init__(height, width, data_format=data_format, name=name, **options)
        self.seed = seed
        self.generator = seeds.SeedGenerator(seed)

    def get_random_transformation(
        self, data: Any, training: bool = True, seed: SeedLike = None
    ) -> Transformation:
        batch = self.batch_of(data)
        if None in (batch.height, batch.width):
            raise argument_error(
                self,
                "images",
                batch.shape,
                "a known height and width",
                "RandomCrop requires the input to have a fully defined height and width.",
            )
        down, across = batch.height - self.height, batch.width - self.width
        if not training or down < 0 or across < 0:
            return self.middle(batch.shape)
        top, left = [
            self.draw("uniform", (), 0.0, rest + 1.0, batch.device, seed=seed)
            .long()
            .clamp(max=rest)
            for rest in (down, across)
        ]
        return {
            "top": top,
            "left": left,
            "height": self.height,
            "width": self.width,
            "input_shape": batch.shape,
        }

    def transform_images(
        self, images: TensorLike, transformation: Any, training: bool = True
    ) -> Tensor:
        images = self.in_compute_dtype(images)
        return self.cut(images, self._part(transformation, images.shape))

    def transform_bounding_boxes(
        self, bounding_boxes: Boxes, transformation: Any, training: bool = True
    ) -> Boxes:
        return self.cut_boxes(bounding_boxes, self._part(transformation, None))

    def _part(self, transformation: Any, shape: Shape | None) -> dict[str, Any]:
        """The part; a pair of its top and left stands for one of the layer's size, as in Keras."""
        if isinstance(transformation, dict):
            return transformation
        if shape is None:
            raise argument_error(
                self,
                "transformation",
                transformation,
                "what get_random_transformation gave, which tells the size of the images",
            )
        top, left = transformation
        return {"top": top, "left": left, "height": self.height, "width": self.width}

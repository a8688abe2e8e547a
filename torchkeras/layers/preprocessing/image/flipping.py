"""A layer that mirrors images."""

from typing import Any

import torch
from torch import Tensor
from typing_extensions import Unpack

from torchkeras.core import seeds
from torchkeras.core.typing import SeedLike, TensorLike
from torchkeras.layers.preprocessing.image.base import (
    BaseImagePreprocessingLayer,
    Boxes,
    ImageOptions,
    Transformation,
)
from torchkeras.layers.preprocessing.image.boxes import clip_to_image_size, convert_format
from torchkeras.layers.shapes import SameShape

MODES = ("horizontal", "vertical", "horizontal_and_vertical")


class RandomFlip(SameShape, BaseImagePreprocessingLayer):
    """Mirrors half of the images, drawn one by one.

    Args:
        mode: ``"horizontal"`` (left becomes right), ``"vertical"`` (top becomes bottom) or
            ``"horizontal_and_vertical"``, which does both or neither.
        seed: Integer for numbers of its own; None draws from torch's generator.

    Raises:
        ValueError: another mode.

    Source: Keras 3 ``RandomFlip``; ``torch.flip``.

    Example:
        >>> keras.layers.RandomFlip()(torch.ones(2, 4, 4, 3)).shape
        torch.Size([2, 4, 4, 3])
    """

    has_factor = False

    def __init__(
        self,
        mode: str = "horizontal_and_vertical",
        seed: SeedLike = None,
        data_format: str | None = None,
        **options: Unpack[ImageOptions],
    ) -> None:
        super().__init__(data_format=data_format, **options)
        self.mode = self.word_among("mode", mode, MODES)
        self.seed = seed
        self.generator = seeds.SeedGenerator(seed)

    @property
    def horizontal(self) -> bool:
        """Whether left and right are exchanged."""
        return self.mode != "vertical"

    @property
    def vertical(self) -> bool:
        """Whether top and bottom are exchanged."""
        return self.mode != "horizontal"

    def get_random_transformation(
        self, data: Any, training: bool = True, seed: SeedLike = None
    ) -> Transformation:
        if not training:
            return None
        batch = self.batch_of(data)
        shape = (1,) * 3 if batch.is_single else (batch.size, 1, 1, 1)
        drawn = self.draw("uniform", shape, device=batch.device, seed=seed)
        return {"flips": drawn <= 0.5, "input_shape": batch.shape}

    def transform_images(
        self, images: TensorLike, transformation: Transformation, training: bool = True
    ) -> Tensor:
        images = self.in_compute_dtype(images)
        if not training or transformation is None:
            return images
        axes = []
        if self.horizontal:
            axes.append(self.width_axis)
        if self.vertical:
            axes.append(self.height_axis)
        return torch.where(transformation["flips"], images.flip(axes), images)

    def transform_segmentation_masks(
        self, segmentation_masks: TensorLike, transformation: Transformation, training: bool = True
    ) -> Tensor:
        return self.transform_images(segmentation_masks, transformation, training=training)

    def transform_bounding_boxes(
        self, bounding_boxes: Boxes, transformation: Transformation, training: bool = True
    ) -> Boxes:
        if not training or transformation is None:
            return bounding_boxes
        shape = transformation["input_shape"]
        size = {"height": shape[self.height_axis], "width": shape[self.width_axis]}
        found = convert_format(bounding_boxes, self.bounding_box_format, "rel_xyxy", **size)
        x, y, right, bottom = found["boxes"].unbind(-1)
        if self.horizontal:
            x, right = 1 - right, 1 - x
        if self.vertical:
            y, bottom = 1 - bottom, 1 - y
        mirrored = torch.stack([x, y, right, bottom], -1)
        flips = transformation["flips"].squeeze(-1)  # (b, 1, 1)
        found["boxes"] = torch.where(flips, mirrored, found["boxes"])
        found = clip_to_image_size(found, bounding_box_format="rel_xyxy")
        return convert_format(found, "rel_xyxy", self.bounding_box_format, **size)

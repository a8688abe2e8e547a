"""A layer that bends images."""

from collections.abc import Sequence
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
from torchkeras.layers.preprocessing.image.projection import INTERPOLATIONS, Factor
from torchkeras.layers.shapes import SameShape
from torchkeras.nn.geometry import CHANNELS_LAST
from torchkeras.nn.sampling import FILL_MODES, read
from torchkeras.ops.image.resizing import odd_size
from torchkeras.ops.image.sampling import bend, displacements

# Points on each side of a box that are followed, and how often where they come from is refined.
_POINTS, _ROUNDS = 9, 3


class RandomElasticTransform(SameShape, BaseImagePreprocessingLayer):
    """Bends some of the images by random, smooth shifts of their pixels.

    The shifts are normal noise, blurred by a bell curve of deviation ``0.05 f`` of the shorter side
    and multiplied by ``0.1 f`` of the longer one, with one number f for the batch. Boxes are drawn
    around what becomes of their borders, approximately.

    Args:
        factor: Range from which each image's chance to be bent is drawn: a number for (0, factor),
            or a pair (lower, upper). In [0, 1].
        scale: Range of f: a number for (0, scale), or a pair (lower, upper). In [0, 1].
        interpolation: ``"bilinear"`` or ``"nearest"``.
        fill_mode: What lies outside the image: ``"reflect"``, ``"mirror"`` (like reflect, without
            the outermost pixel), ``"wrap"``, ``"nearest"`` or ``"constant"`` (see ``Projection``).
        fill_value: What lies outside, where ``fill_mode`` is ``"constant"``.
        value_range: The least and the greatest value of a pixel; images are clipped to it.
        seed: Integer for numbers of its own; None draws from torch's generator.

    Raises:
        ValueError: an unknown word, or a number outside its range.

    Source: Keras 3 ``RandomElasticTransform``; ``torch.nn.functional.grid_sample``.

    Example:
        >>> keras.layers.RandomElasticTransform(scale=0.3)(torch.ones(2, 16, 16, 3)).shape
        torch.Size([2, 16, 16, 3])
    """

    factor_bounds = (0, 1)

    def __init__(
        self,
        factor: Factor = 1.0,
        scale: Factor = 1.0,
        interpolation: str = "bilinear",
        fill_mode: str = "reflect",
        fill_value: float = 0.0,
        value_range: Sequence[float] = (0, 255),
        seed: SeedLike = None,
        data_format: str | None = None,
        **options: Unpack[ImageOptions],
    ) -> None:
        super().__init__(factor=factor, data_format=data_format, **options)
        self.scale = self.factor_range(scale, "scale")
        self.interpolation = self.word_among("interpolation", interpolation, INTERPOLATIONS)
        self.fill_mode = self.word_among("fill_mode", fill_mode, FILL_MODES)
        self.fill_value = fill_value
        self.value_range = value_range
        self.seed = seed
        self.generator = seeds.SeedGenerator(seed)

    def get_random_transformation(
        self, data: Any, training: bool = True, seed: SeedLike = None
    ) -> Transformation:
        if not training or self.scale[1] == 0 or self.factor[1] == 0:
            return None
        batch = self.batch_of(data)
        device = batch.device
        chance = self.draw("uniform", (batch.size,), *self.factor, device, seed=seed)
        threshold = self.draw("uniform", (batch.size,), 0.0, 1.0, device, seed=seed)
        strength = self.draw("uniform", (), *self.scale, device, seed=seed)
        shape = (2, batch.size, batch.height, batch.width)
        return {
            "apply_transform": threshold < chance,
            "distortion_factor": strength,
            "seed": self.generator if seed is None else seed,
            "noise": self.draw("normal", shape, device=device, seed=seed),
        }

    def get_elastic_transform_params(self, height: int, width: int, factor: Any) -> tuple[Any, Any]:
        """Strength and deviation of the blur of the shifts, in pixels."""
        return max(height, width) * (0.1 * factor), min(height, width) * (0.05 * factor)

    def _shifts(self, transformation: dict[str, Any], shape: tuple, device: Any) -> Tensor:
        """Shifts across and down, ``(2, b, h, w)``, 0 where an image is left as it is."""
        noise = transformation.get("noise")
        if noise is None:  # a transformation of Keras's
            seed = transformation["seed"]
            noise = self.draw("normal", (2, *shape), device=device, seed=seed)
        _, height, width = shape
        strength = self.as_tensor(transformation["distortion_factor"]).to(noise)
        alpha, sigma = self.get_elastic_transform_params(height, width, strength)
        largest = self.get_elastic_transform_params(height, width, self.scale[1])[1]
        shifts = displacements(noise, alpha, sigma, odd_size(largest))
        applied = self.as_tensor(transformation["apply_transform"])
        return torch.where(applied[:, None, None], shifts, 0.0)

    def _bent(self, images: Tensor, transformation: dict[str, Any], interpolation: str) -> Tensor:
        is_single, is_last = images.ndim == 3, self.data_format == CHANNELS_LAST
        x = images.unsqueeze(0) if is_single else images
        x = x if is_last else x.permute(0, 2, 3, 1)
        shifts = self._shifts(transformation, tuple(x.shape[:3]), x.device)
        x = bend(x, shifts, INTERPOLATIONS[interpolation], self.fill_mode, self.fill_value)
        x = x if is_last else x.permute(0, 3, 1, 2)
        return x.squeeze(0) if is_single else x

    def transform_images(
        self, images: TensorLike, transformation: Transformation, training: bool = True
    ) -> Tensor:
        images = self.in_compute_dtype(images)
        if not training or transformation is None:
            return images
        images = self._bent(images, transformation, self.interpolation)
        return torch.clamp(images, *self.value_range)

    def transform_segmentation_masks(
        self, segmentation_masks: TensorLike, transformation: Transformation, training: bool = True
    ) -> Tensor:
        masks = self.as_tensor(segmentation_masks)
        if not training or transformation is None:
            return masks
        return self._bent(masks, transformation, "nearest").to(self._compute_dtype)

    def transform_bounding_boxes(
        self, bounding_boxes: Boxes, transformation: Transformation, training: bool = True
    ) -> Boxes:
        if not training or transformation is None:
            return bounding_boxes
        shape = tuple(transformation["noise"].shape[1:])
        size = shape[1:]
        found = convert_format(bounding_boxes, self.bounding_box_format, "xyxy", *size)
        shifts = self._shifts(transformation, shape, found["boxes"].device)
        found["boxes"] = _followed(found["boxes"], shifts)
        found = clip_to_image_size(found, *size)
        return convert_format(found, "xyxy", self.bounding_box_format, *size)


def _followed(boxes: Tensor, shifts: Tensor) -> Tensor:
    """Boxes around what becomes of the borders of boxes ``(b, n, 4)`` in ``"xyxy"``.

    A pixel at p shows what was at p plus its shift; so what was at q comes to the p that solves
    ``p = q - shift(p)``, which a few rounds find where shifts are smooth.
    """
    x, y, right, bottom = boxes.unsqueeze(-1).unbind(-2)  # (b, n, 1) each
    share = torch.linspace(0, 1, _POINTS, device=boxes.device)
    across, down = x + share * (right - x), y + share * (bottom - y)
    start_x = torch.cat([across, across, x.expand_as(down), right.expand_as(down)], -1)
    start_y = torch.cat([y.expand_as(across), bottom.expand_as(across), down, down], -1)
    field = shifts.permute(1, 2, 3, 0)  # (b, h, w, 2)
    place_x, place_y = start_x, start_y
    for _ in range(_ROUNDS):
        shift_x, shift_y = read(field, place_y, place_x, "nearest", 0.0).unbind(-1)
        place_x, place_y = start_x - shift_x, start_y - shift_y
    edges = [place_x.amin(-1), place_y.amin(-1), place_x.amax(-1), place_y.amax(-1)]
    return torch.stack(edges, -1)

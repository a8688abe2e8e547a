"""The base of layers that prepare images, with their labels, boxes and segmentation masks.

A call draws one transformation for the batch and hands it to ``transform_images``,
``transform_labels``, ``transform_bounding_boxes`` and ``transform_segmentation_masks``.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from typing_extensions import Unpack

from torchkeras.core import seeds
from torchkeras.core.checks import argument_error
from torchkeras.core.configurable import generic
from torchkeras.core.typing import SeedLike, Shape, TensorLike
from torchkeras.layers.base import LayerOptions
from torchkeras.layers.preprocessing.base import DataLayer
from torchkeras.layers.preprocessing.image.boxes import dense_boxes, map_boxes
from torchkeras.layers.structures import shape_of
from torchkeras.layers.windows import data_format as layout_of
from torchkeras.nn.geometry import CHANNELS_LAST
from torchkeras.ops.operands import tensor
from torchkeras.tracer import KerasTensor

Transformation = dict[str, Any] | None
Boxes = dict[str, Any]


class ImageOptions(LayerOptions, total=False):
    """Options that every image layer takes, beside those of all layers.

    Keys:
        bounding_box_format: How boxes are written (see ``keras.utils.bounding_boxes``).
        data_format: ``"channels_last"``, ``"channels_first"`` or None for the default.
    """

    bounding_box_format: str | None
    data_format: str | None


class Batch(NamedTuple):
    """How many images there are and how large; a single image counts as a batch of one."""

    shape: Shape
    size: int
    height: int
    width: int
    is_single: bool
    device: torch.device | None


class BaseImagePreprocessingLayer(DataLayer):
    """What all image layers share. Subclasses write ``transform_images`` and, if chance plays a
    part, ``get_random_transformation``; the other ``transform_*`` where there is something to do.

    Args:
        factor: Strength: a number for the range (-factor, factor), cut off at ``factor_bounds``, or
            a pair (lower, upper). Only where ``has_factor`` is true.
        bounding_box_format: How boxes are written; needed if the data have ``"bounding_boxes"``.
        data_format: ``"channels_last"``, ``"channels_first"`` or None for the default.

    Shape:
        data: ``(batch, height, width, channels)`` or a single image without the batch, of integers
            or floats; or a dict of such ``"images"`` with any of ``"labels"``,
            ``"bounding_boxes"`` (a dict of ``"boxes"``, ``(batch, n, 4)``, and ``"labels"``,
            ``(batch, n)``) and ``"segmentation_masks"``. Other keys are passed on.
        output: the same, in the layer's compute dtype.

    Raises:
        ValueError: ``factor`` is out of its bounds, or the layer has none; images of another rank;
            boxes without a format.

    Source: Keras 3 ``BaseImagePreprocessingLayer``.

    Example:
        >>> class Darker(BaseImagePreprocessingLayer):
        ...     has_factor = False
        ...     def transform_images(self, images, transformation, training=True):
        ...         return images / 2
        >>> Darker()({"images": torch.ones(1, 1, 1), "labels": 3})
        {'images': tensor([[[0.5000]]]), 'labels': tensor(3, dtype=torch.int32)}
    """

    has_factor = True
    factor_bounds: tuple[float, float] = (-1, 1)
    factor: Any = None
    _converts_inputs = False  # only images take the compute dtype; call sees to it

    def __init__(
        self,
        factor: float | Sequence[float] | None = None,
        bounding_box_format: str | None = None,
        data_format: str | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        self.bounding_box_format = bounding_box_format
        self.data_format = layout_of(self, data_format)
        if self.has_factor:
            self.factor = self.factor_range(0.0 if factor is None else factor)
        elif factor is not None:
            raise argument_error(self, "factor", factor, "no `factor`: this layer has none")

    # Arguments.

    def factor_range(
        self,
        factor: float | Sequence[float],
        argument: str = "factor",
        bounds: tuple[float, float] | None = None,
    ) -> tuple[float, float]:
        """Lower and upper end of the range that ``factor`` means.

        Raises:
            ValueError: it is no number or pair of them, or lies outside the bounds.
        """
        low, high = bounds = self.factor_bounds if bounds is None else bounds
        if isinstance(factor, (tuple, list)):
            if len(factor) == 2 and factor[0] <= high and factor[1] >= low:
                lower, upper = sorted(factor)
                return lower, upper
        elif isinstance(factor, (int, float)) and low <= factor <= high:
            factor = abs(factor)
            return max(-factor, low), factor
        raise argument_error(
            self,
            argument,
            factor,
            f"a number, or a pair of them, in {list(bounds)}",
            f"The `{argument}` argument should be a number (or a list of two numbers) in the range "
            f"{list(bounds)}.",
        )

    def word_among(self, argument: str, value: Any, words: Sequence[str]) -> Any:
        """``value`` if it is one of ``words``.

        Raises:
            ValueError: it isn't.
        """
        if value not in words:
            raise argument_error(
                self, argument, value, f"one of {', '.join(words)}", f"Unknown `{argument}`."
            )
        return value

    @property
    def height_axis(self) -> int:
        """Axis of the height, counted from the end."""
        return -3 if self.data_format == CHANNELS_LAST else -2

    @property
    def width_axis(self) -> int:
        """Axis of the width, counted from the end."""
        return -2 if self.data_format == CHANNELS_LAST else -1

    @property
    def channel_axis(self) -> int:
        """Axis of the channels, counted from the end."""
        return -1 if self.data_format == CHANNELS_LAST else -3

    # Chance.

    def get_random_transformation(
        self, data: Any, training: bool = True, seed: SeedLike = None
    ) -> Transformation:
        """What is to be done with ``data``, drawn for each image; None if there is no choice.

        Args:
            data: Images, or the dict of them.
            training: Whether images are varied at all.
            seed: What to draw by instead of the layer's generator.
        """
        return None

    def draw(
        self,
        kind: str,
        shape: Shape,
        low: float = 0.0,
        high: float = 1.0,
        device: Any = None,
        dtype: torch.dtype = torch.float32,
        seed: SeedLike = None,
    ) -> Tensor:
        """Random numbers from ``seed``, or else from the layer's ``generator``.

        Args:
            kind, low, high: As in ``core.seeds.draw``.
        """
        seed = self.generator if seed is None else seed
        return seeds.draw(kind, shape, low, high, dtype, device, seed)

    def batch_of(self, data: Any) -> Batch:
        """Shape, number, sizes and device of the images in ``data``.

        Raises:
            ValueError: the images have neither 3 nor 4 axes, or there are none.
        """
        if isinstance(data, dict) and "images" not in data:
            raise argument_error(self, "data", sorted(data), "a dict with the key 'images'")
        images = data["images"] if isinstance(data, dict) else data
        shape = np.shape(images) if not hasattr(images, "shape") else tuple(images.shape)
        is_single = not self._is_batch(shape)
        return Batch(
            shape,
            1 if is_single else shape[0],
            shape[self.height_axis],
            shape[self.width_axis],
            is_single,
            images.device if isinstance(images, Tensor) else None,
        )

    def _is_batch(self, shape: Shape) -> bool:
        if len(shape) in (3, 4):
            return len(shape) == 4
        raise argument_error(
            self,
            "images",
            tuple(shape),
            "3 axes (one image) or 4 (a batch)",
            "Expected image tensor to have rank 3 (single image) or 4 (batch of images).",
        )

    # The transformations.

    def transform_images(
        self, images: TensorLike, transformation: Transformation, training: bool = True
    ) -> Tensor:
        """The images, transformed.

        Args:
            images: A batch of images.
            transformation: What ``get_random_transformation`` gave.
            training: Whether images are varied at all.

        Raises:
            NotImplementedError: the subclass hasn't written it.
        """
        raise self._unwritten("transform_images")

    def transform_labels(
        self, labels: TensorLike, transformation: Transformation, training: bool = True
    ) -> Tensor:
        """The labels of the images: as they are, unless a subclass changes them."""
        return labels

    def transform_bounding_boxes(
        self, bounding_boxes: Boxes, transformation: Transformation, training: bool = True
    ) -> Boxes:
        """The boxes, in ``bounding_box_format``, where the transformed images have them.

        Raises:
            NotImplementedError: the subclass hasn't written it.
        """
        raise self._unwritten("transform_bounding_boxes")

    def transform_segmentation_masks(
        self, segmentation_masks: TensorLike, transformation: Transformation, training: bool = True
    ) -> Tensor:
        """The segmentation masks, transformed as the images are, without mixing classes.

        Raises:
            NotImplementedError: the subclass hasn't written it.
        """
        raise self._unwritten("transform_segmentation_masks")

    def transform_value_range(
        self,
        images: Tensor,
        original_range: Sequence[float],
        target_range: Sequence[float],
    ) -> Tensor:
        """``images`` moved linearly so that the first range becomes the second, as floats."""
        (low, high), (new_low, new_high) = original_range, target_range
        if (low, high) == (new_low, new_high):
            return images
        images = images if images.is_floating_point() else images.to(torch.float32)
        return (images - low) / (high - low) * (new_high - new_low) + new_low

    def _unwritten(self, method: str) -> NotImplementedError:
        return NotImplementedError(
            f'{type(self).__name__} "{self.name}" has no `{method}`; write it in the class.'
        )

    def transform_single_image(
        self, image: TensorLike, transformation: Transformation, training: bool = True
    ) -> Tensor:
        """``transform_images`` of one image without the batch axis."""
        return self._single(self.transform_images, image, transformation, training)

    def transform_single_label(
        self, label: TensorLike, transformation: Transformation, training: bool = True
    ) -> Tensor:
        """``transform_labels`` of the label of one image."""
        return self._single(self.transform_labels, label, transformation, training)

    def transform_single_bounding_box(
        self, bounding_box: Boxes, transformation: Transformation, training: bool = True
    ) -> Boxes:
        """``transform_bounding_boxes`` of the boxes of one image, ``(n, 4)``."""
        boxes = map_boxes(lambda x: self.as_tensor(x).unsqueeze(0), bounding_box)
        boxes = self.transform_bounding_boxes(
            boxes, transformation=transformation, training=training
        )
        return map_boxes(lambda x: x.squeeze(0), boxes)

    def transform_single_segmentation_mask(
        self, segmentation_mask: TensorLike, transformation: Transformation, training: bool = True
    ) -> Tensor:
        """``transform_segmentation_masks`` of the mask of one image."""
        method = self.transform_segmentation_masks
        return self._single(method, segmentation_mask, transformation, training)

    def _single(
        self, method: Callable, value: TensorLike, transformation: Transformation, training: bool
    ) -> Tensor:
        batch = self.as_tensor(value).unsqueeze(0)
        return method(batch, transformation=transformation, training=training).squeeze(0)

    # The call.

    def as_tensor(self, value: TensorLike, device: torch.device | None = None) -> Tensor:
        """``value`` as a tensor of its own number type; one that isn't any goes to ``device``."""
        if isinstance(value, Tensor):
            return value
        return tensor(value, self._weights_device() if device is None else device)

    def in_compute_dtype(self, images: TensorLike) -> Tensor:
        """``images`` as a tensor in the layer's compute dtype."""
        return self.as_tensor(images).to(self._compute_dtype)

    def forward(self, data: Any = None, training: bool | None = None, *, inputs: Any = None) -> Any:
        """Torch's entry to ``call``."""
        return self._enter_call((inputs if data is None else data,), {}, training)

    def call(self, data: Any = None, training: bool = True, inputs: Any = None) -> Any:
        """The data, transformed; ``inputs`` is their name in tf.keras 2."""
        data = inputs if data is None else data
        batch = self.batch_of(data)
        transformation = self.get_random_transformation(data, training=training)
        if not isinstance(data, dict):
            return self._transformed("images", data, batch, transformation, training)
        parts = {
            key: self._transformed(key, data[key], batch, transformation, training)
            for key in _METHODS
            if key in data
        }
        return {**data, **parts}

    def _transformed(
        self, part: str, value: Any, batch: Batch, transformation: Transformation, training: bool
    ) -> Any:
        method = getattr(self, _METHODS[part][batch.is_single])
        if part == "bounding_boxes":
            value = self._dense(value, batch.device)
        else:
            value = self.as_tensor(value, batch.device)
        return method(value, transformation=transformation, training=training)

    def _dense(self, boxes: Any, device: torch.device | None) -> Boxes:
        if not self.bounding_box_format:
            raise argument_error(
                self,
                "bounding_box_format",
                self.bounding_box_format,
                "a format such as 'xyxy', since the data have 'bounding_boxes'",
                "You passed an input with a 'bounding_boxes' key, but you didn't specify a "
                "bounding box format. Pass a `bounding_box_format` argument to the layer.",
            )
        return dense_boxes(self, boxes, self._weights_device() if device is None else device)

    def _cast_outputs(self, y: Any) -> Any:
        """Boxes and labels keep their type; images are in the layer's compute dtype."""
        if not isinstance(y, dict):
            return super()._cast_outputs(y)
        images = super()._cast_outputs({key: y[key] for key in _IMAGES if key in y})
        return {**y, **images}

    def compute_output_spec(self, data: Any, training: bool | None = None) -> Any:
        if isinstance(data, dict) or not self._rule_of_shape:
            return self._spec_by_run((data,), {}, training)
        shape = self.compute_output_shape(shape_of(data))
        return KerasTensor(shape, self._dtype_of_outputs((data,)))

    @generic
    def get_config(self) -> dict[str, Any]:
        config = {**super().get_config(), "data_format": self.data_format}
        if self.bounding_box_format is not None:
            config["bounding_box_format"] = self.bounding_box_format
        return config


# Part of the data -> the method for a batch and the one for a single image.
_METHODS = {
    "images": ("transform_images", "transform_single_image"),
    "bounding_boxes": ("transform_bounding_boxes", "transform_single_bounding_box"),
    "labels": ("transform_labels", "transform_single_label"),
    "segmentation_masks": ("transform_segmentation_masks", "transform_single_segmentation_mask"),
}
_IMAGES = ("images", "segmentation_masks")

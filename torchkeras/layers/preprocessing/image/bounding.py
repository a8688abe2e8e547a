"""A layer that gives every image the same number of boxes."""

from typing import Any

from torch import Tensor
from torch.nn import functional
from typing_extensions import Unpack

from torchkeras.core.checks import argument_error
from torchkeras.core.typing import TensorLike
from torchkeras.layers.preprocessing.image.base import (
    BaseImagePreprocessingLayer,
    Boxes,
    ImageOptions,
)
from torchkeras.layers.preprocessing.image.boxes import dense_boxes


class MaxNumBoundingBoxes(BaseImagePreprocessingLayer):
    """The first boxes of each image, filled up to a fixed number; all else is passed on.

    Args:
        max_number: Number of boxes of the output.
        fill_value: What fills up boxes and labels.

    Shape:
        data: A dict with ``"bounding_boxes"`` (see the base).
        output: the same with ``"boxes"`` of shape ``(batch, max_number, 4)`` and ``"labels"`` of
            ``(batch, max_number)``.

    Raises:
        ValueError: ``max_number`` is negative.

    Source: Keras 3 ``MaxNumBoundingBoxes``.

    Example:
        >>> layer = keras.layers.MaxNumBoundingBoxes(2)
        >>> boxes = {"boxes": torch.ones(1, 1, 4), "labels": torch.tensor([[7]])}
        >>> layer({"images": torch.ones(1, 2, 2, 3), "bounding_boxes": boxes})["bounding_boxes"]
        {'boxes': tensor([[[ 1.,  1.,  1.,  1.],
                 [-1., -1., -1., -1.]]]), 'labels': tensor([[ 7, -1]])}
    """

    has_factor = False

    def __init__(
        self, max_number: int, fill_value: int = -1, **options: Unpack[ImageOptions]
    ) -> None:
        super().__init__(**options)
        if max_number < 0:
            raise argument_error(self, "max_number", max_number, "an integer, 0 or more")
        self.max_number = int(max_number)
        self.fill_value = int(fill_value)

    def transform_images(
        self, images: TensorLike, transformation: Any = None, training: bool = True
    ) -> Tensor:
        images = self.as_tensor(images)
        return self.in_compute_dtype(images) if images.is_floating_point() else images

    def transform_labels(
        self, labels: TensorLike, transformation: Any = None, training: bool = True
    ) -> Tensor:
        return labels

    def transform_segmentation_masks(
        self, segmentation_masks: TensorLike, transformation: Any = None, training: bool = True
    ) -> Tensor:
        return self.transform_images(segmentation_masks)

    def transform_bounding_boxes(
        self, bounding_boxes: Boxes, transformation: Any, training: bool = True
    ) -> Boxes:
        boxes, labels = bounding_boxes["boxes"], bounding_boxes["labels"]
        missing = max(self.max_number - boxes.shape[1], 0)

        def fitted(x: Tensor) -> Tensor:
            border = [0, 0] * (x.ndim - 2) + [0, missing]
            return functional.pad(x[:, : self.max_number], border, value=self.fill_value)

        return {**bounding_boxes, "boxes": fitted(boxes), "labels": fitted(labels)}

    def _dense(self, boxes: Any, device: Any) -> Boxes:
        """Formats don't matter here."""
        return dense_boxes(self, boxes, self._weights_device() if device is None else device)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's shapes with ``max_number`` boxes."""
        if not isinstance(input_shape, dict) or "bounding_boxes" not in input_shape:
            return input_shape
        boxes = input_shape["bounding_boxes"]
        unknown = set(boxes) - {"boxes", "labels"}
        if unknown:
            raise KeyError(
                f'MaxNumBoundingBoxes "{self.name}": There are unsupported keys in '
                f"`bounding_boxes`: {sorted(unknown)}. Only `boxes` and `labels` are supported."
            )
        fitted = {key: (shape[0], self.max_number, *shape[2:]) for key, shape in boxes.items()}
        return {**input_shape, "bounding_boxes": fitted}

"""Image layers that mix the images of a batch, and boxes that they share."""

from typing import Any

import torch
from torch import Tensor
from typing_extensions import Unpack

from torchkeras.core import seeds
from torchkeras.core.checks import argument_error
from torchkeras.core.typing import SeedLike, TensorLike
from torchkeras.layers.preprocessing.image.base import (
    BaseImagePreprocessingLayer,
    Batch,
    Boxes,
    ImageOptions,
    Transformation,
)
from torchkeras.layers.preprocessing.image.recoloring import Factor, rounded
from torchkeras.layers.shapes import SameShape
from torchkeras.nn.geometry import CHANNELS_LAST

Span = tuple[Tensor, Tensor]


def random_span(
    layer: BaseImagePreprocessingLayer,
    batch: Batch,
    length: int,
    shares: Tensor,
    seed: SeedLike = None,
) -> Span:
    """For each image, where a part of an axis begins and ends, in pixels.

    Args:
        layer: The layer that draws.
        batch: The images.
        length: Length of the axis.
        shares: How much of it the part takes, for each image.
        seed: As in ``get_random_transformation``.
    """
    size = shares * length
    start = layer.draw("uniform", (batch.size,), device=batch.device, seed=seed)
    start = start * (length - size)
    return start, start + size


def box_masks(layer: BaseImagePreprocessingLayer, batch: Batch, across: Span, down: Span) -> Tensor:
    """Which pixels lie in the boxes; broadcasts to the images."""
    (left, right), (top, bottom) = across, down
    x = torch.arange(batch.width, device=left.device)
    y = torch.arange(batch.height, device=left.device)
    is_across = (x >= left.unsqueeze(1)) & (x < right.unsqueeze(1))  # (b, w)
    is_down = (y >= top.unsqueeze(1)) & (y < bottom.unsqueeze(1))  # (b, h)
    masks = is_down.unsqueeze(2) & is_across.unsqueeze(1)
    return masks.unsqueeze(-1 if layer.data_format == CHANNELS_LAST else 1)


class MixingLayer(SameShape, BaseImagePreprocessingLayer):
    """What layers share that mix each image, and its labels, with another of the batch.

    Args:
        seed: Integer for numbers of its own; None draws from torch's generator.
    """

    has_factor = False
    factor_bounds = (0, 1)

    def __init__(self, seed: SeedLike = None, **options: Unpack[ImageOptions]) -> None:
        super().__init__(**options)
        self.seed = seed
        self.generator = seeds.SeedGenerator(seed)

    def shuffled(self, batch: Batch, seed: SeedLike = None) -> Tensor:
        """Numbers of the images in random order."""
        keys = self.draw("uniform", (batch.size,), device=batch.device, seed=seed)
        return keys.argsort()

    def kept_shares(self, batch: Batch, alpha: Tensor, seed: SeedLike = None) -> Tensor:
        """For each image, how much of it is kept: numbers of a beta distribution.

        Args:
            batch: The images.
            alpha: Both parameters of the distribution, a tensor of no axes.
            seed: As in ``get_random_transformation``.
        """
        seed = self.generator if seed is None else seed
        return seeds.draw_by("dirichlet", alpha.expand(batch.size, 2).contiguous(), seed)[:, 0]

    def mixed(self, values: Tensor, transformation: dict[str, Any]) -> Tensor:
        """``values`` weighed with those of the other images, as floats."""
        if not values.is_floating_point():
            values = values.to(torch.float32)
        weights = torch.as_tensor(transformation["mix_weight"], device=values.device)
        weights = weights.to(values.dtype).reshape(-1, *(1,) * (values.ndim - 1))
        return torch.lerp(self.others(values, transformation), values, weights)

    def others(self, values: Tensor, transformation: dict[str, Any]) -> Tensor:
        """What ``values`` of the other images are."""
        order = torch.as_tensor(transformation["permutation_order"], device=values.device)
        return values.index_select(0, order)

    def transform_labels(
        self, labels: TensorLike, transformation: Transformation, training: bool = True
    ) -> Tensor:
        labels = self.as_tensor(labels)
        return self.mixed(labels, transformation) if training and transformation else labels


class MixUp(MixingLayer):
    """Blends each image, and its labels, with another of the batch: ``w x + (1 - w) other``.

    Boxes of both images are kept.

    Args:
        alpha: Both parameters of the beta distribution that w is drawn from, positive: the
            smaller, the closer to 0 or 1.
        data_format: "channels_last", "channels_first", or None for the default.
        seed: Integer for numbers of its own; None draws from torch's generator.

    Shape:
        labels: ``(batch, ...)``, as one-hot vectors or other numbers that can be blended.

    Raises:
        ValueError: ``alpha`` isn't positive.

    Source: Keras 3 ``MixUp``; Zhang et al. 2018.
    """

    def __init__(
        self,
        alpha: float = 0.2,
        data_format: str | None = None,
        seed: SeedLike = None,
        **options: Unpack[ImageOptions],
    ) -> None:
        super().__init__(seed, data_format=data_format, **options)
        if not isinstance(alpha, (int, float)) or alpha <= 0:
            raise argument_error(self, "alpha", alpha, "a positive number", "Try 0.2.")
        self.alpha = alpha

    def get_random_transformation(
        self, data: Any, training: bool = True, seed: SeedLike = None
    ) -> Transformation:
        if not training:
            return None
        batch = self.batch_of(data)
        order = self.shuffled(batch, seed)
        alpha = torch.tensor(float(self.alpha), dtype=torch.float32, device=batch.device)
        return {"mix_weight": self.kept_shares(batch, alpha, seed), "permutation_order": order}

    def transform_images(
        self, images: TensorLike, transformation: Transformation = None, training: bool = True
    ) -> Tensor:
        images = self.in_compute_dtype(images)
        if not training or transformation is None:
            return images
        mixed = self.mixed(images, transformation)
        return mixed if images.is_floating_point() else rounded(mixed, images.dtype)

    def transform_bounding_boxes(
        self, bounding_boxes: Boxes, transformation: Transformation, training: bool = True
    ) -> Boxes:
        if not training or transformation is None:
            return bounding_boxes
        both = {
            key: torch.cat([values, self.others(values, transformation)], 1)
            for key, values in ((key, bounding_boxes[key]) for key in ("boxes", "labels"))
        }
        return {**bounding_boxes, **both}

    def transform_segmentation_masks(
        self, segmentation_masks: TensorLike, transformation: Transformation, training: bool = True
    ) -> Tensor:
        masks = self.as_tensor(segmentation_masks)
        return self.mixed(masks, transformation) if training and transformation else masks


class CutMix(MixingLayer):
    """Puts a box of another image of the batch into each, and mixes labels by area.

    A single image stays as it is.

    Args:
        factor: Bounds of the parameter of the beta distribution that the share of the area is
            drawn from, in [0, 1]; a number means (0, f).
        seed: Integer for numbers of its own; None draws from torch's generator.
        data_format: "channels_last", "channels_first", or None for the default.

    Shape:
        labels: ``(batch, ...)``, as one-hot vectors or other numbers that can be blended.

    Raises:
        ValueError: ``factor`` is out of range.
        NotImplementedError: the data have bounding boxes, which a box of another image would cut.

    Source: Keras 3 ``CutMix``; Yun et al. 2019.
    """

    def __init__(
        self,
        factor: Factor = 1.0,
        seed: SeedLike = None,
        data_format: str | None = None,
        **options: Unpack[ImageOptions],
    ) -> None:
        super().__init__(seed, data_format=data_format, **options)
        self.factor = self.factor_range(factor)

    def get_random_transformation(
        self, data: Any, training: bool = True, seed: SeedLike = None
    ) -> Transformation:
        batch = self.batch_of(data)
        if not training or batch.is_single:
            return None
        alpha = self.draw("uniform", (1,), *self.factor, device=batch.device, seed=seed) + 1e-6
        share = torch.sqrt(1.0 - self.kept_shares(batch, alpha, seed))
        left, right = across = random_span(self, batch, batch.width, share, seed)
        top, bottom = down = random_span(self, batch, batch.height, share, seed)
        area = (right - left) * (bottom - top)
        return {
            "permutation_order": self.shuffled(batch, seed),
            "batch_masks": box_masks(self, batch, across, down),
            "mix_weight": 1.0 - area / (batch.width * batch.height),
        }

    def transform_images(
        self, images: TensorLike, transformation: Transformation = None, training: bool = True
    ) -> Tensor:
        images = self.in_compute_dtype(images)
        if not training or transformation is None:
            return images
        masks = torch.as_tensor(transformation["batch_masks"], device=images.device)
        return torch.where(masks, self.others(images, transformation), images)

    def transform_segmentation_masks(
        self, segmentation_masks: TensorLike, transformation: Transformation, training: bool = True
    ) -> Tensor:
        return self.transform_images(segmentation_masks, transformation, training)

"""Layers that turn, move, zoom and shear images."""

import math
from typing import Any

import torch
from torch import Tensor
from typing_extensions import Unpack

from torchkeras.core.typing import SeedLike
from torchkeras.layers.preprocessing.image.base import Boxes, ImageOptions, Transformation
from torchkeras.layers.preprocessing.image.projection import Factor, Projection


class RandomRotation(Projection):
    """Turns each image about its middle.

    Args:
        factor: Range of the angle as a fraction of the full circle: a number for both directions,
            or a pair (lower, upper); positive turns counter-clockwise. In [-1, 1].
        fill_mode: What lies outside the image: ``"reflect"``, ``"wrap"``, ``"nearest"`` or
            ``"constant"`` (see ``Projection``).
        interpolation: ``"bilinear"`` or ``"nearest"``.
        seed: Integer for numbers of its own; None draws from torch's generator.
        fill_value: What lies outside, where ``fill_mode`` is ``"constant"``.

    Source: Keras 3 ``RandomRotation``; ``torch.nn.functional.grid_sample``.

    Example:
        >>> x = torch.arange(9.0).reshape(3, 3, 1)
        >>> keras.layers.RandomRotation((0.25, 0.25))(x).squeeze(-1).round()
        tensor([[2., 5., 8.],
                [1., 4., 7.],
                [0., 3., 6.]])
    """

    has_factor = True

    def __init__(
        self,
        factor: Factor,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: SeedLike = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **options: Unpack[ImageOptions],
    ) -> None:
        super().__init__(
            fill_mode, interpolation, seed, fill_value, factor, data_format=data_format, **options
        )

    @property
    def lower(self) -> float:
        """Lower end of the range of ``factor``."""
        return self.factor[0]

    @property
    def upper(self) -> float:
        """Upper end of the range of ``factor``."""
        return self.factor[1]

    def get_random_transformation(
        self, data: Any, training: bool = True, seed: SeedLike = None
    ) -> Transformation:
        if not training:
            return None
        batch = self.batch_of(data)
        lower, upper = [360.0 * end for end in self.factor]
        angle = self.draw("uniform", (batch.size,), lower, upper, batch.device, seed=seed)
        matrix = _turned(angle, batch.height, batch.width)
        return {
            "angle": angle,
            "rotation_matrix": matrix.squeeze(0) if batch.is_single else matrix,
            "image_height": batch.height,
            "image_width": batch.width,
            "batch_size": batch.size,
        }

    def matrix(self, transformation: dict[str, Any], height: int, width: int) -> Tensor:
        return self.as_tensor(transformation["rotation_matrix"]).reshape(-1, 8)

    def _size(self, transformation: dict[str, Any]) -> tuple[int, int]:
        return transformation["image_height"], transformation["image_width"]


def _turned(degrees: Tensor, height: int, width: int) -> Tensor:
    """The eight numbers that turn images about their middle, ``(b, 8)``."""
    angle = degrees * (math.pi / 180)
    cosine, sine, zero = torch.cos(angle), torch.sin(angle), torch.zeros_like(angle)
    x, y = 0.5 * (width - 1), 0.5 * (height - 1)
    a2, b2 = x - x * cosine + y * sine, y - x * sine - y * cosine
    return torch.stack([cosine, -sine, a2, sine, cosine, b2, zero, zero], 1)


class RandomTranslation(Projection):
    """Moves each image.

    Args:
        height_factor: Range of the shift down as a fraction of the height: a number for both
            directions, or a pair (lower, upper). In [-1, 1].
        width_factor: The same of the shift to the right, as a fraction of the width.
        fill_mode, interpolation, seed, fill_value: As in ``RandomRotation``.

    Source: Keras 3 ``RandomTranslation``; ``torch.nn.functional.grid_sample``.

    Example:
        >>> x = torch.arange(4.0).reshape(1, 4, 1)
        >>> keras.layers.RandomTranslation(0, (0.25, 0.25), "wrap")(x).flatten().round()
        tensor([3., 0., 1., 2.])
    """

    def __init__(
        self,
        height_factor: Factor,
        width_factor: Factor,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: SeedLike = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **options: Unpack[ImageOptions],
    ) -> None:
        super().__init__(
            fill_mode, interpolation, seed, fill_value, data_format=data_format, **options
        )
        self.height_factor = height_factor
        self.width_factor = width_factor
        self.height_lower, self.height_upper = self.fraction_range(
            "height_factor", height_factor, -1
        )
        self.width_lower, self.width_upper = self.fraction_range("width_factor", width_factor, -1)

    def get_random_transformation(
        self, data: Any, training: bool = True, seed: SeedLike = None
    ) -> Transformation:
        if not training:
            return None
        batch = self.batch_of(data)
        shifts = []
        for lower, upper, length in (
            (self.height_lower, self.height_upper, batch.height),
            (self.width_lower, self.width_upper, batch.width),
        ):
            share = self.draw("uniform", (batch.size, 1), lower, upper, batch.device, seed=seed)
            shifts.append(share * length)
        down, across = shifts
        return {"translations": torch.cat([across, down], 1), "input_shape": batch.shape}

    def matrix(self, transformation: dict[str, Any], height: int, width: int) -> Tensor:
        across, down = self.as_tensor(transformation["translations"]).unbind(1)
        one, zero = torch.ones_like(across), torch.zeros_like(across)
        return torch.stack([one, zero, -across, zero, one, -down, zero, zero], 1)

    def get_shifted_bbox(
        self, bounding_boxes: Boxes, w_shift_factor: Any, h_shift_factor: Any
    ) -> Boxes:
        """Boxes in ``"xyxy"`` moved to the left and up, by pixels."""
        return shifted(bounding_boxes, w_shift_factor, h_shift_factor)


class RandomZoom(Projection):
    """Shows a larger or smaller part of each image about its middle.

    Args:
        height_factor: Range by which the height shown grows, as a fraction: a number for both
            signs, or a pair (lower, upper). Positive zooms out, negative in. In (-1, 1].
        width_factor: The same for the width; None keeps the proportions.
        fill_mode, interpolation, seed, fill_value: As in ``RandomRotation``.

    Source: Keras 3 ``RandomZoom``; ``torch.nn.functional.grid_sample``.

    Example:
        >>> x = torch.arange(4.0).reshape(1, 4, 1)
        >>> keras.layers.RandomZoom(0, (-0.5, -0.5))(x).flatten()
        tensor([0.7500, 1.2500, 1.7500, 2.2500])
    """

    def __init__(
        self,
        height_factor: Factor,
        width_factor: Factor | None = None,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: SeedLike = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **options: Unpack[ImageOptions],
    ) -> None:
        super().__init__(
            fill_mode, interpolation, seed, fill_value, data_format=data_format, **options
        )
        self.height_factor = height_factor
        self.width_factor = width_factor
        self.height_lower, self.height_upper = self.fraction_range(
            "height_factor", height_factor, -1, is_low_taken=False
        )
        if width_factor is not None:
            self.width_lower, self.width_upper = self.fraction_range(
                "width_factor", width_factor, -1, is_low_taken=False
            )

    def get_random_transformation(
        self, data: Any, training: bool = True, seed: SeedLike = None
    ) -> Transformation:
        if not training:
            return None
        batch = self.batch_of(data)
        shape = (batch.size, 1)
        lower, upper = 1.0 + self.height_lower, 1.0 + self.height_upper
        height_zoom = self.draw("uniform", shape, lower, upper, batch.device, seed=seed)
        width_zoom = height_zoom
        if self.width_factor is not None:
            lower, upper = 1.0 + self.width_lower, 1.0 + self.width_upper
            width_zoom = self.draw("uniform", shape, lower, upper, batch.device, seed=seed)
        return {"height_zoom": height_zoom, "width_zoom": width_zoom, "input_shape": batch.shape}

    def matrix(self, transformation: dict[str, Any], height: int, width: int) -> Tensor:
        across, down = [
            self.as_tensor(transformation[name]).squeeze(1)
            for name in ("width_zoom", "height_zoom")
        ]
        left, top = (width - 1) / 2 * (1 - across), (height - 1) / 2 * (1 - down)
        zero = torch.zeros_like(across)
        return torch.stack([across, zero, left, zero, down, top, zero, zero], 1)

    def get_clipped_bbox(
        self, bounding_boxes: Boxes, h_end: Any, h_start: Any, w_end: Any, w_start: Any
    ) -> Boxes:
        """Boxes in ``"xyxy"`` as they lie in a part of each image, cut off at its borders."""
        boxes = bounding_boxes["boxes"]
        ends = [torch.as_tensor(n, dtype=boxes.dtype) for n in (w_start, h_start, w_end, h_end)]
        if boxes.ndim == 3:
            ends = [end.unsqueeze(-1) for end in ends]
        low, high = torch.cat(ends[:2] * 2, -1), torch.cat(ends[2:] * 2, -1)
        return {**bounding_boxes, "boxes": torch.clamp(boxes, low, high) - low}


class RandomShear(Projection):
    """Slants each image: rows move along by a share of their number, columns likewise.

    Args:
        x_factor: Range of the pixels by which a row moves for each row above it: a number for both
            signs, in [0, 1], or a pair (lower, upper), in [-1, 1], to which each image's sign is
            drawn.
        y_factor: The same of columns.
        interpolation, fill_mode, fill_value, seed: As in ``RandomRotation``.

    Source: Keras 3 ``RandomShear``; ``torch.nn.functional.grid_sample``.

    Example:
        >>> x = torch.eye(3).unsqueeze(-1)
        >>> keras.layers.RandomShear(0.3, fill_mode="constant")(x).shape
        torch.Size([3, 3, 1])
    """

    def __init__(
        self,
        x_factor: Factor = 0.0,
        y_factor: Factor = 0.0,
        interpolation: str = "bilinear",
        fill_mode: str = "reflect",
        fill_value: float = 0.0,
        data_format: str | None = None,
        seed: SeedLike = None,
        **options: Unpack[ImageOptions],
    ) -> None:
        super().__init__(
            fill_mode, interpolation, seed, fill_value, data_format=data_format, **options
        )
        self.x_factor = self._range("x_factor", x_factor)
        self.y_factor = self._range("y_factor", y_factor)

    def _range(self, argument: str, value: Factor) -> tuple[float, float]:
        """A number is 0 or more; what configurations hold is a pair with both signs."""
        return self.fraction_range(argument, value, 0 if isinstance(value, (int, float)) else -1)

    def get_random_transformation(
        self, data: Any, training: bool = True, seed: SeedLike = None
    ) -> Transformation:
        if not training:
            return None
        batch = self.batch_of(data)
        shape = (batch.size, 1)
        sign = self.draw("uniform", shape, 0.0, 1.0, batch.device, seed=seed)
        sign = torch.where(sign > 0.5, -1.0, 1.0)
        down = self.draw("uniform", shape, *self.y_factor, batch.device, seed=seed)
        across = self.draw("uniform", shape, *self.x_factor, batch.device, seed=seed)
        return {"shear_factor": torch.cat([across, down], 1) * sign, "input_shape": batch.shape}

    def matrix(self, transformation: dict[str, Any], height: int, width: int) -> Tensor:
        across, down = self.as_tensor(transformation["shear_factor"]).unbind(1)
        one, zero = torch.ones_like(across), torch.zeros_like(across)
        return torch.stack([one, across, zero, down, one, zero, zero, zero], 1)

    def get_shifted_bbox(
        self, bounding_boxes: Boxes, w_shift_factor: Any, h_shift_factor: Any
    ) -> Boxes:
        """Boxes in ``"xyxy"`` moved to the left and up, by pixels."""
        return shifted(bounding_boxes, w_shift_factor, h_shift_factor)


def shifted(boxes: Boxes, across: Any, down: Any) -> Boxes:
    """Boxes in ``"xyxy"`` moved left and up, each image's by its own number ``(b, 1)``."""
    found = boxes["boxes"]
    across, down = [torch.as_tensor(n, dtype=found.dtype) for n in (across, down)]
    if found.ndim == 3:
        across, down = across.unsqueeze(-1), down.unsqueeze(-1)
    return {**boxes, "boxes": found - torch.cat([across, down, across, down], -1)}

"""A layer that shows images from a side."""

from typing import Any

import torch
from torch import Tensor
from typing_extensions import Unpack

from torchkeras.core.checks import argument_error
from torchkeras.core.typing import SeedLike
from torchkeras.layers.preprocessing.image.base import ImageOptions, Transformation
from torchkeras.layers.preprocessing.image.projection import Factor, Projection
from torchkeras.nn import sampling


class RandomPerspective(Projection):
    """Shows some of the images as if seen from a side; outside lies ``fill_value``.

    Args:
        factor: Range from which each image's chance to be changed is drawn: a number for
            (0, factor), or a pair (lower, upper). In [0, 1].
        scale: How far corners move: up to half of it times their distance from the upper left one,
            in [0, 1].
        interpolation, fill_value, seed: As in ``RandomRotation``.

    Raises:
        ValueError: ``scale`` isn't in [0, 1].

    Source: Keras 3 ``RandomPerspective``; ``torch.nn.functional.grid_sample``.

    Example:
        >>> keras.layers.RandomPerspective(scale=0.5)(torch.ones(2, 8, 8, 3)).shape
        torch.Size([2, 8, 8, 3])
    """

    has_factor = True
    factor_bounds = (0, 1)
    is_affine = False

    def __init__(
        self,
        factor: Factor = 1.0,
        scale: float = 1.0,
        interpolation: str = "bilinear",
        fill_value: float = 0.0,
        seed: SeedLike = None,
        data_format: str | None = None,
        **options: Unpack[ImageOptions],
    ) -> None:
        super().__init__(
            "constant", interpolation, seed, fill_value, factor, data_format=data_format, **options
        )
        if not 0 <= scale <= 1:
            raise argument_error(self, "scale", scale, "a number in [0, 1]")
        self.scale = scale

    def get_random_transformation(
        self, data: Any, training: bool = True, seed: SeedLike = None
    ) -> Transformation:
        if not training:
            return None
        batch = self.batch_of(data)
        device = batch.device
        chance = self.draw("uniform", (batch.size,), *self.factor, device, seed=seed)
        threshold = self.draw("uniform", (batch.size,), 0.0, 1.0, device, seed=seed)
        reach = 0.5 * self.scale
        moves = self.draw("uniform", (batch.size, 4, 2), -reach, reach, device, seed=seed)
        right, bottom = batch.width - 1.0, batch.height - 1.0
        corners = [[0.0, 0.0], [right, 0.0], [0.0, bottom], [right, bottom]]
        start = torch.tensor(corners, device=device).expand(batch.size, 4, 2)
        return {
            "apply_perspective": threshold < chance,
            "start_points": start,
            "end_points": start + start * moves,
            "input_shape": batch.shape,
        }

    def matrix(self, transformation: dict[str, Any], height: int, width: int) -> Tensor:
        start, end = [
            self.as_tensor(transformation[name]).to(torch.float32)
            for name in ("start_points", "end_points")
        ]
        applied = self.as_tensor(transformation["apply_perspective"])
        as_is = torch.tensor([1.0, 0, 0, 0, 1, 0, 0, 0], device=start.device)
        return torch.where(applied[:, None], sampling.homography(start, end), as_is)

"""Layers of these networks that Keras doesn't publish."""

from torch import Tensor
from typing_extensions import Unpack

from torchkeras.core import seeds
from torchkeras.core.checks import argument_error
from torchkeras.core.typing import Shape
from torchkeras.initializers import Constant
from torchkeras.layers import Layer
from torchkeras.layers.base import LayerOptions
from torchkeras.layers.shapes import SameShape


class LayerScale(SameShape, Layer):
    """Each channel times a weight: ``x * gamma``.

    Args:
        init_values: What the weights start from.
        projection_dim: Number of channels.

    Shape:
        x: ``(..., projection_dim)``.
        output: As ``x``.

    Weights:
        gamma: ``(projection_dim,)``.

    Source: Keras 3 ``applications.convnext``.
    """

    def __init__(
        self, init_values: float, projection_dim: int, **options: Unpack[LayerOptions]
    ) -> None:
        super().__init__(**options)
        self.init_values = init_values
        self.projection_dim = projection_dim

    def build(self, input_shape: Shape) -> None:
        self.gamma = self.add_weight(
            shape=(self.projection_dim,), initializer=Constant(self.init_values), name="gamma"
        )

    def call(self, x: Tensor) -> Tensor:
        return x * self.gamma


class StochasticDepth(SameShape, Layer):
    """Sets whole examples to 0 in training, and scales the others by ``1 / (1 - rate)``.

    Args:
        drop_path_rate: Fraction of the examples set to 0, in [0, 1).

    Shape:
        x: ``(batch, ...)``.
        output: As ``x``.

    Raises:
        ValueError: ``drop_path_rate`` isn't in [0, 1).

    Source: Keras 3 ``applications.convnext``.
    """

    def __init__(self, drop_path_rate: float, **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        if not 0 <= drop_path_rate < 1:
            raise argument_error(self, "drop_path_rate", drop_path_rate, "a fraction in [0, 1)")
        self.drop_path_rate = drop_path_rate

    def call(self, x: Tensor, training: bool = False) -> Tensor:
        if not training:
            return x
        kept = 1 - self.drop_path_rate
        shape = (x.shape[0],) + (1,) * (x.ndim - 1)
        mask = seeds.draw("bernoulli", shape, kept, dtype=x.dtype, device=x.device)
        return x * mask / kept


class CustomScaleLayer(Layer):
    """The first input plus ``scale`` times the second.

    Args:
        scale: Factor of the second input.

    Shape:
        inputs: Two of one shape.
        output: That shape.

    Source: Keras 3 ``applications.inception_resnet_v2``.
    """

    def __init__(self, scale: float, **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        self.scale = scale

    def call(self, inputs: list[Tensor]) -> Tensor:
        return inputs[0] + inputs[1] * self.scale

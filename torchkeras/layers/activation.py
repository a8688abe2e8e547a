"""Activations as layers."""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F
from typing_extensions import Unpack

from torchkeras import activations
from torchkeras.core.checks import argument_error, known_size
from torchkeras.core.configurable import generic
from torchkeras.core.typing import (
    ActivationLike,
    ConstraintLike,
    InitializerLike,
    RegularizerLike,
    Shape,
)
from torchkeras.layers.base import Layer, LayerOptions
from torchkeras.layers.input_spec import InputSpec
from torchkeras.layers.shapes import SameShape
from torchkeras.nn.attention import masked_softmax


class Activation(SameShape, Layer):
    """Applies a function to each element.

    Args:
        activation: Name or callable, such as "relu".

    Source: Keras 3 ``Activation``.

    Example:
        >>> keras.layers.Activation("relu")(torch.tensor([-1.0, 2.0]))
        tensor([0., 2.])
    """

    supports_masking = True

    def __init__(self, activation: ActivationLike, **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        self.activation = activations.get(activation)

    def call(self, inputs: Tensor) -> Tensor:
        return self.activation(inputs)


class ReLU(SameShape, Layer):
    """``max(x, 0)``; more generally x from ``threshold`` on, below it ``slope * (x - threshold)``.

    Args:
        max_value: Upper limit of the output, 0 or more; None leaves it open.
        negative_slope: Slope below the threshold, 0 or more.
        threshold: Where the identity begins, 0 or more.

    Raises:
        ValueError: an argument is negative.

    Source: Keras 3 ``ReLU``.
    """

    supports_masking = True

    def __init__(
        self,
        max_value: float | None = None,
        negative_slope: float = 0.0,
        threshold: float = 0.0,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        if max_value is not None and max_value < 0:
            raise argument_error(self, "max_value", max_value, "None or a number, 0 or more")
        self.max_value = max_value
        self.negative_slope = not_negative(self, "negative_slope", negative_slope)
        self.threshold = not_negative(self, "threshold", threshold)

    def call(self, inputs: Tensor) -> Tensor:
        return activations.relu(
            inputs,
            negative_slope=self.negative_slope,
            max_value=self.max_value,
            threshold=self.threshold,
        )


def not_negative(layer: Layer, argument: str, value: float | None) -> float:
    """``value``, a number of 0 or more.

    Raises:
        ValueError: it is negative or None.
    """
    if value is None or value < 0:
        raise argument_error(layer, argument, value, "a number, 0 or more")
    return value


# The slope where neither of its two names is given.
_LEAK = 0.3


class LeakyReLU(SameShape, Layer):
    """x where it is positive, ``negative_slope * x`` elsewhere.

    Args:
        negative_slope: Slope below 0, 0 or more.
        alpha: The same, as tf.keras calls it.

    Raises:
        ValueError: the slope is negative or None.

    Source: Keras 3 ``LeakyReLU``.
    """

    supports_masking = True

    def __init__(
        self,
        negative_slope: float = _LEAK,
        *,
        alpha: float = _LEAK,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        slope = negative_slope if alpha == _LEAK else alpha
        self.negative_slope = not_negative(self, "negative_slope", slope)

    def call(self, inputs: Tensor) -> Tensor:
        return F.leaky_relu(inputs, self.negative_slope)

    @generic
    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config.pop("alpha", None)  # said by negative_slope
        return config


class ELU(SameShape, Layer):
    """x where it is positive, ``alpha * (exp(x) - 1)`` elsewhere.

    Args:
        alpha: Minus the limit at minus infinity.

    Source: Keras 3 ``ELU``; ``torch.nn.functional.elu``.
    """

    supports_masking = True

    def __init__(self, alpha: float = 1.0, **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        self.alpha = alpha

    def call(self, inputs: Tensor) -> Tensor:
        return F.elu(inputs, self.alpha)


class ThresholdedReLU(SameShape, Layer):
    """x where it is above ``theta``, 0 elsewhere.

    Args:
        theta: Threshold, 0 or more.

    Source: tf.keras 2 ``ThresholdedReLU``.
    """

    supports_masking = True

    def __init__(self, theta: float = 1.0, **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        self.theta = not_negative(self, "theta", theta)

    def call(self, inputs: Tensor) -> Tensor:
        return F.threshold(inputs, self.theta, 0.0)


class Softmax(SameShape, Layer):
    """``exp(x) / sum(exp(x))`` along an axis.

    Args:
        axis: The axis, or several, over which the result sums to 1.
        robust_masking: Accepted and without effect: masked elements always get exactly 0.

    Shape:
        mask: Broadcasts to ``x``; False elements get 0, and so does a slice that is masked whole.

    Source: Keras 3 ``Softmax``.
    """

    supports_masking = True

    def __init__(
        self,
        axis: int | tuple[int, ...] = -1,
        *,
        robust_masking: bool = False,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        self.axis = axis

    @generic
    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config.pop("robust_masking", None)  # changes nothing
        return config

    def call(self, inputs: Tensor, mask: Tensor | None = None) -> Tensor:
        axes = (self.axis,) if isinstance(self.axis, int) else tuple(self.axis)
        if mask is None and len(axes) == 1:
            return activations.softmax(inputs, axis=axes[0])
        if mask is not None:
            check_broadcast(self, mask, inputs)
            mask = mask if mask.dtype is torch.bool else mask > 0.5
        return masked_softmax(inputs, mask, axes)


def check_broadcast(layer: Layer, mask: Tensor, x: Tensor) -> None:
    """Raise a ValueError unless ``mask`` broadcasts to the shape of ``x``."""
    aligned = list(zip(reversed(mask.shape), reversed(x.shape), strict=False))
    if mask.ndim > x.ndim or any(m not in (1, n) for m, n in aligned):
        raise argument_error(
            layer,
            "mask shape",
            tuple(mask.shape),
            f"one that broadcasts to the input's, {tuple(x.shape)}",
            "The `mask` must be broadcastable to `inputs`.",
        )


class PReLU(SameShape, Layer):
    """x where it is positive, ``alpha * x`` elsewhere, with a learned ``alpha`` per element.

    Args:
        alpha_*: Initializer, regularizer and constraint of the weight (see ``Layer``).
        shared_axes: Axes along which one ``alpha`` serves all, such as ``[1, 2]`` for images.

    Weights:
        alpha: the input's shape without the batch, 1 along shared axes.

    Source: Keras 3 ``PReLU``.
    """

    supports_masking = True

    def __init__(
        self,
        alpha_initializer: InitializerLike = "Zeros",
        alpha_regularizer: RegularizerLike = None,
        alpha_constraint: ConstraintLike = None,
        shared_axes: int | list[int] | tuple[int, ...] | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        self.weight_rules("alpha", alpha_initializer, alpha_regularizer, alpha_constraint)
        axes = [shared_axes] if isinstance(shared_axes, int) else shared_axes
        self.shared_axes = None if axes is None else tuple(axes)

    def build(self, input_shape: Shape) -> None:
        shared = self.shared_axes or ()
        shape = tuple(
            1 if axis in shared else known_size(self, input_shape, axis)
            for axis in range(1, len(input_shape))
        )
        self.alpha = self.add_weight(
            name="alpha",
            shape=shape,
            initializer=self.alpha_initializer,
            regularizer=self.alpha_regularizer,
            constraint=self.alpha_constraint,
        )
        fixed = {a: n for a, n in enumerate(input_shape) if a and a not in shared}
        self.input_spec = InputSpec(ndim=len(input_shape), axes=fixed)

    def call(self, inputs: Tensor) -> Tensor:
        return torch.relu(inputs) - self.alpha * torch.relu(-inputs)

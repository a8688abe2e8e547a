"""Activation functions by name, for layers; ``sigmoid`` and ``softmax`` remember their logits."""

from typing import Any

import torch
from torch import Tensor

from torchkeras import ops
from torchkeras.core import registry, scopes, serialization
from torchkeras.core.typing import ActivationLike, Config, TensorLike
from torchkeras.ops.operands import tensor
from torchkeras.tracer import traceable


def linear(x: TensorLike) -> Tensor:
    """``x`` as it is."""
    return x


def relu(
    x: TensorLike,
    negative_slope: float = 0.0,
    max_value: float | None = None,
    threshold: float = 0.0,
    alpha: float = 0.0,
) -> Tensor:
    """Rectified linear unit: ``max(x, 0)`` by default.

    Args:
        x: Any shape.
        negative_slope: Factor of what lies below ``threshold``.
        max_value: Values above are cut to it; None cuts nothing.
        threshold: ``x`` counts from here on; below it is
            ``negative_slope * (x - threshold)``.
        alpha: ``negative_slope`` under the name it had in tf.keras 2.

    Source: Keras 3 ``activations.relu``.

    Example:
        >>> relu(torch.tensor([-2.0, 3.0, 9.0]), negative_slope=0.5, max_value=6.0)
        tensor([-1.,  3.,  6.])
    """
    negative_slope = alpha or negative_slope
    if max_value is None and threshold == 0:
        return ops.relu(x) if negative_slope == 0 else ops.leaky_relu(x, negative_slope)
    if max_value == 6 and threshold == 0 and negative_slope == 0:
        return ops.relu6(x)
    return bent_relu(x, negative_slope, max_value, threshold)


@traceable
def bent_relu(
    x: TensorLike, negative_slope: float, max_value: float | None, threshold: float
) -> Tensor:
    """``relu`` with all of its arguments."""
    x = tensor(x)
    y = torch.where(x > threshold, x, torch.zeros_like(x)) if threshold != 0 else torch.relu(x)
    if max_value is not None:
        y = torch.clamp(y, 0.0, max_value)
    return y - negative_slope * torch.relu(threshold - x) if negative_slope != 0 else y


def leaky_relu(x: TensorLike, negative_slope: float = 0.2, **options: float) -> Tensor:
    """``x`` if positive, else ``negative_slope * x``; the slope is also taken as ``alpha``."""
    if options:
        return relu(x, negative_slope, **options)
    return ops.leaky_relu(x, negative_slope)


def relu6(x: TensorLike) -> Tensor:
    """``min(max(x, 0), 6)``."""
    return ops.relu6(x)


def softmax(x: TensorLike, axis: int | tuple[int, ...] = -1) -> Tensor:
    """``exp(x) / sum(exp(x))`` along ``axis``: probabilities of exclusive classes.

    Along the last axis, the result carries ``x`` as ``_keras_logits``, from which cross-entropies
    are computed exactly.

    Args:
        x: Logits, of rank 1 or more.
        axis: One axis, or several that are taken as one.
    """
    probabilities = ops.softmax(x, axis)
    return _with_logits(probabilities, x, "softmax") if axis == -1 else probabilities


def sigmoid(x: TensorLike) -> Tensor:
    """``1 / (1 + exp(-x))``: probabilities of independent classes.

    The result carries ``x`` as ``_keras_logits``, from which cross-entropies are computed exactly.
    """
    return _with_logits(ops.sigmoid(x), x, "sigmoid")


def _with_logits(probabilities: Tensor, logits: TensorLike, activation: str) -> Tensor:
    if isinstance(logits, Tensor):
        probabilities._keras_logits = logits
        probabilities._keras_activation = activation
    return probabilities


def elu(x: TensorLike, alpha: float = 1.0) -> Tensor:
    """``x`` if positive, else ``alpha * (exp(x) - 1)``."""
    return ops.elu(x, alpha)


def selu(x: TensorLike) -> Tensor:
    """Scaled ``elu`` that keeps mean 0 and variance 1 from layer to layer.

    Meant for ``lecun_normal`` weights and ``AlphaDropout``.
    """
    return ops.selu(x)


def celu(x: TensorLike, alpha: float = 1.0) -> Tensor:
    """``x`` if positive, else ``alpha * (exp(x / alpha) - 1)``."""
    return ops.celu(x, alpha)


def softplus(x: TensorLike) -> Tensor:
    """``log(exp(x) + 1)``."""
    return ops.softplus(x)


def softsign(x: TensorLike) -> Tensor:
    """``x / (|x| + 1)``."""
    return ops.softsign(x)


def soft_shrink(x: TensorLike, threshold: float = 0.5) -> Tensor:
    """``x`` moved towards 0 by ``threshold``; 0 within it."""
    return ops.soft_shrink(x, threshold)


def hard_shrink(x: TensorLike, threshold: float = 0.5) -> Tensor:
    """``x``, but 0 within ``threshold`` of 0."""
    return ops.hard_shrink(x, threshold)


def sparse_plus(x: TensorLike) -> Tensor:
    """0 below -1, ``x`` above 1, ``(x + 1)**2 / 4`` between."""
    return ops.sparse_plus(x)


def silu(x: TensorLike) -> Tensor:
    """``x * sigmoid(x)``, also known as swish."""
    return ops.silu(x)


def squareplus(x: TensorLike, b: float = 4) -> Tensor:
    """``(x + sqrt(x**2 + b)) / 2``."""
    return ops.squareplus(x, b)


def gelu(x: TensorLike, approximate: bool = False) -> Tensor:
    """``x * P(X <= x)`` for a normal X; ``approximate`` computes P by tanh."""
    return ops.gelu(x, approximate)


def glu(x: TensorLike, axis: int = -1) -> Tensor:
    """The first half of ``x`` along ``axis`` by the sigmoid of the second."""
    return ops.glu(x, axis)


def tanh(x: TensorLike) -> Tensor:
    """Hyperbolic tangent."""
    return ops.tanh(x)


def tanh_shrink(x: TensorLike) -> Tensor:
    """``x - tanh(x)``."""
    return ops.tanh_shrink(x)


def hard_tanh(x: TensorLike) -> Tensor:
    """``x`` cut to [-1, 1]."""
    return ops.hard_tanh(x)


def threshold(x: TensorLike, threshold: float, default_value: float) -> Tensor:
    """``x`` above ``threshold``, else ``default_value``."""
    return ops.threshold(x, threshold, default_value)


def sparse_sigmoid(x: TensorLike) -> Tensor:
    """0 below -1, 1 above 1, ``(x + 1) / 2`` between."""
    return ops.sparse_sigmoid(x)


def hard_sigmoid(x: TensorLike) -> Tensor:
    """0 below -3, 1 above 3, ``x / 6 + 0.5`` between.

    This is Keras 3's; tf.keras 2 had ``0.2 * x + 0.5``, cut to [0, 1].
    """
    return ops.hard_sigmoid(x)


def hard_sigmoid_of_keras_2(x: TensorLike) -> Tensor:
    """``0.2 * x + 0.5``, cut to [0, 1]: what ``"hard_sigmoid"`` means in files of tf.keras 2."""
    return ops.clip(ops.add(ops.multiply(x, 0.2), 0.5), 0.0, 1.0)


def _layer_form(class_name: str, **config: Any) -> Config:
    registered = {"module": "keras.layers", "class_name": class_name, "registered_name": None}
    return {**registered, "config": {"name": class_name.lower(), "dtype": "float32", **config}}


# Keras 3 has no such function; layers that do the same may stand in its place.
hard_sigmoid_of_keras_2.written_form = {
    "module": "keras",
    "class_name": "Sequential",
    "config": {
        "name": "hard_sigmoid_of_keras_2",
        "layers": [
            _layer_form("Rescaling", scale=0.2, offset=0.5),
            _layer_form("ReLU", max_value=1.0),
        ],
    },
    "registered_name": None,
}


def _is_hard_sigmoid_of_keras_2(identifier: Any) -> bool:
    """Whether its written form, or the plain name in a file of tf.keras 2, is meant."""
    if isinstance(identifier, dict):
        config = identifier.get("config")
        own = hard_sigmoid_of_keras_2.__name__
        return isinstance(config, dict) and config.get("name") == own
    return identifier == "hard_sigmoid" and scopes.local.of_keras_2


def hard_silu(x: TensorLike) -> Tensor:
    """``x * hard_sigmoid(x)``, also known as hard swish."""
    return ops.hard_silu(x)


def log_sigmoid(x: TensorLike) -> Tensor:
    """Logarithm of ``sigmoid``."""
    return ops.log_sigmoid(x)


def log_softmax(x: TensorLike, axis: int = -1) -> Tensor:
    """Logarithm of ``softmax``."""
    return ops.log_softmax(x, axis)


def sparsemax(x: TensorLike, axis: int = -1) -> Tensor:
    """The point of the probability simplex nearest to ``x`` along ``axis``."""
    return ops.sparsemax(x, axis)


def exponential(x: TensorLike) -> Tensor:
    """``exp(x)``."""
    return ops.exp(x)


@traceable
def mish(x: TensorLike) -> Tensor:
    """``x * tanh(softplus(x))``."""
    return torch.nn.functional.mish(tensor(x))


swish = silu
hard_swish = hard_silu

_ALIASES = {silu: ("swish",), hard_silu: ("hard_swish",)}
for _function in (
    *(celu, elu, exponential, gelu, glu, hard_shrink, hard_sigmoid, hard_silu, hard_tanh),
    *(leaky_relu, linear, log_sigmoid, log_softmax, mish, relu, relu6, selu, sigmoid, silu),
    *(soft_shrink, softmax, softplus, softsign, sparse_plus, sparse_sigmoid, sparsemax),
    *(squareplus, tanh, tanh_shrink, threshold),
):
    registry.register_function(
        "activations", _function.__name__, _function, _ALIASES.get(_function, ())
    )


def get(identifier: ActivationLike) -> Any:
    """The activation meant by a name, a configuration or a callable; None means ``linear``.

    Raises:
        ValueError: there is no activation of that name.
    """
    if identifier is None:
        return linear
    if _is_hard_sigmoid_of_keras_2(identifier):
        return hard_sigmoid_of_keras_2
    return registry.get(identifier, "activations", what="activation function")


def serialize(activation: Any, use_legacy_format: bool = False) -> str | Config:
    """Name or configuration of ``activation``; ``use_legacy_format`` changes nothing."""
    return serialization.serialize_value(activation)


def deserialize(
    config: Any = None,
    custom_objects: Any = None,
    use_legacy_format: bool = False,
    *,
    name: Any = None,
) -> Any:
    """The activation that ``serialize`` described.

    Args:
        config: Its name or configuration.
        custom_objects: Users' own functions by name.
        use_legacy_format: Accepted for older scripts: both formats are read.
        name: ``config`` under the name it had in tf.keras 2.
    """
    with serialization.CustomObjectScope(custom_objects or {}):
        return get(name if config is None else config)

"""Random features whose products approximate kernels."""

import math
from typing import Any

import torch
from torch import Tensor
from typing_extensions import Unpack

from torchkeras import initializers
from torchkeras.core.checks import argument_error, known_size
from torchkeras.core.typing import InitializerLike, Shape
from torchkeras.layers.base import Layer, LayerOptions
from torchkeras.layers.input_spec import InputSpec

_KERNELS = ("gaussian", "laplacian")


class RandomFourierFeatures(Layer):
    """``cos(x @ unscaled_kernel / kernel_scale + bias)``, of random kernel and bias.

    A linear model on these features approximates a kernel machine on ``x``.

    Args:
        output_dim: Number of features, 1 or more.
        kernel_initializer: ``"gaussian"`` or ``"laplacian"``, the kernel that is approximated; or
            an initializer.
        scale: Width of the kernel, above 0, in units of the input; None is ``sqrt(length / 2)`` for
            ``"gaussian"``, else 1.
        trainable: Whether ``kernel_scale`` is trained.
        name: Name; None makes one up.

    Shape:
        inputs: ``(batch, length)``.
        output: ``(batch, output_dim)``.

    Weights:
        kernel_scale: ``(1,)``, not below 0; unscaled_kernel: ``(length, output_dim)`` and bias:
            ``(output_dim,)``, never trained.

    Raises:
        ValueError: an argument is out of range, or the input has another rank.

    Source: Rahimi and Recht 2007; tf.keras 2 ``RandomFourierFeatures``.

    Example:
        >>> keras.layers.experimental.RandomFourierFeatures(8)(torch.zeros(2, 4)).shape
        torch.Size([2, 8])
    """

    def __init__(
        self,
        output_dim: int,
        kernel_initializer: str | InitializerLike = "gaussian",
        scale: float | None = None,
        trainable: bool = False,
        name: str | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(trainable=trainable, name=name, **options)
        if not isinstance(output_dim, int) or output_dim < 1:
            raise argument_error(self, "output_dim", output_dim, "an integer, 1 or more")
        if isinstance(kernel_initializer, str):
            if kernel_initializer.lower() not in _KERNELS:
                raise argument_error(
                    self, "kernel_initializer", kernel_initializer,
                    f"one of {_KERNELS}, or an initializer",
                )  # fmt: skip
        else:
            kernel_initializer = initializers.get(kernel_initializer)
        if scale is not None and scale <= 0:
            raise argument_error(self, "scale", scale, "None or a number above 0")
        self.output_dim = output_dim
        self.kernel_initializer = kernel_initializer
        self.scale = scale
        self.input_spec = InputSpec(ndim=2)

    def build(self, input_shape: Shape) -> None:
        length = known_size(self, input_shape, -1)
        self.input_spec = InputSpec(ndim=2, axes={1: length})
        initializer: Any = self.kernel_initializer
        is_gaussian = isinstance(initializer, str) and initializer.lower() == "gaussian"
        if is_gaussian:
            initializer = initializers.RandomNormal(stddev=1.0)
        elif isinstance(initializer, str):
            initializer = _cauchy
        self.unscaled_kernel = self.add_weight(
            name="unscaled_kernel", shape=(length, self.output_dim), initializer=initializer,
            trainable=False,
        )  # fmt: skip
        self.bias = self.add_weight(
            name="bias", shape=(self.output_dim,), trainable=False,
            initializer=initializers.RandomUniform(0.0, 2 * math.pi),
        )  # fmt: skip
        if self.scale is None:
            self.scale = math.sqrt(length / 2.0) if is_gaussian else 1.0
        self.kernel_scale = self.add_weight(
            name="kernel_scale", shape=(1,), initializer=initializers.Constant(self.scale),
            constraint="non_neg",
        )  # fmt: skip

    def call(self, inputs: Tensor) -> Tensor:
        kernel = self.unscaled_kernel.value / self.kernel_scale.value
        return torch.cos(torch.addmm(self.bias.value, inputs, kernel))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (input_shape[0], self.output_dim)


def _cauchy(shape: Shape, dtype: Any = None) -> Tensor:
    """Samples of the standard Cauchy distribution."""
    uniform = initializers.RandomUniform(0.0, 1.0)(shape, dtype=dtype)
    return torch.tan(math.pi * (uniform - 0.5))

"""A layer's kernel divided by its largest singular value."""

from typing import Any

import torch
from torch import Tensor
from typing_extensions import Unpack

from torchkeras import initializers
from torchkeras.core.checks import argument_error
from torchkeras.core.typing import Shape
from torchkeras.core.variable import Variable
from torchkeras.layers.base import LayerOptions
from torchkeras.layers.input_spec import InputSpec
from torchkeras.layers.wrappers import Wrapper
from torchkeras.nn.norm import power_iteration


class SpectralNormalization(Wrapper):
    """Divides the kernel of a layer by its spectral norm at each call in training.

    The norm is estimated by power iteration from where the last call ended. The kernel itself is
    changed, so inference uses what training left. A kernel of zeros stays.

    Args:
        layer: A layer with a ``kernel`` or ``embeddings``, or its configuration.
        power_iterations: Steps of the iteration at each call, 1 or more.

    Shape:
        inputs: what the layer takes; the length of the last axis is fixed by the first call.
        output: what the layer gives, in the type of a floating input.

    Weights:
        vector_u: ``(1, last length of the kernel)``, not trained; and those of the layer.

    Raises:
        ValueError: ``power_iterations`` is below 1, or the layer has neither weight.

    Source: Miyato et al. 2018; Keras 3 ``SpectralNormalization``.

    Example:
        >>> layer = keras.layers.SpectralNormalization(keras.layers.Dense(3), power_iterations=20)
        >>> _ = layer(torch.ones(2, 4), training=True)
        >>> torch.linalg.matrix_norm(layer.kernel.value, 2).detach().round()
        tensor(1.)
    """

    def __init__(
        self, layer: Any, power_iterations: int = 1, **options: Unpack[LayerOptions]
    ) -> None:
        super().__init__(layer, **options)
        if not isinstance(power_iterations, int) or power_iterations < 1:
            raise argument_error(
                self, "power_iterations", power_iterations, "an integer greater than zero"
            )
        self.power_iterations = power_iterations

    def build(self, input_shape: Shape) -> None:
        super().build(input_shape)
        self.input_spec = InputSpec(min_ndim=1, axes={-1: input_shape[-1]})
        kernel = getattr(self.layer, "kernel", None)
        kernel = getattr(self.layer, "embeddings", None) if kernel is None else kernel
        if not isinstance(kernel, Variable):
            raise argument_error(
                self,
                "layer",
                self.layer,
                "a layer with a trainable kernel",
                f"{type(self.layer).__name__} object has no attribute 'kernel' nor 'embeddings'.",
            )
        self.kernel = kernel
        self._created_weights.append(kernel)  # files have it here as well
        self.kernel_shape = kernel.shape
        self.vector_u = self.add_weight(
            shape=(1, kernel.shape[-1]),
            initializer=initializers.TruncatedNormal(stddev=0.02),
            trainable=False,
            name="vector_u",
            dtype=kernel.dtype,
        )

    def call(self, inputs: Any, training: bool = False) -> Any:
        if training:
            self.normalize_weights()
        y = self.layer(inputs)
        return y.to(inputs.dtype) if inputs.is_floating_point() else y

    @torch.no_grad()
    def normalized_weights(self) -> tuple[Tensor, Tensor]:
        """The next ``vector_u``, and the kernel divided by its norm, unless it is all zeros."""
        kernel, u = self.kernel.tensor.detach(), self.vector_u.tensor
        moved, norm = power_iteration(
            kernel.reshape(-1, kernel.shape[-1]), u, self.power_iterations
        )
        is_zero = (kernel == 0).all()
        return torch.where(is_zero, u, moved), torch.where(is_zero, kernel, kernel / norm)

    def normalize_weights(self) -> None:
        """Take over ``normalized_weights``."""
        u, kernel = self.normalized_weights()
        self.vector_u.assign(u)
        self.kernel.assign(kernel)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return self.layer.compute_output_shape(input_shape)

"""A linear model of one input or several."""

from typing import Any

from torch import Tensor

from torchkeras import activations, initializers, regularizers
from torchkeras.core import nested
from torchkeras.core.checks import argument_error
from torchkeras.core.typing import ActivationLike, InitializerLike, RegularizerLike
from torchkeras.layers import Dense
from torchkeras.models import Model


class LinearModel(Model):
    """``activation(sum of x @ kernel over the inputs + bias)``: regression, or classification.

    Args:
        units: Length of the output's last axis, 1 or more.
        activation: Name or callable; None leaves the result linear.
        use_bias: Whether ``bias`` is added.
        kernel_initializer, bias_initializer: First values of each input's kernel and of the bias.
        kernel_regularizer, bias_regularizer: Penalties on them.
        **options: Options of ``Model``.

    Shape:
        inputs: ``(batch, features)``, or a list, tuple or dictionary of such.
        output: ``(batch, units)``.

    Raises:
        ValueError: ``units`` is below 1.

    Source: tf.keras 2 ``experimental.LinearModel``.

    Example:
        >>> model = keras.experimental.LinearModel(2, bias_initializer="ones")
        >>> model([torch.ones(3, 4), torch.ones(3, 5)]).tolist()
        [[1.0, 1.0], [1.0, 1.0], [1.0, 1.0]]
    """

    def __init__(
        self,
        units: int = 1,
        activation: ActivationLike = None,
        use_bias: bool = True,
        kernel_initializer: InitializerLike = "zeros",
        bias_initializer: InitializerLike = "zeros",
        kernel_regularizer: RegularizerLike = None,
        bias_regularizer: RegularizerLike = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        if units < 1:
            raise argument_error(self, "units", units, "an integer, 1 or more")
        self.units = units
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.dense_layers: list[Dense] = []

    def build(self, input_shape: Any) -> None:
        shapes = _shapes_in(input_shape)
        for shape in shapes:
            layer = Dense(
                self.units,
                use_bias=False,
                kernel_initializer=self.kernel_initializer.clone(),
                kernel_regularizer=self.kernel_regularizer,
                dtype=self.dtype_policy,
            )
            layer.build(shape)
            self.dense_layers.append(layer)
        if self.use_bias:
            self.bias = self.add_weight(
                shape=(self.units,),
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
                name="bias",
            )

    def call(self, inputs: Any) -> Tensor:
        parts = zip(self.dense_layers, nested.flatten(inputs), strict=True)
        result = sum(layer(x) for layer, x in parts)
        return self.activation(result + self.bias if self.use_bias else result)


def _shapes_in(structure: Any) -> list[tuple]:
    """The shapes in a structure of them, in order."""
    if isinstance(structure, (list, tuple)) and all(
        n is None or isinstance(n, int) for n in structure
    ):
        return [tuple(structure)]
    return [shape for _, child in nested.children(structure) for shape in _shapes_in(child)]

"""Densely connected layers."""

import math
from typing import Any

from torch import Tensor, nn
from typing_extensions import Unpack

from torchkeras import activations
from torchkeras.core.checks import argument_error, known_size
from torchkeras.core.configurable import generic
from torchkeras.core.layout import IDENTITY, Layout, Reshaped
from torchkeras.core.typing import (
    ActivationLike,
    ConstraintLike,
    InitializerLike,
    RegularizerLike,
    Shape,
)
from torchkeras.layers.base import Layer, LayerOptions
from torchkeras.layers.fresh import activated
from torchkeras.layers.input_spec import InputSpec
from torchkeras.layers.lora import adapted_weight
from torchkeras.layers.quantized import Quantizable
from torchkeras.layers.schemes import AWQ, GPTQ, Float8, Int4, Int8
from torchkeras.nn.einsum import Contraction, Einsum, LinearOverAxes
from torchkeras.nn.products import Affine, Summed, aligned


class Product(Quantizable):
    """Mixed into layers that multiply with a ``kernel`` in ``linear``: how it is quantized."""

    kernel = adapted_weight("kernel")
    schemes = {"int8": Int8(), "int4": Int4(), "float8": Float8(), "gptq": GPTQ(), "awq": AWQ()}
    summed_axes: tuple[int, ...] = (0,)  # of the kernel
    zero_name = "kernel_zero"

    def product_form(self) -> Affine | Summed:
        """How inputs and kernel are multiplied."""
        rows, columns = self.adapted_shape()
        return Affine((rows,), (columns,))

    def scale_beside_output(self, scale: Tensor) -> Tensor:
        """A scale of the kernel in a shape that fits the output, as Keras shows it."""
        return scale.expand(1, self.adapted_shape()[-1]).squeeze(0)

    def scale_layout(self) -> Layout:
        """How that scale lies in the module."""
        return IDENTITY

    def rows_and_columns(self) -> tuple[int, int]:
        """Number of summed elements of the kernel, and of the others."""
        shape = self.adapted_shape()
        rows = math.prod(shape[axis] for axis in self.summed_axes)
        return rows, math.prod(shape) // rows

    def matrix_shape(self) -> tuple[int, int]:
        """Rows and columns as GPTQ and AWQ see the kernel."""
        return self.rows_and_columns()

    def quantized_build(self, kernel_shape: Shape, mode: str, config: Any = None) -> None:
        """See ``Quantizable``."""
        super().quantized_build(kernel_shape, mode, config)


class Dense(Product, Layer):
    """Affine map of the last axis: ``activation(x @ kernel + bias)``.

    Args:
        units: Length of the output's last axis, 1 or more.
        activation: Name or callable; None leaves the result linear.
        use_bias: Whether ``bias`` is added.
        kernel_*, bias_*: Initializer, regularizer and constraint of each weight (see ``Layer``).
        lora_rank, lora_alpha, quantization_config: See ``Quantizable``.

    Shape:
        inputs: ``(batch, ..., features)``; ``features`` is fixed by the first call.
        output: ``(batch, ..., units)``.

    Weights:
        kernel: ``(features, units)``, held transposed as ``linear.weight``.
        bias: ``(units,)``, held as ``linear.bias``.

    Raises:
        ValueError: ``units`` is below 1, or the length of the last axis is unknown or has changed.

    Source: Keras 3 ``Dense``; ``torch.nn.Linear``.

    Example:
        >>> keras.layers.Dense(3)(torch.zeros(2, 5, 4)).shape
        torch.Size([2, 5, 3])
    """

    supports_masking = True

    def __init__(
        self,
        units: int,
        activation: ActivationLike = None,
        use_bias: bool = True,
        kernel_initializer: InitializerLike = "glorot_uniform",
        bias_initializer: InitializerLike = "zeros",
        kernel_regularizer: RegularizerLike = None,
        bias_regularizer: RegularizerLike = None,
        activity_regularizer: RegularizerLike = None,
        kernel_constraint: ConstraintLike = None,
        bias_constraint: ConstraintLike = None,
        lora_rank: int | None = None,
        lora_alpha: float | None = None,
        quantization_config: Any = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(activity_regularizer=activity_regularizer, **options)
        self.keep_lora(lora_rank, lora_alpha)
        self.keep_quantization(quantization_config)
        if not isinstance(units, int) or units < 1:
            raise argument_error(self, "units", units, "an integer, 1 or more", "Try Dense(64).")
        self.units = units
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.weight_rules("kernel", kernel_initializer, kernel_regularizer, kernel_constraint)
        self.weight_rules("bias", bias_initializer, bias_regularizer, bias_constraint)
        self.input_spec = InputSpec(min_ndim=2)

    def build(self, input_shape: Shape) -> None:
        features = known_size(self, input_shape, axis=-1)
        self.input_spec = InputSpec(min_ndim=2, axes={-1: features})
        self.linear = nn.Linear(features, self.units, bias=self.use_bias, **self.factory)
        self.adopt_weight("kernel", "linear.weight", axes=(1, 0))
        self.bias = None
        if self.use_bias:
            self.adopt_weight("bias", "linear.bias")
        self.build_parts()

    def call(self, inputs: Tensor, training: bool | None = None) -> Tensor:
        if not inputs.is_floating_point() and not inputs.is_complex():  # counts, one-hot rows
            inputs = inputs.to(self._compute_dtype)
        linear = self.adapt if self.lora_enabled else self.linear
        return activated(self.activation, linear(inputs), linear)  # (b, ..., units)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (*input_shape[:-1], self.units)


class EinsumDense(Product, Layer):
    """Affine map written as an Einstein sum: ``activation(einsum(equation, x, kernel) + bias)``.

    Args:
        equation: Two operands and a result, such as ``"abc,cd->abd"``; ``...`` stands for any axes
            that the input and the result share.
        output_shape: Lengths of the result's axes without the batch; None takes the input's.
        activation: Name or callable; None leaves the result linear.
        bias_axes: Axes of the result that the bias has, such as ``"d"``; None leaves it out.
        kernel_*, bias_*: Initializer, regularizer and constraint of each weight (see ``Layer``).
        lora_rank, lora_alpha, quantization_config: See ``Quantizable``.

    Shape:
        inputs: as the equation's first operand.
        output: as the equation's result.

    Weights:
        kernel: as the equation's second operand. Where the sum is an affine map of the last axes,
            it is held flat and transposed as ``linear.weight``.
        bias: the lengths of ``bias_axes``, and 1 for axes of the result after the first of them.

    Raises:
        ValueError: the equation can't be read, or disagrees with the shapes.

    Source: Keras 3 ``EinsumDense``; ``torch.nn.Linear``, ``torch.einsum``.

    Example:
        >>> keras.layers.EinsumDense("abc,cd->abd", (None, 3), bias_axes="d")(torch.zeros(2, 5, 4)).shape
        torch.Size([2, 5, 3])
    """  # noqa: E501

    def __init__(
        self,
        equation: str,
        output_shape: int | tuple[int | None, ...],
        activation: ActivationLike = None,
        bias_axes: str | None = None,
        kernel_initializer: InitializerLike = "glorot_uniform",
        bias_initializer: InitializerLike = "zeros",
        kernel_regularizer: RegularizerLike = None,
        bias_regularizer: RegularizerLike = None,
        kernel_constraint: ConstraintLike = None,
        bias_constraint: ConstraintLike = None,
        lora_rank: int | None = None,
        lora_alpha: float | None = None,
        gptq_unpacked_column_size: int | None = None,
        quantization_config: Any = None,
        *,
        activity_regularizer: RegularizerLike = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(activity_regularizer=activity_regularizer, **options)
        self.keep_lora(lora_rank, lora_alpha)
        self.keep_quantization(quantization_config)
        self.gptq_unpacked_column_size = gptq_unpacked_column_size
        self.equation = equation
        shape = (output_shape,) if isinstance(output_shape, int) else tuple(output_shape)
        self.partial_output_shape = shape
        self.activation = activations.get(activation)
        self.bias_axes = bias_axes
        self.weight_rules("kernel", kernel_initializer, kernel_regularizer, kernel_constraint)
        self.weight_rules("bias", bias_initializer, bias_regularizer, bias_constraint)
        self.contraction = Contraction.parse(equation)

    def build(self, input_shape: Shape) -> None:
        lengths = self.contraction.lengths(input_shape, self.partial_output_shape)
        shape = tuple(known_length(self, input_shape, lengths, a) for a in self.contraction.kernel)
        bias_shape = None
        if self.bias_axes is not None:
            surplus = len(input_shape) - len(self.contraction.inputs)
            bias_shape = self.contraction.bias_axes_shape(self.bias_axes, lengths, surplus)
        self.full_output_shape = self.compute_output_shape(input_shape)
        if self.contraction.summed and self.bias_axes in (None, self.contraction.made):
            self._build_linear(shape, bias_shape)
        else:
            self.linear = Einsum(self.equation, shape, bias_shape, **self.factory)
            self.adopt_weight("kernel", "linear.weight")
            self._adopt_bias(IDENTITY)
        self.build_parts()

    def _build_linear(self, shape: tuple[int, ...], bias_shape: tuple[int, ...] | None) -> None:
        count = len(self.contraction.summed)
        linear = LinearOverAxes(
            shape[:count], shape[count:], bias=bias_shape is not None, **self.factory
        )
        self.linear = linear
        flat = (linear.out_features, linear.in_features)
        self.adopt_weight("kernel", "linear.weight", layout=Reshaped(shape, flat, axes=(1, 0)))
        self._adopt_bias(Reshaped(bias_shape or flat[:1], flat[:1]))

    def _adopt_bias(self, layout: Layout) -> None:
        if self.bias_axes is None:
            self.bias = None
        else:
            self.adopt_weight("bias", "linear.bias", layout=layout)

    def call(self, inputs: Tensor, training: bool | None = None) -> Tensor:
        return self.activation(self.adapt(inputs) if self.lora_enabled else self.linear(inputs))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        lengths = self.contraction.lengths(input_shape, self.partial_output_shape)
        shape = list(self.contraction.full_output_shape(input_shape, self.partial_output_shape))
        first = (
            len(shape) - len(self.contraction.outputs) if self.contraction.elided == "left" else 0
        )
        for position, axis in enumerate(self.contraction.outputs, start=first):
            if shape[position] is None:
                shape[position] = lengths.get(axis)
        return tuple(shape)

    # How the kernel is quantized.

    zero_name = "zero_point"

    @property
    def summed_axes(self) -> tuple[int, ...]:
        """Axes of the kernel that the output lacks."""
        contraction = self.contraction
        return tuple(i for i, a in enumerate(contraction.kernel) if a not in contraction.outputs)

    def product_form(self) -> Affine | Summed:
        linear = self.linear
        if hasattr(linear, "form"):  # quantized
            return linear.form
        if isinstance(linear, LinearOverAxes):
            return Affine(linear.from_shape, linear.to_shape)
        return Summed(*self.contraction.spelled_out(len(self.full_output_shape)))

    def scale_beside_output(self, scale: Tensor) -> Tensor:
        shape = self.adapted_shape()
        kept = [1 if axis in self.summed_axes else n for axis, n in enumerate(shape)]
        _, kernel, outputs = self.contraction.spelled_out(len(self.full_output_shape))
        return aligned(scale.expand(kept), kernel, outputs)

    def scale_layout(self) -> Layout:
        form = self.product_form()
        if isinstance(form, Summed):
            return IDENTITY
        columns = math.prod(form.to_shape)
        before = len(self.full_output_shape) - len(form.to_shape)
        return Reshaped((*(1,) * before, *form.to_shape), (columns,))

    def matrix_shape(self) -> tuple[int, int]:
        shape = self.adapted_shape()
        if len(shape) != 3:
            return self.rows_and_columns()
        # Files have three axes split before or after the middle, by where the longest is.
        longest = shape.index(max(shape))
        split = 1 if longest == 0 else 2
        return math.prod(shape[:split]), math.prod(shape[split:])

    @generic
    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        if self.gptq_unpacked_column_size is None:
            config.pop("gptq_unpacked_column_size", None)
        return {**config, "output_shape": self.partial_output_shape}


def known_length(
    layer: Layer, input_shape: Shape, lengths: dict[str, int | None], axis: str
) -> int:
    """Length of a named axis, which must be known."""
    length = lengths.get(axis)
    if length is None:
        raise argument_error(
            layer,
            "input shape",
            tuple(input_shape),
            f"a known length of axis {axis!r}",
            "Give Input a full shape.",
        )
    return length

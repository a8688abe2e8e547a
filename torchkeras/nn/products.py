"""Forms of products between inputs and a weight, in floats and in int8."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

# Whole numbers up to here are exact in float32.
_EXACT = 2**24
_LARGEST_PRODUCT = 128 * 128
# What torch's int8 kernel asks for on CUDA: more rows than this, other sizes in steps of 8.
_CUDA_ROWS, _CUDA_STEP = 16, 8


def int8_linear(x: Tensor, weight: Tensor) -> Tensor:
    """Exact ``x @ weight.T`` of int8 tensors, int32.

    Shape:
        x: ``(..., k)``; weight: ``(n, k)``; the result ``(..., n)``.
    """
    if torch.onnx.is_in_onnx_export():  # torch's exporter knows no form for its kernel
        shape = (*x.shape[:-1], weight.shape[0])
        given = (x, weight.t())
        return torch.onnx.ops.symbolic("MatMulInteger", given, dtype=torch.int32, shape=shape)
    flat = x.reshape(-1, x.shape[-1])
    if not x.is_cuda:
        return torch._int_mm(flat.contiguous(), weight.t()).unflatten(0, x.shape[:-1])
    rows, k, n = flat.shape[0], flat.shape[1], weight.shape[0]
    wide = -k % _CUDA_STEP
    flat = F.pad(flat, (0, wide, 0, max(0, _CUDA_ROWS + 1 - rows)))
    weight = F.pad(weight, (0, wide, 0, -n % _CUDA_STEP))
    y = torch._int_mm(flat.contiguous(), weight.t())
    return y[:rows, :n].unflatten(0, x.shape[:-1])


@dataclass(frozen=True)
class Affine:
    """A product over the last axes, with the weight ``(columns, rows)`` as in ``nn.Linear``.

    Args:
        from_shape: Lengths of the input's last axes, which are summed over.
        to_shape: Lengths of the axes that take their place.
    """

    from_shape: tuple[int, ...]
    to_shape: tuple[int, ...]
    input_axes = (-1,)

    def enter(self, x: Tensor) -> Tensor:
        """The input as the product takes it."""
        return x.flatten(-len(self.from_shape)) if len(self.from_shape) > 1 else x

    def leave(self, y: Tensor) -> Tensor:
        """The product's result in the shape of the output."""
        return y.unflatten(-1, self.to_shape) if len(self.to_shape) > 1 else y

    def multiply(self, x: Tensor, weight: Tensor) -> Tensor:
        """The product."""
        return F.linear(x, weight)

    def multiply_levels(self, x: Tensor, weight: Tensor) -> Tensor:
        """The product of int8 tensors, exact."""
        return int8_linear(x, weight)

    def back(self, gradient: Tensor, weight: Tensor) -> Tensor:
        """Gradient of the input."""
        return gradient @ weight

    def stored(self, kernel: Tensor) -> Tensor:
        """A kernel in Keras's layout as this form multiplies with it."""
        return kernel.reshape(math.prod(self.from_shape), -1).t()

    def beside_output(self, input_scale: Tensor) -> Tensor:
        """Scale of the inputs, with 1 along ``input_axes``, in a shape that fits the output."""
        return input_scale

    def beside_weight(self, weight_scale: Tensor) -> Tensor:
        """Scale along the output's axes in a shape that fits the weight."""
        return weight_scale.unsqueeze(-1)


@dataclass(frozen=True)
class Summed:
    """Any other Einstein sum, ``"<inputs>,<kernel>-><outputs>"``, with all axes named.

    Args:
        inputs, kernel, outputs: Letters of the axes of each.
    """

    inputs: str
    kernel: str
    outputs: str

    @property
    def input_axes(self) -> tuple[int, ...]:
        """Axes of the input that are summed over."""
        return tuple(i for i, axis in enumerate(self.inputs) if axis not in self.outputs)

    def enter(self, x: Tensor) -> Tensor:
        """The input as the product takes it."""
        return x

    def leave(self, y: Tensor) -> Tensor:
        """The product's result in the shape of the output."""
        return y

    def multiply(self, x: Tensor, weight: Tensor) -> Tensor:
        """The product."""
        return torch.einsum(f"{self.inputs},{self.kernel}->{self.outputs}", x, weight)

    def multiply_levels(self, x: Tensor, weight: Tensor) -> Tensor:
        """The product of int8 tensors, exact."""
        terms = math.prod(x.shape[axis] for axis in self.input_axes)
        exact = torch.float32 if terms * _LARGEST_PRODUCT <= _EXACT else torch.float64
        return self.multiply(x.to(exact), weight.to(exact))

    def back(self, gradient: Tensor, weight: Tensor) -> Tensor:
        """Gradient of the input."""
        known = "".join(axis for axis in self.inputs if axis in self.outputs + self.kernel)
        return torch.einsum(f"{self.outputs},{self.kernel}->{known}", gradient, weight)

    def stored(self, kernel: Tensor) -> Tensor:
        """A kernel in Keras's layout as this form multiplies with it."""
        return kernel

    def beside_output(self, input_scale: Tensor) -> Tensor:
        """Scale of the inputs, with 1 along ``input_axes``, in a shape that fits the output."""
        return aligned(input_scale, self.inputs, self.outputs)

    def beside_weight(self, weight_scale: Tensor) -> Tensor:
        """Scale along the output's axes in a shape that fits the weight."""
        return aligned(weight_scale, self.outputs, self.kernel)


def aligned(x: Tensor, axes: str, others: str) -> Tensor:
    """``x`` with ``axes`` in a shape that fits a tensor with ``others``.

    Axes that the other lacks have length 1 and go; those that only the other has come as 1.
    """
    x = x.squeeze(tuple(i for i, axis in enumerate(axes) if axis not in others))
    left = [axis for axis in axes if axis in others]
    x = x.permute([left.index(axis) for axis in others if axis in axes])
    for position, axis in enumerate(others):
        if axis not in axes:
            x = x.unsqueeze(position)
    return x

"""Einstein sums of an input and a kernel: their shapes, and when they are a plain affine map."""

import math
import re
from dataclasses import dataclass
from string import ascii_letters

import torch
from torch import Tensor, nn

Lengths = tuple[int | None, ...]

_FORM = re.compile(r"(\.\.\.)?([a-zA-Z]+)(\.\.\.)?,([a-zA-Z]+)->(\.\.\.)?([a-zA-Z]+)(\.\.\.)?")


@dataclass(frozen=True)
class Contraction:
    """``"<inputs>,<kernel>-><outputs>"`` taken apart.

    Args:
        equation: The sum as ``torch.einsum`` takes it.
        inputs, kernel, outputs: The axes of each, without dots.
        elided: "left" or "right" if ``...`` stands there for further axes, else "".
    """

    equation: str
    inputs: str
    kernel: str
    outputs: str
    elided: str

    @classmethod
    def parse(cls, equation: str) -> "Contraction":
        """The contraction that ``equation`` describes.

        Raises:
            ValueError: it isn't of the form X,Y->Z, ...X,Y->...Z or X...,Y->Z....
        """
        found = _FORM.fullmatch(equation.replace(" ", "")) if isinstance(equation, str) else None
        if found is not None:
            left, inputs, right, kernel, out_left, outputs, out_right = found.groups()
            if (left, right) == (out_left, out_right) and not (left and right):
                elided = "left" if left else "right" if right else ""
                return cls(equation.replace(" ", ""), inputs, kernel, outputs, elided)
        raise ValueError(
            f"Invalid einsum equation {equation!r}: expected the form X,Y->Z, ...X,Y->...Z or "
            "X...,Y->Z...."
        )

    def full_output_shape(self, input_shape: Lengths, partial: Lengths) -> Lengths:
        """The output's shape, ``partial`` being that of its named axes without the batch."""
        surplus = len(input_shape) - len(self.inputs)
        if self.elided == "left":
            return (*input_shape[: max(surplus, 1)], *partial)
        return (input_shape[0], *partial, *input_shape[len(self.inputs) :])

    def lengths(self, input_shape: Lengths, partial: Lengths) -> dict[str, int | None]:
        """Length of each named axis.

        Raises:
            ValueError: two shapes disagree, or an axis of the kernel or output is nowhere else.
        """
        output_shape = self.full_output_shape(input_shape, partial)
        of_input = self._named(self.inputs, input_shape)
        of_output = self._named(self.outputs, output_shape)
        for axis, length in of_input.items():
            if axis in of_output and of_output[axis] not in (None, length):
                raise ValueError(
                    f"Input shape and output shape do not match at shared dimension {axis!r}: "
                    f"{length} in {tuple(input_shape)}, {of_output[axis]} in {output_shape}."
                )
        for axis in self.outputs:
            if axis not in self.inputs and axis not in self.kernel:
                raise ValueError(
                    f"Dimension {axis!r} was specified in the output {self.outputs!r} but has no "
                    f"corresponding dim in the input {self.inputs!r} or the kernel {self.kernel!r}."
                )
        for axis in self.kernel:
            if axis not in self.inputs and axis not in self.outputs:
                raise ValueError(
                    f"Weight dimension {axis!r} did not have a match in either the input "
                    f"{self.inputs!r} or the output {self.outputs!r}."
                )
        return {**of_input, **{k: v for k, v in of_output.items() if v is not None}}

    def _named(self, axes: str, shape: Lengths) -> dict[str, int | None]:
        named = shape[-len(axes) :] if self.elided == "left" else shape[: len(axes)]
        return dict(zip(axes, named, strict=True))

    def bias_axes_shape(self, axes: str, lengths: dict[str, int | None], surplus: int) -> Lengths:
        """Shape of a bias along ``axes``: 1 for the output's other axes after the first of them."""
        unknown = sorted(set(axes) - set(self.outputs))
        if unknown:
            raise ValueError(
                f"Bias dimension {unknown[0]!r} was requested, but is not part of the output "
                f"{self.outputs!r}."
            )
        first = min(self.outputs.find(axis) for axis in axes)
        shape = tuple(lengths[axis] if axis in axes else 1 for axis in self.outputs[first:])
        return shape if self.elided == "left" else (*shape, *(1,) * surplus)

    def spelled_out(self, output_rank: int) -> tuple[str, str, str]:
        """Axes of input, kernel and output, those that ``...`` stands for named as well."""
        taken = {*self.inputs, *self.kernel, *self.outputs}
        free = (letter for letter in ascii_letters if letter not in taken)
        more = "".join(next(free) for _ in range(output_rank - len(self.outputs)))
        if self.elided == "left":
            return more + self.inputs, self.kernel, more + self.outputs
        return self.inputs + more, self.kernel, self.outputs + more

    @property
    def summed(self) -> str:
        """Axes of the input that are summed over, if the sum is an affine map of the last axes.

        Empty otherwise: then only ``torch.einsum`` will do.
        """
        count = sum(axis not in self.outputs for axis in self.inputs)
        shared, summed = (
            self.inputs[: len(self.inputs) - count],
            self.inputs[len(self.inputs) - count :],
        )
        made = self.outputs[len(shared) :]
        affine = (
            self.elided != "right"
            and self.outputs.startswith(shared)
            and bool(summed and made)
            and self.kernel == summed + made
            and len(set(self.kernel)) == len(self.kernel)
        )
        return summed if affine else ""

    @property
    def made(self) -> str:
        """Axes of the output that come from the kernel alone."""
        return "".join(axis for axis in self.outputs if axis not in self.inputs)


class LinearOverAxes(nn.Linear):
    """``nn.Linear`` from several last axes to several last axes.

    Args:
        from_shape: Lengths of the axes that are summed over.
        to_shape: Lengths of the axes that take their place.
    """

    def __init__(
        self, from_shape: tuple[int, ...], to_shape: tuple[int, ...], bias: bool = True,
        **factory: object,
    ) -> None:  # fmt: skip
        super().__init__(math.prod(from_shape), math.prod(to_shape), bias, **factory)
        self.from_shape, self.to_shape = tuple(from_shape), tuple(to_shape)

    def forward(self, x: Tensor) -> Tensor:
        if len(self.from_shape) > 1:
            x = x.flatten(-len(self.from_shape))
        y = super().forward(x)
        return y.unflatten(-1, self.to_shape) if len(self.to_shape) > 1 else y


class Einsum(nn.Module):
    """``einsum(equation, x, weight) + bias``, the bias broadcast from the last axis."""

    def __init__(
        self, equation: str, shape: tuple[int, ...], bias_shape: tuple[int, ...] | None = None,
        **factory: object,
    ) -> None:  # fmt: skip
        super().__init__()
        self.equation = equation
        self.weight = nn.Parameter(torch.zeros(shape, **factory))
        self.bias = None
        if bias_shape is not None:
            self.bias = nn.Parameter(torch.zeros(bias_shape, **factory))

    def forward(self, x: Tensor) -> Tensor:
        y = torch.einsum(self.equation, x, self.weight)
        return y if self.bias is None else y + self.bias.to(y.dtype)

    def extra_repr(self) -> str:
        return f"{self.equation!r}, {tuple(self.weight.shape)}"

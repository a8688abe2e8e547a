"""Lists of tensors that one kernel updates together."""

from collections.abc import Callable, Sequence
from operator import is_
from typing import Any, TypeAlias

import torch
from torch import Tensor

from torchkeras.core.variable import Variable
from torchkeras.optimizers.precision import settled

Slots: TypeAlias = dict[str, list[Tensor]]  # the state of each weight, by the name of the slot
Rate: TypeAlias = Any  # a number; a scalar tensor where only the device knows it
Rows: TypeAlias = tuple[int, ...] | None  # positions among the variables; None is all of them


class Bucket:
    """Weights of one device and number type that are decayed alike, with their slots.

    Attributes:
        positions: Where their gradients stand in the list of the step; None if it is all of them.
        weights: The parameters, in torch's layout.
        slots: Slot name -> tensors beside the weights.
        strides: Memory layout that weights, slots and gradients must share for a fused kernel.
        decay: Decoupled weight decay per unit of learning rate; 0 for none.
        constants: What a kernel wants to keep from step to step.
    """

    __slots__ = ("constants", "decay", "positions", "slots", "strides", "weights")

    def __init__(
        self,
        positions: list[int] | None,
        weights: list[Tensor],
        slots: Slots,
        decay: float,
    ) -> None:
        self.positions = positions
        self.weights = weights
        self.slots = slots
        self.strides = [weight.stride() for weight in weights]
        self.decay = decay
        self.constants: dict[str, Any] = {}

    def take(self, gradients: list[Tensor]) -> list[Tensor]:
        """This bucket's gradients, laid out in memory as its weights are."""
        if self.positions is not None:
            gradients = [gradients[position] for position in self.positions]
        if [gradient.stride() for gradient in gradients] == self.strides:
            return gradients
        return [
            gradient if gradient.stride() == strides else torch.empty_like(weight).copy_(gradient)
            for gradient, strides, weight in zip(gradients, self.strides, self.weights, strict=True)
        ]


class Linked:
    """The buckets of some variables, for as long as their parameters stay what they are."""

    __slots__ = ("buckets", "devices", "parameters", "strides", "types")

    def __init__(self, parameters: list[Tensor], buckets: list[Bucket]) -> None:
        self.parameters = parameters
        self.devices = [parameter.device for parameter in parameters]
        self.types = [parameter.dtype for parameter in parameters]
        self.strides = [parameter.stride() for parameter in parameters]
        self.buckets = buckets

    def fits(self, parameters: list[Tensor]) -> bool:
        """Whether these are the same parameters, lying where and as they did."""
        return (
            all(map(is_, parameters, self.parameters))
            and [parameter.stride() for parameter in parameters] == self.strides
            and [parameter.device for parameter in parameters] == self.devices
            and [parameter.dtype for parameter in parameters] == self.types
        )


def group(
    parameters: Sequence[Tensor],
    slots: Sequence[dict[str, Variable]],
    decays: Sequence[float],
    alike: Callable[[int], Any] = lambda position: None,
) -> list[Bucket]:
    """Buckets of parameters by device, number type, decay and whatever else ``alike`` tells."""
    positions: dict[Any, list[int]] = {}
    for position, parameter in enumerate(parameters):
        names = tuple(slots[position])
        key = (parameter.device, parameter.dtype, decays[position], names, alike(position))
        positions.setdefault(key, []).append(position)
    return [
        Bucket(
            positions=None if len(positions) == 1 else members,
            weights=[parameters[member] for member in members],
            slots={
                name: [slots[member][name].parameter for member in members]
                for name in slots[members[0]]
            },
            decay=decays[members[0]],
        )
        for members in positions.values()
    ]


def settle(slot: Variable, parameter: Tensor) -> None:
    """Bring a slot to the device and number type of its parameter, and to its memory layout."""
    tensor = slot.parameter
    if tensor.shape != parameter.shape:
        slot.module._buffers[slot.key] = tensor.to(parameter.device, parameter.dtype)
    elif (
        tensor.device != parameter.device
        or tensor.dtype != parameter.dtype
        or tensor.stride() != parameter.stride()
    ):
        slot.module._buffers[slot.key] = torch.empty_like(parameter.detach()).copy_(tensor)


def subtract(targets: list[Tensor], values: list[Tensor], rate: Rate) -> None:
    """``target -= rate * value`` for each pair."""
    if isinstance(rate, Tensor):
        torch._foreach_sub_(targets, torch._foreach_mul(values, settled(rate)))
    else:
        torch._foreach_add_(targets, values, alpha=-rate)


def subtract_ratios(
    targets: list[Tensor], numerators: list[Tensor], denominators: list[Tensor], rate: Rate
) -> None:
    """``target -= rate * numerator / denominator`` for each three."""
    if isinstance(rate, Tensor):
        subtract(targets, torch._foreach_div(numerators, denominators), rate)
    else:
        torch._foreach_addcdiv_(targets, numerators, denominators, -rate)


def shrink(targets: list[Tensor], amount: Rate) -> None:
    """``target -= amount * target``, which rounds less than a factor near 1 does."""
    subtract(targets, targets, amount)


def add_to(targets: list[Tensor], values: list[Tensor], factor: float) -> None:
    """``target += factor * value`` for each pair."""
    torch._foreach_add_(targets, values, alpha=factor)

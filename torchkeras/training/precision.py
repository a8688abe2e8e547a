"""From the loss to the step of the optimizer, in the precision of the model's policy.

Casting is the layers' business; what is left to do here is to keep float16 gradients from
vanishing.
"""

from typing import Any

import torch
from torch import Tensor

from torchkeras.core.notices import warn
from torchkeras.distribution import ALONE, Alone


class Precision:
    """Gradients that need no scaling: float32, float64, bfloat16.

    Args:
        group: The processes over which gradients are averaged after they are computed.
        compiles: Whether ``torch.compile`` compiles the optimizer's step.
    """

    def __init__(self, group: Alone, compiles: bool = False) -> None:
        self.group = group
        self.compiles = compiles
        self._compiled: tuple[Any, Any] = (None, None)  # an optimizer and its compiled step

    def step(self, loss: Tensor, optimizer: Any) -> None:
        """Differentiate ``loss`` and let ``optimizer`` change the weights."""
        parameters = parameters_of(optimizer)
        forget_gradients(parameters)
        scaled(loss, optimizer).backward()
        self.group.average(parameters)
        if self.compiles:
            self._compiled_step(optimizer)()
        else:
            optimizer.step()

    def _compiled_step(self, optimizer: Any) -> Any:
        if self._compiled[0] is not optimizer:
            if hasattr(optimizer, "count_on_device"):
                optimizer.count_on_device()  # before it is compiled, or it is compiled twice
            self._compiled = optimizer, torch.compile(optimizer.step)
        return self._compiled[1]

    def get_state(self) -> dict[str, Any]:
        """What a resumed run needs to know."""
        return {}

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_compiled": (None, None)}

    def set_state(self, state: dict[str, Any]) -> None:
        """Take over what ``get_state`` gave."""


class Untrained(Precision):
    """No step at all, for a model without anything to train."""

    def step(self, loss: Tensor, optimizer: Any) -> None:
        pass


class Scaled(Precision):
    """Float16 gradients, scaled up before they are computed and down before they are used.

    The factor is doubled after 2000 steps with finite gradients. A step whose gradients aren't is
    left out and counted, and halves the factor. What clips gradients sees them unscaled.

    Args:
        group: See ``Precision``.
        device: Where the model computes.
        everyone: The processes that leave out a step if one of them has to.

    Attributes:
        skipped: How many steps were left out, on the device.

    Source: ``torch.amp.GradScaler``, Keras 3 ``LossScaleOptimizer``.
    """

    def __init__(self, group: Alone, device: torch.device, everyone: Alone = ALONE) -> None:
        super().__init__(group)
        self.everyone = everyone
        self.device = device
        self.scaler = torch.amp.GradScaler(device.type, init_scale=2.0**15)
        self.skipped = torch.zeros((), dtype=torch.int64, device=device)

    def step(self, loss: Tensor, optimizer: Any) -> None:
        parameters = parameters_of(optimizer)
        forget_gradients(parameters)
        self.scaler._per_optimizer_states.clear()  # of a step that was interrupted
        self.scaler.scale(scaled(loss, optimizer)).backward()
        self.group.average(parameters)
        if self.everyone.number > 1:
            self.scaler.unscale_(optimizer)
            self.everyone.agree(self.scaler._found_inf_per_device(optimizer).values())
        before = self.scaler._scale.clone()  # get_scale() would wait for the device
        self.scaler.step(optimizer)
        self.scaler.update()
        self.skipped += self.scaler._scale < before

    def get_state(self) -> dict[str, Any]:
        return {**self.scaler.state_dict(), "skipped": int(self.skipped)}

    def set_state(self, state: dict[str, Any]) -> None:
        state = dict(state)
        self.skipped.fill_(state.pop("skipped", 0))
        self.scaler.load_state_dict(state)


def scaled(loss: Tensor, optimizer: Any) -> Tensor:
    """The loss multiplied by the factor by which ``optimizer`` divides gradients, if by any."""
    scale = getattr(optimizer, "scale_loss", None)
    return loss if scale is None else scale(loss)


def parameters_of(optimizer: Any) -> list[Tensor]:
    """The parameters that ``optimizer`` changes."""
    groups = optimizer.param_groups
    return groups[0]["params"] if len(groups) == 1 else [p for g in groups for p in g["params"]]


def forget_gradients(parameters: list[Tensor]) -> None:
    """Drop what earlier steps left; ``zero_grad`` without its hooks, which cost more than this."""
    for parameter in parameters:
        parameter.grad = None


def precision_of(
    model: Any,
    optimizer: Any,
    auto_scale_loss: bool,
    device: torch.device,
    group: Alone,
    trains: bool = True,
    compiles: bool = False,
    everyone: Alone = ALONE,
) -> Precision:
    """How to step: scaled for the policy ``mixed_float16``, unless told not to.

    Args:
        model: The model.
        optimizer: Its optimizer; one that scales by itself (``LossScaleOptimizer``) is left to it.
        auto_scale_loss: See ``compile``.
        device: Where the model computes.
        group: The processes over which gradients are averaged after they are computed.
        trains: Whether there is a trainable variable.
        compiles: Whether the optimizer's step is compiled; a scaled one isn't.
        everyone: The processes whose gradients are averaged elsewhere, or later.
    """
    if not trains:
        warn("The model does not have any trainable weights.")
        return Untrained(group)
    scales_itself = hasattr(optimizer, "inner_optimizer")
    if auto_scale_loss and model.dtype_policy.name == "mixed_float16" and not scales_itself:
        return _kept(model, Scaled(group, device, everyone))
    return Precision(group, compiles)


def _kept(model: Any, precision: Scaled) -> Scaled:
    """The one of earlier runs, whose factor goes on; this one if there is none."""
    plan = model._compile_plan
    if plan is None:
        return precision
    if plan.scaled is None or plan.scaled.device != precision.device:
        plan.scaled = precision
    plan.scaled.group, plan.scaled.everyone = precision.group, precision.everyone
    return plan.scaled

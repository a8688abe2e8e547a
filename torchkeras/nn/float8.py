"""Training with values rounded to float8: scales that follow the largest values seen."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

# What goes forward needs precision, what comes back as gradient needs range.
FORWARD, BACKWARD = torch.float8_e4m3fn, torch.float8_e5m2


def rounded(x: Tensor, scale: Tensor, dtype: torch.dtype) -> Tensor:
    """``x`` as it comes back from ``x / scale`` in a float8 type; values beyond are clipped."""
    scale = scale.to(x.dtype)
    most = torch.finfo(dtype).max
    return (x / scale).clamp(-most, most).to(dtype).to(x.dtype) * scale


def next_scale(amax: Tensor, scale: Tensor, most: float, margin: int = 0) -> Tensor:
    """``amax / most * 2**margin``, or ``scale`` where ``amax`` is 0 or not finite."""
    factor = torch.div(most, amax) / 2**margin
    factor = torch.where((amax > 0) & amax.isfinite(), factor, 1.0 / scale)
    return 1.0 / factor


def next_history(x: Tensor, history: Tensor) -> Tensor:
    """The history moved on by one step, with ``max(|x|)`` as its first entry."""
    newest = x.abs().amax().to(history)
    return torch.cat([newest[None], history.roll(-1)[1:]])


class _RoundForward(torch.autograd.Function):
    """Rounds ``x``; the gradients of scale and history are their next values."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, scale: Tensor, history: Tensor, training: bool) -> Tensor:
        ctx.training = training
        if training:
            scale_after = next_scale(history.amax(), scale, torch.finfo(FORWARD).max)
            ctx.save_for_backward(scale_after, next_history(x, history))
        return rounded(x, scale, FORWARD)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple:
        after = ctx.saved_tensors if ctx.training else (None, None)
        return gradient, *after, None


class _RoundBackward(torch.autograd.Function):
    """Passes ``y`` on and rounds its gradient; those of scale and history are their next values."""

    @staticmethod
    def forward(ctx: Any, y: Tensor, scale: Tensor, history: Tensor) -> Tensor:
        ctx.save_for_backward(scale, history)
        return y.view_as(y)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple:
        scale, history = ctx.saved_tensors
        after = next_scale(history.amax(), scale, torch.finfo(BACKWARD).max)
        return rounded(gradient, scale, BACKWARD), after, next_history(gradient, history)


class Float8Product(nn.Module):
    """A product whose factors, and whose gradient, are rounded to float8.

    Each of ``inputs``, ``kernel`` and ``outputs_grad`` has a scale and a history of largest values;
    their gradients are the values to take next.

    Args:
        form: How inputs and weight are multiplied (see ``torchkeras.nn.products``).
        weight, bias: Parameters of the module that this one stands for.
        length: Steps whose largest values the scales look back on.
        in_training: Tells whether the scales are to move on; without it, they are buffers that
            stay as they are, since plain optimizers take gradients for gradients.

    Source: Micikevicius et al. 2022; Keras 3 ``quantize("float8")``.
    """

    parts = ("inputs", "kernel", "outputs_grad")

    def __init__(
        self,
        form: Any,
        weight: nn.Parameter,
        bias: nn.Parameter | None,
        length: int,
        in_training: Callable[[], bool] | None = None,
    ) -> None:
        super().__init__()
        self.form, self.in_training = form, in_training
        self.weight, self.bias = weight, bias
        factory = {"device": weight.device, "dtype": torch.float32}
        for part in self.parts:
            self._keep(f"{part}_scale", torch.ones((), **factory))
            self._keep(f"{part}_amax_history", torch.zeros(length, **factory))

    def _keep(self, name: str, value: Tensor) -> None:
        if self.in_training is None:
            self.register_buffer(name, value)
        else:
            setattr(self, name, nn.Parameter(value))

    def forward(self, x: Tensor) -> Tensor:
        training = self.in_training is not None and self.in_training()
        form = self.form
        weight = self.weight.to(x.dtype)
        x = _RoundForward.apply(
            form.enter(x), self.inputs_scale, self.inputs_amax_history, training
        )
        w = _RoundForward.apply(weight, self.kernel_scale, self.kernel_amax_history, training)
        y = form.multiply(x, w)
        y = _RoundBackward.apply(y, self.outputs_grad_scale, self.outputs_grad_amax_history)
        if self.bias is not None:
            bias = self.bias
            if y.dtype is torch.float32:  # added in bfloat16, as fused kernels do
                bias = bias.to(torch.bfloat16)
            y = y + bias.to(y.dtype)
        return form.leave(y)

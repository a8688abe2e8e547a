"""Normalizations with Keras's arithmetic: biased moving variance, masks, several processes."""

import math
from typing import Any

import torch
from torch import Tensor, distributed, nn
from torch.nn import functional as F

# Keeps the mean over an entirely masked batch finite, as Keras does.
MASK_EPSILON = 1e-7


class _SumOverProcesses(torch.autograd.Function):
    """All-reduce by sum, whose gradient is summed in the same way."""

    @staticmethod
    def forward(ctx: object, x: Tensor) -> Tensor:
        total = x.clone()
        distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: object, gradient: Tensor) -> Tensor:
        total = gradient.clone()
        distributed.all_reduce(total)
        return total


def sum_over_processes(x: Tensor) -> Tensor:
    """Differentiable sum of ``x`` over all processes; ``x`` itself where there is only one."""
    if not (distributed.is_available() and distributed.is_initialized()):
        return x
    return _SumOverProcesses.apply(x)


class BatchNorm(nn.Module):
    """``(x - mean) / sqrt(variance + epsilon) * weight + bias`` over all axes but one.

    In training the moments are the batch's, and the running ones move towards them with the
    *biased* variance, ``running = momentum * running + (1 - momentum) * batch``.

    Args:
        features: Length of the axis that is kept.
        axis: Which axis that is.
        momentum: How much of the running moments stays, in [0, 1].
        epsilon: Added to the variance.
        scale, center: Whether there are ``weight`` and ``bias``.

    Shape:
        x: ``(batch, ...)`` with ``features`` along ``axis``; the result has the same.

    Source: Ioffe and Szegedy 2015; Keras 3 ``BatchNormalization``.
    """

    running_mean: Tensor
    running_var: Tensor

    def __init__(
        self,
        features: int,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        scale: bool = True,
        center: bool = True,
        device: torch.device | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        factory: dict[str, Any] = {"device": device, "dtype": dtype}
        self.features, self.axis = features, axis
        self.momentum, self.epsilon = momentum, epsilon
        self.weight = nn.Parameter(torch.ones(features, **factory)) if scale else None
        self.bias = nn.Parameter(torch.zeros(features, **factory)) if center else None
        self.register_buffer("running_mean", torch.zeros(features, **factory))
        self.register_buffer("running_var", torch.ones(features, **factory))

    def forward(self, x: Tensor, training: bool | None = None) -> Tensor:
        training = self.training if training is None else training
        rows = x.ndim > 2 and self.axis in (-1, x.ndim - 1) and x.is_contiguous()
        if rows:  # (b, ..., c) -> (n, c): a view, and the fastest form on CPU
            flat = x.view(-1, self.features)
            return self._normalize(flat, training).view(x.shape)
        if x.ndim == 2 or self.axis == 1:
            return self._normalize(x, training)
        return self._normalize(x.movedim(self.axis, 1), training).movedim(1, self.axis)

    def _normalize(self, x: Tensor, training: bool) -> Tensor:  # (n, c, ...) -> (n, c, ...)
        cudnn = x.is_cuda and torch.backends.cudnn.enabled
        if not training:
            return torch.batch_norm(
                x, self.weight, self.bias, self.running_mean, self.running_var,
                False, 0.0, self.epsilon, cudnn,
            )  # fmt: skip
        # torch writes the unbiased variance: it gets a place to do so, and the mean the real one.
        spread, pace = torch.zeros_like(self.running_var), 1 - self.momentum
        y = torch.batch_norm(
            x, self.weight, self.bias, self.running_mean, spread, True, pace, self.epsilon, cudnn
        )
        count = x.numel() // self.features
        with torch.no_grad():
            self.running_var.mul_(self.momentum)
            if count > 1:
                self.running_var.add_(spread, alpha=(count - 1) / count)
        return y

    def extra_repr(self) -> str:
        return f"{self.features}, axis={self.axis}, momentum={self.momentum}, eps={self.epsilon}"


class MaskedBatchNorm(BatchNorm):
    """Batch norm over a part of a batch, or over the batches of all processes.

    Args:
        features: Length of the axis that is kept.
        synchronized: Whether the batch is that of all processes together; an empty share changes
            nothing, and neither does one that doesn't count.
        options: Arguments of ``BatchNorm``.

    Shape:
        x: ``(batch, ...)`` with ``features`` along ``axis``; the result has the same.
        mask: The shape of ``x`` without its last axis; False elements have no part in the moments.

    ``counts`` says whether this process's share of a synchronized batch has a part in the moments;
    one that doesn't is a stand-in for a share without samples.
    """

    def __init__(self, features: int, synchronized: bool = False, **options: object) -> None:
        super().__init__(features, **options)
        self.synchronized = synchronized

    def forward(
        self,
        x: Tensor,
        mask: Tensor | None = None,
        training: bool | None = None,
        counts: bool = True,
    ) -> Tensor:
        training = self.training if training is None else training
        if training and (mask is not None or self.synchronized):
            return self._normalize_slowly(x, mask, counts)
        return super().forward(x, training)

    def _move(self, mean: Tensor, variance: Tensor) -> None:
        with torch.no_grad():
            self.running_mean.lerp_(mean.to(self.running_mean.dtype), 1 - self.momentum)
            self.running_var.lerp_(variance.to(self.running_var.dtype), 1 - self.momentum)

    def moments(
        self, x: Tensor, mask: Tensor | None = None, counts: bool = True
    ) -> tuple[Tensor, Tensor]:
        """Mean and biased variance of ``x`` along ``axis``, over all processes if synchronized."""
        axes = tuple(axis for axis in range(x.ndim) if axis != self.axis % x.ndim)
        share = 1.0 if counts else 0.0

        def together(total: Tensor) -> Tensor:
            return sum_over_processes(total * share) if self.synchronized else total

        if mask is None:
            weight = x.new_ones((1,) * x.ndim)
            count = together(x.new_tensor(x.numel() / self.features))
            epsilon = 0.0
        else:
            weight = mask.to(x.dtype).unsqueeze(-1).expand(x.shape)
            count = together(weight.sum(axes, keepdim=True))
            epsilon = MASK_EPSILON
            x = torch.where(mask.bool().unsqueeze(-1), x, 0.0)
        count = count + epsilon
        mean = together(x.sum(axes, keepdim=True)) / count
        variance = together(((x - mean) ** 2 * weight).sum(axes, keepdim=True)) / count
        return mean.flatten(), variance.flatten()

    def along_axis(self, values: Tensor, rank: int) -> Tensor:
        """``(features,)`` in a shape that broadcasts along ``axis`` of a tensor of this rank."""
        shape = [1] * rank
        shape[self.axis] = self.features
        return values.reshape(shape)

    def transform(
        self, x: Tensor, mean: Tensor, variance: Tensor, r: Tensor | None = None,
        d: Tensor | None = None,
    ) -> Tensor:  # fmt: skip
        """``x`` normalized by these moments, times ``r`` plus ``d``, then weight and bias."""
        scale = torch.rsqrt(variance + self.epsilon)
        y = (x - self.along_axis(mean, x.ndim)) * self.along_axis(scale, x.ndim)
        if r is not None and d is not None:
            y = y * self.along_axis(r, x.ndim) + self.along_axis(d, x.ndim)
        if self.weight is not None:
            y = y * self.along_axis(self.weight.to(y.dtype), x.ndim)
        if self.bias is not None:
            y = y + self.along_axis(self.bias.to(y.dtype), x.ndim)
        return y

    def _normalize_slowly(self, x: Tensor, mask: Tensor | None, counts: bool) -> Tensor:
        wide = wider(x)
        mean, variance = self.moments(wide, mask, counts)
        self._move(mean.detach(), variance.detach())
        return self.transform(wide, mean, variance).to(x.dtype)


class BatchRenorm(MaskedBatchNorm):
    """Batch norm corrected towards the running moments in training too.

    ``y = (x - mean) / stddev * r + d`` with ``r = stddev / running stddev`` and
    ``d = (mean - running mean) / running stddev``, clipped and held constant for gradients.

    Args:
        correction_momentum: Momentum of the moments that ``r`` and ``d`` refer to.
        rmin, rmax, dmax: Bounds of ``r`` and of ``|d|``; None leaves them free.

    Source: Ioffe 2017; Keras 3 ``BatchNormalization(renorm=True)``.
    """

    def __init__(
        self,
        features: int,
        correction_momentum: float = 0.99,
        rmin: float | None = None,
        rmax: float | None = None,
        dmax: float | None = None,
        **options: object,
    ) -> None:
        super().__init__(features, **options)
        self.correction_momentum = correction_momentum
        self.rmin, self.rmax, self.dmax = rmin, rmax, dmax
        for name in ("running_stddev", "correction_mean", "correction_stddev"):
            self.register_buffer(name, torch.ones_like(self.running_var))

    def forward(
        self,
        x: Tensor,
        mask: Tensor | None = None,
        training: bool | None = None,
        counts: bool = True,
    ) -> Tensor:
        if not (self.training if training is None else training):
            return super().forward(x, mask, False)
        wide = wider(x)
        mean, variance = self.moments(wide, mask, counts)
        r, d = self._correction(mean.detach(), (variance.detach() + self.epsilon).sqrt())
        return self.transform(wide, mean, variance, r, d).to(x.dtype)

    @torch.no_grad()
    def _correction(self, mean: Tensor, stddev: Tensor) -> tuple[Tensor, Tensor]:
        reference = self.correction_stddev.clamp(min=math.sqrt(self.epsilon))
        r = stddev / reference
        d = (mean - self.correction_mean) / reference
        if self.rmin is not None or self.rmax is not None:
            r = r.clamp(self.rmin, self.rmax)
        if self.dmax is not None:
            d = d.clamp(-self.dmax, self.dmax)
        self.correction_mean.lerp_(mean, 1 - self.correction_momentum)
        self.correction_stddev.lerp_(stddev, 1 - self.correction_momentum)
        self.running_mean.lerp_(mean, 1 - self.momentum)
        self.running_stddev.lerp_(stddev, 1 - self.momentum)
        self.running_var.copy_((self.running_stddev**2 - self.epsilon).relu())
        return r, d


def wider(x: Tensor) -> Tensor:
    """``x`` in float32 if it is half precision: sums over many elements need it."""
    return x.float() if x.dtype in (torch.float16, torch.bfloat16) else x


class LayerNorm(nn.Module):
    """``(x - mean) / sqrt(variance + epsilon) * weight + bias`` over the given axes.

    Args:
        shape: Lengths of these axes, in order.
        axes: The axes, ascending; torch's own kernel needs them last, others are moved there.
        epsilon: Added to the variance.
        scale, center: Whether there are ``weight`` and ``bias``, each of this shape.

    Source: Ba, Kiros and Hinton 2016; Keras 3 ``LayerNormalization``.
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        axes: tuple[int, ...] = (-1,),
        epsilon: float = 1e-3,
        scale: bool = True,
        center: bool = True,
        device: torch.device | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        factory: dict[str, Any] = {"device": device, "dtype": dtype}
        self.shape, self.axes, self.epsilon = tuple(shape), tuple(axes), epsilon
        self.weight = nn.Parameter(torch.ones(shape, **factory)) if scale else None
        self.bias = nn.Parameter(torch.zeros(shape, **factory)) if center else None

    def forward(self, x: Tensor) -> Tensor:
        wide = wider(x)
        last = tuple(range(-len(self.axes), 0))
        if all(axis % x.ndim == end % x.ndim for axis, end in zip(self.axes, last, strict=True)):
            y = self.normalize(wide)
        else:
            y = self.normalize(wide.movedim(self.axes, last)).movedim(last, self.axes)
        return y if y.dtype is x.dtype else y.to(x.dtype)

    def normalize(self, x: Tensor) -> Tensor:
        """The formula, over the last axes."""
        weight, bias = _cast(self.weight, x), _cast(self.bias, x)
        return F.layer_norm(x, self.shape, weight, bias, self.epsilon)

    def extra_repr(self) -> str:
        return f"{self.shape}, axes={self.axes}, eps={self.epsilon}"


class RMSNorm(LayerNorm):
    """``x / sqrt(mean(x ** 2) + epsilon) * weight`` over the given axes."""

    def __init__(
        self, shape: tuple[int, ...], axes: tuple[int, ...] = (-1,), epsilon: float = 1e-6,
        scale: bool = True, device: torch.device | None = None, dtype: torch.dtype | None = None,
    ) -> None:  # fmt: skip
        super().__init__(shape, axes, epsilon, scale, False, device, dtype)

    def normalize(self, x: Tensor) -> Tensor:
        return F.rms_norm(x, self.shape, _cast(self.weight, x), self.epsilon)


class VarianceNorm(LayerNorm):
    """``x / sqrt(variance + epsilon) * weight``: what Keras once called RMS scaling."""

    def normalize(self, x: Tensor) -> Tensor:
        axes = tuple(range(-len(self.axes), 0))
        variance = (x - x.mean(axes, keepdim=True)).square().mean(axes, keepdim=True)
        y = x * torch.rsqrt(variance + self.epsilon)
        return y if self.weight is None else y * _cast(self.weight, x)


class GroupNorm(nn.Module):
    """Layer norm over blocks of neighbouring channels of each sample.

    Args:
        groups: Number of blocks; divides ``features``.
        features: Length of the channels' axis.
        axis: Which axis that is.
        epsilon: Added to the variance.
        scale, center: Whether there are ``weight`` and ``bias``.

    Source: Wu and He 2018; ``torch.nn.GroupNorm``, with the channels along any axis.
    """

    def __init__(
        self,
        groups: int,
        features: int,
        axis: int = -1,
        epsilon: float = 1e-3,
        scale: bool = True,
        center: bool = True,
        device: torch.device | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        factory: dict[str, Any] = {"device": device, "dtype": dtype}
        self.groups, self.features, self.axis, self.epsilon = groups, features, axis, epsilon
        self.weight = nn.Parameter(torch.ones(features, **factory)) if scale else None
        self.bias = nn.Parameter(torch.zeros(features, **factory)) if center else None

    def forward(self, x: Tensor) -> Tensor:
        wide = wider(x).movedim(self.axis, 1)
        weight, bias = _cast(self.weight, wide), _cast(self.bias, wide)
        if torch.is_grad_enabled() and not wide.requires_grad:
            # On such an input torch's backward of group_norm crashes when channels come last.
            wide = wide.contiguous()
        if (weight is None) == (bias is None):
            y = F.group_norm(wide, self.groups, weight, bias, self.epsilon)
        else:  # torch's backward of group_norm fails with one of the two
            y = F.group_norm(wide, self.groups, eps=self.epsilon)
            along = (-1, *[1] * (wide.dim() - 2))
            y = y * weight.view(along) if bias is None else y + bias.view(along)
        y = y.movedim(1, self.axis)
        return y if y.dtype is x.dtype else y.to(x.dtype)

    def extra_repr(self) -> str:
        return f"{self.groups}, {self.features}, axis={self.axis}, eps={self.epsilon}"


def _cast(parameter: Tensor | None, x: Tensor) -> Tensor | None:
    if parameter is None or parameter.dtype is x.dtype:
        return parameter
    return parameter.to(x.dtype)


def power_iteration(matrix: Tensor, u: Tensor, steps: int) -> tuple[Tensor, Tensor]:
    """The vector ``u`` moved towards the first right singular vector, and the singular value.

    Args:
        matrix: ``(rows, columns)``.
        u: Where to begin, ``(1, columns)``.
        steps: Number of steps.
    """
    for _ in range(steps):
        v = _unit(u @ matrix.t())
        u = _unit(v @ matrix)
    return u, v @ matrix @ u.t()


def _unit(x: Tensor) -> Tensor:
    """``x`` of length 1; of zeros, zeros."""
    return x / x.norm().clamp(min=torch.finfo(x.dtype).eps)

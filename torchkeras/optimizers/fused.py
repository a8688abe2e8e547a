"""torch's fused optimizer kernels: where they run, and steps that a GradScaler may skip."""

import itertools
from typing import Any

import torch
from torch import Tensor

from torchkeras.optimizers.buckets import Bucket, shrink

_DEVICES = ("cpu", "cuda", "mps", "xpu")
_CACHED = 2**18  # elements that a core's own cache holds, 1 MiB of float32


def fits(optimizer: Any, bucket: Bucket) -> bool:
    """Whether a fused kernel can update the bucket, as known from its first step on."""
    if torch.compiler.is_compiling():  # the compiler fuses the formula itself
        return False
    known = bucket.constants.get("fused")
    if known is None:
        weight = bucket.weights[0]
        known = bucket.constants["fused"] = (
            optimizer.has_fused_step
            and weight.device.type in _DEVICES
            and weight.is_floating_point()
            and (optimizer.has_sharded_kernel or not hasattr(weight, "full_tensor"))
            and all(_dense(weight) for weight in bucket.weights)
        )
    return known


def _dense(weight: Tensor) -> bool:
    """Whether the elements fill their memory: CPU kernels run over it from end to end."""
    return torch.empty_like(weight).stride() == weight.stride()


def parts(bucket: Bucket) -> list[slice]:
    """Parts of the bucket, each small enough that what one kernel writes the next one finds cached.

    Only a CPU gains by that; elsewhere more kernels cost more.
    """
    known = bucket.constants.get("parts")
    if known is None:
        known = bucket.constants["parts"] = _parts(bucket.weights)
    return known


def _parts(weights: list[Tensor]) -> list[slice]:
    if weights[0].device.type != "cpu":
        return [slice(None)]
    ends, room = [], _CACHED
    for place, weight in enumerate(weights):
        if place and weight.numel() > room:
            ends.append(place)
            room = _CACHED
        room -= weight.numel()
    return [slice(*pair) for pair in itertools.pairwise([0, *ends, len(weights)])]


def amp(optimizer: Any, bucket: Bucket) -> tuple[Tensor | None, Tensor | None]:
    """Loss scale and overflow flag that ``torch.amp.GradScaler`` left for this step."""
    state = optimizer.__dict__
    if "found_inf" not in state:
        return None, None
    device = bucket.weights[0].device
    scale, found_inf = state.get("grad_scale"), state["found_inf"]
    return (
        None if scale is None else scale.to(device),
        None if found_inf is None else found_inf.to(device),
    )


def decay(bucket: Bucket, rate: Any, found_inf: Tensor | None) -> None:
    """Shrink the weights, unless the step is to be skipped."""
    amount = bucket.decay * rate
    if found_inf is not None:
        amount = amount * (1.0 - found_inf)
    shrink(bucket.weights, amount)


def supports_skipping(optimizer: Any) -> bool:
    """Whether the whole step can be skipped on the device, by the kernels themselves."""
    plain = not (
        optimizer.clipnorm
        or optimizer.clipvalue
        or optimizer.global_clipnorm
        or optimizer.use_ema
        or optimizer.gradient_accumulation_steps
        or optimizer.loss_scale_factor
        or any(variable.overwrite_with_gradient for variable in optimizer._trainable_variables)
    )
    return plain and optimizer.has_fused_step

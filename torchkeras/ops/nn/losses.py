"""What losses and classifiers are made of: cross-entropies, one-hot codes, CTC, PSNR."""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from torchkeras.core import settings
from torchkeras.core.typing import DTypeLike, TensorLike
from torchkeras.ops.operands import canonical_axis, cast, floating, held_dtype, tensor
from torchkeras.tracer import traceable


def _check_same_shape(name: str, target: Tensor, output: Tensor) -> None:
    if target.shape != output.shape:
        raise ValueError(
            f"{name}: target has shape {tuple(target.shape)} and output {tuple(output.shape)}; "
            "Arguments `target` and `output` must have the same shape."
        )


@traceable
def binary_crossentropy(
    target: TensorLike, output: TensorLike, from_logits: bool = False
) -> Tensor:
    """Cross-entropy of each element with its own probability, in nats.

    Args:
        target: Probabilities in [0, 1], of the shape of ``output``.
        output: Probabilities, or logits if ``from_logits``.

    Raises:
        ValueError: the shapes differ.
    """
    output = floating(output)
    target = cast(target, output.dtype)
    _check_same_shape("binary_crossentropy", target, output)
    if from_logits:
        return functional.binary_cross_entropy_with_logits(output, target, reduction="none")
    margin = settings.epsilon()
    output = torch.clamp(output, margin, 1.0 - margin)
    return functional.binary_cross_entropy(output, target, reduction="none")


@traceable
def categorical_crossentropy(
    target: TensorLike, output: TensorLike, from_logits: bool = False, axis: int = -1
) -> Tensor:
    """Cross-entropy along ``axis``, in nats.

    Args:
        target: Class probabilities, of the shape of ``output``.
        output: Probabilities, which are scaled to sum to 1, or logits if ``from_logits``.

    Shape:
        output: the shape of ``target`` without ``axis``.

    Raises:
        ValueError: the shapes differ, or there is no axis.
    """
    output = floating(output)
    target = cast(target, output.dtype)
    _check_same_shape("categorical_crossentropy", target, output)
    if output.ndim < 1:
        raise ValueError(
            "categorical_crossentropy: target has shape (); Arguments `target` and `output` must "
            "be at least rank 1."
        )
    return -torch.sum(target * _log_probabilities(output, from_logits, axis), axis)


def _log_probabilities(output: Tensor, from_logits: bool, axis: int) -> Tensor:
    if from_logits:
        return torch.log_softmax(output, axis)
    margin = settings.epsilon()
    output = output / torch.sum(output, axis, keepdim=True)
    return torch.log(torch.clamp(output, margin, 1.0 - margin))


@traceable
def sparse_categorical_crossentropy(
    target: TensorLike, output: TensorLike, from_logits: bool = False, axis: int = -1
) -> Tensor:
    """Cross-entropy along ``axis`` of classes given by number, in nats.

    Args:
        target: Class numbers, of the shape of ``output`` without ``axis`` (or with length 1 there).
            -100 gives a loss and gradient of 0.
        output: Probabilities, which are scaled to sum to 1, or logits if ``from_logits``.

    Raises:
        ValueError: the shapes don't fit, or there is no axis.
        IndexError: on the CPU, a class number is outside of [0, classes).
    """
    output = floating(output)
    target = tensor(target, output.device).long()
    if output.ndim < 1:
        raise ValueError(
            "sparse_categorical_crossentropy: output has shape (); Argument `output` must be at "
            "least rank 1."
        )
    axis = canonical_axis(axis, output.ndim)
    if from_logits and axis == 1 and output.ndim == 2 and target.shape == output.shape[:1]:
        return functional.cross_entropy(output, target, reduction="none")
    if target.ndim == output.ndim and target.shape[axis] == 1:
        target = target.squeeze(axis)
    rest = output.shape[:axis] + output.shape[axis + 1 :]
    if target.shape != rest:
        raise ValueError(
            f"sparse_categorical_crossentropy: target has shape {tuple(target.shape)} and output "
            f"{tuple(output.shape)}; expected target of shape {tuple(rest)}. Arguments `target` "
            "and `output` must have the same shape up until the last dimension."
        )
    if output.ndim == 1:
        output, target, axis = output.unsqueeze(0), target.unsqueeze(0), 1
    logs = _log_probabilities(output, from_logits, axis)
    loss = functional.nll_loss(torch.movedim(logs, axis, 1), target, reduction="none")
    return loss.reshape(rest)


@traceable
def one_hot(
    x: TensorLike,
    num_classes: int,
    axis: int = -1,
    dtype: DTypeLike = None,
    sparse: bool = False,
) -> Tensor:
    """1 at the class number along a new ``axis``, else 0; all 0 if there is no such class.

    Args:
        dtype: Type of the result; None is ``floatx()``.

    Raises:
        ValueError: ``sparse`` is set.
    """
    if sparse:
        _refuse_sparse("one_hot", sparse)
    x = tensor(x).long()
    classes = torch.arange(num_classes, device=x.device)
    hot = torch.eq(x.unsqueeze(-1), classes).to(held_dtype(dtype))
    return hot if axis in (-1, x.ndim) else torch.moveaxis(hot, -1, axis)


@traceable
def multi_hot(
    inputs: TensorLike,
    num_classes: int | None = None,
    axis: int = -1,
    dtype: DTypeLike = None,
    sparse: bool = False,
    **options: Any,
) -> Tensor:
    """1 at each of several class numbers, else 0.

    Shape:
        inputs: ``(numbers,)`` or ``(batch, numbers)``.
        output: ``(num_classes,)`` or ``(batch, num_classes)``.

    Raises:
        ValueError: ``num_classes`` is missing, or ``sparse`` is set.
    """
    _refuse_sparse("multi_hot", sparse)
    num_classes = options.pop("num_tokens", num_classes)  # the argument's former name
    if num_classes is None or options:
        raise ValueError(
            f"multi_hot: num_classes is {num_classes}; expected an integer: Argument `num_classes` "
            f"must be specified. Other options: {sorted(options)}."
        )
    inputs = tensor(inputs)
    hot = one_hot(inputs, num_classes, axis=axis, dtype=dtype)
    return torch.amax(hot, 1 if inputs.ndim > 1 else 0)


def _refuse_sparse(name: str, sparse: bool) -> None:
    if sparse:
        raise ValueError(f"{name}: sparse is True; expected False, as tensors are dense.")


@traceable
def ctc_loss(
    target: TensorLike,
    output: TensorLike,
    target_length: TensorLike,
    output_length: TensorLike,
    mask_index: int = 0,
) -> Tensor:
    """Connectionist temporal classification: minus the log-probability of ``target``, in nats.

    Shape:
        target: ``(batch, labels)``, class numbers.
        output: ``(batch, time, classes)``, logits.
        target_length, output_length: ``(batch,)``, how much of both counts.
        output: ``(batch,)``.
    """
    logits = floating(output).transpose(0, 1)  # (t, b, n)
    if logits.dtype in (torch.float16, torch.bfloat16):
        logits = logits.float()
    return functional.ctc_loss(
        torch.log_softmax(logits, -1),
        tensor(target).long(),
        tensor(output_length).long(),
        tensor(target_length).long(),
        blank=mask_index,
        reduction="none",
    )


@traceable
def psnr(x1: TensorLike, x2: TensorLike, max_val: float) -> Tensor:
    """Peak signal-to-noise ratio in decibels.

    Args:
        max_val: The highest value that a signal may have.

    Raises:
        ValueError: the shapes differ.
    """
    x1, x2 = tensor(x1), tensor(x2)
    if x1.shape != x2.shape:
        raise ValueError(
            f"psnr: shapes are {tuple(x1.shape)} and {tuple(x2.shape)}; Input shapes must match "
            "for PSNR calculation."
        )
    peak = torch.as_tensor(max_val, dtype=floating(x1).dtype, device=x1.device)
    error = torch.mean((floating(x1) - floating(x2)) ** 2)
    return 20 * torch.log10(peak) - 10 * torch.log10(error)

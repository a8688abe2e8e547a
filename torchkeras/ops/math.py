"""Segments, rankings, special functions and Fourier transforms."""

import math
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from torchkeras.core.checks import argument_error
from torchkeras.core.typing import AxisLike, TensorLike
from torchkeras.ops.operands import axes_of, cast, floating, join, join_floating, tensor
from torchkeras.tracer import traceable


@traceable
def segment_sum(
    data: TensorLike, segment_ids: TensorLike, num_segments: int | None = None, sorted: bool = False
) -> Tensor:
    """Sums of the slices of ``data`` along axis 0 that have the same number in ``segment_ids``.

    Args:
        segment_ids: One number per slice; those outside of [0, num_segments) are left out.
        num_segments: How many sums there are; None takes the highest number and 1.
        sorted: Accepted for other backends: the numbers need no order here.
    """
    return _segments("sum", data, segment_ids, num_segments)


@traceable
def segment_prod(
    data: TensorLike, segment_ids: TensorLike, num_segments: int | None = None, sorted: bool = False
) -> Tensor:
    """``segment_sum`` with products; 1 for an empty segment. ``sorted`` changes nothing here."""
    return _segments("prod", data, segment_ids, num_segments)


@traceable
def segment_max(
    data: TensorLike, segment_ids: TensorLike, num_segments: int | None = None, sorted: bool = False
) -> Tensor:
    """``segment_sum`` with the largest elements; the type's lowest value for an empty segment.

    ``sorted`` changes nothing here.
    """
    return _segments("amax", data, segment_ids, num_segments)


@traceable
def segment_min(
    data: TensorLike, segment_ids: TensorLike, num_segments: int | None = None, sorted: bool = False
) -> Tensor:
    """``segment_sum`` with the smallest elements; the type's highest value for an empty segment.

    ``sorted`` changes nothing here.
    """
    return _segments("amin", data, segment_ids, num_segments)


def _neutral(reduction: str, dtype: torch.dtype) -> float:
    """What an empty segment gives."""
    if reduction in ("sum", "prod"):
        return 0 if reduction == "sum" else 1
    if dtype.is_floating_point:
        return float("-inf") if reduction == "amax" else float("inf")
    limits = torch.iinfo(dtype)
    return limits.min if reduction == "amax" else limits.max


def _segments(
    reduction: str, data: TensorLike, segment_ids: TensorLike, number: int | None
) -> Tensor:
    data = tensor(data)
    ids = tensor(segment_ids, data.device).long()
    if ids.ndim != 1:
        raise ValueError(
            f"segment_ids has shape {tuple(ids.shape)}; expected one axis: Argument `segment_ids` "
            "should be an 1-D vector."
        )
    if number is None:
        number = int(ids.max()) + 1 if ids.numel() else 0
    ids = ids.clamp(-1, number) + 1  # the first and the last one collect the rest
    shape = (number + 2, *data.shape[1:])
    start = torch.full(shape, _neutral(reduction, data.dtype), dtype=data.dtype, device=data.device)
    if reduction == "sum":
        return start.index_add(0, ids, data)[1:-1]
    places = ids.reshape(-1, *[1] * (data.ndim - 1)).expand_as(data)
    return start.scatter_reduce(0, places, data, reduction)[1:-1]


@traceable
def top_k(x: TensorLike, k: int, sorted: bool = True) -> tuple[Tensor, Tensor]:
    """The ``k`` largest elements along the last axis, and their places, int32.

    Args:
        sorted: Whether they must come in falling order; False allows any order.
    """
    values, places = torch.topk(tensor(x), k, sorted=sorted)
    return values, places.int()


@traceable
def in_top_k(targets: TensorLike, predictions: TensorLike, k: int) -> Tensor:
    """Whether the prediction of the target class is among the ``k`` highest, ties included.

    Shape:
        targets: ``(batch,)``.
        predictions: ``(batch, classes)``.
        output: ``(batch,)``.

    Raises:
        ValueError: the two have other batches, or there are fewer than ``k`` classes.
    """
    predictions = tensor(predictions)
    targets = tensor(targets, predictions.device).long()
    if targets.shape != predictions.shape[:-1]:
        raise argument_error(
            "in_top_k", "the shape of targets", tuple(targets.shape),
            f"a batch like that of predictions, whose shape is {tuple(predictions.shape)}",
        )  # fmt: skip
    own = torch.gather(predictions, -1, targets.unsqueeze(-1))
    return own[..., 0] >= torch.topk(predictions, k)[0][..., -1]


@traceable
def logsumexp(x: TensorLike, axis: AxisLike = None, keepdims: bool = False) -> Tensor:
    """``log(sum(exp(x)))`` along ``axis``; None takes all axes."""
    x = floating(x)
    return torch.logsumexp(x, tuple(range(x.ndim)) if axis is None else axes_of(axis), keepdims)


@traceable
def rsqrt(x: TensorLike) -> Tensor:
    """``1 / sqrt(x)``."""
    return torch.rsqrt(floating(x))


@traceable
def erf(x: TensorLike) -> Tensor:
    """Error function."""
    return torch.erf(floating(x))


@traceable
def erfc(x: TensorLike) -> Tensor:
    """``1 - erf(x)``."""
    return torch.erfc(floating(x))


@traceable
def erfinv(x: TensorLike) -> Tensor:
    """Inverse of the error function."""
    return torch.erfinv(floating(x))


@traceable
def logdet(x: TensorLike) -> Tensor:
    """Logarithm of the determinant."""
    return torch.logdet(floating(x))


@traceable
def cdist(x: TensorLike, y: TensorLike) -> Tensor:
    """Euclidean distances between all rows of ``x`` and all rows of ``y``.

    Raises:
        ValueError: fewer than two axes, or last axes of different lengths.
    """
    x, y = join_floating(x, y)
    if x.ndim < 2 or y.ndim < 2:
        raise ValueError(
            f"cdist: shapes are {tuple(x.shape)} and {tuple(y.shape)}; `cdist` inputs must have "
            "rank >= 2."
        )
    if x.shape[-1] != y.shape[-1]:
        raise ValueError(
            f"cdist: shapes are {tuple(x.shape)} and {tuple(y.shape)}; Last dimension of inputs to "
            "`cdist` must match."
        )
    return torch.linalg.vector_norm(x.unsqueeze(-2) - y.unsqueeze(-3), dim=-1)


@traceable
def view_as_complex(x: TensorLike) -> Tensor:
    """Complex numbers from pairs of real and imaginary part in the last axis."""
    x = floating(x)
    if x.ndim < 1 or x.shape[-1] != 2:
        raise ValueError(
            f"view_as_complex: x has shape {tuple(x.shape)}; Last dimension of input must be size "
            "2 (real and imaginary)."
        )
    return torch.view_as_complex(x.contiguous())


@traceable
def view_as_real(x: TensorLike) -> Tensor:
    """Pairs of real and imaginary part along a new last axis."""
    x = tensor(x)
    x = x if x.is_complex() else torch.complex(floating(x), torch.zeros_like(floating(x)))
    return torch.view_as_real(x)


def _complex(x: Any) -> Tensor:
    """A complex tensor from a pair of real and imaginary part."""
    if not isinstance(x, (tuple, list)) or len(x) != 2:
        raise ValueError(
            f"x is of type {type(x).__name__}; expected a pair. "
            "Input `x` should be a tuple of two tensors - real and imaginary."
        )
    real, imaginary = tensor(x[0]), tensor(x[1])
    if real.shape != imaginary.shape:
        raise ValueError(
            f"x is of shapes {tuple(real.shape)} and {tuple(imaginary.shape)}; expected one shape. "
            "Input `x` should be a tuple of two tensors - real and imaginary. Both the real and "
            "imaginary parts should have the same shape."
        )
    if not (real.is_floating_point() and imaginary.is_floating_point()):
        raise ValueError(
            f"x is of types {real.dtype} and {imaginary.dtype}; expected fractions. "
            "At least one tensor in input `x` is not of type float."
        )
    return torch.complex(*join(real, imaginary))


def _parts(x: Tensor) -> tuple[Tensor, Tensor]:
    return x.real, x.imag


@traceable
def fft(x: Any) -> tuple[Tensor, Tensor]:
    """Fourier transform along the last axis of a pair (real, imaginary); gives a pair."""
    return _parts(torch.fft.fft(_complex(x)))


@traceable
def fft2(x: Any) -> tuple[Tensor, Tensor]:
    """Fourier transform along the last two axes of a pair (real, imaginary); gives a pair."""
    return _parts(torch.fft.fft2(_complex(x)))


@traceable
def ifft2(x: Any) -> tuple[Tensor, Tensor]:
    """Inverse of ``fft2``."""
    return _parts(torch.fft.ifft2(_complex(x)))


@traceable
def rfft(x: TensorLike, fft_length: int | None = None) -> tuple[Tensor, Tensor]:
    """Fourier transform along the last axis of real numbers, as a pair (real, imaginary).

    Args:
        fft_length: Length to which the axis is cut or filled with zeros; None leaves it.
    """
    return _parts(torch.fft.rfft(floating(x), fft_length))


@traceable
def irfft(x: Any, fft_length: int | None = None) -> Tensor:
    """Inverse of ``rfft``; ``fft_length`` is the length of the result, by default even."""
    return torch.fft.irfft(_complex(x), fft_length)


@traceable
def extract_sequences(x: TensorLike, sequence_length: int, sequence_stride: int) -> Tensor:
    """Pieces of ``sequence_length`` of the last axis, ``sequence_stride`` apart.

    Shape:
        output: ``(..., pieces, sequence_length)``.
    """
    return tensor(x).unfold(-1, sequence_length, sequence_stride)


def _window(name: str, window: Any, length: int, x: Tensor) -> Tensor:
    if window is None:
        return torch.ones(length, dtype=x.dtype, device=x.device)
    if isinstance(window, str):
        makers = {"hann": torch.hann_window, "hamming": torch.hamming_window}
        if window not in makers:
            raise ValueError(
                f"{name}: If a string is passed to `window`, it must be one of `hann`, `hamming`; "
                f"window is {window!r}."
            )
        return makers[window](length, dtype=x.dtype, device=x.device)
    given = cast(window, x.dtype).to(x.device)
    if given.shape != (length,):
        raise ValueError(
            f"{name}: The shape of `window` must be equal to [sequence_length]; it is "
            f"{tuple(given.shape)}."
        )
    return given


def _padded_window(window: Tensor, fft_length: int) -> Tensor:
    """``window`` with zeros around it, to ``fft_length``."""
    before = (fft_length - window.shape[0]) // 2
    return functional.pad(window, (before, fft_length - window.shape[0] - before))


@traceable
def stft(
    x: TensorLike,
    sequence_length: int,
    sequence_stride: int,
    fft_length: int,
    window: str | TensorLike | None = "hann",
    center: bool = True,
) -> tuple[Tensor, Tensor]:
    """Fourier transforms of overlapping pieces of the last axis, as a pair (real, imaginary).

    Args:
        sequence_length: Length of a piece.
        sequence_stride: Distance of the pieces' starts.
        fft_length: Length of the transform, at least ``sequence_length``.
        window: ``"hann"``, ``"hamming"``, factors of length ``sequence_length``, or None.
        center: Whether the axis is padded by reflection so that pieces are centred.

    Shape:
        x: ``(..., samples)``, float32 or float64.
        output: ``(..., pieces, fft_length // 2 + 1)`` each.

    Raises:
        TypeError: another type.
        ValueError: lengths or a window that don't fit.
    """
    x = tensor(x)
    if x.dtype not in (torch.float32, torch.float64):
        raise TypeError(
            f"stft: Invalid input type. Expected `float32` or `float64`; x is {x.dtype}."
        )
    if fft_length < sequence_length:
        raise ValueError(
            "stft: `fft_length` must equal or larger than `sequence_length`; they are "
            f"{fft_length} and {sequence_length}."
        )
    factors = _window("stft", window, sequence_length, x)
    rows = x.reshape(-1, x.shape[-1])
    result = torch.stft(
        rows, fft_length, sequence_stride, sequence_length, factors, center, return_complex=True
    )
    return _parts(result.mT.reshape(*x.shape[:-1], *result.mT.shape[1:]))


@traceable
def istft(
    x: Any,
    sequence_length: int,
    sequence_stride: int,
    fft_length: int,
    length: int | None = None,
    window: str | TensorLike | None = "hann",
    center: bool = True,
) -> Tensor:
    """Inverse of ``stft``; ``length`` is the number of samples, None leaves it as it comes out."""
    pieces = irfft(x, fft_length)  # (..., n, fft_length)
    total = fft_length + sequence_stride * (pieces.shape[-2] - 1)
    factors = None
    if window is not None:
        factors = _padded_window(_window("istft", window, sequence_length, pieces), fft_length)
    if factors is not None and center and sequence_length == fft_length:
        energy = _overlap(factors.square().expand_as(pieces), total, sequence_stride)
        signal = _overlap(pieces * factors, total, sequence_stride) / torch.clamp(energy, min=1e-11)
    else:
        scaled = pieces if factors is None else pieces * _dual(factors, sequence_stride)
        signal = _overlap(scaled, total, sequence_stride)
    start = fft_length // 2 if center else 0
    end = start + length if length is not None else total - start
    return signal[..., start:end]


def _overlap(pieces: Tensor, total: int, stride: int) -> Tensor:
    """Pieces ``stride`` apart, ``(..., n, length)``, added up to ``(..., total)``."""
    flat = pieces.reshape(-1, *pieces.shape[-2:]).mT
    summed = functional.fold(flat, (1, total), (1, pieces.shape[-1]), stride=(1, stride))
    return summed.reshape(*pieces.shape[:-2], total)


def _dual(window: Tensor, stride: int) -> Tensor:
    """Factors that make up for ``window`` where pieces ``stride`` apart are added."""
    overlaps = math.ceil(window.shape[0] / stride)
    energy = functional.pad(window.square(), (0, overlaps * stride - window.shape[0]))
    energy = energy.reshape(overlaps, stride).sum(0).repeat(overlaps)
    return window / energy[: window.shape[0]]

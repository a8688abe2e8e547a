"""Special functions, complex numbers and transforms of TensorFlow that tf.keras 2 noted in graphs.

Arguments have TensorFlow's names, those of its first version too, since nodes give them by name.
"""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from torchkeras import ops
from torchkeras.core.checks import argument_error
from torchkeras.saving.tensorflow_networks import array_of, refuse_other
from torchkeras.tracer import traceable


def _unary(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x: function(x)


def _binary(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda a, x: function(*_both(a, x))


def _both(a: Any, x: Any) -> tuple[Any, Any]:
    """Two tensors, of which one may be a constant of the type of the other."""
    dtype = next((v.dtype for v in (a, x) if hasattr(v, "dtype")), "float32")
    first, second = (v if hasattr(v, "dtype") else ops.convert_to_tensor(v, dtype) for v in (a, x))
    return first, second


def _polygamma(a: Any, x: Any) -> Any:
    if not isinstance(a, (int, float)) or a != int(a):
        raise argument_error("load", "order of tf.math.polygamma", a, "a whole number")
    return torch.polygamma(int(a), x)


def _log_beta(x: Any) -> Any:
    x = array_of(x)
    return ops.sum(torch.lgamma(x), axis=-1) - torch.lgamma(ops.sum(x, axis=-1))


# --- Transforms


def _fourier(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda input: ops.cast(function(input), "complex64")


def _real_fourier(function: Callable[..., Any], axes: int) -> Callable[..., Any]:
    def transform(input: Any = None, fft_length: Any = None, **rest: Any) -> Any:
        x = rest.pop("input_tensor", input)
        if axes == 1:
            return function(x, None if fft_length is None else int(fft_length[0]))
        return function(x, None if fft_length is None else [int(n) for n in fft_length])

    return transform


def _shift(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x, axes=None: function(x, axes)


def _cosine_transform(is_inverse: bool) -> Callable[..., Any]:
    def transform(
        input: Any, type: int = 2, n: Any = None, axis: int = -1, norm: Any = None
    ) -> Any:
        name = "signal.idct" if is_inverse else "signal.dct"
        refuse_other(name, {"n": n, "axis": None if axis == -1 else axis})
        if type not in (2, 3):
            raise argument_error("load", f"type of tf.{name}", type, "2 or 3")
        return cosine_transform(input, (type == 3) != is_inverse, norm == "ortho")

    return transform


@traceable
def cosine_transform(x: Tensor, is_third: bool, is_orthogonal: bool) -> Tensor:
    """Sums of the last axis, weighted by cosines: the second kind of transform, or the third.

    Args:
        x: What is transformed.
        is_third: Whether it is the third kind, which undoes the second but for a factor.
        is_orthogonal: Whether the results are scaled so that it undoes it exactly.

    Source: ``tf.signal.dct``.

    Example:
        >>> cosine_transform(torch.tensor([1.0, 1.0]), False, True)[0]
        tensor(1.4142)
    """
    number = x.shape[-1]
    places = torch.arange(number, dtype=torch.float64, device=x.device)
    weights = 2 * torch.cos(math.pi * places * (2 * places.unsqueeze(1) + 1) / (2 * number))
    first = weights[:, :1] * (0.5**0.5 if is_orthogonal else 0.5 if is_third else 1.0)
    weights = torch.cat([first, weights[:, 1:]], 1)
    if is_orthogonal:
        weights = weights * (2 * number) ** -0.5
    return x @ (weights.T if is_third else weights).to(x.dtype)


def _frame(
    signal: Any, frame_length: int, frame_step: int, pad_end: bool = False, pad_value: Any = 0,
    axis: int = -1,
) -> Any:  # fmt: skip
    axis = axis % len(signal.shape)
    if pad_end:
        length = signal.shape[axis]
        more = max(0, (-(-length // frame_step) - 1) * frame_step + frame_length - length)
        pairs = [(0, 0)] * len(signal.shape)
        pairs[axis] = (0, more)
        signal = ops.pad(signal, tuple(pairs), constant_values=pad_value)
    return ops.moveaxis(signal.unfold(axis, frame_length, frame_step), -1, axis + 1)


def _short_fourier(
    signals: Any, frame_length: int, frame_step: int, fft_length: Any = None, pad_end: bool = False,
    window_fn: Any = None,
) -> Any:  # fmt: skip
    refuse_other("signal.stft", {"window_fn": window_fn})
    frames = _frame(signals, frame_length, frame_step, pad_end)
    number = 2 ** math.ceil(math.log2(frame_length)) if fft_length is None else int(fft_length)
    return torch.fft.rfft(frames * torch.hann_window(frame_length), number)


_SPECIAL = {
    "lgamma": torch.lgamma, "digamma": torch.digamma, "ndtri": torch.special.ndtri,
    "bessel_i0": torch.special.i0, "bessel_i1": torch.special.i1,
    "bessel_i0e": torch.special.i0e, "bessel_i1e": torch.special.i1e,
    "special.bessel_j0": torch.special.bessel_j0, "special.bessel_j1": torch.special.bessel_j1,
    "special.bessel_y0": torch.special.bessel_y0, "special.bessel_y1": torch.special.bessel_y1,
    "special.bessel_k0": torch.special.modified_bessel_k0,
    "special.bessel_k1": torch.special.modified_bessel_k1,
    "special.bessel_k0e": torch.special.scaled_modified_bessel_k0,
    "special.bessel_k1e": torch.special.scaled_modified_bessel_k1,
    "erfcinv": lambda x: torch.special.ndtri(x / 2) * -(0.5**0.5),
}  # fmt: skip

FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{f"math.{name}": _unary(function) for name, function in _SPECIAL.items()},
    "math.igamma": _binary(torch.special.gammainc),
    "math.igammac": _binary(torch.special.gammaincc),
    "math.zeta": lambda x, q: torch.special.zeta(*_both(x, q)),
    "math.polygamma": _polygamma,
    "math.lbeta": _log_beta,
    "dtypes.complex": lambda real, imag: torch.complex(*_both(real, imag)),
    "math.angle": lambda input: torch.angle(input),
    "math.conj": lambda x: torch.conj(x),
    "signal.fft": _fourier(torch.fft.fft),
    "signal.ifft": _fourier(torch.fft.ifft),
    "signal.fft2d": _fourier(torch.fft.fft2),
    "signal.ifft2d": _fourier(torch.fft.ifft2),
    "signal.rfft": _real_fourier(torch.fft.rfft, 1),
    "signal.irfft": _real_fourier(torch.fft.irfft, 1),
    "signal.rfft2d": _real_fourier(torch.fft.rfft2, 2),
    "signal.irfft2d": _real_fourier(torch.fft.irfft2, 2),
    "signal.fftshift": _shift(torch.fft.fftshift),
    "signal.ifftshift": _shift(torch.fft.ifftshift),
    "signal.dct": _cosine_transform(False),
    "signal.idct": _cosine_transform(True),
    "signal.frame": _frame,
    "signal.stft": _short_fourier,
}

"""``tf.signal``: Fourier and cosine transforms, windows, frames and spectra."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torchkeras_shim.names import missing
from torchkeras_shim.sizes import as_size, as_sizes

from tensorflow.tensors import convert_to_tensor
from torchkeras.core.checks import argument_error
from torchkeras.core.dtypes import torch_dtype
from torchkeras.tracer import traceable

__getattr__ = missing(__name__)


def _transform(operation: Callable[..., Tensor], axes: int, text: str) -> Callable[..., Tensor]:
    """A complex Fourier transform over the last axes."""

    @traceable
    def apply(input: Any, name: str | None = None) -> Tensor:
        x = convert_to_tensor(input)
        if not x.is_complex():
            x = x.to(torch.complex128 if x.dtype == torch.float64 else torch.complex64)
        return operation(x, dim=tuple(range(-axes, 0))).to(x.dtype)

    apply.__doc__ = text
    return apply


fft = _transform(torch.fft.fftn, 1, "Fourier transform of the last axis.")
fft2d = _transform(torch.fft.fftn, 2, "Fourier transform of the last two axes.")
fft3d = _transform(torch.fft.fftn, 3, "Fourier transform of the last three axes.")
ifft = _transform(torch.fft.ifftn, 1, "Inverse Fourier transform of the last axis.")
ifft2d = _transform(torch.fft.ifftn, 2, "Inverse Fourier transform of the last two axes.")
ifft3d = _transform(torch.fft.ifftn, 3, "Inverse Fourier transform of the last three axes.")


def _real(operation: Callable[..., Tensor], axes: int, text: str) -> Callable[..., Tensor]:
    """A Fourier transform from or to real numbers over the last axes."""
    is_back = operation is torch.fft.irfftn

    @traceable
    def apply(input_tensor: Any, fft_length: Any = None, name: str | None = None) -> Tensor:
        x = convert_to_tensor(input_tensor)
        if is_back and not x.is_complex():
            x = x.to(torch.complex128 if x.dtype == torch.float64 else torch.complex64)
        lengths = None if fft_length is None else as_sizes(fft_length)
        return operation(x, s=lengths, dim=tuple(range(-axes, 0)))

    apply.__doc__ = text
    return apply


rfft = _real(torch.fft.rfftn, 1, "Fourier transform of real numbers along the last axis.")
rfft2d = _real(torch.fft.rfftn, 2, "Fourier transform of real numbers over two axes.")
rfft3d = _real(torch.fft.rfftn, 3, "Fourier transform of real numbers over three axes.")
irfft = _real(torch.fft.irfftn, 1, "Real numbers of a Fourier transform of the last axis.")
irfft2d = _real(torch.fft.irfftn, 2, "Real numbers of a Fourier transform of two axes.")
irfft3d = _real(torch.fft.irfftn, 3, "Real numbers of a Fourier transform of three axes.")


def fftshift(x: Any, axes: Any = None, name: str | None = None) -> Tensor:
    """Frequency 0 in the middle of the axes."""
    return torch.fft.fftshift(convert_to_tensor(x), None if axes is None else as_sizes(axes))


def ifftshift(x: Any, axes: Any = None, name: str | None = None) -> Tensor:
    """The inverse of ``fftshift``."""
    return torch.fft.ifftshift(convert_to_tensor(x), None if axes is None else as_sizes(axes))


def _floating(where: str, dtype: Any) -> torch.dtype:
    kind = torch_dtype(dtype)
    if not kind.is_floating_point:
        raise argument_error(f"tf.signal.{where}", "dtype", dtype, "a floating type")
    return kind


def _raised_cosine(length: Any, periodic: bool, dtype: Any, a: float) -> Tensor:
    count, kind = as_size(length), _floating("hann_window" if a == 0.5 else "hamming_window", dtype)
    if count == 1:
        return torch.ones(1, dtype=kind)
    # As in TensorFlow, windows of odd length are always symmetric.
    points = count if periodic and count % 2 == 0 else count - 1
    angles = 2 * math.pi * torch.arange(count, dtype=torch.float64) / points
    return (a - (1 - a) * torch.cos(angles)).to(kind)


def hann_window(
    window_length: Any, periodic: bool = True, dtype: Any = torch.float32, name: str | None = None
) -> Tensor:
    """Hann's window: half of ``1 - cos``."""
    return _raised_cosine(window_length, periodic, dtype, 0.5)


def hamming_window(
    window_length: Any, periodic: bool = True, dtype: Any = torch.float32, name: str | None = None
) -> Tensor:
    """Hamming's window: 0.54 - 0.46 cos."""
    return _raised_cosine(window_length, periodic, dtype, 0.54)


def kaiser_window(
    window_length: Any, beta: Any = 12.0, dtype: Any = torch.float32, name: str | None = None
) -> Tensor:
    """Kaiser's window; a larger ``beta`` makes it narrower."""
    return torch.kaiser_window(
        as_size(window_length), periodic=False, beta=float(beta), dtype=torch_dtype(dtype)
    )


def kaiser_bessel_derived_window(
    window_length: Any, beta: Any = 12.0, dtype: Any = torch.float32, name: str | None = None
) -> Tensor:
    """Roots of running sums of Kaiser's window; squares half a window apart add up to 1."""
    total = kaiser_window(as_size(window_length) // 2 + 1, beta, dtype).cumsum(0)
    half = torch.sqrt(total[:-1] / total[-1])
    return torch.cat([half, half.flip(0)])


def vorbis_window(
    window_length: Any, dtype: Any = torch.float32, name: str | None = None
) -> Tensor:
    """Vorbis's window, whose squares add up to 1 half a window apart."""
    count, kind = as_size(window_length), _floating("vorbis_window", dtype)
    inner = torch.sin(math.pi / max(count, 1) * (torch.arange(count, dtype=torch.float64) + 0.5))
    return torch.sin(math.pi / 2 * inner**2).to(kind)


def frame(
    signal: Any,
    frame_length: Any,
    frame_step: Any,
    pad_end: bool = False,
    pad_value: Any = 0,
    axis: int = -1,
    name: str | None = None,
) -> Tensor:
    """Windows of ``frame_length`` elements along ``axis``, ``frame_step`` apart.

    Args:
        signal: A tensor.
        frame_length: Elements of a frame.
        frame_step: Elements from one frame's beginning to the next one's.
        pad_end: Whether frames begin up to the last element, filled up with ``pad_value``.
        pad_value: What fills them up.
        axis: The axis, in whose place stand frames and their elements.
        name: Accepted.
    """
    x, size, step = convert_to_tensor(signal), as_size(frame_length), as_size(frame_step)
    if not -x.ndim <= axis < x.ndim:
        raise argument_error("tf.signal.frame", "axis", axis, f"-{x.ndim} to {x.ndim - 1}")
    axis = axis % x.ndim
    x = x.movedim(axis, -1)
    if pad_end:
        count = -(-x.shape[-1] // step)
        more = max(0, size + step * (count - 1) - x.shape[-1])
        x = functional.pad(x, (0, more), value=pad_value)
    if x.shape[-1] < size:
        frames = x.new_zeros((*x.shape[:-1], 0, size))
    else:
        frames = x.unfold(-1, size, step)
    return frames.movedim((-2, -1), (axis, axis + 1))


def overlap_and_add(signal: Any, frame_step: Any, name: str | None = None) -> Tensor:
    """Frames, ``(..., frames, elements)``, added up where they lie ``frame_step`` apart."""
    x, step = convert_to_tensor(signal), as_size(frame_step)
    *batch, count, size = x.shape
    places = (torch.arange(count)[:, None] * step + torch.arange(size)).reshape(-1)
    result = x.new_zeros((*batch, step * (count - 1) + size))
    return result.index_add(-1, places, x.reshape(*batch, -1))


def _window(function: Any, length: int, dtype: torch.dtype) -> Any:
    return 1 if function is None else function(length, dtype=dtype)


def _enclosing(length: int) -> int:
    """The next power of 2."""
    return 2 ** math.ceil(math.log2(length))


def stft(
    signals: Any,
    frame_length: Any,
    frame_step: Any,
    fft_length: Any = None,
    window_fn: Any = hann_window,
    pad_end: bool = False,
    name: str | None = None,
) -> Tensor:
    """Spectra of windows of a signal, ``(..., frames, fft_length // 2 + 1)``.

    Args:
        signals: ``(..., samples)``.
        frame_length: Samples of a window.
        frame_step: Samples from one window's beginning to the next one's.
        fft_length: Samples of a transform; None takes the power of 2 that holds a window.
        window_fn: Makes the window of a length and ``dtype``; None takes none.
        pad_end: Whether windows begin up to the last sample.
        name: Accepted.
    """
    x, size = convert_to_tensor(signals), as_size(frame_length)
    length = _enclosing(size) if fft_length is None else as_size(fft_length)
    frames = frame(x, size, frame_step, pad_end=pad_end)
    return torch.fft.rfft(frames * _window(window_fn, size, x.dtype), n=length)


def inverse_stft(
    stfts: Any,
    frame_length: Any,
    frame_step: Any,
    fft_length: Any = None,
    window_fn: Any = hann_window,
    name: str | None = None,
) -> Tensor:
    """The signal of spectra; exact with the window of ``inverse_stft_window_fn``."""
    x, size = convert_to_tensor(stfts), as_size(frame_length)
    length = _enclosing(size) if fft_length is None else as_size(fft_length)
    frames = torch.fft.irfft(x, n=length)[..., :size]
    frames = functional.pad(frames, (0, size - frames.shape[-1]))
    return overlap_and_add(frames * _window(window_fn, size, frames.dtype), frame_step)


def inverse_stft_window_fn(
    frame_step: Any, forward_window_fn: Any = hann_window, name: str | None = None
) -> Callable[..., Tensor]:
    """A function that makes the window with which ``inverse_stft`` undoes ``stft``."""
    step = as_size(frame_step)

    def window(frame_length: Any, dtype: Any = torch.float32) -> Tensor:
        size = as_size(frame_length)
        forward = forward_window_fn(size, dtype=dtype)
        overlaps = -(-size // step)
        squares = functional.pad(forward**2, (0, overlaps * step - size))
        total = squares.reshape(overlaps, step).sum(0).repeat(overlaps)[:size]
        return forward / total

    return window


def linear_to_mel_weight_matrix(
    num_mel_bins: Any = 20,
    num_spectrogram_bins: Any = 129,
    sample_rate: Any = 8000,
    lower_edge_hertz: Any = 125.0,
    upper_edge_hertz: Any = 3800.0,
    dtype: Any = torch.float32,
    name: str | None = None,
) -> Tensor:
    """``(num_spectrogram_bins, num_mel_bins)`` triangles, evenly apart on the mel scale.

    Args:
        num_mel_bins: How many bands.
        num_spectrogram_bins: How many frequencies, from 0 to half the sample rate.
        sample_rate: Samples in a second.
        lower_edge_hertz, upper_edge_hertz: Where the bands begin and end, in hertz.
        dtype: Type of the result.
        name: Accepted.

    Raises:
        ValueError: no bands; edges out of order, or beyond half the sample rate.
    """
    count, bands = as_size(num_spectrogram_bins), as_size(num_mel_bins)
    where = "tf.signal.linear_to_mel_weight_matrix"
    if bands < 1:
        raise argument_error(where, "num_mel_bins", bands, "1 or more")
    if not 0 <= lower_edge_hertz < upper_edge_hertz:
        expected = f"0 or more, below {upper_edge_hertz}"
        raise argument_error(where, "lower_edge_hertz", lower_edge_hertz, expected)
    if upper_edge_hertz > sample_rate / 2:
        expected = f"at most half the sample rate, {sample_rate / 2}"
        raise argument_error(where, "upper_edge_hertz", upper_edge_hertz, expected)

    def mel(hertz: Tensor) -> Tensor:
        return 1127.0 * torch.log1p(hertz / 700.0)

    low, high = (
        torch.tensor(float(e), dtype=torch.float64) for e in (lower_edge_hertz, upper_edge_hertz)
    )
    frequencies = torch.linspace(0, float(sample_rate) / 2, count, dtype=torch.float64)[1:]
    edges = torch.linspace(float(mel(low)), float(mel(high)), bands + 2, dtype=torch.float64)
    below, centre, above = edges[:-2], edges[1:-1], edges[2:]
    places = mel(frequencies)[:, None]
    rising, falling = (places - below) / (centre - below), (above - places) / (above - centre)
    weights = torch.minimum(rising, falling).clamp(min=0)
    return functional.pad(weights, (0, 0, 1, 0)).to(torch_dtype(dtype))


def mfccs_from_log_mel_spectrograms(log_mel_spectrograms: Any, name: str | None = None) -> Tensor:
    """Cepstral coefficients: cosine transform of logarithms of mel bands."""
    x = convert_to_tensor(log_mel_spectrograms)
    return dct(x) / math.sqrt(2 * x.shape[-1])


def _checked(kind: int, axis: int, where: str) -> None:
    if kind not in (1, 2, 3, 4):
        raise argument_error(f"tf.signal.{where}", "type", kind, "1, 2, 3 or 4")
    if axis != -1:
        raise argument_error(f"tf.signal.{where}", "axis", axis, "-1")


def dct(
    input: Any,
    type: int = 2,
    n: int | None = None,
    axis: int = -1,
    norm: str | None = None,
    name: str | None = None,
) -> Tensor:
    """Cosine transform of the last axis.

    Args:
        input: A tensor.
        type: 1 to 4.
        n: Length to which the axis is cut, or filled up with zeros; None keeps it.
        axis: -1.
        norm: ``"ortho"`` makes the transform orthonormal; not for type 1.
        name: Accepted.
    """
    _checked(type, axis, "dct")
    x = convert_to_tensor(input)
    if n is not None:
        x = functional.pad(x[..., :n], (0, max(0, n - x.shape[-1])))
    return x @ _cosines(type, x.shape[-1], norm).to(x)


def _cosines(kind: int, n: int, norm: str | None) -> Tensor:
    """``(n, n)`` how much each sample counts for each coefficient."""
    if norm not in (None, "ortho"):
        raise argument_error("tf.signal.dct", "norm", norm, 'None or "ortho"')
    i = torch.arange(n, dtype=torch.float64)
    samples, waves = i[:, None], i[None, :]
    if kind == 1:
        if norm is not None or n < 2:
            raise argument_error(
                "tf.signal.dct", "norm of type 1", norm, "None, and two samples or more"
            )
        ends = torch.full((n, 1), 2.0, dtype=torch.float64)
        ends[0] = ends[-1] = 1
        return ends * torch.cos(math.pi * samples * waves / (n - 1))
    if kind == 4:
        table = 2 * torch.cos(math.pi / n * (samples + 0.5) * (waves + 0.5))
        return table / math.sqrt(2 * n) if norm == "ortho" else table
    table = 2 * torch.cos(math.pi / n * (samples + 0.5) * waves)
    if kind == 2:
        if norm == "ortho":
            table = table / math.sqrt(2 * n)
            table[:, 0] /= math.sqrt(2)
        return table
    table = table.T.clone()  # the transform of type 3 undoes that of type 2
    if norm == "ortho":
        table = table / math.sqrt(2 * n)
        table[0] /= math.sqrt(2)
        return table
    table[0] /= 2
    return table


def idct(
    input: Any,
    type: int = 2,
    n: int | None = None,
    axis: int = -1,
    norm: str | None = None,
    name: str | None = None,
) -> Tensor:
    """What undoes ``dct``, but for a factor of twice the length unless ``norm`` is ``"ortho"``."""
    _checked(type, axis, "idct")
    return dct(input, {1: 1, 2: 3, 3: 2, 4: 4}[type], n, axis, norm)


def mdct(
    signals: Any,
    frame_length: Any,
    window_fn: Any = vorbis_window,
    pad_end: bool = False,
    norm: str | None = None,
    name: str | None = None,
) -> Tensor:
    """Modified cosine transform of windows that lie half a window apart."""
    size = as_size(frame_length)
    x = convert_to_tensor(signals)
    frames = frame(x, size, size // 2, pad_end=pad_end)
    window = _window(window_fn, size, x.dtype)
    frames = frames * (window if window_fn is not None else 1 / math.sqrt(2))
    a, b, c, d = frames.chunk(4, dim=-1)
    folded = torch.cat([-c.flip(-1) - d, a - b.flip(-1)], dim=-1)
    return dct(folded, type=4, norm=norm)


def inverse_mdct(
    mdcts: Any, window_fn: Any = vorbis_window, norm: str | None = None, name: str | None = None
) -> Tensor:
    """The signal of ``mdct``."""
    x = convert_to_tensor(mdcts)
    half = x.shape[-1]
    folded = dct(x, type=4, norm=norm)
    if norm is None:
        folded = folded / (2 * half)
    front, back = folded.chunk(2, dim=-1)
    frames = torch.cat([back, -back.flip(-1), -front.flip(-1), -front], dim=-1)
    window = _window(window_fn, 2 * half, x.dtype)
    frames = frames * (window if window_fn is not None else 1 / math.sqrt(2))
    return overlap_and_add(frames, half)

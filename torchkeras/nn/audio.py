"""Spectra of sound: pieces of a signal as frequencies, and the scale on which they are heard."""

import math

import torch
from torch import Tensor

# The mel scale of the Hidden Markov Model Toolkit: 1127 ln(1 + f / 700) for f in hertz.
_HERTZ, _MELS = 700.0, 1127.0


def power_spectrum(x: Tensor, window: Tensor, fft_length: int, stride: int) -> Tensor:
    """Squared magnitudes of the frequencies in overlapping pieces, centred by reflection.

    Args:
        x: ``(..., samples)``, float32 or float64.
        window: Factors of the samples of a piece, ``(length,)``, at most ``fft_length``.
        fft_length: Length of the transform.
        stride: Distance of the pieces' middles, in samples.

    Shape:
        output: ``(..., fft_length // 2 + 1, pieces)``.
    """
    rows = x.reshape(-1, x.shape[-1])
    if rows.shape[0] == 0:  # torch.stft takes no empty batch
        pieces = 1 + (x.shape[-1] - fft_length % 2) // stride
        return x.new_zeros(*x.shape[:-1], fft_length // 2 + 1, pieces)
    z = torch.stft(rows, fft_length, stride, len(window), window, center=True, return_complex=True)
    power = z.real.square() + z.imag.square()
    return power.reshape(*x.shape[:-1], *power.shape[1:])


def mel_filters(
    count: int,
    frequencies: int,
    sampling_rate: float,
    low: float,
    high: float,
    dtype: torch.dtype = torch.float32,
) -> Tensor:
    """Triangles on the mel scale, each as high as 1 where its neighbours end.

    Args:
        count: Number of triangles.
        frequencies: Number of frequencies, evenly from 0 to half the sampling rate; the first
            belongs to no triangle.
        sampling_rate: Samples per second.
        low, high: Where the first triangle begins and the last one ends, in hertz.
        dtype: Type of the result.

    Shape:
        output: ``(frequencies, count)``.

    Source: Young et al., The HTK Book.
    """
    hertz = torch.linspace(0.0, sampling_rate / 2, frequencies, dtype=dtype)[1:]
    first, last = (_mel(torch.tensor(edge, dtype=dtype)) for edge in (low, high))
    edges = torch.linspace(0, 1, count + 2, dtype=dtype) * (last - first) + first
    start, middle, end = edges[:-2], edges[1:-1], edges[2:]
    mels = _mel(hertz).unsqueeze(1)  # (frequencies - 1, 1)
    rising, falling = (mels - start) / (middle - start), (end - mels) / (end - middle)
    filters = torch.minimum(rising, falling).clamp(min=0.0)
    return torch.cat([filters.new_zeros(1, count), filters])


def _mel(hertz: Tensor) -> Tensor:
    return _MELS * torch.log(1.0 + hertz / _HERTZ)


def decibels(power: Tensor, reference: float, least: float, span: float) -> Tensor:
    """``10 log10(power / reference)``, both no less than ``least``.

    ``span`` is how far the result may lie below its highest value.
    """
    level = 10.0 * torch.log10(power.clamp(min=least))
    level = level - 10.0 * math.log10(max(abs(reference), least))
    return level if level.numel() == 0 else torch.maximum(level, level.amax() - span)

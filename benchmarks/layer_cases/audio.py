"""Spectrograms beside torch's convolution and Fourier transform."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from layer_cases import Case


def by_kernels(layer: Any) -> Callable[[Tensor], Tensor]:
    """Two convolutions, and what the mode "log" makes of them."""
    real, imag = (nn.Conv1d(1, 129, 256, stride=128, bias=False) for _ in range(2))

    def run(x: Tensor) -> Tensor:
        rows = x.mT
        power = real(rows).square() + imag(rows).square()
        return (0.5 * power.clamp(min=1e-7).log()).mT

    return run


def by_fourier(layer: Any) -> Callable[[Tensor], Tensor]:
    """``torch.stft``, a matrix of triangles and decibels."""
    window, filters = torch.hann_window(1024), torch.rand(80, 513)

    def run(x: Tensor) -> Tensor:
        z = torch.stft(x, 1024, 256, window=window, return_complex=True)
        mels = filters @ (z.real.square() + z.imag.square())
        level = 10 / math.log(10) * mels.clamp(min=1e-10).log()
        return torch.maximum(level, level.max() - 80)

    return run


MEL = {"fft_length": 1024, "sequence_stride": 256, "num_mel_bins": 80}
CASES = [
    Case("STFTSpectrogram", {}, (8, 16000, 1), by_kernels),
    Case("MelSpectrogram", MEL, (8, 16000), by_fourier, backward=False),
]

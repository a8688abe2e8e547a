"""Spectrograms: sound as frequencies over time."""

import math
import warnings
from typing import Any

import torch
from torch import Tensor
from typing_extensions import Unpack

from torchkeras.core import settings
from torchkeras.core.checks import argument_error, kind_error, known_size, nearest
from torchkeras.core.dtypes import torch_dtype
from torchkeras.core.typing import Shape
from torchkeras.initializers import STFT
from torchkeras.layers.base import Layer, LayerOptions
from torchkeras.layers.input_spec import InputSpec
from torchkeras.layers.preprocessing.base import DataLayer
from torchkeras.layers.windows import check_fits, padding_word
from torchkeras.layers.windows import data_format as layout_of
from torchkeras.nn.audio import decibels, mel_filters, power_spectrum
from torchkeras.nn.conv import convolution
from torchkeras.nn.geometry import CHANNELS_FIRST, CHANNELS_LAST, Window

_MODES = ("log", "magnitude", "psd", "real", "imag", "angle", "stft")
_SCALINGS = (None, "density", "spectrum")


class STFTSpectrogram(Layer):
    """Short-time Fourier transform by convolution, with kernels that can be trained.

    Each channel of the input is transformed by itself. In training, the kernels are weights like
    any others; ``trainable=False`` keeps the transform what it is.

    Args:
        mode: What to give: "log" of the magnitude, "magnitude", "psd" (power, the mirrored half
            of the spectrum added), "real" or "imag" (one side of the transform), "angle" (phase in
            radians), "stft" (both sides, after each other).
        frame_length: Samples of a piece, 1 or more.
        frame_step: Samples from piece to piece, at most ``frame_length``; None is half of it.
        fft_length: Twice the number of frequencies (without the first), at least
            ``frame_length``; None is the next power of 2.
        window: Name of a window known to SciPy, ``frame_length`` factors, or None.
        periodic: Whether a named window is the periodic one rather than the symmetric one.
        scaling: "density" divides by the window's L2 norm, "spectrum" by its sum, None by nothing.
        padding: "valid" or "same" (``ceil(samples / frame_step)`` pieces).
        expand_dims: Whether the output is an image, its channels those of the input.
        data_format: "channels_last", "channels_first", or None for the default.

    Shape:
        inputs: ``(batch, samples, channels)``, or ``(batch, channels, samples)``.
        output: ``(batch, pieces, channels * frequencies)``, or ``(batch, channels * frequencies,
            pieces)``; expanded ``(batch, pieces, frequencies, channels)``, or
            ``(batch, channels, pieces, frequencies)``. ``frequencies`` is ``fft_length // 2 + 1``,
            in mode "stft" twice that.

    Weights:
        real_kernel, imag_kernel: ``(frame_length, 1, fft_length // 2 + 1)``, held as
            ``real.weight`` and ``imag.weight``; modes "imag" and "real" have only one.

    Raises:
        ValueError: an argument is out of range, or no piece fits.
        TypeError: the input isn't of a float type.

    Source: Keras 3 ``STFTSpectrogram``; ``torch.nn.Conv1d``.

    Example:
        >>> layer = keras.layers.STFTSpectrogram(frame_length=64, frame_step=32, padding="same")
        >>> layer(torch.zeros(2, 320, 1)).shape
        torch.Size([2, 10, 33])
    """

    def __init__(
        self,
        mode: str = "log",
        frame_length: int = 256,
        frame_step: int | None = None,
        fft_length: int | None = None,
        window: Any = "hann",
        periodic: bool = False,
        scaling: str | None = "density",
        padding: str = "valid",
        expand_dims: bool = False,
        data_format: str | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        if mode not in _MODES:
            raise argument_error(
                self, "mode", mode, f"one of {', '.join(_MODES)}", nearest(mode, _MODES)
            )
        if scaling not in _SCALINGS:
            raise argument_error(self, "scaling", scaling, "'density', 'spectrum' or None")
        if not isinstance(frame_length, int) or frame_length < 1:
            raise argument_error(self, "frame_length", frame_length, "an integer, 1 or more")
        if frame_step is not None and not 1 <= frame_step <= frame_length:
            raise argument_error(
                self, "frame_step", frame_step, f"1 to frame_length ({frame_length})"
            )
        if fft_length is not None and fft_length < frame_length:
            raise argument_error(
                self, "fft_length", fft_length, f"at least frame_length ({frame_length})"
            )
        if fft_length is not None and fft_length & (fft_length - 1):
            warnings.warn(
                f"{type(self).__name__}: fft_length is {fft_length}; a power of two is faster.",
                stacklevel=2,
            )
        self.mode = mode
        self.frame_length = frame_length
        self.frame_step = frame_step
        self.fft_length = fft_length
        self.window = window
        self.periodic = periodic
        self.scaling = scaling
        self.padding = padding_word(self, padding, ("valid", "same"))
        self.expand_dims = expand_dims
        self.data_format = layout_of(self, data_format)
        self._sides = (mode,) if mode in ("real", "imag") else ("real", "imag")
        self._initializers = tuple(STFT(side, window, scaling, periodic) for side in self._sides)
        self._frequencies = (fft_length or 2 ** math.ceil(math.log2(frame_length))) // 2 + 1
        step = frame_step or frame_length // 2 or 1
        self._frames = Window((frame_length,), (step,), (1,), padding, CHANNELS_FIRST)
        self.input_spec = InputSpec(ndim=3)

    def build(self, input_shape: Shape) -> None:
        self._check_length(input_shape)
        for side, initializer in zip(self._sides, self._initializers, strict=True):
            kernel = convolution(self._frames, 1, self._frequencies, 1, False, **self.factory)
            setattr(self, side, kernel)
            self.adopt_weight(
                f"{side}_kernel",
                f"{side}.weight",
                axes=(2, 1, 0),  # (frequencies, 1, frame) -> (frame, 1, frequencies)
                initializer=initializer,
            )

    def call(self, inputs: Tensor) -> Tensor:
        if not inputs.is_floating_point():
            raise kind_error(
                self, "input dtype", inputs.dtype, "a float type", "Invalid input type. Cast it."
            )
        x = inputs if self.data_format == CHANNELS_FIRST else inputs.mT  # (b, c, t)
        rows = x.reshape(-1, 1, x.shape[-1])
        sides = [getattr(self, side)(rows) for side in self._sides]  # (b * c, f, frames)
        y = self._in_mode(*sides)
        y = y.reshape(*x.shape[:2], *y.shape[1:])  # (b, c, f, frames)
        if self.expand_dims:
            return y.permute(0, 3, 2, 1) if self.data_format == CHANNELS_LAST else y.mT
        y = y.flatten(1, 2)
        return y if self.data_format == CHANNELS_FIRST else y.mT

    def _in_mode(self, *sides: Tensor) -> Tensor:
        if len(sides) == 1:
            return sides[0]
        real, imag = sides
        if self.mode == "stft":
            return torch.cat([real, imag], 1)
        if self.mode == "angle":
            return torch.atan2(imag, real)
        power = real.square() + imag.square()
        if self.mode == "psd":
            power[:, 1:-1] *= 2
            return power
        epsilon = settings.epsilon()
        if self.mode == "magnitude":
            return power.clamp(min=epsilon).sqrt()
        return 0.5 * power.clamp(min=max(epsilon, epsilon**2)).log()

    def _check_length(self, shape: Shape) -> tuple[Shape, int]:
        """Number of pieces and channels for an input of this shape."""
        channels = known_size(self, shape, 1 if self.data_format == CHANNELS_FIRST else -1)
        samples = shape[-1] if self.data_format == CHANNELS_FIRST else shape[1]
        return check_fits(self, self._frames, (shape[0], 1, samples))[0], channels

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        pieces, channels = self._check_length(tuple(input_shape))
        frequencies = self._frequencies * (2 if self.mode == "stft" else 1)
        batch, is_last = input_shape[0], self.data_format == CHANNELS_LAST
        if self.expand_dims:
            inner = (pieces, frequencies, channels) if is_last else (channels, pieces, frequencies)
        else:
            inner = (
                (pieces, channels * frequencies) if is_last else (channels * frequencies, pieces)
            )
        return (batch, *inner)


class MelSpectrogram(DataLayer):
    """Magnitudes of a signal's frequencies on the mel scale, in decibels.

    Args:
        fft_length: Length of the Fourier transform, in samples.
        sequence_stride: Samples from the middle of a piece to that of the next.
        sequence_length: Samples of a piece, at most ``fft_length``, which None means.
        window: "hann", "hamming", ``sequence_length`` factors, or None.
        sampling_rate: Samples per second.
        num_mel_bins: Number of frequencies on the mel scale.
        min_freq: Where the lowest of them begins, in hertz.
        max_freq: Where the highest ends, in hertz; None is half the sampling rate.
        power_to_db: Whether the result is in decibels.
        top_db: How far values may lie below the highest of the batch, in decibels.
        mag_exp: Exponent of the magnitudes: 1 leaves them, 2 gives power.
        min_power: Least value that a decibel is taken of.
        ref_power: What 0 decibels are.

    Shape:
        inputs: ``(samples,)`` or ``(batch, samples)``; at least half of
            ``fft_length``.
        output: ``(num_mel_bins, pieces)`` or ``(batch, num_mel_bins, pieces)``, with
            ``1 + samples // sequence_stride`` pieces (for an even ``fft_length``).

    Raises:
        ValueError: an argument is out of range.

    Source: Keras 3 ``MelSpectrogram``; ``torch.stft``.

    Example:
        >>> layer = keras.layers.MelSpectrogram(num_mel_bins=80, sequence_stride=128)
        >>> layer(torch.zeros(2, 16000)).shape
        torch.Size([2, 80, 126])
    """

    def __init__(
        self,
        fft_length: int = 2048,
        sequence_stride: int = 512,
        sequence_length: int | None = None,
        window: Any = "hann",
        sampling_rate: int = 16000,
        num_mel_bins: int = 128,
        min_freq: float = 20.0,
        max_freq: float | None = None,
        power_to_db: bool = True,
        top_db: float = 80.0,
        mag_exp: float = 2.0,
        min_power: float = 1e-10,
        ref_power: float = 1.0,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        for name, value in (
            ("fft_length", fft_length),
            ("sequence_stride", sequence_stride),
            ("num_mel_bins", num_mel_bins),
        ):
            if not isinstance(value, int) or value < 1:
                raise argument_error(self, name, value, "an integer, 1 or more")
        self.fft_length = fft_length
        self.sequence_stride = sequence_stride
        self.sequence_length = sequence_length or fft_length
        if self.sequence_length > fft_length:
            raise argument_error(
                self,
                "sequence_length",
                sequence_length,
                f"at most fft_length ({fft_length})",
                "`fft_length` must be greater than or equal to `sequence_length`.",
            )
        self.window = window
        self._factors = self._checked_window(window)
        self.sampling_rate = sampling_rate
        self.num_mel_bins = num_mel_bins
        self.min_freq = min_freq
        self.max_freq = max_freq or int(sampling_rate / 2)
        self.power_to_db = power_to_db
        self.top_db = top_db
        self.mag_exp = mag_exp
        self.min_power = min_power
        self.ref_power = ref_power

    def _checked_window(self, window: Any) -> Tensor:
        length = self.sequence_length
        if window is None:
            return torch.ones(length)
        if isinstance(window, str):
            makers = {"hann": torch.hann_window, "hamming": torch.hamming_window}
            if window not in makers:
                raise argument_error(
                    self, "window", window, "'hann', 'hamming', factors or None",
                    nearest(window, makers),
                )  # fmt: skip
            return makers[window](length)
        factors = torch.as_tensor(window, dtype=torch.float32)
        if tuple(factors.shape) != (length,):
            raise argument_error(
                self, "window", f"of shape {tuple(factors.shape)}", f"shape ({length},)"
            )
        return factors

    def build(self, input_shape: Shape) -> None:
        filters = mel_filters(
            self.num_mel_bins,
            self.fft_length // 2 + 1,
            self.sampling_rate,
            self.min_freq,
            self.max_freq,
        )
        device = self.factory["device"]
        filters = filters.mT.contiguous()  # (mels, frequencies)
        self.register_buffer("filters", filters.to(device), persistent=False)
        self.register_buffer("factors", self._factors.to(device), persistent=False)

    def call(self, inputs: Tensor) -> Tensor:
        # The transform and sums over frequencies need more digits than half precision has.
        dtype = torch.float64 if self.compute_dtype == "float64" else torch.float32
        with torch.autocast(inputs.device.type, enabled=False):
            y = self._compute(inputs.to(dtype))
        return y.to(torch_dtype(self.compute_dtype))

    def _compute(self, x: Tensor) -> Tensor:
        factors, filters = self.factors.to(x.dtype), self.filters.to(x.dtype)
        power = power_spectrum(x, factors, self.fft_length, self.sequence_stride)
        if self.mag_exp != 2:
            power = power.pow(self.mag_exp / 2)
        mels = filters @ power  # (..., frequencies, pieces) -> (..., mels, pieces)
        if not self.power_to_db:
            return mels
        return decibels(mels, self.ref_power, self.min_power, self.top_db)

    def linear_to_mel_weight_matrix(
        self,
        num_mel_bins: int = 20,
        num_spectrogram_bins: int = 129,
        sampling_rate: float = 8000,
        lower_edge_hertz: float = 125.0,
        upper_edge_hertz: float = 3800.0,
        dtype: Any = "float32",
    ) -> Tensor:
        """The matrix that takes frequencies to the mel scale, ``(frequencies, mels)``.

        Args:
            num_mel_bins: Number of frequencies on the mel scale.
            num_spectrogram_bins: Number of frequencies, from 0 to half the sampling rate.
            sampling_rate: Samples per second.
            lower_edge_hertz, upper_edge_hertz: The range of the mel scale, in hertz.
            dtype: Type of the matrix.
        """
        return mel_filters(
            num_mel_bins,
            num_spectrogram_bins,
            sampling_rate,
            lower_edge_hertz,
            upper_edge_hertz,
            torch_dtype(dtype),
        )

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        *batch, samples = input_shape
        pieces = None
        if samples is not None:
            pieces = 1 + (samples - self.fft_length % 2) // self.sequence_stride
        return (*batch, self.num_mel_bins, pieces)

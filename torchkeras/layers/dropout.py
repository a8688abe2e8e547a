"""Layers that disturb their inputs in training only."""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F
from typing_extensions import Unpack

from torchkeras.core import seeds
from torchkeras.core.checks import argument_error, check_rank
from torchkeras.core.configurable import generic
from torchkeras.core.typing import DTypeLike, SeedLike, Shape
from torchkeras.layers.base import Layer, LayerOptions
from torchkeras.layers.input_spec import InputSpec
from torchkeras.layers.shapes import SameShape
from torchkeras.layers.windows import data_format as layout_of
from torchkeras.nn.geometry import CHANNELS_LAST

# Where SELU's negative branch ends: what alpha dropout puts in place of a dropped element.
SELU_ALPHA, SELU_SCALE = 1.6732632423543772, 1.0507009873554805


class Noise(SameShape, Layer):
    """What layers that act in training only share: a seed, a rate, an output of the input's shape.

    Args:
        seed: Integer for numbers of its own; None draws from torch's generator.
    """

    supports_masking = True

    def __init__(self, seed: SeedLike = None, **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        self.seed = seed
        self.seed_generator = seeds.SeedGenerator(seed)

    def check_rate(self, rate: float) -> float:
        """``rate`` as a fraction.

        Raises:
            ValueError: it isn't in [0, 1].
        """
        if not isinstance(rate, (int, float)) or not 0 <= rate <= 1:
            raise argument_error(self, "rate", rate, "a fraction in [0, 1]")
        return rate

    def draw(self, kind: str, x: Tensor, *parameters: float, shape: Shape | None = None) -> Tensor:
        """Random numbers like ``x``."""
        size = x.shape if shape is None else shape
        return seeds.draw(
            kind, size, *parameters, dtype=x.dtype, device=x.device, seed=self.seed_generator
        )


class Dropout(Noise):
    """Sets a fraction of the elements to 0, and scales the others by ``1 / (1 - rate)``.

    Args:
        rate: Fraction dropped, in [0, 1].
        noise_shape: Shape of the mask, which broadcasts to the input; None entries take the
            input's length. ``(None, 1, None)`` drops whole steps.
        seed: Integer for numbers of its own; None draws from torch's generator.

    Raises:
        ValueError: ``rate`` isn't in [0, 1].

    Source: Keras 3 ``Dropout``; ``torch.nn.functional.dropout``.

    Example:
        >>> keras.layers.Dropout(0.5)(torch.ones(2, 2), training=False)
        tensor([[1., 1.],
                [1., 1.]])
    """

    def __init__(
        self,
        rate: float,
        noise_shape: Shape | None = None,
        seed: SeedLike = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(seed=seed, **options)
        self.rate = self.check_rate(rate)
        self.noise_shape = None if noise_shape is None else tuple(noise_shape)

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        if not training or self.rate == 0:
            return inputs
        shape = self.mask_shape(inputs)
        if shape is None and not self.seed_generator.is_seeded:
            return F.dropout(inputs, self.rate, True)
        if self.rate == 1:
            return inputs * 0
        kept = self.draw("bernoulli", inputs, 1 - self.rate, shape=shape)
        return inputs * kept.div_(1 - self.rate)

    def mask_shape(self, x: Tensor) -> Shape | None:
        """Shape of the mask; None for that of ``x``."""
        if self.noise_shape is None:
            return None
        check_rank(self, self.noise_shape, rank=x.ndim)
        return tuple(
            n if wanted is None else wanted
            for n, wanted in zip(x.shape, self.noise_shape, strict=True)
        )

    def shared_axes(self) -> tuple[int, ...] | None:
        """Axes along which elements are dropped together; None if some of an axis are."""
        shape = self.noise_shape or ()
        if not set(shape) <= {None, 1}:
            return None
        return tuple(axis for axis, length in enumerate(shape) if length == 1)


class SpatialDropout(Dropout):
    """``Dropout`` of whole channels.

    Args:
        rate: Fraction of the channels dropped, in [0, 1].
        data_format: "channels_last", "channels_first", or None for the default.
        seed: Integer for numbers of its own; None draws from torch's generator.
        name, dtype: See ``Layer``.
    """

    rank = 2

    def __init__(
        self,
        rate: float,
        data_format: str | None = None,
        seed: SeedLike = None,
        name: str | None = None,
        dtype: DTypeLike = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(rate, seed=seed, name=name, dtype=dtype, **options)
        self.data_format = layout_of(self, data_format)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    @generic
    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config.pop("trainable", None)  # Keras's own class doesn't take it
        return config

    def mask_shape(self, x: Tensor) -> Shape:
        ones = (1,) * self.rank
        if self.data_format == CHANNELS_LAST:
            return (x.shape[0], *ones, x.shape[-1])
        return (*x.shape[:2], *ones)

    def shared_axes(self) -> tuple[int, ...]:
        first = 1 if self.data_format == CHANNELS_LAST else 2
        return tuple(range(first, first + self.rank))


class SpatialDropout1D(SpatialDropout):
    """``Dropout`` of whole channels along time, ``(batch, steps, channels)``."""

    rank = 1

    def __init__(
        self,
        rate: float,
        seed: SeedLike = None,
        name: str | None = None,
        dtype: DTypeLike = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(rate, CHANNELS_LAST, seed, name, dtype, **options)


class SpatialDropout2D(SpatialDropout):
    """``Dropout`` of whole channels of images, ``(batch, height, width, channels)``."""

    rank = 2


class SpatialDropout3D(SpatialDropout):
    """``Dropout`` of whole channels of volumes, ``(batch, depth, height, width, channels)``."""

    rank = 3


class GaussianNoise(Noise):
    """Adds normal noise of mean 0.

    Args:
        stddev: Its standard deviation, 0 or more.
        seed: Integer for numbers of its own; None draws from torch's generator.

    Raises:
        ValueError: ``stddev`` is negative.
    """

    def __init__(
        self, stddev: float, seed: SeedLike = None, **options: Unpack[LayerOptions]
    ) -> None:
        super().__init__(seed=seed, **options)
        if not isinstance(stddev, (int, float)) or stddev < 0:
            raise argument_error(self, "stddev", stddev, "a number, 0 or more")
        self.stddev = stddev

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        if not training or self.stddev == 0:
            return inputs
        return inputs + self.draw("normal", inputs, 0.0, self.stddev)


class GaussianDropout(Noise):
    """Multiplies by normal noise of mean 1 and variance ``rate / (1 - rate)``.

    Args:
        rate: As in ``Dropout``, in [0, 1).
        seed: Integer for numbers of its own; None draws from torch's generator.
    """

    def __init__(self, rate: float, seed: SeedLike = None, **options: Unpack[LayerOptions]) -> None:
        super().__init__(seed=seed, **options)
        self.rate = self.check_rate(rate)

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        if not training or self.rate == 0:
            return inputs
        stddev = (self.rate / (1 - self.rate)) ** 0.5
        return inputs * self.draw("normal", inputs, 1.0, stddev)


class AlphaDropout(Noise):
    """Dropout for SELU networks, which keeps the inputs' mean and variance.

    Args:
        rate: Fraction dropped, in [0, 1].
        noise_shape: Shape of the mask, as in ``Dropout``.
        seed: Integer for numbers of its own; None draws from torch's generator.

    Source: Klambauer et al. 2017; Keras 3 ``AlphaDropout``.
    """

    def __init__(
        self,
        rate: float,
        noise_shape: Shape | None = None,
        seed: SeedLike = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(seed=seed, **options)
        self.rate = self.check_rate(rate)
        self.noise_shape = None if noise_shape is None else tuple(noise_shape)

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        if not training or self.rate == 0:
            return inputs
        low = -SELU_ALPHA * SELU_SCALE
        scale = ((1 - self.rate) * (1 + self.rate * low**2)) ** -0.5
        shape = Dropout.mask_shape(self, inputs)
        kept = self.draw("uniform", inputs, shape=shape) >= self.rate
        return scale * torch.where(kept, inputs, low) - scale * low * self.rate

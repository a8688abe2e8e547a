"""First values of weights, drawn or fixed."""

import math
import random
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from torchkeras.core import registry, scopes, seeds, serialization
from torchkeras.core.checks import argument_error, kind_error, telling
from torchkeras.core.configurable import Configurable, is_builtin
from torchkeras.core.dtypes import torch_dtype
from torchkeras.core.typing import Config, DTypeLike, SeedLike
from torchkeras.core.variable import Variable
from torchkeras.ops.operands import cast

# Standard deviation of a standard normal cut off at two standard deviations.
_TRUNCATED_STDDEV = 0.87962566103423978
# Windows that torch computes as SciPy does; the others are asked of SciPy.
_TORCH_WINDOWS = ("bartlett", "blackman", "cosine", "hamming", "hann", "nuttall")


class Initializer(Configurable):
    """Base of all initializers: a callable ``(shape, dtype=None) -> tensor``.

    A subclass writes ``__call__``. Values are made on torch's default device.
    """

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "__call__" in vars(cls) and is_builtin(cls):
            cls.__call__ = telling(cls.__call__)

    def __init__(self) -> None:
        pass  # takes no arguments

    def __call__(self, shape: Sequence[int], dtype: DTypeLike = None) -> Tensor:
        raise TypeError(
            f"{type(self).__name__}: __call__(shape, dtype=None) is missing; an initializer must "
            "implement it."
        )

    def clone(self) -> "Initializer":
        """A new initializer of the same configuration."""
        return type(self).from_config(self.get_config())


class Constant(Initializer):
    """The same value everywhere.

    Args:
        value: A number, or an array that broadcasts to the shape asked for.

    Example:
        >>> Constant(2.0)((2,))
        tensor([2., 2.])
    """

    def __init__(self, value: Any = 0.0) -> None:
        self.value = value

    def __call__(self, shape: Sequence[int], dtype: DTypeLike = None) -> Tensor:
        if isinstance(self.value, (int, float)):
            return torch.full(tuple(shape), self.value, dtype=torch_dtype(dtype))
        value = cast(self.value, torch_dtype(dtype))
        return value.expand(tuple(shape)).clone()

    @classmethod
    def from_config(cls, config: Config) -> "Constant":
        return cls(serialization.deserialize_value(config.get("value", 0.0)))


class Zeros(Initializer):
    """Zero everywhere."""

    def __call__(self, shape: Sequence[int], dtype: DTypeLike = None) -> Tensor:
        return torch.zeros(tuple(shape), dtype=torch_dtype(dtype))


class Ones(Initializer):
    """One everywhere."""

    def __call__(self, shape: Sequence[int], dtype: DTypeLike = None) -> Tensor:
        return torch.ones(tuple(shape), dtype=torch_dtype(dtype))


class Identity(Initializer):
    """``gain`` on the diagonal of a matrix, zero elsewhere.

    Args:
        gain: Factor of the identity matrix.

    Raises:
        ValueError: the shape asked for has not two axes.
    """

    def __init__(self, gain: float = 1.0) -> None:
        self.gain = gain

    def __call__(self, shape: Sequence[int], dtype: DTypeLike = None) -> Tensor:
        if len(shape) != 2:
            raise argument_error(self, "shape", tuple(shape), "two axes, as of a 2D matrix")
        return self.gain * torch.eye(*shape, dtype=torch_dtype(dtype))


class STFT(Initializer):
    """Kernel of a convolution that computes one side of a short-time Fourier transform.

    Args:
        side: ``"real"`` or ``"imag"``.
        window: Name of a window known to SciPy, an array of ``frame_length`` values, or None.
        scaling: ``"density"`` divides by the window's L2 norm, ``"spectrum"`` by its sum, None
            by nothing.
        periodic: Whether a named window is the periodic one rather than the symmetric one.

    Shape:
        output: ``(frame_length, 1, fft_length // 2 + 1)``.

    Raises:
        ValueError: an unknown side, scaling or window, or a window of another length.
    """

    def __init__(
        self,
        side: str = "real",
        window: Any = "hann",
        scaling: str | None = "density",
        periodic: bool = False,
    ) -> None:
        if side not in ("real", "imag"):
            raise argument_error(self, "side", side, "'real' or 'imag'")
        if scaling not in (None, "density", "spectrum"):
            raise argument_error(self, "scaling", scaling, "'density', 'spectrum' or None")
        self.side = side
        self.window = window
        self.scaling = scaling
        self.periodic = periodic
        if isinstance(window, str):
            self._window_values(1, torch.float32)

    def __call__(self, shape: Sequence[int], dtype: DTypeLike = None) -> Tensor:
        dtype = torch_dtype(dtype)
        if len(shape) != 3:
            raise argument_error(self, "shape", tuple(shape), "(frame_length, 1, frequencies)")
        frame_length, _, frequencies = shape
        time = torch.arange(frame_length, dtype=dtype).reshape(-1, 1, 1)
        frequency = torch.arange(frequencies, dtype=dtype) / (2 * (frequencies - 1))
        angle = -2 * time * frequency * math.pi  # (frame_length, 1, frequencies)
        kernel = torch.cos(angle) if self.side == "real" else torch.sin(angle)
        if self.window is None:
            return kernel
        window = self._window_values(frame_length, dtype)
        if tuple(window.shape) != (frame_length,):
            raise argument_error(
                self, "window", f"of shape {tuple(window.shape)}", f"shape ({frame_length},)"
            )
        kernel = kernel * window.reshape(-1, 1, 1)
        if self.scaling == "density":
            return kernel / window.square().sum().sqrt()
        return kernel / window.abs().sum() if self.scaling == "spectrum" else kernel

    def _window_values(self, length: int, dtype: torch.dtype) -> Tensor:
        if not isinstance(self.window, str):
            return torch.as_tensor(np.asarray(self.window), dtype=dtype)
        if self.window in _TORCH_WINDOWS:
            make = getattr(torch.signal.windows, self.window)
            return make(length, sym=not self.periodic, dtype=torch.float64).to(dtype)
        from scipy import signal  # an optional dependency, for rarer windows only

        try:
            values = signal.get_window(self.window, length, self.periodic)
        except ValueError as error:
            raise argument_error(
                self, "window", self.window, "a window that scipy.signal.get_window knows"
            ) from error
        return torch.as_tensor(values, dtype=dtype)


class RandomInitializer(Initializer):
    """Base of the initializers that draw.

    Args:
        seed: An integer, or None for one drawn now: every call of this initializer gives the same
            values. A ``SeedGenerator``: each call gives new ones.

    Raises:
        TypeError: ``seed`` is of another kind.
    """

    ranges = {
        **dict.fromkeys(("mean", "minval", "maxval", "gain"), "number in (-inf, inf)"),
        "stddev": "number in [0, inf)",
    }

    def __init__(self, seed: SeedLike = None) -> None:
        if isinstance(seed, dict):
            seed = serialization.deserialize_keras_object(seed)
        if seed is not None and not isinstance(seed, (int, np.integer, seeds.SeedGenerator)):
            raise kind_error(self, "seed", seed, "an integer, a SeedGenerator or None")
        self.seed = seed
        self._seed = _drawn_seed() if seed is None else seed

    def _empty(self, shape: Sequence[int], dtype: DTypeLike) -> tuple[Tensor, Any]:
        """Room for the draws, in float32 at least, and the generator to draw with."""
        dtype = torch_dtype(dtype)
        drawn = dtype if dtype in (torch.float32, torch.float64) else torch.float32
        values = torch.empty(tuple(shape), dtype=drawn)
        return values, seeds.generator_for(self._seed, values.device)


def _drawn_seed() -> int:
    """A seed from torch's generator, so that ``torch.manual_seed`` makes weights reproducible."""
    if scopes.local.shape_run:  # tensors have no values there
        return random.getrandbits(31)
    return int(torch.randint(1, 2**31 - 1, (), device="cpu"))


def _normal(
    rule: RandomInitializer, shape: Sequence[int], mean: float, stddev: float, dtype: DTypeLike
) -> Tensor:
    values, generator = rule._empty(shape, dtype)
    return values.normal_(mean, stddev, generator=generator).to(torch_dtype(dtype))


def _truncated_normal(
    rule: RandomInitializer, shape: Sequence[int], mean: float, stddev: float, dtype: DTypeLike
) -> Tensor:
    """Normal draws between -2 and 2 standard deviations, through the inverse distribution."""
    values, generator = rule._empty(shape, dtype)
    limit = math.erf(2 / math.sqrt(2))
    values.uniform_(-limit, limit, generator=generator).erfinv_()
    values.mul_(stddev * math.sqrt(2)).add_(mean)
    return values.clamp_(mean - 2 * stddev, mean + 2 * stddev).to(torch_dtype(dtype))


def _uniform(
    rule: RandomInitializer, shape: Sequence[int], low: float, high: float, dtype: DTypeLike
) -> Tensor:
    values, generator = rule._empty(shape, dtype)
    if not torch_dtype(dtype).is_floating_point:
        return values.to(torch_dtype(dtype)).random_(int(low), int(high), generator=generator)
    return values.uniform_(low, high, generator=generator).to(torch_dtype(dtype))


class RandomNormal(RandomInitializer):
    """Normal draws.

    Args:
        mean: Mean of the distribution.
        stddev: Its standard deviation.
        seed: See ``RandomInitializer``.
    """

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: SeedLike = None) -> None:
        super().__init__(seed=seed)
        self.mean = mean
        self.stddev = stddev

    def __call__(self, shape: Sequence[int], dtype: DTypeLike = None) -> Tensor:
        return _normal(self, shape, self.mean, self.stddev, dtype)


class TruncatedNormal(RandomNormal):
    """Normal draws within two standard deviations of the mean."""

    def __call__(self, shape: Sequence[int], dtype: DTypeLike = None) -> Tensor:
        return _truncated_normal(self, shape, self.mean, self.stddev, dtype)


class RandomUniform(RandomInitializer):
    """Uniform draws from ``[minval, maxval)``; of integers, for an integer type.

    Args:
        minval: Least value.
        maxval: Bound of the values.
        seed: See ``RandomInitializer``.
    """

    def __init__(self, minval: float = -0.05, maxval: float = 0.05, seed: SeedLike = None) -> None:
        super().__init__(seed=seed)
        self.minval = minval
        self.maxval = maxval

    def __call__(self, shape: Sequence[int], dtype: DTypeLike = None) -> Tensor:
        return _uniform(self, shape, self.minval, self.maxval, dtype)


class VarianceScaling(RandomInitializer):
    """Draws whose variance is ``scale / n``, n being a count of the weight's inputs or outputs.

    Args:
        scale: Factor, above 0.
        mode: What n is: ``"fan_in"``, ``"fan_out"`` or their mean, ``"fan_avg"``.
        distribution: ``"truncated_normal"`` (or ``"normal"``), ``"untruncated_normal"`` or
            ``"uniform"``.
        seed: See ``RandomInitializer``.
        input_axes: Axes whose lengths make up fan_in; None takes the last but one and all before
            it.
        output_axes: Axes whose lengths make up fan_out; given together with ``input_axes``.

    Raises:
        ValueError: a scale of 0 or less, an unknown mode or distribution, or one kind of axes
            without the other.

    Example:
        >>> VarianceScaling(seed=1)((3, 2)).shape
        torch.Size([3, 2])
    """

    modes = ("fan_in", "fan_out", "fan_avg")
    distributions = ("truncated_normal", "untruncated_normal", "uniform")

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: SeedLike = None,
        input_axes: Sequence[int] | None = None,
        output_axes: Sequence[int] | None = None,
    ) -> None:
        super().__init__(seed=seed)
        distribution = str(distribution).lower()
        distribution = "truncated_normal" if distribution == "normal" else distribution
        if scale <= 0:
            raise argument_error(self, "scale", scale, "a positive float")
        if mode not in self.modes:
            raise argument_error(self, "mode", mode, f"one of {self.modes}")
        if distribution not in self.distributions:
            raise argument_error(self, "distribution", distribution, f"one of {self.distributions}")
        if (input_axes is None) is not (output_axes is None):
            given = {"input_axes": input_axes, "output_axes": output_axes}
            raise argument_error(self, "axes", given, "both kinds of axes or neither")
        self.scale = scale
        self.mode = mode
        self.distribution = distribution
        self.input_axes = input_axes
        self.output_axes = output_axes

    def __call__(self, shape: Sequence[int], dtype: DTypeLike = None) -> Tensor:
        fan_in, fan_out = compute_fans(shape, self.input_axes, self.output_axes)
        fans = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
        variance = self.scale / max(1.0, fans[self.mode])
        if self.distribution == "uniform":
            limit = math.sqrt(3 * variance)
            return _uniform(self, shape, -limit, limit, dtype)
        stddev = math.sqrt(variance)
        if self.distribution == "untruncated_normal":
            return _normal(self, shape, 0.0, stddev, dtype)
        return _truncated_normal(self, shape, 0.0, stddev / _TRUNCATED_STDDEV, dtype)


class _Scaled(VarianceScaling):
    """Base of the named cases of ``VarianceScaling``, told apart by class attributes."""

    fixed: tuple[float, str, str]  # scale, mode, distribution

    def __init__(
        self,
        seed: SeedLike = None,
        input_axes: Sequence[int] | None = None,
        output_axes: Sequence[int] | None = None,
    ) -> None:
        super().__init__(*self.fixed, seed, input_axes, output_axes)


class GlorotUniform(_Scaled):
    """Uniform within ``sqrt(6 / (fan_in + fan_out))``, also called Xavier."""

    fixed = (1.0, "fan_avg", "uniform")


class GlorotNormal(_Scaled):
    """Truncated normal of standard deviation ``sqrt(2 / (fan_in + fan_out))``."""

    fixed = (1.0, "fan_avg", "truncated_normal")


class HeUniform(_Scaled):
    """Uniform within ``sqrt(6 / fan_in)``."""

    fixed = (2.0, "fan_in", "uniform")


class HeNormal(_Scaled):
    """Truncated normal of standard deviation ``sqrt(2 / fan_in)``."""

    fixed = (2.0, "fan_in", "truncated_normal")


class LecunUniform(_Scaled):
    """Uniform within ``sqrt(3 / fan_in)``."""

    fixed = (1.0, "fan_in", "uniform")


class LecunNormal(_Scaled):
    """Truncated normal of standard deviation ``sqrt(1 / fan_in)``."""

    fixed = (1.0, "fan_in", "truncated_normal")


class Orthogonal(RandomInitializer):
    """A random matrix with orthonormal rows or columns, whichever are fewer, times ``gain``.

    Axes before the last one count as rows.

    Args:
        gain: Factor of the matrix.
        seed: See ``RandomInitializer``.

    Raises:
        ValueError: the shape asked for has fewer than two axes.

    Source: Saxe et al. 2014.
    """

    def __init__(self, gain: float = 1.0, seed: SeedLike = None) -> None:
        super().__init__(seed=seed)
        self.gain = gain

    def __call__(self, shape: Sequence[int], dtype: DTypeLike = None) -> Tensor:
        if len(shape) < 2:
            raise argument_error(self, "shape", tuple(shape), "at least two-dimensional")
        rows, columns = math.prod(shape[:-1]), shape[-1]
        drawn, generator = self._empty((max(rows, columns), min(rows, columns)), dtype)
        q, r = torch.linalg.qr(drawn.normal_(generator=generator))
        q = q * torch.diagonal(r).sign()  # makes the draw uniform over orthogonal matrices
        if rows < columns:
            q = q.T
        return (self.gain * q.reshape(tuple(shape))).to(torch_dtype(dtype))


def compute_fans(
    shape: Sequence[int],
    input_axes: Sequence[int] | None = None,
    output_axes: Sequence[int] | None = None,
) -> tuple[int, int]:
    """Number of inputs and outputs of one unit of a weight of ``shape``.

    Example:
        >>> compute_fans((3, 3, 16, 32))
        (144, 288)
    """
    shape = tuple(shape)
    if input_axes is not None and output_axes is not None:
        return (
            math.prod(shape[axis] for axis in input_axes),
            math.prod(shape[axis] for axis in output_axes),
        )
    if len(shape) < 2:
        size = shape[0] if shape else 1
        return int(size), int(size)
    receptive_field = math.prod(shape[:-2])
    return int(shape[-2] * receptive_field), int(shape[-1] * receptive_field)


class _Given:
    """A tensor or array standing in for an initializer of its own shape."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __call__(self, shape: Sequence[int], dtype: DTypeLike = None) -> Tensor:
        value = self.value.tensor if isinstance(self.value, Variable) else self.value
        given = tuple(value.shape)
        if given != tuple(shape):
            raise argument_error("initializer", "shape", tuple(shape), f"{given}, as of the tensor")
        value = torch.as_tensor(value).detach()
        return value.to(torch_dtype(dtype), copy=True)


constant = Constant
glorot_normal = GlorotNormal
glorot_uniform = GlorotUniform
he_normal = HeNormal
he_uniform = HeUniform
identity = IdentityInitializer = Identity
lecun_normal = LecunNormal
lecun_uniform = LecunUniform
ones = Ones
orthogonal = OrthogonalInitializer = Orthogonal
random_normal = RandomNormal
random_uniform = RandomUniform
stft = STFTInitializer = STFT
truncated_normal = TruncatedNormal
variance_scaling = VarianceScaling
zeros = Zeros

_ALIASES = {
    "IdentityInitializer": "Identity",
    "OrthogonalInitializer": "Orthogonal",
    "STFTInitializer": "STFT",
    "normal": "RandomNormal",
    "uniform": "RandomUniform",
    "one": "Ones",
    "zero": "Zeros",
}


def get(identifier: Any) -> Any:
    """The initializer meant by a name, a configuration, a class, a callable or a tensor.

    Raises:
        ValueError: there is no such initializer.
    """
    if isinstance(identifier, (Tensor, Variable, np.ndarray, np.generic)):
        return _Given(identifier)
    return registry.get(identifier, "initializers", Initializer, "initializer", _ALIASES)


def serialize(initializer: Any, use_legacy_format: bool = False) -> Any:
    """Configuration of ``initializer``; ``use_legacy_format`` changes nothing."""
    return serialization.serialize_keras_object(initializer)


def deserialize(config: Config, custom_objects: Any = None, use_legacy_format: bool = False) -> Any:
    """The initializer that ``serialize`` described; ``use_legacy_format`` changes nothing."""
    with serialization.CustomObjectScope(custom_objects):
        return get(config)

"""``tf.random``: random tensors and the seed they follow from."""

from typing import Any

import torch
from torchkeras_shim.names import missing
from torchkeras_shim.sizes import as_size, as_sizes

from tensorflow.tensors import convert_to_tensor
from torchkeras import random as keras_random
from torchkeras.core.checks import argument_error
from torchkeras.core.dtypes import torch_dtype
from torchkeras.core.seeds import SeedGenerator

__getattr__ = missing(__name__)

# An operation's own seed starts a sequence, of which each call takes the next part.
_sequences: dict[int, SeedGenerator] = {}


def set_seed(seed: Any) -> None:
    """Make all random tensors from here on follow from ``seed``."""
    torch.manual_seed(int(seed))
    _sequences.clear()


def seed_generator(seed: Any) -> SeedGenerator | None:
    """The sequence that an operation's seed stands for; None for torch's own."""
    if seed is None:
        return None
    return _sequences.setdefault(int(seed), SeedGenerator(int(seed)))


def normal(
    shape: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = torch.float32,
    seed: Any = None,
    name: str | None = None,
) -> Any:
    """Normally distributed numbers."""
    noise = keras_random.normal(as_sizes(shape), dtype=dtype, seed=seed_generator(seed))
    return _scaled(noise, mean, stddev)


def truncated_normal(
    shape: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = torch.float32,
    seed: Any = None,
    name: str | None = None,
) -> Any:
    """Normally distributed numbers, none farther than two standard deviations from the mean."""
    noise = keras_random.truncated_normal(as_sizes(shape), dtype=dtype, seed=seed_generator(seed))
    return _scaled(noise, mean, stddev)


def _scaled(noise: Any, mean: Any, stddev: Any) -> Any:
    if isinstance(stddev, (int, float)) and stddev == 1:
        return noise if isinstance(mean, (int, float)) and mean == 0 else noise + mean
    return noise * stddev + mean


def uniform(
    shape: Any,
    minval: Any = 0,
    maxval: Any = None,
    dtype: Any = torch.float32,
    seed: Any = None,
    name: str | None = None,
) -> Any:
    """Numbers between ``minval`` and ``maxval`` (excluded), all equally likely.

    Raises:
        ValueError: integers are asked for without ``maxval``.
    """
    wanted, sizes, generator = torch_dtype(dtype), as_sizes(shape), seed_generator(seed)
    if not wanted.is_floating_point:
        if maxval is None:
            raise argument_error("tf.random.uniform", "maxval", None, "a bound for integers")
        return keras_random.randint(
            sizes, as_size(minval), as_size(maxval), dtype=dtype, seed=generator
        )
    noise = keras_random.uniform(sizes, dtype=dtype, seed=generator)
    high = 1.0 if maxval is None else maxval
    if isinstance(minval, (int, float)) and isinstance(high, (int, float)):
        return noise if (minval, high) == (0, 1) else noise * (high - minval) + minval
    return noise * (high - convert_to_tensor(minval)) + minval


def gamma(
    shape: Any,
    alpha: Any,
    beta: Any = None,
    dtype: Any = torch.float32,
    seed: Any = None,
    name: Any = None,
) -> Any:
    """Gamma distributed numbers for each ``alpha`` (shape) and ``beta`` (rate)."""
    alpha = convert_to_tensor(alpha, dtype)
    sizes = (*as_sizes(shape), *alpha.shape)
    numbers = keras_random.gamma(sizes, alpha, dtype=dtype, seed=seed_generator(seed))
    return numbers if beta is None else numbers / beta


def poisson(
    shape: Any, lam: Any, dtype: Any = torch.float32, seed: Any = None, name: str | None = None
) -> Any:
    """Poisson distributed numbers for each rate ``lam``."""
    lam = convert_to_tensor(lam, "float32")
    generator = None if seed is None else torch.Generator().manual_seed(int(seed))
    rates = lam.expand(*as_sizes(shape), *lam.shape)
    return torch.poisson(rates, generator=generator).to(torch_dtype(dtype))


def categorical(
    logits: Any, num_samples: Any, dtype: Any = None, seed: Any = None, name: str | None = None
) -> Any:
    """Class indices drawn with the probabilities that ``logits``, ``(batch, classes)``, give."""
    return keras_random.categorical(
        logits, as_size(num_samples), dtype=dtype or torch.int64, seed=seed_generator(seed)
    )


def shuffle(value: Any, seed: Any = None, name: str | None = None) -> Any:
    """The rows in a random order."""
    return keras_random.shuffle(convert_to_tensor(value), seed=seed_generator(seed))


def stateless_normal(
    shape: Any,
    seed: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = torch.float32,
    name: str | None = None,
    alg: Any = "auto_select",
) -> Any:
    """Normally distributed numbers that follow from ``seed``, two integers, alone."""
    noise = keras_random.normal(as_sizes(shape), dtype=dtype, seed=_one_seed(seed))
    return _scaled(noise, mean, stddev)


def stateless_truncated_normal(
    shape: Any,
    seed: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = torch.float32,
    name: str | None = None,
    alg: Any = "auto_select",
) -> Any:
    """``truncated_normal`` that follows from ``seed``, two integers, alone."""
    noise = keras_random.truncated_normal(as_sizes(shape), dtype=dtype, seed=_one_seed(seed))
    return _scaled(noise, mean, stddev)


def stateless_uniform(
    shape: Any,
    seed: Any,
    minval: Any = 0,
    maxval: Any = None,
    dtype: Any = torch.float32,
    name: str | None = None,
    alg: Any = "auto_select",
) -> Any:
    """Numbers between two bounds that follow from ``seed``, two integers, alone.

    Raises:
        ValueError: integers are asked for without ``maxval``.
    """
    if not torch_dtype(dtype).is_floating_point:
        if maxval is None:
            raise argument_error(
                "tf.random.stateless_uniform", "maxval", None, "a bound for integers"
            )
        return keras_random.randint(
            as_sizes(shape), as_size(minval), as_size(maxval), dtype=dtype, seed=_one_seed(seed)
        )
    noise = keras_random.uniform(as_sizes(shape), dtype=dtype, seed=_one_seed(seed))
    return noise * ((1.0 if maxval is None else maxval) - minval) + minval


def stateless_categorical(
    logits: Any, num_samples: Any, seed: Any, dtype: Any = torch.int64, name: str | None = None
) -> Any:
    """``categorical`` that follows from ``seed``, two integers, alone."""
    return keras_random.categorical(logits, as_size(num_samples), dtype=dtype, seed=_one_seed(seed))


def split(seed: Any, num: int = 2, alg: Any = "auto_select") -> torch.Tensor:
    """``num`` seeds, ``(num, 2)``, that follow from one."""
    return keras_random.randint((num, 2), 0, 2**31 - 1, dtype="int32", seed=_one_seed(seed))


def fold_in(seed: Any, data: Any, alg: Any = "auto_select") -> torch.Tensor:
    """A seed that follows from one and an integer."""
    return split((_one_seed(seed), as_size(data)), 1)[0]


def _one_seed(seed: Any) -> int:
    """Two integers as one."""
    first, second = as_sizes(seed)
    return (first * 0x9E3779B1 + second) % 2**31


class Generator:
    """A sequence of random numbers of its own.

    Args:
        seed: The integer that it follows from.
    """

    def __init__(self, seed: int | None = None) -> None:
        self._seeds = SeedGenerator(seed)

    @classmethod
    def from_seed(cls, seed: Any, alg: Any = None) -> "Generator":
        """The sequence that follows from ``seed``; torch chooses the algorithm."""
        return cls(int(seed))

    @classmethod
    def from_non_deterministic_state(cls, alg: Any = None) -> "Generator":
        """A sequence that differs from run to run."""
        return cls(int(torch.seed() % 2**31))

    def get_state(self) -> list[int]:
        """Where the sequence stands, for checkpoints."""
        return [int(number) for number in self._seeds.state]

    def set_state(self, state: list[int]) -> None:
        """Go to where ``get_state`` was called."""
        self._seeds.state.assign(state)

    def normal(
        self,
        shape: Any,
        mean: Any = 0.0,
        stddev: Any = 1.0,
        dtype: Any = torch.float32,
        name: Any = None,
    ) -> Any:
        """Normally distributed numbers."""
        return _scaled(
            keras_random.normal(as_sizes(shape), dtype=dtype, seed=self._seeds), mean, stddev
        )

    def uniform(
        self,
        shape: Any,
        minval: Any = 0,
        maxval: Any = None,
        dtype: Any = torch.float32,
        name: Any = None,
    ) -> Any:
        """Numbers between ``minval`` and ``maxval`` (excluded)."""
        if not torch_dtype(dtype).is_floating_point:
            return keras_random.randint(
                as_sizes(shape), as_size(minval), as_size(maxval), dtype=dtype, seed=self._seeds
            )
        high = 1.0 if maxval is None else maxval
        return (
            keras_random.uniform(as_sizes(shape), dtype=dtype, seed=self._seeds) * (high - minval)
            + minval
        )

    def truncated_normal(
        self,
        shape: Any,
        mean: Any = 0.0,
        stddev: Any = 1.0,
        dtype: Any = torch.float32,
        name: str | None = None,
    ) -> Any:
        """Normally distributed numbers, none beyond two standard deviations."""
        noise = keras_random.truncated_normal(as_sizes(shape), dtype=dtype, seed=self._seeds)
        return _scaled(noise, mean, stddev)

    def make_seeds(self, count: int = 1) -> torch.Tensor:
        """Seeds, ``(2, count)``, for the functions called ``stateless_*``."""
        return keras_random.randint((2, count), 0, 2**31 - 1, dtype="int32", seed=self._seeds)

    def split(self, count: int = 1) -> list["Generator"]:
        """Sequences of their own that follow from this one."""
        return [Generator(_one_seed(pair)) for pair in self.make_seeds(count).T]


_generators: list[Generator] = []


def get_global_generator() -> Generator:
    """The generator that all share; it begins by chance unless one is set."""
    if not _generators:
        _generators.append(Generator.from_non_deterministic_state())
    return _generators[0]


def set_global_generator(generator: Generator) -> None:
    """Let ``generator`` be the one that all share."""
    _generators[:] = [generator]

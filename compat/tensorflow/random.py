"""``tf.random``: random tensors and the seed they follow from."""

import enum
import math
from typing import Any

import torch
from torchkeras_shim.names import missing
from torchkeras_shim.rowwise import check_apart
from torchkeras_shim.sizes import as_size, as_sizes

from tensorflow.candidates import (
    all_candidate_sampler,
    fixed_unigram_candidate_sampler,
    learned_unigram_candidate_sampler,
    log_uniform_candidate_sampler,
    uniform_candidate_sampler,
)
from tensorflow.seeds import seed_generator, start_anew
from tensorflow.tensors import Variable, convert_to_tensor
from torchkeras import random as keras_random
from torchkeras.core.checks import argument_error
from torchkeras.core.dtypes import torch_dtype

__getattr__ = missing(__name__)


def set_seed(seed: Any) -> None:
    """Make all random tensors from here on follow from ``seed``."""
    torch.manual_seed(int(seed))
    start_anew()


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
    """Normally distributed numbers that follow from ``seed``, two integers, alone.

    ``alg`` changes nothing here, if there is such an algorithm: torch chooses its own.
    """
    check_algorithm("tf.random.stateless_normal", alg)
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
    """``truncated_normal`` that follows from ``seed``, two integers, alone.

    ``alg`` changes nothing here, if there is such an algorithm.
    """
    check_algorithm("tf.random.stateless_truncated_normal", alg)
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

    ``alg`` changes nothing here, if there is such an algorithm.

    Raises:
        ValueError: integers are asked for without ``maxval``, or there is no such algorithm.
    """
    check_algorithm("tf.random.stateless_uniform", alg)
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
    """``num`` seeds, ``(num, 2)``, that follow from one; ``alg`` as in ``stateless_normal``."""
    check_algorithm("tf.random.split", alg)
    return keras_random.randint((num, 2), 0, 2**31 - 1, dtype="int32", seed=_one_seed(seed))


def fold_in(seed: Any, data: Any, alg: Any = "auto_select") -> torch.Tensor:
    """A seed that follows from one and an integer; ``alg`` as in ``stateless_normal``."""
    return split((_one_seed(seed), as_size(data)), 1, alg)[0]


def _one_seed(seed: Any) -> int:
    """Two integers as one."""
    check_apart("tf.random.stateless")  # torch would draw other numbers for each row
    first, second = as_sizes(seed)
    return (first * 0x9E3779B1 + second) % 2**31


class Algorithm(enum.Enum):
    """TensorFlow's algorithms; torch has its own, so that each of them gives the same numbers."""

    PHILOX = 1
    THREEFRY = 2
    AUTO_SELECT = 3


def check_algorithm(owner: str, alg: Any) -> Algorithm:
    """The algorithm that ``alg``, a name, number or ``Algorithm``, stands for.

    Raises:
        ValueError: there is none such.
    """
    word = alg.upper() if isinstance(alg, str) else None
    if word in Algorithm.__members__:
        return Algorithm[word]
    if alg in [one.value for one in Algorithm] or isinstance(alg, Algorithm):
        return Algorithm(alg)
    raise argument_error(owner, "alg", alg, '"philox", "threefry" or "auto_select"')


class Generator:
    """A sequence of random numbers of its own; which they are is torch's choice.

    Args:
        copy_from: A generator to begin where it stands; or else
        state: Three integers, the counter's two and the key.
        alg: Name of the algorithm, which changes nothing here but what ``algorithm`` says.

    States:
        state: ``(3,)`` int64; each number that is drawn adds 256 to the first.

    Raises:
        ValueError: neither a generator nor a state is given, or no such algorithm.

    Source: ``tf.random.Generator``.

    Example:
        >>> generator = tf.random.Generator.from_seed(3)
        >>> generator.normal([2]).shape, generator.state.numpy().tolist()
        (TensorShape([2]), [515, 0, 0])
    """

    def __init__(
        self, copy_from: "Generator | None" = None, state: Any = None, alg: Any = None
    ) -> None:
        if copy_from is None and state is None:
            raise argument_error("tf.random.Generator", "state", None, "one, or copy_from")
        if copy_from is not None:
            state, alg = copy_from.get_state(), copy_from.algorithm
        self.algorithm = check_algorithm("tf.random.Generator", 1 if alg is None else alg).value
        self.state = Variable(_three(state), trainable=False, dtype=torch.int64)

    @classmethod
    def from_state(cls, state: Any, alg: Any) -> "Generator":
        """The sequence that stands at ``state``; see the constructor."""
        return cls(state=state, alg=alg)

    @classmethod
    def from_seed(cls, seed: Any, alg: Any = None) -> "Generator":
        """The sequence that follows from ``seed``; see the constructor for ``alg``."""
        return cls(state=_of_seed(seed), alg=alg)

    @classmethod
    def from_key_counter(cls, key: Any, counter: Any, alg: Any) -> "Generator":
        """The sequence of a key, an integer, from a counter, two integers, on."""
        return cls(state=[*as_sizes(counter), int(key)], alg=alg)

    @classmethod
    def from_non_deterministic_state(cls, alg: Any = None) -> "Generator":
        """A sequence that differs from run to run; see the constructor for ``alg``."""
        return cls(state=_of_seed(torch.seed() % 2**62), alg=alg)

    @property
    def key(self) -> torch.Tensor:
        """What tells the sequence from others, an integer."""
        return self.state.value[2]

    def get_state(self) -> list[int]:
        """Where the sequence stands, for checkpoints."""
        return self.state.value.tolist()

    def set_state(self, state: list[int]) -> None:
        """Go to where ``get_state`` was called."""
        self.state.assign(_three(state))

    def reset(self, state: Any) -> None:
        """Go to a state."""
        self.set_state(as_sizes(state))

    def reset_from_seed(self, seed: Any) -> None:
        """Go to where the sequence of ``seed`` begins."""
        self.set_state(_of_seed(seed))

    def reset_from_key_counter(self, key: Any, counter: Any) -> None:
        """Go to a counter, two integers, of the sequence of a key."""
        self.set_state([*as_sizes(counter), int(key)])

    def skip(self, delta: Any) -> torch.Tensor:
        """Leave out as many numbers; the state before is given."""
        before = self.state.value.clone()
        self.state.assign_add([256 * as_size(delta), 0, 0])
        return before

    def _draw(self, draw: Any, shape: Any, **settings: Any) -> Any:
        """What ``draw`` gives from here on."""
        sizes = as_sizes(shape)
        counter, high, key = self.skip(math.prod(sizes)).tolist()
        return draw(sizes, seed=[_of_pair(high, key), _of_pair(counter, key)], **settings)

    def normal(
        self,
        shape: Any,
        mean: Any = 0.0,
        stddev: Any = 1.0,
        dtype: Any = torch.float32,
        name: Any = None,
    ) -> Any:
        """Normally distributed numbers."""
        return _scaled(self._draw(keras_random.normal, shape, dtype=dtype), mean, stddev)

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
            bounds = {"minval": as_size(minval), "maxval": as_size(maxval)}
            return self._draw(keras_random.randint, shape, dtype=dtype, **bounds)
        high = 1.0 if maxval is None else maxval
        return self._draw(keras_random.uniform, shape, dtype=dtype) * (high - minval) + minval

    def uniform_full_int(self, shape: Any, dtype: Any = torch.uint64, name: Any = None) -> Any:
        """Integers, each that the type has being equally likely."""
        octets = torch_dtype(dtype).itemsize
        sizes = (*as_sizes(shape), octets)
        parts = self._draw(keras_random.randint, sizes, minval=0, maxval=256, dtype="uint8")
        return parts.view(torch_dtype(dtype))[..., 0]

    def truncated_normal(
        self,
        shape: Any,
        mean: Any = 0.0,
        stddev: Any = 1.0,
        dtype: Any = torch.float32,
        name: str | None = None,
    ) -> Any:
        """Normally distributed numbers, none beyond two standard deviations."""
        return _scaled(self._draw(keras_random.truncated_normal, shape, dtype=dtype), mean, stddev)

    def binomial(
        self, shape: Any, counts: Any, probs: Any, dtype: Any = torch.int32, name: Any = None
    ) -> Any:
        """How often of ``counts`` times something of probability ``probs`` happens."""
        drawn = self._draw(keras_random.binomial, shape, counts=counts, probabilities=probs)
        return drawn.to(torch_dtype(dtype))

    def make_seeds(self, count: int = 1) -> torch.Tensor:
        """Seeds, ``(2, count)``, for the functions called ``stateless_*``."""
        bounds = {"minval": 0, "maxval": 2**31 - 1}
        return self._draw(keras_random.randint, (2, count), dtype="int32", **bounds)

    def split(self, count: int = 1) -> list["Generator"]:
        """Sequences of their own that follow from this one."""
        return [Generator.from_seed(_one_seed(pair)) for pair in self.make_seeds(count).T]


def _three(state: Any) -> list[int]:
    """A generator's state, whose key may be missing."""
    numbers = list(as_sizes(state))
    if len(numbers) not in (2, 3):
        raise argument_error("tf.random.Generator", "state", numbers, "three integers")
    return [*numbers, 0][:3]


def _of_seed(seed: Any) -> list[int]:
    """The state in which the sequence of a seed, an integer or two, begins."""
    numbers = as_sizes(seed)
    return [0, *numbers] if len(numbers) == 2 else [*numbers, 0, 0]


def _of_pair(first: int, second: int) -> int:
    """One integer of two."""
    return (first ^ (second * 0x9E3779B1)) % 2**31


_generators: list[Generator] = []


def get_global_generator() -> Generator:
    """The generator that all share; it begins by chance unless one is set."""
    if not _generators:
        _generators.append(Generator.from_non_deterministic_state())
    return _generators[0]


def set_global_generator(generator: Generator) -> None:
    """Let ``generator`` be the one that all share."""
    _generators[:] = [generator]

"""``keras.random``: random tensors.

``seed`` is an integer (the same numbers at every call), a ``SeedGenerator`` (other numbers at every
call, fixed by its seed) or None (torch's own generator, which ``set_random_seed`` fixes).
"""

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from torchkeras.core import seeds
from torchkeras.core.checks import argument_error
from torchkeras.core.scopes import local
from torchkeras.core.seeds import SeedGenerator
from torchkeras.core.typing import DTypeLike, SeedLike, TensorLike
from torchkeras.ops.operands import as_sizes, canonical_axis, cast, floating, held_dtype, tensor
from torchkeras.tracer import traceable

__all__ = [
    "SeedGenerator",
    "beta",
    "binomial",
    "categorical",
    "dropout",
    "gamma",
    "normal",
    "randint",
    "shuffle",
    "truncated_normal",
    "uniform",
]


def _float_dtype(name: str, dtype: DTypeLike) -> torch.dtype:
    wanted = held_dtype(dtype)
    if not wanted.is_floating_point:
        raise ValueError(
            f"random.{name}: dtype is {dtype!r}; expected a float type: `keras.random.{name}` "
            "requires a floating point `dtype`."
        )
    return wanted


def _check_number(
    name: str, argument: str, value: Any, most: float = math.inf, is_open: bool = False
) -> None:
    """Raise a ValueError if a plain number is below 0 or above ``most``; tensors aren't read."""
    if isinstance(value, (int, float)) and not (
        0 <= value <= most and not (is_open and value == 0)
    ):
        bounds = "above 0" if is_open else "0 or more" if most == math.inf else f"in [0, {most}]"
        raise argument_error(f"random.{name}", argument, value, bounds)


@traceable
def normal(
    shape: Sequence[int],
    mean: float = 0.0,
    stddev: float = 1.0,
    dtype: DTypeLike = None,
    seed: SeedLike = None,
) -> Tensor:
    """Numbers of a normal distribution; ``dtype`` None is ``floatx()``.

    Raises:
        ValueError: ``dtype`` isn't a float type.
    """
    wanted = _float_dtype("normal", dtype)
    _check_number("normal", "stddev", stddev)
    return seeds.draw("normal", as_sizes(shape), mean, stddev, wanted, local.device, seed)


@traceable
def uniform(
    shape: Sequence[int],
    minval: float = 0.0,
    maxval: float = 1.0,
    dtype: DTypeLike = None,
    seed: SeedLike = None,
) -> Tensor:
    """Numbers equally likely in [minval, maxval); an integer ``dtype`` gives integers.

    Raises:
        ValueError: the bounds of an integer type aren't integers.
    """
    wanted = held_dtype(dtype)
    if not wanted.is_floating_point:
        return randint(shape, minval, maxval, dtype, seed)
    return seeds.draw("uniform", as_sizes(shape), minval, maxval, wanted, local.device, seed)


@traceable
def randint(
    shape: Sequence[int],
    minval: int,
    maxval: int,
    dtype: DTypeLike = "int32",
    seed: SeedLike = None,
) -> Tensor:
    """Integers equally likely in [minval, maxval).

    Raises:
        ValueError: ``dtype`` isn't an integer type.
    """
    wanted = held_dtype(dtype)
    if wanted.is_floating_point or wanted.is_complex or wanted is torch.bool:
        raise ValueError(
            f"random.randint: dtype is {dtype!r}; expected an integer type: `keras.random.randint` "
            "requires an integer `dtype`."
        )
    return seeds.draw(
        "randint", as_sizes(shape), int(minval), int(maxval), wanted, local.device, seed
    )


@traceable
def truncated_normal(
    shape: Sequence[int],
    mean: float = 0.0,
    stddev: float = 1.0,
    dtype: DTypeLike = None,
    seed: SeedLike = None,
) -> Tensor:
    """Numbers of a normal distribution within two deviations of its mean."""
    wanted = _float_dtype("truncated_normal", dtype)
    _check_number("truncated_normal", "stddev", stddev)
    draws = seeds.draw("normal", (*as_sizes(shape), 4), 0.0, 1.0, wanted, local.device, seed)
    is_inside = (draws > -2) & (draws < 2)
    # The first of four that is inside; the first if, once in 240,000 times, none is.
    first = torch.gather(draws, -1, is_inside.int().argmax(-1, keepdim=True)).squeeze(-1)
    return first.clamp(-2.0, 2.0) * stddev + mean


@traceable
def categorical(
    logits: TensorLike, num_samples: int, dtype: DTypeLike = "int32", seed: SeedLike = None
) -> Tensor:
    """Class numbers drawn with the probabilities of ``logits``.

    Shape:
        logits: ``(batch, classes)``.
        output: ``(batch, num_samples)``.

    Raises:
        ValueError: other than two axes.
    """
    logits = floating(logits)
    if logits.ndim != 2:
        raise ValueError(
            f"random.categorical: logits has shape {tuple(logits.shape)}; `logits` should be a 2-D "
            "tensor with shape [batch_size, num_classes]."
        )
    generator = seeds.generator_for(seed, logits.device)
    chances = torch.softmax(logits, -1)
    drawn = torch.multinomial(chances, num_samples, replacement=True, generator=generator)
    return drawn.to(held_dtype(dtype))


@traceable
def dropout(
    inputs: TensorLike,
    rate: float,
    noise_shape: Sequence[int | None] | None = None,
    seed: SeedLike = None,
) -> Tensor:
    """Zeros in place of a fraction ``rate`` of the elements, the others scaled to keep the sum.

    Args:
        rate: Fraction in [0, 1].
        noise_shape: Shape of the mask, which broadcasts to ``inputs``; None in it, or in its
            place, means the size of ``inputs``.

    Raises:
        ValueError: ``rate`` is out of range.
    """
    _check_number("dropout", "rate", rate, most=1.0)
    inputs = tensor(inputs)
    if rate == 0.0:
        return inputs
    if rate == 1.0:
        return torch.zeros_like(inputs)
    if noise_shape is None and not seeds.is_given(seed):
        return functional.dropout(inputs, rate)
    kept = keep_mask(inputs, rate, noise_shape, seed)
    return torch.where(kept, inputs / (1.0 - rate), torch.zeros((), dtype=inputs.dtype))


def keep_mask(
    inputs: Tensor, rate: float, noise_shape: Sequence[int | None] | None, seed: SeedLike
) -> Tensor:
    """Where ``dropout`` keeps an element."""
    shape = inputs.shape
    if noise_shape is not None:
        shape = [n if m is None else m for n, m in zip(inputs.shape, noise_shape, strict=True)]
    return seeds.draw("bernoulli", shape, 1.0 - rate, 0.0, torch.bool, inputs.device, seed)


@traceable
def shuffle(x: TensorLike, axis: int = 0, seed: SeedLike = None) -> Tensor:
    """The slices of ``x`` along ``axis`` in random order."""
    x = tensor(x)
    axis = canonical_axis(axis, x.ndim)
    order = seeds.draw("uniform", (x.shape[axis],), device=x.device, seed=seed)
    return torch.index_select(x, axis, torch.argsort(order))


def _wide(dtype: torch.dtype) -> torch.dtype:
    """The type in which numbers of ``dtype`` are drawn: torch has no kernels for half precision."""
    return dtype if dtype.itemsize >= 4 else torch.float32


@traceable
def gamma(
    shape: Sequence[int], alpha: TensorLike, dtype: DTypeLike = None, seed: SeedLike = None
) -> Tensor:
    """Numbers of a gamma distribution of shape ``alpha`` (which broadcasts) and scale 1."""
    wanted = _float_dtype("gamma", dtype)
    _check_number("gamma", "alpha", alpha, is_open=True)
    alpha = cast(alpha, _wide(wanted)).expand(as_sizes(shape))
    return seeds.draw_by("gamma", alpha, seed).to(wanted)


@traceable
def beta(
    shape: Sequence[int],
    alpha: TensorLike,
    beta: TensorLike,
    dtype: DTypeLike = None,
    seed: SeedLike = None,
) -> Tensor:
    """Numbers in (0, 1) of a beta distribution with the parameters ``alpha`` and ``beta``."""
    wanted = _float_dtype("beta", dtype)
    _check_number("beta", "alpha", alpha, is_open=True)
    _check_number("beta", "beta", beta, is_open=True)
    sizes = as_sizes(shape)
    both = [cast(parameter, _wide(wanted)).expand(sizes) for parameter in (alpha, beta)]
    return seeds.draw_by("dirichlet", torch.stack(both, -1), seed)[..., 0].to(wanted)


@traceable
def binomial(
    shape: Sequence[int],
    counts: TensorLike,
    probabilities: TensorLike,
    dtype: DTypeLike = None,
    seed: SeedLike = None,
) -> Tensor:
    """Numbers of successes in ``counts`` trials of these ``probabilities`` (both broadcast)."""
    wanted = _float_dtype("binomial", dtype)
    _check_number("binomial", "counts", counts)
    _check_number("binomial", "probabilities", probabilities, most=1.0)
    sizes = as_sizes(shape)
    counts, chances = [cast(x, wanted).expand(sizes) for x in (counts, probabilities)]
    return torch.binomial(counts, chances, seeds.generator_for(seed, counts.device))

"""``tf.random``'s candidate samplers: some classes drawn to stand for all."""

import math
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from tensorflow.seeds import seed_generator
from tensorflow.tensors import convert_to_tensor
from torchkeras import random as keras_random
from torchkeras.core.checks import argument_error

# Classes drawn, and how often each true and each drawn one is expected among them.
Sampled = tuple[Tensor, Tensor, Tensor]


def uniform_candidate_sampler(
    true_classes: Any,
    num_true: int,
    num_sampled: int,
    unique: bool,
    range_max: int,
    seed: Any = None,
    name: str | None = None,
) -> Sampled:
    """Classes drawn with equal chances.

    Args:
        true_classes: ``(batch, num_true)`` the classes that are right.
        num_true: How many of a sample.
        num_sampled: How many are drawn.
        unique: Whether none is drawn twice.
        range_max: How many classes there are.
        seed: Integer that the draws follow from; None draws it.
        name: Accepted.

    Returns:
        The classes drawn, how often each true one is expected among them, and each drawn one.

    Raises:
        ValueError: more are to be drawn than there are.

    Source: ``tf.random.uniform_candidate_sampler``.
    """
    chances = torch.full((range_max,), 1.0 / range_max, dtype=torch.float64)
    return _drawn(chances, true_classes, num_true, num_sampled, unique, seed)


def learned_unigram_candidate_sampler(
    true_classes: Any,
    num_true: int,
    num_sampled: int,
    unique: bool,
    range_max: int,
    seed: Any = None,
    name: str | None = None,
) -> Sampled:
    """Classes drawn with equal chances, as each call starts to learn anew; see
    ``uniform_candidate_sampler``.

    Source: ``tf.random.learned_unigram_candidate_sampler``.
    """
    return uniform_candidate_sampler(true_classes, num_true, num_sampled, unique, range_max, seed)


def log_uniform_candidate_sampler(
    true_classes: Any,
    num_true: int,
    num_sampled: int,
    unique: bool,
    range_max: int,
    seed: Any = None,
    name: str | None = None,
) -> Sampled:
    """Classes drawn with the chance ``log((k + 2) / (k + 1)) / log(range_max + 1)`` of class k,
    as words numbered by how frequent they are; see ``uniform_candidate_sampler``.

    Source: ``tf.random.log_uniform_candidate_sampler``.
    """
    k = torch.arange(range_max, dtype=torch.float64)
    chances = ((k + 2) / (k + 1)).log() / math.log(range_max + 1)
    return _drawn(chances, true_classes, num_true, num_sampled, unique, seed)


def fixed_unigram_candidate_sampler(
    true_classes: Any,
    num_true: int,
    num_sampled: int,
    unique: bool,
    range_max: int,
    vocab_file: Any = "",
    distortion: float = 1.0,
    num_reserved_ids: int = 0,
    num_shards: int = 1,
    shard: int = 0,
    unigrams: Any = (),
    seed: Any = None,
    name: str | None = None,
) -> Sampled:
    """Classes drawn with given chances; see ``uniform_candidate_sampler``.

    Args:
        true_classes, num_true, num_sampled, unique, range_max, seed, name: See there.
        vocab_file: A file of comma-separated values with the weight of a class at the end of each
            line.
        distortion: Exponent of the weights; 0 makes the chances equal.
        num_reserved_ids: How many classes with the chance 0 come first.
        num_shards, shard: Only each ``num_shards``-th class from ``shard`` on is drawn.
        unigrams: The weights, in place of a file.

    Raises:
        ValueError: there are no weights, or both kinds.

    Source: ``tf.random.fixed_unigram_candidate_sampler``.
    """
    owner = "tf.random.fixed_unigram_candidate_sampler"
    weights = [float(weight) for weight in unigrams]
    if bool(vocab_file) == bool(weights):
        raise argument_error(owner, "unigrams", weights, "weights, or a vocab_file")
    if vocab_file:
        lines = Path(vocab_file).read_text(encoding="utf-8").splitlines()
        weights = [float(line.rpartition(",")[2]) for line in lines if line.strip()]
    weights = [0.0] * num_reserved_ids + [weight**distortion for weight in weights]
    if len(weights) != range_max:
        raise argument_error(owner, "range_max", range_max, f"{len(weights)}, one for each weight")
    chances = torch.tensor(weights, dtype=torch.float64)
    if num_shards > 1:
        chances[torch.arange(range_max) % num_shards != shard] = 0
    return _drawn(chances / chances.sum(), true_classes, num_true, num_sampled, unique, seed)


def all_candidate_sampler(
    true_classes: Any,
    num_true: int,
    num_sampled: int,
    unique: bool,
    seed: Any = None,
    name: str | None = None,
) -> Sampled:
    """All of ``num_sampled`` classes, each once; see ``uniform_candidate_sampler``.

    ``unique`` and ``seed`` change nothing here: nothing is drawn.

    Source: ``tf.random.all_candidate_sampler``.
    """
    true = checked_classes(true_classes, num_true)
    sampled = torch.arange(num_sampled, device=true.device)
    ones = torch.ones(num_sampled, device=true.device)
    return sampled, torch.ones(true.shape, device=true.device), ones


def _drawn(
    chances: Tensor, true_classes: Any, num_true: int, count: int, unique: bool, seed: Any
) -> Sampled:
    true = checked_classes(true_classes, num_true)
    possible = int((chances > 0).sum())
    if unique and count > possible:
        raise argument_error(
            "candidate sampler", "num_sampled", count, f"{possible} or fewer, as unique is True"
        )
    generator = seed_generator(seed)
    ends = chances.cumsum(0)
    found: list[int] = []
    tries = 0
    while len(found) < count:  # as many draws as are surely left, one after the other
        noise = keras_random.uniform((count,), dtype="float64", seed=generator)
        for drawn in torch.searchsorted(ends, noise * ends[-1], right=True).tolist():
            if len(found) == count:
                break
            tries += 1
            drawn = min(drawn, len(chances) - 1)
            if not unique or drawn not in found:
                found.append(drawn)
    expected = chances * count if tries == count else -torch.expm1(tries * torch.log1p(-chances))
    expected = expected.float().to(true.device)
    sampled = torch.tensor(found, device=true.device)
    return sampled, expected[true], expected[sampled]


def checked_classes(true_classes: Any, num_true: int) -> Tensor:
    """The right classes of a batch, as many of each sample as is said.

    Raises:
        ValueError: they are others.
    """
    true = convert_to_tensor(true_classes).long()
    if true.dim() != 2 or true.shape[1] != num_true:
        raise argument_error(
            "candidate sampler", "true_classes", f"of shape {tuple(true.shape)}",
            f"(batch, num_true) with num_true {num_true}",
        )  # fmt: skip
    return true

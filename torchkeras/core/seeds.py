"""Random seeds: the process-wide one, and generators whose state is a variable on the host."""

import random
from typing import Any

import numpy as np
import torch
from torch import Tensor

from torchkeras.core import naming, scopes
from torchkeras.core.checks import argument_error, kind_error
from torchkeras.core.configurable import Configurable
from torchkeras.core.variable import Variable

_MASK = 0xFFFFFFFF


def set_random_seed(seed: int) -> None:
    """Seed Python's, NumPy's and torch's generators, so that what follows is reproducible.

    Args:
        seed: Integer in [0, 2**32 - 1].

    Raises:
        ValueError: ``seed`` is no such integer.
    """
    if not isinstance(seed, (int, np.integer)) or not 0 <= seed <= _MASK:
        raise argument_error(
            "set_random_seed", "seed", seed, "an integer in [0, 2**32 - 1]", "Try 42."
        )
    random.seed(int(seed))
    np.random.seed(int(seed))
    torch.manual_seed(int(seed))


class SeedGenerator(Configurable):
    """A sequence of seeds: each draw with it gives other numbers, all fixed by the first seed.

    Without a seed it leaves drawing to torch's own generator, which is faster; ``set_random_seed``
    makes that reproducible. The state stays on the CPU, so that advancing it costs no transfer.

    Args:
        seed: Integer; None takes one from Python's ``random`` and draws by torch's generator.
        name: Name; None counts up ``seed_generator``, ``seed_generator_1``, ...

    States:
        state: ``(2,)`` int32: the seed and the number of draws.

    Raises:
        ValueError: ``seed`` is neither an integer nor None.

    Source: Keras 3 ``keras.random.SeedGenerator``.

    Example:
        >>> generator = SeedGenerator(7)
        >>> generator.next().tolist(), generator.next().tolist()
        ([7, 0], [7, 1])
    """

    def __init__(self, seed: int | None = None, name: str | None = None) -> None:
        if seed is not None and (isinstance(seed, bool) or not isinstance(seed, (int, np.integer))):
            raise argument_error(
                self, "seed", seed, "an integer or None", "seed must be an integer."
            )
        self.seed = seed
        self.name = name or naming.auto_name("seed_generator")
        first = random.randint(1, int(1e9)) if seed is None else int(seed)
        with scopes.name_scope(self.name):
            self.state = Variable(
                torch.tensor([as_int32(first), 0], dtype=torch.int32, device="cpu"),
                trainable=False,
                autocast=False,
                name="seed_generator_state",
            )

    @property
    def is_seeded(self) -> bool:
        """Whether a seed was given; otherwise torch's generator draws."""
        return self.seed is not None

    def next(self, ordered: bool = True) -> Tensor:
        """The present state, after which the state is advanced.

        Args:
            ordered: Whether draws are counted; otherwise the state is scrambled.
        """
        state = self.state.tensor
        present = state.detach().clone()
        if ordered:
            self.state.assign(present + torch.tensor([0, 1], dtype=torch.int32))
        else:
            self.state.assign((present + 1) * 5387 % 933199)
        return present


def as_int32(seed: int) -> int:
    """The lowest 32 bits of ``seed`` as a signed number."""
    return ((seed & _MASK) ^ 0x80000000) - 0x80000000


def is_given(seed: Any) -> bool:
    """Whether draws with ``seed`` have their own sequence rather than torch's generator."""
    if seed is None or scopes.local.shape_run:
        return False
    return seed.is_seeded if isinstance(seed, SeedGenerator) else True


def _state_of(seed: Any) -> Tensor:
    """The two numbers of this draw, from a SeedGenerator (then advanced), an int or a tensor."""
    if isinstance(seed, SeedGenerator):
        return seed.next()
    if isinstance(seed, (int, np.integer)) and not isinstance(seed, bool):
        return torch.tensor([as_int32(int(seed)), 0], dtype=torch.int32, device="cpu")
    if isinstance(seed, (Tensor, np.ndarray, list, tuple)) and len(seed) == 2:
        return torch.as_tensor(seed, dtype=torch.int32, device="cpu")
    raise kind_error(
        "random",
        "seed",
        seed,
        "an integer, a SeedGenerator or None",
        "Argument `seed` must be either an integer or an instance of `SeedGenerator`.",
    )


def _seeded_generator(state: Tensor, device: torch.device) -> torch.Generator:
    seed = sum(state.tolist())
    worker = torch.utils.data.get_worker_info()
    if worker is not None:
        # Each worker of a loader has a copy of the state; its own seed differs by epoch, too.
        seed += worker.seed * 0x9E3779B1  # an odd number far from that of draws
    return torch.Generator(device).manual_seed(seed & _MASK)


def generator_for(seed: Any, device: Any) -> torch.Generator | None:
    """A torch generator for one draw on ``device``; None means torch's own.

    Args:
        seed: An integer (always the same numbers), a ``SeedGenerator`` (advanced by this call) or
            None.
        device: Where the numbers will lie.

    Raises:
        TypeError: ``seed`` is none of these.
    """
    if not is_given(seed):
        return None
    device = torch.device(device or torch.get_default_device())
    if device.type == "meta":
        return None
    return _seeded_generator(_state_of(seed), device)


def draw(
    kind: str,
    shape: Any,
    low: float = 0.0,
    high: float = 1.0,
    dtype: torch.dtype | None = None,
    device: Any = None,
    seed: Any = None,
) -> Tensor:
    """Random numbers, also inside a compiled graph.

    Args:
        kind: ``"uniform"`` in [low, high), ``"normal"`` of mean ``low`` and deviation ``high``,
            ``"bernoulli"`` of probability ``low``, or ``"randint"`` in [low, high).
        shape: Shape of the result.
        low, high: The distribution's two parameters.
        dtype: Type of the result; None is torch's default float type.
        device: Where the result lies; None is torch's default.
        seed: As in ``generator_for``.
    """
    dtype = dtype or torch.get_default_dtype()
    if not is_given(seed):
        return _sample(kind, tuple(shape), low, high, dtype, device, None)
    if torch.compiler.is_compiling():
        return torch.ops.torchkeras.draw(
            _state_of(seed), kind, list(shape), float(low), float(high), dtype, device
        )
    generator = generator_for(seed, device)
    return _sample(kind, tuple(shape), low, high, dtype, device, generator)


def draw_by(kind: str, parameters: Tensor, seed: Any = None) -> Tensor:
    """Random numbers of distributions whose parameters are tensors, also inside a compiled graph.

    Args:
        kind: ``"gamma"`` of the shapes ``parameters`` and scale 1, or ``"dirichlet"``, for which
            ``parameters`` lie along the last axis.
        parameters: Positive numbers.
        seed: As in ``generator_for``.
    """
    if scopes.local.shape_run or parameters.is_meta:  # torch's kernel for the latter has no outline
        numbers = torch._standard_gamma(parameters)
        return numbers if kind == "gamma" else numbers / numbers.sum(-1, keepdim=True)
    if torch.compiler.is_compiling():
        state = _state_of(seed) if is_given(seed) else None
        return torch.ops.torchkeras.draw_by(state, kind, parameters)
    return _SAMPLERS[kind](parameters, generator_for(seed, parameters.device))


_SAMPLERS = {"gamma": torch._standard_gamma, "dirichlet": torch._sample_dirichlet}


def _sample(
    kind: str,
    shape: tuple[int, ...],
    low: float,
    high: float,
    dtype: torch.dtype,
    device: torch.device,
    generator: torch.Generator | None,
) -> Tensor:
    # Left out where there is none: torch can't trace unknown sizes with it.
    chance = {} if generator is None else {"generator": generator}
    if kind == "uniform":
        numbers = torch.rand(shape, **chance, dtype=dtype, device=device)
        return _scaled(numbers, high - low, low)
    if kind == "normal":
        numbers = torch.randn(shape, **chance, dtype=dtype, device=device)
        return _scaled(numbers, high, low)
    if kind == "bernoulli":
        chances = torch.full(shape, low, device=device)
        return torch.bernoulli(chances, **chance).to(dtype)
    return torch.randint(int(low), int(high), shape, **chance, dtype=dtype, device=device)


def _scaled(numbers: Tensor, scale: float, shift: float) -> Tensor:
    """``numbers * scale + shift``, written over ``numbers``."""
    if scale != 1:
        numbers.mul_(scale)
    return numbers.add_(shift) if shift else numbers


# Generators can't be made inside a traced graph, so there the whole draw is one opaque operator.
_library = torch.library.Library("torchkeras", "DEF")
_library.define(
    "draw(Tensor state, str kind, SymInt[] shape, float low, float high, ScalarType dtype, "
    "Device? device) -> Tensor"
)
_library.define("draw_by(Tensor? state, str kind, Tensor parameters) -> Tensor")


def _draw(
    state: Tensor,
    kind: str,
    shape: list[int],
    low: float,
    high: float,
    dtype: torch.dtype,
    device: torch.device | None,
) -> Tensor:
    generator = _seeded_generator(state, torch.device(device or torch.get_default_device()))
    return _sample(kind, tuple(shape), low, high, dtype, device, generator)


def _draw_outline(
    state: Tensor,
    kind: str,
    shape: list[int],
    low: float,
    high: float,
    dtype: torch.dtype,
    device: torch.device | None,
) -> Tensor:
    return torch.empty(shape, dtype=dtype, device=device)


def _draw_by(state: Tensor | None, kind: str, parameters: Tensor) -> Tensor:
    generator = None if state is None else _seeded_generator(state, parameters.device)
    return _SAMPLERS[kind](parameters, generator)


def _draw_by_outline(state: Tensor | None, kind: str, parameters: Tensor) -> Tensor:
    return torch.empty_like(parameters)


for _name, _kernel, _outline in (
    ("draw", _draw, _draw_outline),
    ("draw_by", _draw_by, _draw_by_outline),
):
    _library.impl(_name, _kernel, "CompositeExplicitAutograd")
    torch.library.register_fake(f"torchkeras::{_name}", _outline, lib=_library)

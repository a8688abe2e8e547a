"""Learning rates as functions of the optimizer's step."""

import math
from typing import Any

import torch
from torch import Tensor

from torchkeras.core import registry, scopes, serialization, settings
from torchkeras.core.checks import argument_error, moment_error
from torchkeras.core.configurable import Configurable
from torchkeras.core.dtypes import torch_dtype
from torchkeras.core.variable import Variable


class LearningRateSchedule(Configurable):
    """A learning rate that depends on the step: an object called with the step's number.

    A subclass defines ``__call__(step)``; ``step`` is the optimizer's ``iterations``, a scalar
    integer variable, and the result a number or a scalar tensor. The built-in schedules compute in
    ``floatx()`` on the step's device, element by element, so they also take a tensor of many steps.

    Source: Keras 3 ``schedules.LearningRateSchedule``.

    Example:
        >>> class Halving(keras.optimizers.schedules.LearningRateSchedule):
        ...     def __call__(self, step):
        ...         return 0.5 ** (1.0 + step)
        >>> float(Halving()(2))
        0.125
    """

    ranges = {
        "initial_learning_rate": "number in (-inf, inf)",
        "warmup_steps": "number in [0, inf)",
        "t_mul": "number in (0, inf)",
    }

    def __call__(self, step: Any) -> Any:
        raise moment_error(
            type(self).__name__,
            "a schedule must override `__call__(self, step)`",
            "Define it to give the learning rate at that step.",
        )


class ExponentialDecay(LearningRateSchedule):
    """``initial_learning_rate * decay_rate ** (step / decay_steps)``.

    Args:
        initial_learning_rate: The rate at step 0.
        decay_steps: Steps in which the rate is multiplied by ``decay_rate`` once, 1 or more.
        decay_rate: The factor.
        staircase: Whether the exponent is rounded down, so that the rate falls in jumps.
        name: A name, kept for configuration.

    Raises:
        ValueError: ``decay_steps`` isn't positive.

    Source: Keras 3 ``ExponentialDecay``.

    Example:
        >>> float(ExponentialDecay(0.5, decay_steps=10, decay_rate=0.5)(20))
        0.125
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        decay_rate: float,
        staircase: bool = False,
        name: str | None = "ExponentialDecay",
    ) -> None:
        self.initial_learning_rate = _plain(initial_learning_rate)
        self.decay_steps = _positive(self, "decay_steps", decay_steps)
        self.decay_rate = decay_rate
        self.staircase = staircase
        self.name = name

    def __call__(self, step: Any) -> Tensor:
        periods = _floating(step) / self.decay_steps
        if self.staircase:
            periods = torch.floor(periods)
        return self.initial_learning_rate * _like(self.decay_rate, periods) ** periods


class InverseTimeDecay(LearningRateSchedule):
    """``initial_learning_rate / (1 + decay_rate * step / decay_steps)``.

    Args:
        initial_learning_rate: The rate at step 0.
        decay_steps: Steps counted as one unit of time, 1 or more.
        decay_rate: What one unit of time adds to the denominator.
        staircase: Whether time is rounded down, so that the rate falls in jumps.
        name: A name, kept for configuration.

    Raises:
        ValueError: ``decay_steps`` isn't positive.

    Source: Keras 3 ``InverseTimeDecay``.

    Example:
        >>> float(InverseTimeDecay(0.5, decay_steps=10, decay_rate=3.0)(10))
        0.125
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        decay_rate: float,
        staircase: bool = False,
        name: str | None = "InverseTimeDecay",
    ) -> None:
        self.initial_learning_rate = _plain(initial_learning_rate)
        self.decay_steps = _positive(self, "decay_steps", decay_steps)
        self.decay_rate = decay_rate
        self.staircase = staircase
        self.name = name

    def __call__(self, step: Any) -> Tensor:
        periods = _floating(step) / self.decay_steps
        if self.staircase:
            periods = torch.floor(periods)
        return self.initial_learning_rate / (1.0 + self.decay_rate * periods)


class PolynomialDecay(LearningRateSchedule):
    """From the initial to the end rate along ``(1 - step / decay_steps) ** power``.

    Args:
        initial_learning_rate: The rate at step 0.
        decay_steps: Steps until the end rate is reached, 1 or more.
        end_learning_rate: The rate from then on.
        power: The exponent; 1 is a straight line.
        cycle: Whether the rate rises again beyond ``decay_steps``: the decay then takes the next
            multiple of ``decay_steps`` that isn't below the step.
        name: A name, kept for configuration.

    Raises:
        ValueError: ``decay_steps`` isn't positive.

    Source: Keras 3 ``PolynomialDecay``.

    Example:
        >>> float(PolynomialDecay(1.0, decay_steps=4, end_learning_rate=0.0)(3))
        0.25
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        end_learning_rate: float = 0.0001,
        power: float = 1.0,
        cycle: bool = False,
        name: str | None = "PolynomialDecay",
    ) -> None:
        self.initial_learning_rate = _plain(initial_learning_rate)
        self.decay_steps = _positive(self, "decay_steps", decay_steps)
        self.end_learning_rate = end_learning_rate
        self.power = power
        self.cycle = cycle
        self.name = name

    def __call__(self, step: Any) -> Tensor:
        step = _floating(step)
        if self.cycle:
            rounds = torch.where(step == 0, 1.0, torch.ceil(step / self.decay_steps))
            done = step / (self.decay_steps * rounds)
        else:
            done = torch.clamp(step, max=self.decay_steps) / self.decay_steps
        span = self.initial_learning_rate - self.end_learning_rate
        return span * (1.0 - done) ** self.power + self.end_learning_rate


class PiecewiseConstantDecay(LearningRateSchedule):
    """``values[0]`` up to and including ``boundaries[0]``, ``values[1]`` up to the next, and so on.

    Args:
        boundaries: Steps after which the rate changes, strictly increasing.
        values: The rates, one more than boundaries.
        name: A name, kept for configuration.

    Raises:
        ValueError: the two lists don't fit together.

    Source: Keras 3 ``PiecewiseConstantDecay``.

    Example:
        >>> schedule = PiecewiseConstantDecay([10, 20], [1.0, 0.5, 0.25])
        >>> [float(schedule(step)) for step in (10, 11, 21)]
        [1.0, 0.5, 0.25]
    """

    def __init__(
        self,
        boundaries: list[int],
        values: list[float],
        name: str | None = "PiecewiseConstant",
    ) -> None:
        if len(boundaries) != len(values) - 1:
            raise argument_error(
                type(self).__name__,
                "boundaries",
                list(boundaries),
                f"{len(values) - 1} steps, one less than values {list(values)}",
                "The length of boundaries should be 1 less than the length of values.",
            )
        if sorted(boundaries) != list(boundaries):
            raise argument_error(
                type(self).__name__, "boundaries", list(boundaries), "steps that increase"
            )
        self.boundaries = list(boundaries)
        self.values = list(values)
        self.name = name

    def __call__(self, step: Any) -> Tensor:
        step = _tensor(step)
        values = torch.tensor(
            [float(value) for value in self.values], dtype=_floatx(), device=step.device
        )
        boundaries = torch.tensor(
            [int(step) for step in self.boundaries], dtype=torch.int64, device=step.device
        )
        return values[torch.bucketize(step, boundaries)]


class CosineDecay(LearningRateSchedule):
    """Half a cosine down from the initial rate to a fraction of it, after an optional warm-up.

    During ``warmup_steps`` the rate rises in a straight line from ``initial_learning_rate`` to
    ``warmup_target``; then it falls from there within ``decay_steps`` as
    ``(1 - alpha) * (1 + cos(pi * step / decay_steps)) / 2 + alpha``.

    Args:
        initial_learning_rate: The rate at step 0.
        decay_steps: Steps of the decay, 1 or more, not counting the warm-up.
        alpha: The final rate as a fraction of the highest.
        name: A name, kept for configuration.
        warmup_target: The rate at the end of the warm-up; None leaves the warm-up out.
        warmup_steps: Steps of the warm-up.

    Raises:
        ValueError: ``decay_steps`` isn't positive.

    Source: Keras 3 ``CosineDecay``.

    Example:
        >>> schedule = CosineDecay(0.0, 10, warmup_target=1.0, warmup_steps=4)
        >>> float(schedule(1)), round(float(schedule(9)), 6)
        (0.25, 0.5)
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        alpha: float = 0.0,
        name: str | None = "CosineDecay",
        warmup_target: float | None = None,
        warmup_steps: int = 0,
    ) -> None:
        self.initial_learning_rate = _plain(initial_learning_rate)
        self.decay_steps = _positive(self, "decay_steps", decay_steps)
        self.alpha = alpha
        self.name = name
        self.warmup_target = warmup_target
        self.warmup_steps = warmup_steps

    def __call__(self, step: Any) -> Tensor:
        step = _floating(step)
        if self.warmup_target is None:
            return self._decay(step, self.initial_learning_rate)
        rise = self.warmup_target - self.initial_learning_rate
        warm = rise * (step / max(self.warmup_steps, 1)) + self.initial_learning_rate
        decayed = self._decay(step - self.warmup_steps, self.warmup_target)
        return torch.where(step < self.warmup_steps, warm, decayed)

    def _decay(self, step: Tensor, highest: float) -> Tensor:
        done = torch.clamp(step, max=self.decay_steps) / self.decay_steps
        falling = 0.5 * (1.0 + torch.cos(math.pi * done))
        return highest * ((1.0 - self.alpha) * falling + self.alpha)


class CosineDecayRestarts(LearningRateSchedule):
    """Cosine decays one after another, each longer and lower than the one before.

    Args:
        initial_learning_rate: The rate at step 0.
        first_decay_steps: Steps of the first decay, 1 or more.
        t_mul: How many times longer each decay is than the one before.
        m_mul: The rate at which a decay starts, as a multiple of the one before.
        alpha: The lowest rate as a fraction of the initial one.
        name: A name, kept for configuration.

    Raises:
        ValueError: ``first_decay_steps`` isn't positive.

    Source: Keras 3 ``CosineDecayRestarts``; Loshchilov and Hutter, "SGDR", 2017.

    Example:
        >>> schedule = CosineDecayRestarts(1.0, first_decay_steps=4, m_mul=0.5)
        >>> float(schedule(0)), round(float(schedule(2)), 6), float(schedule(4))
        (1.0, 0.5, 0.5)
    """

    def __init__(
        self,
        initial_learning_rate: float,
        first_decay_steps: int,
        t_mul: float = 2.0,
        m_mul: float = 1.0,
        alpha: float = 0.0,
        name: str | None = "SGDRDecay",
    ) -> None:
        self.initial_learning_rate = _plain(initial_learning_rate)
        self.first_decay_steps = _positive(self, "first_decay_steps", first_decay_steps)
        self.t_mul = t_mul
        self.m_mul = m_mul
        self.alpha = alpha
        self.name = name

    def __call__(self, step: Any) -> Tensor:
        periods = _floating(step) / self.first_decay_steps
        if self.t_mul == 1.0:
            restarts = torch.floor(periods)
            done = periods - restarts
        else:
            # The sum of restarts' lengths 1 + t + t^2 + ... is (1 - t^n) / (1 - t).
            growth = _like(self.t_mul, periods)
            begun = torch.log(1.0 - periods * (1.0 - growth)) / torch.log(growth)
            restarts = torch.floor(begun + 1e-5)  # a restart's own step may come out just below
            length = growth**restarts
            done = (periods - (1.0 - length) / (1.0 - growth)) / length
        highest = _like(self.m_mul, periods) ** restarts
        falling = 0.5 * highest * (1.0 + torch.cos(math.pi * done))
        return self.initial_learning_rate * ((1.0 - self.alpha) * falling + self.alpha)


def get(identifier: Any) -> Any:
    """The schedule meant by a name, a configuration or a schedule.

    Raises:
        ValueError: there is no schedule of that name.
    """
    return registry.get(
        identifier, "optimizers.schedules", LearningRateSchedule, what="learning rate schedule"
    )


def serialize(
    learning_rate_schedule: LearningRateSchedule, use_legacy_format: bool = False
) -> dict[str, Any]:
    """A schedule as plain data; ``use_legacy_format`` leaves only class name and config."""
    data = serialization.serialize_keras_object(learning_rate_schedule)
    return {key: data[key] for key in ("class_name", "config")} if use_legacy_format else data


def deserialize(
    config: dict[str, Any],
    custom_objects: dict[str, Any] | None = None,
    use_legacy_format: bool = False,
) -> LearningRateSchedule:
    """The schedule that ``serialize`` described.

    ``use_legacy_format`` changes nothing here: either format is read.

    Raises:
        TypeError: the data names no known class.
    """
    with scopes.custom_objects_scope(custom_objects):
        return registry.from_dict(config, "optimizers.schedules")


def _floatx() -> torch.dtype:
    return torch_dtype(settings.floatx())


def _tensor(step: Any) -> Tensor:
    if isinstance(step, Variable):
        return step.tensor
    return step if isinstance(step, Tensor) else torch.as_tensor(step)


def _floating(step: Any) -> Tensor:
    return _tensor(step).to(_floatx())


def _like(number: float, tensor: Tensor) -> Tensor:
    """``number`` rounded to the tensor's type, as a scalar beside it."""
    return torch.full((), number, dtype=tensor.dtype, device=tensor.device)


def _plain(number: Any) -> Any:
    """The number that a variable or tensor stands at now."""
    return float(number) if isinstance(number, (Variable, Tensor)) else number


def _positive(schedule: LearningRateSchedule, argument: str, steps: int) -> int:
    if steps <= 0:
        raise argument_error(
            type(schedule).__name__,
            argument,
            steps,
            "a number of steps above 0",
            f"Argument `{argument}` must be > 0.",
        )
    return steps

"""Callbacks that set the learning rate by epoch."""

import inspect
from collections.abc import Callable, Iterator
from numbers import Integral, Real
from typing import Any

import numpy as np

from torchkeras.callbacks.base import Callback
from torchkeras.callbacks.console import say
from torchkeras.callbacks.monitor import MonitorCallback
from torchkeras.core.checks import argument_error, kind_error
from torchkeras.core.notices import warn


def learning_rates(model: Any) -> dict[str, float]:
    """``{"learning_rate": value}``, or a ``learning_rate_<name>`` for each of many optimizers."""
    return {f"learning_rate{tag}": float(one.learning_rate) for tag, one in _optimizers(model)}


def _optimizers(model: Any) -> Iterator[tuple[str, Any]]:
    optimizer = getattr(model, "optimizer", None)
    if not hasattr(optimizer, "learning_rate") and not hasattr(optimizer, "optimizers"):
        raise ValueError(f'Optimizer must have a "learning_rate" attribute; it is {optimizer!r}.')
    if hasattr(optimizer, "optimizers"):
        for one in optimizer.optimizers:
            yield f"_{one.name}", one
    else:
        yield "", optimizer


class LearningRateScheduler(Callback):
    """Sets the learning rate at the start of each epoch.

    Args:
        schedule: ``schedule(epoch, learning_rate)`` or ``schedule(epoch)`` -> the new rate;
            epochs count from 0.
        verbose: 1 says what the rate becomes, 0 doesn't.

    Raises:
        ValueError: ``schedule`` returns something else than a float, or the model's optimizer
            has no learning rate.

    Source: Keras 3 ``LearningRateScheduler``.
    """

    def __init__(self, schedule: Callable[..., float], verbose: int = 0) -> None:
        super().__init__()
        self.schedule = schedule
        self.verbose = verbose

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        for tag, optimizer in _optimizers(self.model):
            rate = self._next(epoch, float(optimizer.learning_rate))
            optimizer.learning_rate = rate
            if self.verbose > 0:
                name = tag.replace("_", "", 1) + " " if tag else ""
                say(
                    f"\nEpoch {epoch + 1}: LearningRateScheduler setting {name}learning rate to "
                    f"{rate}."
                )

    def _next(self, epoch: int, rate: float) -> float:
        new = self.schedule(epoch, rate) if _takes_two(self.schedule) else self.schedule(epoch)
        is_scalar = isinstance(new, Real) or getattr(new, "ndim", None) == 0
        if is_scalar and not isinstance(new, Integral):
            return float(new)
        raise argument_error(
            "LearningRateScheduler",
            "the result of schedule",
            new,
            "a float",
            "The output of the `schedule` function should be a float.",
        )

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if logs is not None:
            logs.update(learning_rates(self.model))


def _takes_two(function: Callable[..., Any]) -> bool:
    try:
        inspect.signature(function).bind(0, 0.0)
    except TypeError:
        return False
    except ValueError:  # a function in C without a signature
        return True
    return True


class ReduceLROnPlateau(MonitorCallback):
    """Lowers the learning rate when a number has stopped improving.

    Args:
        monitor: Name of the number in the logs.
        factor: What the rate is multiplied by, in (0, 1).
        patience: Epochs without improvement to wait for.
        verbose: 1 says when the rate falls, 0 doesn't.
        mode: ``"min"``, ``"max"`` or ``"auto"`` (see ``MonitorCallback``).
        min_delta: Least change that counts as an improvement, in the units of the number.
        cooldown: Epochs to wait after a reduction before counting again.
        min_lr: The rate doesn't fall below this.
        epsilon: Old name of ``min_delta``.

    Raises:
        ValueError: ``factor`` is 1 or more.

    Source: Keras 3 ``ReduceLROnPlateau``.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
        **kwargs: Any,
    ) -> None:
        min_delta = kwargs.pop("epsilon", min_delta)
        if kwargs:
            raise kind_error("ReduceLROnPlateau", "an argument", sorted(kwargs)[0], "none so named")
        super().__init__(monitor, mode, min_delta=min_delta)
        if factor >= 1.0:
            raise argument_error(
                self,
                "factor",
                factor,
                "a number below 1",
                "ReduceLROnPlateau does not support a factor >= 1.0.",
            )
        self.factor = factor
        self.min_lr = min_lr
        self.patience = patience
        self.verbose = verbose
        self.cooldown = cooldown
        self._reset()

    def _reset(self) -> None:
        self.best = None
        self.cooldown_counter = 0
        self.wait = 0

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._reset()

    def in_cooldown(self) -> bool:
        """Whether the rate was lowered less than ``cooldown`` epochs ago."""
        return self.cooldown_counter > 0

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.find_direction()
        logs = {} if logs is None else logs
        logs.update(learning_rates(self.model))
        current = logs.get(self.monitor)
        if current is None:
            warn(
                f"Learning rate reduction is conditioned on metric `{self.monitor}` which is not "
                f"available. Available metrics are: {','.join(logs)}."
            )
        else:
            self._watch(epoch, current)

    def _watch(self, epoch: int, current: float) -> None:
        if self.in_cooldown():
            self.cooldown_counter -= 1
            self.wait = 0
        if self.is_improvement(current, self.best):
            self.best = current
            self.wait = 0
        elif not self.in_cooldown():
            self.wait += 1
            if self.wait >= self.patience and self._reduce(epoch):
                self.cooldown_counter = self.cooldown
                self.wait = 0

    def _reduce(self, epoch: int) -> bool:
        is_reduced = False
        for tag, optimizer in _optimizers(self.model):
            old = float(optimizer.learning_rate)
            if old > np.float32(self.min_lr):
                new = max(old * self.factor, self.min_lr)
                optimizer.learning_rate = new
                is_reduced = True
                if self.verbose > 0:
                    name = tag.replace("_", " ", 1)
                    say(
                        f"\nEpoch {epoch + 1}: ReduceLROnPlateau reducing{name} learning rate to "
                        f"{new}."
                    )
        return is_reduced

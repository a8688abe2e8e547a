"""What callbacks that watch one number of the logs have in common."""

import math
from typing import Any

import numpy as np

from torchkeras.callbacks.base import Callback
from torchkeras.core.checks import describe
from torchkeras.core.notices import warn

HIGHER_IS_BETTER = ("acc", "accuracy", "auc")
MODES = ("auto", "min", "max")


class MonitorCallback(Callback):
    """Base of callbacks that ask whether a number in the logs has improved.

    NaN is never an improvement.

    Args:
        monitor: Name of the number; those of validation start with ``val_``.
        mode: ``"min"`` if lower is better, ``"max"`` if higher is, ``"auto"`` to infer it: losses
            are to fall, accuracies and AUC to rise, other metrics know their direction.
        baseline: Value that the first one must beat; None if any will do.
        min_delta: Least change that counts as an improvement, in the units of the number.

    Attributes:
        monitor_op: ``np.less`` or ``np.greater``; None until the direction is settled.
        min_delta: Negative once it is settled that lower is better, so that
            ``monitor_op(value - min_delta, best)`` asks for an improvement either way.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        mode: str = "auto",
        baseline: float | None = None,
        min_delta: float = 0,
    ) -> None:
        super().__init__()
        if mode not in MODES:
            warn(
                f"{type(self).__name__} mode {mode!r} is unknown, fallback to auto mode; "
                f"expected one of {', '.join(MODES)}."
            )
            mode = "auto"
        self.monitor = monitor
        self.mode = mode
        self.best = baseline
        self.min_delta = abs(min_delta)
        self.monitor_op: Any = None
        if mode != "auto":
            self._settle(rises=mode == "max")

    def _settle(self, rises: bool) -> None:
        self.monitor_op = np.greater if rises else np.less
        self.min_delta = abs(self.min_delta) if rises else -abs(self.min_delta)

    def find_direction(self) -> None:
        """Settle ``monitor_op`` for mode ``"auto"``, once the model's metrics exist.

        Raises:
            ValueError: the name doesn't tell whether it should rise or fall.
        """
        if self.monitor_op is None:
            rises = _should_rise(self.monitor.removeprefix("val_"), self.model)
            if rises is None:
                raise ValueError(
                    f"{describe(self)}: monitor={self.monitor!r} is no loss or metric of the model "
                    "whose direction is known, so Keras isn't able to automatically determine "
                    "whether that metric should be maximized or minimized. Pass `mode='max'` or "
                    "`mode='min'`."
                )
            self._settle(rises)

    def is_improvement(self, value: float, reference: float | None) -> bool:
        """Whether ``value`` is better than ``reference`` by more than ``min_delta``."""
        if math.isnan(value):
            return False
        if reference is None or math.isnan(reference):
            return True
        return bool(self.monitor_op(value - self.min_delta, reference))


def _should_rise(name: str, model: Any) -> bool | None:
    if name == "loss" or name.endswith("_loss"):
        return False
    for metric in getattr(model, "metrics", ()):
        if name == metric.name or name.endswith(f"_{metric.name}"):
            direction = getattr(metric, "_direction", None)
            if direction is not None:
                return direction == "up"
    return True if name.endswith(HIGHER_IS_BETTER) else None

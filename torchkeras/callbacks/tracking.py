"""Callbacks for trackers of experiments: Weights & Biases, MLflow, Optuna.

Their packages are imported where they are used: ``pip install torchkeras-compat[wandb]``, and so
on. Only the chief process writes.
"""

import importlib
import warnings
from collections.abc import Iterable
from numbers import Real
from typing import Any

import numpy as np

from torchkeras.callbacks.base import Callback
from torchkeras.callbacks.schedules import learning_rates
from torchkeras.core.checks import argument_error, moment_error
from torchkeras.distribution import agreed, is_chief


def _package(name: str, owner: str) -> Any:
    """The package ``name``.

    Raises:
        ImportError: it isn't installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ImportError(
            f"{owner} needs the package `{name}`: pip install torchkeras-compat[{name}]"
        ) from error


def _numbers(logs: dict[str, Any] | None, prefix: str = "") -> dict[str, float]:
    return {
        prefix + name: float(value)
        for name, value in (logs or {}).items()
        if isinstance(value, Real) or np.ndim(value) == 0
    }


def _rates(model: Any) -> dict[str, float]:
    has_rate = hasattr(getattr(model, "optimizer", None), "learning_rate")
    return learning_rates(model) if has_rate else {}


class WandbMetricsLogger(Callback):
    """Logs to the Weights & Biases run that ``wandb.init()`` has started.

    Args:
        log_freq: ``"epoch"``, ``"batch"``, or steps between two logs of steps.
        initial_global_step: Number that steps are counted from.

    Raises:
        RuntimeError: no run was started.
        ImportError: the package ``wandb`` isn't installed.

    Source: ``wandb.integration.keras.WandbMetricsLogger``.
    """

    def __init__(self, log_freq: str | int = "epoch", initial_global_step: int = 0) -> None:
        super().__init__()
        wandb = _package("wandb", "WandbMetricsLogger")
        if log_freq not in ("epoch", "batch") and not isinstance(log_freq, int):
            raise argument_error(
                self, "log_freq", log_freq, '"epoch", "batch" or a number of steps'
            )
        if is_chief() and wandb.run is None:
            raise moment_error(self, "there is no run", "Call `wandb.init()` first.")
        self.log_freq = 1 if log_freq == "batch" else log_freq
        self.global_step = initial_global_step
        if is_chief():
            wandb.define_metric("epoch/epoch")
            wandb.define_metric("epoch/*", step_metric="epoch/epoch")
            if self.log_freq != "epoch":
                wandb.define_metric("batch/batch_step")
                wandb.define_metric("batch/*", step_metric="batch/batch_step")

    def quiet_hooks(self) -> Iterable[Any]:
        return (WandbMetricsLogger.on_train_batch_end,) if self.log_freq == "epoch" else ()

    def _log(self, values: dict[str, Any]) -> None:
        if is_chief():
            _package("wandb", "WandbMetricsLogger").log(values)

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        if self.log_freq == "epoch":
            return
        self.global_step += 1
        if batch % self.log_freq == 0:
            values = {"batch/batch_step": self.global_step, **_numbers(logs, "batch/")}
            self._log(values | _numbers(_rates(self.model), "batch/"))

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        values = {"epoch/epoch": epoch, **_numbers(logs, "epoch/")}
        self._log(values | _numbers(_rates(self.model), "epoch/"))


class MlflowCallback(Callback):
    """Logs to the active MLflow run, which is started if there is none.

    Args:
        log_every_epoch: Whether to log after epochs.
        log_every_n_steps: Steps between two logs; None leaves it to epochs.

    Raises:
        ValueError: neither epochs nor steps are to be logged, or both.
        ImportError: the package ``mlflow`` isn't installed.

    Source: ``mlflow.keras.MlflowCallback``.
    """

    def __init__(self, log_every_epoch: bool = True, log_every_n_steps: int | None = None) -> None:
        super().__init__()
        _package("mlflow", "MlflowCallback")
        if log_every_epoch == (log_every_n_steps is not None):
            raise argument_error(
                self,
                "log_every_n_steps",
                log_every_n_steps,
                f"{'None' if log_every_epoch else 'a number'} with log_every_epoch="
                f"{log_every_epoch}",
            )
        self.log_every_epoch = log_every_epoch
        self.log_every_n_steps = log_every_n_steps
        self._step = 0

    def quiet_hooks(self) -> Iterable[Any]:
        return (MlflowCallback.on_train_batch_end,) if self.log_every_epoch else ()

    def _log(self, values: dict[str, float], step: int) -> None:
        if is_chief():
            _package("mlflow", "MlflowCallback").log_metrics(values, step=step)

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        optimizer = getattr(self.model, "optimizer", None)
        if is_chief() and hasattr(optimizer, "get_config"):
            settings = {f"optimizer_{k}": str(v) for k, v in optimizer.get_config().items()}
            _package("mlflow", "MlflowCallback").log_params(settings)

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        if self.log_every_n_steps is not None:
            self._step += 1
            if self._step % self.log_every_n_steps == 0:
                self._log(_numbers(logs), self._step)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if self.log_every_epoch:
            self._log(_numbers(logs), epoch)

    def on_test_end(self, logs: dict[str, Any] | None = None) -> None:
        self._log(_numbers(logs, "validation_"), self._step)


class KerasPruningCallback(Callback):
    """Ends an Optuna trial that isn't promising.

    Args:
        trial: The trial.
        monitor: Name of the number in the logs that trials are judged by.
        interval: Epochs between two judgements.

    Raises:
        optuna.TrialPruned: (from ``fit``) the trial's pruner has given it up.
        ImportError: the package ``optuna`` isn't installed.

    Source: ``optuna_integration.KerasPruningCallback``.
    """

    def __init__(self, trial: Any, monitor: str, interval: int = 1) -> None:
        super().__init__()
        _package("optuna", "KerasPruningCallback")
        self.trial = trial
        self.monitor = monitor
        self.interval = interval

    def get_state(self) -> None:
        """Nothing: the study knows what was reported."""

    def set_state(self, state: None) -> None:
        """See ``get_state``."""

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if (epoch + 1) % self.interval:
            return
        current = (logs or {}).get(self.monitor)
        if current is None:
            warnings.warn(
                f"The metric '{self.monitor}' is not in the evaluation logs for pruning. Please "
                "make sure you set the correct metric name.",
                stacklevel=2,
            )
            return
        is_hopeless = False
        if is_chief():
            self.trial.report(float(current), step=epoch)
            is_hopeless = self.trial.should_prune()
        if agreed(is_hopeless):
            pruned = _package("optuna", "KerasPruningCallback").TrialPruned
            raise pruned(f"Trial was pruned at epoch {epoch}.")

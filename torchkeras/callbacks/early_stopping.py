"""EarlyStopping."""

from typing import Any

from torchkeras.callbacks.console import say
from torchkeras.callbacks.monitor import MonitorCallback
from torchkeras.core.notices import warn


class EarlyStopping(MonitorCallback):
    """Ends ``fit`` when a number has stopped improving.

    Args:
        monitor: Name of the number in the logs.
        min_delta: Least change that counts as an improvement, in the units of the number.
        patience: Epochs without improvement to wait for, 0 or more.
        verbose: 1 says when training stops, 0 doesn't.
        mode: ``"min"``, ``"max"`` or ``"auto"`` (see ``MonitorCallback``).
        baseline: Value that must be beaten within ``patience`` epochs, None for any.
        restore_best_weights: Whether the model ends with the weights of its best epoch.
        start_from_epoch: Number of the first epoch that counts, from 0.

    Attributes:
        best: Best value so far. best_epoch: its epoch, from 0. wait: epochs since.
        stopped_epoch: The epoch that ended training, 0 if it wasn't ended here.

    Source: Keras 3 ``EarlyStopping``.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        super().__init__(monitor, mode, min_delta=min_delta)
        self.patience = patience
        self.verbose = verbose
        self.baseline = baseline
        self.restore_best_weights = restore_best_weights
        self.start_from_epoch = start_from_epoch
        self._reset()

    def _reset(self) -> None:
        self.wait = 0
        self.stopped_epoch = 0
        self.best = None
        self.best_epoch = 0
        self.best_weights: list[Any] | None = None

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._reset()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.find_direction()
        current = self.get_monitor_value(logs)
        if current is None or epoch < self.start_from_epoch:
            return
        if self.restore_best_weights and self.best_weights is None:
            self._keep_weights(epoch)
        self.wait += 1
        if self.is_improvement(current, self.best):
            self.best = current
            self._keep_weights(epoch)
            if self.baseline is None or self.is_improvement(current, self.baseline):
                self.wait = 0
        elif self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def _keep_weights(self, epoch: int) -> None:
        self.best_epoch = epoch
        if self.restore_best_weights:
            self.best_weights = self.model.get_weights()

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        if self.stopped_epoch > 0 and self.verbose > 0:
            say(f"Epoch {self.stopped_epoch + 1}: early stopping")
        if self.restore_best_weights and self.best_weights is not None:
            if self.verbose > 0:
                say(
                    "Restoring model weights from the end of the best epoch: "
                    f"{self.best_epoch + 1}."
                )
            self.model.set_weights(self.best_weights)

    def get_monitor_value(self, logs: dict[str, Any] | None) -> float | None:
        """The watched number, or None with a warning if the logs don't have it."""
        logs = logs or {}
        value = logs.get(self.monitor)
        if value is None:
            warn(
                f"Early stopping conditioned on metric `{self.monitor}` which is not available. "
                f"Available metrics are: {','.join(logs)}"
            )
        return value

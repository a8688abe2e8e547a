"""ModelCheckpoint."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from torchkeras.callbacks.console import say
from torchkeras.callbacks.monitor import MonitorCallback
from torchkeras.callbacks.turns import CountsSteps
from torchkeras.core.notices import warn
from torchkeras.distribution import is_chief, is_divided


class ModelCheckpoint(CountsSteps, MonitorCallback):
    """Saves the model or its weights, each epoch or each so many steps.

    The chief process saves; the others take the same decisions.

    Args:
        filepath: Where to save. May hold ``{epoch}`` (from 1), ``{batch}`` (from 1) and names of
            the logs, with formats such as ``{val_loss:.2f}``. The suffix chooses the format.
        monitor: Name of the number that tells which epoch is best.
        verbose: 1 says when it saves, 0 doesn't.
        save_best_only: Whether to save only when ``monitor`` has improved.
        save_weights_only: Whether to save by ``model.save_weights`` instead of ``model.save``.
        mode: ``"min"``, ``"max"`` or ``"auto"`` (see ``MonitorCallback``).
        save_freq: ``"epoch"``, or a number of steps.
        initial_value_threshold: Value of ``monitor`` that the first saved model must beat.
        options: Of TensorFlow's checkpoints; has no effect.
        period: Save each so many epochs (tf.keras 2).

    Raises:
        ValueError: ``save_freq`` is neither ``"epoch"`` nor an integer, or the best is asked for
            and ``monitor`` doesn't tell whether it should rise or fall.
        KeyError: ``filepath`` names something that isn't in the logs.
        IsADirectoryError: the path is a directory.

    Source: Keras 3 ``ModelCheckpoint``.
    """

    def __init__(
        self,
        filepath: str | os.PathLike[str],
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: str | int = "epoch",
        initial_value_threshold: float | None = None,
        *,
        options: Any = None,
        period: int = 1,
    ) -> None:
        super().__init__(monitor, mode, initial_value_threshold)
        self._take_save_freq(save_freq)
        if options is not None:
            warn("ModelCheckpoint: options has no effect on this kind of file.")
        self.filepath = os.fspath(filepath)
        self.verbose = verbose
        self.save_best_only = save_best_only
        self.save_weights_only = save_weights_only
        self.period = period
        self.epochs_since_last_save = 0
        self._epoch = 0

    def quiet_hooks(self) -> Iterable[Any]:
        return (ModelCheckpoint.on_train_batch_end,) if self.save_freq == "epoch" else ()

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        if self.save_freq != "epoch" and self._is_turn(batch):
            self._save(self._epoch, batch, logs or {})

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if self.save_freq != "epoch":
            return
        self.epochs_since_last_save += 1
        if self.epochs_since_last_save >= self.period:
            self.epochs_since_last_save = 0
            self._save(epoch, None, logs or {})

    def _save(self, epoch: int, batch: int | None, logs: dict[str, Any]) -> None:
        path = self._path(epoch, batch, logs)
        if not self._is_wanted(epoch, logs, path):
            return
        if not is_chief() and not any(map(is_divided, self.model.parameters())):
            return  # of divided weights each process sends the chief its part
        if os.path.isdir(path) and path.endswith((".keras", ".h5")):
            raise IsADirectoryError(
                "Please specify a non-directory filepath for ModelCheckpoint. "
                f"Filepath used is an existing directory: {path}"
            )
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        if self.save_weights_only:
            self.model.save_weights(path, overwrite=True)
        else:
            self.model.save(path, overwrite=True)
        if self.verbose > 0:
            say(f"\nEpoch {epoch + 1}: finished saving model to {path}")

    def _is_wanted(self, epoch: int, logs: dict[str, Any], path: str) -> bool:
        if not self.save_best_only:
            self._tell(f"\nEpoch {epoch + 1}: saving model to {path}")
            return True
        self.find_direction()
        current = logs.get(self.monitor)
        if current is None:
            warn(f"Can save best model only with {self.monitor} available.")
            return True
        if np.ndim(current) > 0:
            warn(
                "Can save best model only when `monitor` is a scalar value. "
                f"Received: {current}. Falling back to `save_best_only=False`."
            )
            return True
        best = "None" if self.best is None else f"{self.best:.5f}"
        if not self.is_improvement(current, self.best):
            self._tell(f"\nEpoch {epoch + 1}: {self.monitor} did not improve from {best}")
            return False
        self._tell(
            f"\nEpoch {epoch + 1}: {self.monitor} improved from {best} to {current:.5f}, "
            f"saving model to {path}"
        )
        self.best = current
        return True

    def _tell(self, message: str) -> None:
        if self.verbose > 0:
            say(message)

    def _path(self, epoch: int, batch: int | None, logs: dict[str, Any]) -> str:
        names = {"epoch": epoch + 1} if batch is None else {"epoch": epoch + 1, "batch": batch + 1}
        try:
            return self.filepath.format(**{**names, **logs})
        except KeyError as error:
            raise KeyError(
                f'Failed to format this callback filepath: "{self.filepath}". Reason: {error}'
            ) from error

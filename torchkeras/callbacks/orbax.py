"""OrbaxCheckpoint."""

import os
import shutil
import warnings
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import torch

from torchkeras.callbacks.console import say
from torchkeras.callbacks.monitor import MonitorCallback
from torchkeras.callbacks.turns import CountsSteps
from torchkeras.distribution import is_chief, world_size
from torchkeras.saving import distributed


class OrbaxCheckpoint(CountsSteps, MonitorCallback):
    """Saves the model in the background, each process its own shards.

    Folders ``<directory>/<number>`` are written by ``torch.distributed.checkpoint`` as safetensors,
    numbered by epochs, or by steps if ``save_freq`` is a number. ``load_weights`` and
    ``load_model`` take such a folder, or ``directory`` for the newest.

    Args:
        directory: Where to save.
        monitor: Name of the number that tells which epoch is best.
        verbose: 1 says when it saves, 0 doesn't.
        save_best_only: Whether to save only when ``monitor`` has improved.
        mode: ``"min"``, ``"max"`` or ``"auto"`` (see ``MonitorCallback``).
        save_freq: ``"epoch"``, or a number of steps.
        initial_value_threshold: Value of ``monitor`` that the first saved model must beat.
        max_to_keep: How many of the newest to leave; None leaves all.
        save_on_background: Whether ``fit`` goes on while files are written.
        save_weights_only: Whether to leave out the configuration and the optimizer.

    Raises:
        ValueError: ``save_freq`` is neither ``"epoch"`` nor an integer.

    Source: Keras 3 ``OrbaxCheckpoint``, whose files are Orbax's.
    """

    def __init__(
        self,
        directory: str | os.PathLike[str],
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        mode: str = "auto",
        save_freq: str | int = "epoch",
        initial_value_threshold: float | None = None,
        max_to_keep: int | None = 1,
        save_on_background: bool = True,
        save_weights_only: bool = False,
    ) -> None:
        super().__init__(monitor, mode, initial_value_threshold)
        self._take_save_freq(save_freq)
        self.directory = os.fspath(directory)
        self.verbose = verbose
        self.save_best_only = save_best_only
        self.max_to_keep = max_to_keep
        self.save_on_background = save_on_background
        self.save_weights_only = save_weights_only
        self._steps = 0
        self._writer: ThreadPoolExecutor | None = None
        self._pending: list[Future[None]] = []
        self._group: Any = None

    def quiet_hooks(self) -> Iterable[Any]:
        return (OrbaxCheckpoint.on_train_batch_end,) if self.save_freq == "epoch" else ()

    def is_multihost_enabled(self) -> bool:
        """Whether several processes save together."""
        return world_size() > 1

    def is_primary_host(self) -> bool:
        """Whether this process is the one that completes checkpoints."""
        return is_chief()

    def set_model(self, model: Any) -> None:
        super().set_model(model)
        self._steps = int(getattr(getattr(model, "optimizer", None), "iterations", 0))

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        if world_size() > 1 and self._group is None:
            self._group = torch.distributed.new_group(backend="gloo")

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        if self.save_freq != "epoch" and self._is_turn(batch) and self._is_wanted(logs, "batch"):
            self._save(self._steps)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if self.save_best_only or self.mode != "auto":
            self.find_direction()
        if self.save_freq == "epoch" and self._is_wanted(logs, "epoch"):
            self._save(epoch)

    def _steps_until(self, batch: int) -> int:
        steps = super()._steps_until(batch)
        self._steps += steps
        return steps

    def _is_wanted(self, logs: dict[str, Any] | None, unit: str) -> bool:
        if not self.save_best_only:
            return True
        current = (logs or {}).get(self.monitor)
        if current is None:
            warnings.warn(
                f"Can save best model only with {self.monitor} available, skipping save at this "
                f"{unit}.",
                stacklevel=3,
            )
            return False
        self.find_direction()
        if not self.is_improvement(current, self.best):
            return False
        self.best = current
        return True

    def _save(self, number: int) -> None:
        folder = Path(self.directory, str(number))
        # Copied now: training changes the weights while they are written.
        tensors = {
            name: tensor.detach().clone()
            for name, tensor in distributed.values(self.model, self.save_weights_only).items()
        }
        config = None if self.save_weights_only else distributed.config(self.model)
        if not self.save_on_background:
            self._write(folder, tensors, config)
            return
        if self._writer is None:
            self._writer = ThreadPoolExecutor(1, thread_name_prefix="OrbaxCheckpoint")
        self._pending.append(self._writer.submit(self._write, folder, tensors, config))

    def _write(self, folder: Path, tensors: dict[str, Any], config: str | None) -> None:
        distributed.save(folder, tensors, config, self._group)
        if is_chief():
            if self.max_to_keep is not None:
                self._remove_older(folder)
            if self.verbose > 0:
                say(f"\nOrbaxCheckpoint: saved {folder}")

    def _remove_older(self, newest: Path) -> None:
        numbers = sorted(int(name) for name in os.listdir(self.directory) if name.isdigit())
        numbers.remove(int(newest.name))
        kept = max(self.max_to_keep - 1, 0)
        for number in numbers[: len(numbers) - kept]:
            shutil.rmtree(Path(self.directory, str(number)), ignore_errors=True)

    def wait_until_finished(self) -> None:
        """Wait until everything is written.

        Raises:
            OSError: something couldn't be.
        """
        while self._pending:
            self._pending.pop(0).result()

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        self.let_go()

    def let_go(self) -> None:
        self.wait_until_finished()
        if self._writer is not None:
            self._writer.shutdown()
            self._writer = None

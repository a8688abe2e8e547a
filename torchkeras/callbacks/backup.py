"""BackupAndRestore."""

import os
import signal
import threading
from collections.abc import Iterable
from typing import Any

from torchkeras.callbacks.base import Callback
from torchkeras.callbacks.turns import CountsSteps
from torchkeras.core.checks import argument_error
from torchkeras.distribution import gathered_objects
from torchkeras.saving import files, snapshot


class BackupAndRestore(CountsSteps, Callback):
    """Keeps the state of a run, so that it can be killed and started again.

    When ``fit`` finds a state in ``backup_dir`` it goes on from there, in the midst of an epoch if
    need be, and does the same as a run that never stopped, to the last bit: weights, ``History``
    and what other callbacks decide. The state holds weights, optimizer, scale of the loss, metrics,
    random numbers of every kind, position in the data, and the callbacks'.

    A callback of your own is kept by its methods ``get_state()`` and ``set_state(state)``; without
    them, by its attributes that are numbers, text, tensors, arrays or containers of them.
    Data that can't be indexed are read again from the start of the pass to where it stood. Random
    numbers that workers draw which last (``persistent_workers``) aren't known: they begin anew.
    Under ``jit_compile`` the bits are the same if a pass divides into batches of one size: a run
    that goes on with a last, smaller batch compiles for that size first, and rounds otherwise.

    Args:
        backup_dir: Folder of the states of this one run.
        save_freq: ``"epoch"``, a number of steps, or False for none but before preemption.
        double_checkpoint: Whether the state before the last is left, too, which is gone back to,
            with a warning, if the last is damaged.
        delete_checkpoint: Whether the states are removed when training is complete.
        save_before_preemption: Whether the signal SIGTERM makes ``fit`` keep its state after the
            present step; then the signal takes its course.

    Raises:
        ValueError: ``backup_dir`` is empty, or ``save_freq`` is none of these.

    Source: Keras 3 ``BackupAndRestore``, which keeps weights, optimizer and number of the epoch;
    ``save_before_preemption`` is tf.keras 2's.
    """

    keeps_state = True
    acts_last = True  # after other callbacks have taken their decisions

    def __init__(
        self,
        backup_dir: str | os.PathLike[str],
        save_freq: str | int = "epoch",
        double_checkpoint: bool = False,
        delete_checkpoint: bool = True,
        save_before_preemption: bool = False,
    ) -> None:
        super().__init__()
        if not backup_dir:
            raise argument_error(
                self, "backup_dir", backup_dir, "a folder", "Empty `backup_dir` argument passed"
            )
        is_number = isinstance(save_freq, int) and save_freq > 0
        if save_freq != "epoch" and not is_number:
            if save_freq is not False:
                raise argument_error(
                    self,
                    "save_freq",
                    save_freq,
                    "either 'epoch' or an integer value, 1 or more",
                    "Invalid value for argument `save_freq`.",
                )
            if not save_before_preemption:
                raise argument_error(
                    self,
                    "save_freq",
                    save_freq,
                    "either 'epoch' or an integer value",
                    "`save_freq=False` is for save_before_preemption=True.",
                )
        self.backup_dir = os.fspath(backup_dir)
        self.save_freq = save_freq
        self.double_checkpoint = double_checkpoint
        self.delete_checkpoint = delete_checkpoint
        self.save_before_preemption = save_before_preemption
        self._is_preempted = False
        self._earlier_handler: Any = None

    def quiet_hooks(self) -> Iterable[Any]:
        looks_at_steps = self.save_freq not in ("epoch", False) or self.save_before_preemption
        return () if looks_at_steps else (BackupAndRestore.on_train_batch_end,)

    def get_state(self) -> dict[str, Any]:
        """Steps counted since the last state."""
        return {"steps": self._steps_since_save, "batch": self._last_batch}

    def set_state(self, state: dict[str, Any]) -> None:
        """Take over what ``get_state`` gave."""
        self._steps_since_save, self._last_batch = state["steps"], state["batch"]

    def find_state(self) -> Any:
        """The newest sound state in ``backup_dir``; None without one."""
        state = snapshot.read(self.backup_dir)
        if state is not None and not (isinstance(state, dict) and "epoch" in state):
            raise files.damaged("snapshot", type(state).__name__, "the state of a run")
        return state

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._steps_since_save, self._last_batch = 0, None
        self._is_preempted = False
        if self.save_before_preemption and _may_handle_signals():
            self._earlier_handler = signal.signal(signal.SIGTERM, self._note_preemption)

    def _note_preemption(self, number: int, frame: Any) -> None:
        self._is_preempted = True

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        if self.save_freq not in ("epoch", False) and self._is_turn(batch):
            self._save(logs, within_epoch=True)
        if self.save_before_preemption and any(gathered_objects(self._is_preempted)):
            self._save(logs, within_epoch=True)
            self.let_go()
            signal.raise_signal(signal.SIGTERM)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._last_batch = None
        if self.save_freq == "epoch":
            self._save(logs, within_epoch=False)

    def _save(self, logs: Any, within_epoch: bool) -> None:
        progress = getattr(self.model, "_progress", None)
        if progress is not None:
            state = progress.get_state(logs, within_epoch)
            snapshot.write(self.backup_dir, state, keep=2 if self.double_checkpoint else 1)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        self.let_go()
        if self.delete_checkpoint:
            snapshot.remove(self.backup_dir)

    def let_go(self) -> None:
        if self._earlier_handler is not None:
            signal.signal(signal.SIGTERM, self._earlier_handler)
            self._earlier_handler = None


def _may_handle_signals() -> bool:
    return threading.current_thread() is threading.main_thread()

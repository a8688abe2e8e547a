"""Finding checkpoints, and keeping the last few of a folder."""

import glob
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tensorflow.train.checkpoints import Checkpoint, exists, open_contents
from torchkeras.core.checks import argument_error
from torchkeras.distribution import processes
from torchkeras.saving.bundle_writer import DATA
from torchkeras.saving.checkpoint_state import get_checkpoint_state, write_state
from torchkeras.saving.tensor_bundle import INDEX

_GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"
_WEIGHTS = ".weights.h5"
_HOUR = 3600  # seconds


def latest_checkpoint(
    checkpoint_dir: str | os.PathLike, latest_filename: str | None = None
) -> str | None:
    """Path of the last checkpoint of a folder; None if it has none.

    In a folder of weights alone, it is the newest ``.weights.h5``, without this suffix, as
    ``load_weights`` takes it.

    Args:
        checkpoint_dir: The folder.
        latest_filename: Name of the file that tells; None is ``"checkpoint"``.
    """
    state = get_checkpoint_state(checkpoint_dir, latest_filename)
    if state is not None:
        return state.model_checkpoint_path if exists(state.model_checkpoint_path) else None
    files = [Path(name) for name in glob.glob(os.path.join(checkpoint_dir, f"*{_WEIGHTS}"))]
    if not files:
        return None
    newest = max(files, key=lambda file: (file.stat().st_mtime_ns, file.name))
    return str(newest).removesuffix(_WEIGHTS)


def checkpoints_iterator(
    checkpoint_dir: str | os.PathLike,
    min_interval_secs: float = 0,
    timeout: float | None = None,
    timeout_fn: Callable[[], bool] | None = None,
) -> Iterator[str]:
    """Each checkpoint that appears in a folder as the last one, as soon as it is there.

    Args:
        checkpoint_dir: The folder.
        min_interval_secs: Least time in seconds between two.
        timeout: Seconds to wait for one; None waits for ever.
        timeout_fn: Called after ``timeout``; True ends the iteration, which None does too.
    """
    previous = None
    while True:
        start = time.monotonic()
        found = latest_checkpoint(checkpoint_dir)
        while found == previous:
            if timeout is not None and time.monotonic() - start >= timeout:
                if timeout_fn is None or timeout_fn():
                    return
                start = time.monotonic()
            time.sleep(min(1.0, timeout / 10) if timeout else 1.0)
            found = latest_checkpoint(checkpoint_dir)
        previous = found
        yield found
        time.sleep(max(0.0, start + min_interval_secs - time.monotonic()))


class CheckpointReader:
    """The values in a checkpoint, by their keys.

    Args:
        path: A checkpoint, or a folder, whose last one is read.
    """

    def __init__(self, path: str | os.PathLike) -> None:
        path = os.fspath(path)
        found = latest_checkpoint(path) if os.path.isdir(path) else path
        if found is None:
            raise argument_error(
                "tf.train.load_checkpoint", "ckpt_dir_or_file", path, "a folder with a checkpoint"
            )
        self._contents = open_contents(found)

    def has_tensor(self, name: str) -> bool:
        """Whether there is such a key."""
        return name in self._contents.keys

    def get_tensor(self, name: str) -> Any:
        """The value of a key, as an array.

        Raises:
            KeyError: there is no such key.
        """
        if not self.has_tensor(name):
            raise KeyError(f"The checkpoint has no {name!r}; it has {self._contents.keys}.")
        value = self._contents.tensor(name)
        if isinstance(value, torch.Tensor):
            value = (value.float() if value.dtype == torch.bfloat16 else value).numpy()
        return value if value.ndim else value[()]

    def get_variable_to_shape_map(self) -> dict[str, list[int]]:
        """Shapes by key."""
        return {key: self._contents.shape(key) for key in self._contents.keys} | {_GRAPH: []}

    def get_variable_to_dtype_map(self) -> dict[str, Any]:
        """Number types by key."""
        return {key: self._contents.dtype(key) for key in self._contents.keys}


def load_checkpoint(ckpt_dir_or_file: str | os.PathLike) -> CheckpointReader:
    """The values in a checkpoint, or in the last one of a folder."""
    return CheckpointReader(ckpt_dir_or_file)


def load_variable(ckpt_dir_or_file: str | os.PathLike, name: str) -> Any:
    """One value of a checkpoint, as an array."""
    name = name[:-2] if name.endswith(":0") else name
    return CheckpointReader(ckpt_dir_or_file).get_tensor(name)


def list_variables(ckpt_dir_or_file: str | os.PathLike) -> list[tuple[str, list[int]]]:
    """Keys and shapes of the values in a checkpoint, by key."""
    return sorted(CheckpointReader(ckpt_dir_or_file).get_variable_to_shape_map().items())


class CheckpointManager:
    """Saves a checkpoint under the next number and deletes those that are too many.

    Args:
        checkpoint: What is saved.
        directory: The folder, which is made if it isn't there.
        max_to_keep: How many are kept; None keeps all.
        keep_checkpoint_every_n_hours: Hours after which one is kept for good.
        checkpoint_name: What the names of files begin with.
        step_counter: A variable that counts steps, for ``checkpoint_interval``.
        checkpoint_interval: Least number of steps between two.
        init_fn: Called by ``restore_or_initialize`` if there is no checkpoint.
        last_checkpoint_step: The step that the last one was saved at.

    Raises:
        ValueError: ``max_to_keep`` is below 1, or there is an interval without a counter.

    Source: ``tf.train.CheckpointManager``.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        directory: str | os.PathLike,
        max_to_keep: int | None,
        keep_checkpoint_every_n_hours: float | None = None,
        checkpoint_name: str = "ckpt",
        step_counter: Any = None,
        checkpoint_interval: int | None = None,
        init_fn: Callable[[], Any] | None = None,
        last_checkpoint_step: int | None = None,
    ) -> None:
        if max_to_keep is not None and max_to_keep <= 0:
            raise argument_error(self, "max_to_keep", max_to_keep, "None, or 1 or more")
        if checkpoint_interval is not None and step_counter is None:
            raise argument_error(
                self, "step_counter", None, "a variable, since checkpoint_interval is given"
            )
        self._checkpoint = checkpoint
        self._directory = os.fspath(directory)
        self._max_to_keep = max_to_keep
        self._hours = keep_checkpoint_every_n_hours
        self._name = checkpoint_name
        self._step_counter = step_counter
        self._interval = checkpoint_interval
        self._init_fn = init_fn
        self._last_step = last_checkpoint_step
        self._kept: dict[str, float] = {}
        state = get_checkpoint_state(self._directory)
        self._preserved = time.time()
        self._latest: str | None = None
        if state is not None:
            times = state.all_model_checkpoint_timestamps or [time.time()] * len(
                state.all_model_checkpoint_paths
            )
            self._kept = dict(zip(state.all_model_checkpoint_paths, times, strict=False))
            self._latest = state.model_checkpoint_path or None
            self._preserved = state.last_preserved_timestamp or self._preserved

    @property
    def directory(self) -> str:
        """The folder."""
        return self._directory

    @property
    def checkpoint(self) -> Checkpoint:
        """What is saved."""
        return self._checkpoint

    @property
    def checkpoint_interval(self) -> int | None:
        """Least number of steps between two."""
        return self._interval

    @property
    def checkpoints(self) -> list[str]:
        """Paths of those that are kept, oldest first."""
        return list(self._kept)

    @property
    def latest_checkpoint(self) -> str | None:
        """Path of the last one; None if there is none."""
        return self._latest

    def save(
        self, checkpoint_number: Any = None, check_interval: bool = True, options: Any = None
    ) -> str | None:
        """Save under the next number; nothing, and None, if too few steps have gone by.

        Args:
            checkpoint_number: Another number.
            check_interval: Whether ``checkpoint_interval`` counts.
            options: See ``CheckpointOptions``.
        """
        if self._interval is not None:
            step = int(self._step_counter)
            is_early = self._last_step is not None and step < self._last_step + self._interval
            if check_interval and is_early:
                return None
            self._last_step = step
        counter = self._checkpoint.save_counter
        counter.assign_add(1)
        number = int(counter) if checkpoint_number is None else int(np.asarray(checkpoint_number))
        prefix = os.path.join(self._directory, f"{self._name}-{number}")
        path = self._checkpoint.write(prefix, options)
        self._latest = path
        self._kept.pop(path, None)
        self._kept[path] = time.time()
        self._sweep()
        return path

    def _sweep(self) -> None:
        """Note what is kept, then delete the rest."""
        surplus = []
        while self._max_to_keep is not None and len(self._kept) > self._max_to_keep:
            path, moment = next(iter(self._kept.items()))
            del self._kept[path]
            if self._hours is not None and moment - self._hours * _HOUR >= self._preserved:
                self._preserved = moment
            else:
                surplus.append(path)
        if not processes.is_chief():
            return
        write_state(
            self._directory, self._latest or "", list(self._kept), list(self._kept.values()),
            self._preserved,
        )  # fmt: skip
        own = os.path.realpath(self._directory)
        for path in surplus:
            if os.path.realpath(os.path.dirname(path)) != own:
                continue  # the folder's file named what lies elsewhere, which isn't ours to delete
            for suffix in (INDEX, DATA):
                Path(f"{path}{suffix}").unlink(missing_ok=True)

    def restore_or_initialize(self) -> str | None:
        """Restore the last one and give its path; else call ``init_fn`` and give None."""
        if self._latest is not None:
            self._checkpoint.restore(self._latest)
            if self._interval is not None:
                self._last_step = int(self._step_counter)
            return self._latest
        if self._init_fn is not None:
            self._init_fn()
        return None

    def sync(self) -> None:
        """Nothing: files are whole once ``save`` is back."""

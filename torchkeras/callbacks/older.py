"""Callbacks of tf.keras 2 alone."""

import glob
import os
import re
from collections.abc import Iterable
from typing import Any

from torchkeras.callbacks.base import Callback
from torchkeras.callbacks.checkpoint import ModelCheckpoint


class BaseLogger(Callback):
    """Averages the numbers of an epoch's batches, weighted by their ``size`` in the logs.

    ``fit`` gives averages already; this serves loops of one's own.

    Args:
        stateful_metrics: Names of numbers that are averages already.

    Attributes:
        seen: Samples so far. totals: Sums so far, by name.

    Source: tf.keras 2 ``BaseLogger``.

    Example:
        >>> logger, logs = BaseLogger(), {}
        >>> logger.set_params({"metrics": ["loss"]})
        >>> logger.on_epoch_begin(0)
        >>> logger.on_batch_end(0, {"size": 3, "loss": 1.0})
        >>> logger.on_batch_end(1, {"size": 1, "loss": 5.0})
        >>> logger.on_epoch_end(0, logs)
        >>> logs
        {'loss': 2.0}
    """

    def __init__(self, stateful_metrics: Iterable[str] | None = None) -> None:
        super().__init__()
        self.stateful_metrics = set(stateful_metrics or ())
        self.seen = 0
        self.totals: dict[str, float] = {}

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.seen = 0
        self.totals = {}

    def on_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        logs = logs or {}
        size = logs.get("size", 0)
        self.seen += size * logs.get("num_steps", 1)
        for name, value in logs.items():
            if name in self.stateful_metrics:
                self.totals[name] = value
            else:
                self.totals[name] = self.totals.get(name, 0) + value * size

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if logs is None:
            return
        for name in (self.params or {}).get("metrics", ()):
            if name in self.stateful_metrics and name in self.totals:
                logs[name] = self.totals[name]
            elif name in self.totals:
                logs[name] = self.totals[name] / self.seen


class SidecarEvaluatorModelExport(ModelCheckpoint):
    """Saves the model after each evaluation that is the best so far, for a loop that evaluates
    the checkpoints of another process.

    Args:
        export_filepath: Where to save; ``{epoch}`` is the number of the checkpoint.
        checkpoint_filepath: Start of the checkpoints' paths, which end in their numbers.
        **kwargs: Other arguments of ``ModelCheckpoint``.

    Source: tf.keras 2 ``SidecarEvaluatorModelExport``.
    """

    def __init__(self, export_filepath: str, checkpoint_filepath: str, **kwargs: Any) -> None:
        super().__init__(export_filepath, save_best_only=True, **kwargs)
        self.checkpoint_filepath = os.fspath(checkpoint_filepath)
        self.export_index = 0

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Nothing: evaluations count."""

    def on_test_begin(self, logs: dict[str, Any] | None = None) -> None:
        paths = glob.glob(glob.escape(self.checkpoint_filepath) + "*")
        numbers = [re.search(r"-(\d+)(?:\.[^/]*)?$", path) for path in paths]
        self.export_index = max((int(found[1]) for found in numbers if found), default=0)

    def on_test_end(self, logs: dict[str, Any] | None = None) -> None:
        super().on_epoch_end(self.export_index - 1, logs)

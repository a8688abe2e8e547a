"""Evaluates what another process saves."""

import logging
import os
import re
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from torchkeras.core.checks import argument_error

logger = logging.getLogger("torchkeras")
POLL_SECONDS = 1.0
PATIENCE_SECONDS = 30.0  # after which it says that nothing has come
_NUMBER = re.compile(r"-(\d+)((\.\w+)*)$")


class SidecarEvaluator:
    """Evaluates the newest checkpoint of a folder, again and again, beside a process that trains.

    That process saves by ``ModelCheckpoint("folder/ckpt-{epoch}", save_weights_only=True)``, or in
    any way that leaves files whose names end in ``-<number>``.

    Args:
        model: A compiled model like the one in training.
        data: What ``model.evaluate`` takes as ``x``.
        checkpoint_dir: The folder.
        steps: Batches of an evaluation; None takes all there are.
        max_evaluations: It ends once it has evaluated a checkpoint of this number or a higher one;
            None: it never ends.
        callbacks: For ``model.evaluate``.

    Source: tf.keras 2 ``utils.SidecarEvaluator``.
    """

    def __init__(
        self,
        model: Any,
        data: Any,
        checkpoint_dir: str | os.PathLike[str],
        steps: int | None = None,
        max_evaluations: int | None = None,
        callbacks: Iterable[Any] | None = None,
    ) -> None:
        if not hasattr(model, "evaluate"):
            raise argument_error(self, "model", model, "a compiled model")
        self.model, self.data, self.checkpoint_dir = model, data, checkpoint_dir
        self.steps, self.max_evaluations = steps, max_evaluations
        self.callbacks = list(callbacks or ())

    def start(self) -> None:
        """Evaluate until the last checkpoint is done."""
        last: tuple[str, int] | None = None
        while True:
            path, number = self._wait_for_other_than(last)
            try:
                changed = path.stat().st_mtime_ns
                self.model.load_weights(str(path))
            except (OSError, ValueError) as error:  # it is being written or has been removed
                logger.info("SidecarEvaluator: can't load %s yet: %s", path, error)
                time.sleep(POLL_SECONDS)
                continue
            last = str(path), changed
            logger.info("SidecarEvaluator: evaluates %s", path)
            results = self.model.evaluate(
                self.data, steps=self.steps, callbacks=self.callbacks, verbose=2, return_dict=True
            )
            logger.info("SidecarEvaluator: %s", results)
            if self.max_evaluations and number >= self.max_evaluations:
                return

    def _wait_for_other_than(self, last: tuple[str, int] | None) -> tuple[Path, int]:
        """The checkpoint of the highest number, and the number, once it isn't ``last``."""
        begun = time.monotonic()
        while True:
            found = self._newest()
            if found is not None and (str(found[0]), found[0].stat().st_mtime_ns) != last:
                return found
            if time.monotonic() - begun > PATIENCE_SECONDS:
                begun = time.monotonic()
                logger.info(
                    "SidecarEvaluator: no new checkpoint in %s for %g s. Save by ModelCheckpoint("
                    '"ckpt-{epoch}", save_weights_only=True).',
                    self.checkpoint_dir, PATIENCE_SECONDS,
                )  # fmt: skip
            time.sleep(POLL_SECONDS)

    def _newest(self) -> tuple[Path, int] | None:
        folder = Path(self.checkpoint_dir)
        names = os.listdir(folder) if folder.is_dir() else []
        numbers = {name: int(found[1]) for name in names if (found := _NUMBER.search(name))}
        if not numbers:
            return None
        name = max(sorted(numbers), key=numbers.__getitem__)
        return folder / name, numbers[name]

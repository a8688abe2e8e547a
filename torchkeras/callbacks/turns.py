"""When callbacks that act every so many steps do so."""

from typing import Any

import numpy as np

from torchkeras.core.checks import argument_error


class CountsSteps:
    """The part of a callback that acts every ``save_freq`` steps.

    Batches are numbered from 0 in each epoch; with ``steps_per_execution`` not each of them is
    told of.
    """

    save_freq: Any
    _steps_since_save = 0
    _last_batch: int | None = None

    def _take_save_freq(self, save_freq: str | int) -> None:
        """Keep ``save_freq`` and begin to count.

        Raises:
            ValueError: it is neither ``"epoch"`` nor an integer.
        """
        if save_freq != "epoch" and not isinstance(save_freq, (int, np.integer)):
            raise argument_error(
                self, "save_freq", save_freq, '"epoch" or an integer', "Unrecognized save_freq."
            )
        self.save_freq = save_freq
        self._steps_since_save = 0
        self._last_batch = None

    def _steps_until(self, batch: int) -> int:
        """Steps taken since this was last asked."""
        is_new_epoch = self._last_batch is None or batch <= self._last_batch
        steps = batch + 1 if is_new_epoch else batch - self._last_batch
        self._last_batch = batch
        return steps

    def _is_turn(self, batch: int) -> bool:
        """Whether ``save_freq`` steps have been taken by the end of this batch."""
        self._steps_since_save += self._steps_until(batch)
        if self._steps_since_save < self.save_freq:
            return False
        self._steps_since_save = 0
        return True

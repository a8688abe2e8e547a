"""TerminateOnNaN."""

import math
from typing import Any

from torchkeras.callbacks.base import Callback
from torchkeras.callbacks.console import say
from torchkeras.core.checks import moment_error


class TerminateOnNaN(Callback):
    """Ends ``fit`` at the first loss that is NaN or infinite. It reads the loss of each step.

    Args:
        raise_error: Whether to raise instead.

    Raises:
        RuntimeError: such a loss was met and ``raise_error`` is set.

    Source: Keras 3 ``TerminateOnNaN``.
    """

    def __init__(self, raise_error: bool = False) -> None:
        super().__init__()
        self.raise_error = raise_error

    def on_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        loss = (logs or {}).get("loss")
        if loss is None or math.isfinite(loss):
            return
        if self.raise_error:
            raise moment_error(
                self,
                f"NaN or Inf loss encountered at batch {batch}. Loss value: {loss}",
                "Lower the learning rate, clip gradients, or look for NaN in the data.",
            )
        say(f"Batch {batch}: Invalid loss, terminating training")
        self.model.stop_training = True

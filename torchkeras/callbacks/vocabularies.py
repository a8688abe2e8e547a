"""Renews vocabularies while a model trains."""

from typing import Any

import torch

from torchkeras.callbacks.base import Callback
from torchkeras.callbacks.threads import TimedThread


class UpdateEmbeddingCallback(TimedThread, Callback):
    """Calls ``update_embeddings`` of a ``DynamicEmbedding`` every so many seconds, between steps.

    What the optimizer remembers of the table is set to zero with it.

    Args:
        dynamic_embedding_layer: The layer.
        interval: Seconds between two updates.

    Source: tf.keras 2 ``callbacks.experimental.UpdateEmbeddingCallback``.

    Example:
        >>> embed = keras.layers.experimental.DynamicEmbedding(2, 3, initial_vocabulary=["a", "b"])
        >>> update = keras.callbacks.experimental.UpdateEmbeddingCallback(embed, interval=60)
        >>> with update:
        ...     pass  # model.fit(x, y, callbacks=[update])
    """

    def __init__(self, dynamic_embedding_layer: Any, interval: float) -> None:
        TimedThread.__init__(self, interval)
        Callback.__init__(self)
        self._layer = dynamic_embedding_layer
        self._is_due = False

    @property
    def strategy(self) -> Any:
        """The process group that trains the model; None outside of ``fit``."""
        return getattr(self.model, "_replica_group", None)

    def get_state(self) -> None:
        """Nothing: it goes by the clock."""

    def set_state(self, state: None) -> None:
        """See ``get_state``."""

    def on_interval(self) -> None:
        self._is_due = True  # not now: a step may be computing with the table

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        if self._is_due:
            self._is_due = False
            self._layer.update_embeddings(self.strategy)
            self._forget()

    @torch.no_grad()
    def _forget(self) -> None:
        names = [weight.path.replace("/", "_") for weight in self._layer.trainable_variables]
        for slot in self.model.optimizer.variables:
            if any(name in slot.path for name in names):
                slot.assign(torch.zeros_like(slot.value))

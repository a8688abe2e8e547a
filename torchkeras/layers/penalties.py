"""Losses that layers add to the one that is trained on."""

from typing import Any

import torch
from torch import Tensor

from torchkeras.core import nested
from torchkeras.core.scopes import local
from torchkeras.layers.signature import also_named


class LayerLosses:
    """The part of ``Layer`` that keeps ``losses``."""

    @also_named(losses="loss")
    def add_loss(self, loss: Any) -> None:
        """Add scalar tensors to ``losses``; those of the last call are kept."""
        if not self._records_losses():
            return
        for value in nested.flatten(loss):
            if callable(value) and not isinstance(value, Tensor):
                value = value()
            if value is not None:
                self._keep_loss(value if isinstance(value, Tensor) else torch.as_tensor(value))
        local.losses_recorded = True

    def _records_losses(self) -> bool:
        """Not in a run for shapes, nor for an exported program, which has outputs alone."""
        return not local.shape_run and not torch.compiler.is_exporting()

    def _keep_loss(self, loss: Tensor) -> None:
        scope = local.stateless
        if scope is None:
            self._own_losses.append(loss)
        elif scope.collect_losses:
            scope.add_loss(loss)

    def _add_activity_losses(self, y: Any) -> None:
        for value in nested.flatten(y) if self._records_losses() else ():
            if isinstance(value, Tensor):
                loss = self.activity_regularizer(value)
                self.add_loss(loss / value.shape[0] if value.dim() > 0 and value.shape[0] else loss)

    def _clear_losses(self) -> None:
        for layer in self._flatten_layers():
            layer.__dict__["_own_losses"].clear()

    @property
    def losses(self) -> list[Tensor]:
        """Losses added in the last call, and the penalties on weights."""
        found = [loss for layer in self._flatten_layers() for loss in layer._own_losses]
        return found + self._weight_penalties()

    def _weight_penalties(self) -> list[Tensor]:
        return [
            v.regularizer(v.tensor) for v in self.trainable_weights if v.regularizer is not None
        ]

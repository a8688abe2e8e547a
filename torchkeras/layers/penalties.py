"""Losses that layers add to the one that is trained on."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from torchkeras.core import nested
from torchkeras.core.checks import argument_error
from torchkeras.core.scopes import local
from torchkeras.core.variable import Variable
from torchkeras.layers.signature import also_named
from torchkeras.tracer import is_symbolic


class LayerLosses:
    """The part of ``Layer`` that keeps ``losses``."""

    @also_named(losses="loss")
    def add_loss(self, loss: Any, *, inputs: Any = None) -> None:
        """Add to ``losses``: scalar tensors, which are forgotten at the next call, or functions.

        Args:
            loss: A tensor, or a function without arguments that gives one, or a list of them. A
                function is called at once within ``call``; elsewhere, such as in ``build``, it is
                kept and gives a loss of each batch.
            inputs: Taken for older scripts; changes nothing.

        Raises:
            ValueError: a symbolic tensor, which a layer has no graph for.
        """
        self.__dict__["_adds_losses"] = True
        if not self._records_losses():
            return
        for value in nested.flatten(loss):
            if callable(value) and not isinstance(value, Tensor):
                if not local.inside or not self.built:
                    self.__dict__.setdefault("_lasting_losses", []).append(value)
                    continue
                value = value()
            if is_symbolic(value):
                raise argument_error(
                    self, "loss", value, "a tensor, made in `call`, or a function that gives one",
                    "Of symbolic tensors, add_loss of a functional model makes losses.",
                )  # fmt: skip
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

    _adds_losses = False

    def _expect_losses(self) -> None:
        """Let calls look for losses from the first on, if layers here are known to add some.

        A compiled call wouldn't notice that there are some after it was compiled.
        """
        for layer in self._flatten_layers():
            if layer._adds_losses or layer.activity_regularizer is not None:
                local.losses_recorded = True
                break

    def _detach_losses(self) -> None:
        """Keep the losses of the last call as numbers alone."""
        for layer in self._flatten_layers():
            layer._own_losses[:] = [loss.detach() for loss in layer._own_losses]

    def _clear_losses(self) -> None:
        for layer in self._flatten_layers():
            # A new list: how long the last one was, a compiled call had better not ask.
            layer.__dict__["_own_losses"] = []

    @property
    def losses(self) -> list[Tensor]:
        """Losses added in the last call, those of functions, and the penalties on weights."""
        layers = list(self._flatten_layers())
        found = [loss for layer in layers for loss in layer._own_losses]
        found += [
            torch.as_tensor(function()) for layer in layers for function in layer._lasting_losses
        ]
        return found + self._weight_penalties()

    _lasting_losses: Sequence[Callable] = ()

    @property
    def has_penalties(self) -> bool:
        """Whether ``losses`` has more than what is added in calls."""
        return self._have_penalties(self.trainable_weights)

    def _have_penalties(self, variables: list[Variable]) -> bool:
        """``has_penalties``, given ``trainable_weights``."""
        return any([v.regularizer is not None for v in variables]) or any(  # noqa: C419, quicker
            layer._lasting_losses for layer in self._flatten_layers()
        )

    def _weight_penalties(self) -> list[Tensor]:
        return [
            v.regularizer(v.tensor) for v in self.trainable_weights if v.regularizer is not None
        ]

"""SwapEMAWeights."""

from collections.abc import Iterator
from typing import Any

import torch

from torchkeras.callbacks.base import Callback
from torchkeras.core.checks import argument_error


class SwapEMAWeights(Callback):
    """Evaluates with the optimizer's moving average of the weights, then puts them back.

    The optimizer must have ``use_ema=True``.

    Args:
        swap_on_epoch: Whether the averages also stand in the model from the end of an epoch to
            the start of the next, so that callbacks behind this one (a checkpoint) see them.

    Raises:
        ValueError: the optimizer keeps no moving average.

    Source: Keras 3 ``SwapEMAWeights``.
    """

    def __init__(self, swap_on_epoch: bool = False) -> None:
        super().__init__()
        self.swap_on_epoch = swap_on_epoch
        self._is_swapped = False

    def _pairs(self) -> Iterator[tuple[Any, Any]]:
        """Weights and their averages, of every optimizer that keeps some."""
        optimizer = self.model.optimizer
        optimizer = getattr(optimizer, "inner_optimizer", optimizer)
        optimizers = getattr(optimizer, "optimizers", [optimizer])
        averaging = [one for one in optimizers if getattr(one, "use_ema", False)]
        if not averaging:
            raise argument_error(
                self,
                "the optimizer's use_ema",
                False,
                "True",
                "SwapEMAWeights must be used when `use_ema=True` is set on the optimizer.",
            )
        for one in averaging:
            averages = one._model_variables_moving_average
            for weight, average in zip(one._trainable_variables, averages, strict=True):
                if average is not None:
                    yield weight, average

    @torch.no_grad()
    def _set_swapped(self, wanted: bool) -> None:
        if self._is_swapped == wanted:
            return
        for weight, average in self._pairs():
            kept = weight.value.detach().clone()
            weight.assign(average.value)
            average.assign(kept)
        self._is_swapped = wanted

    @torch.no_grad()
    def _finish(self) -> None:
        """Leave the averages in the model for good."""
        for weight, average in self._pairs():
            average.assign(weight.value)

    def let_go(self) -> None:
        self._set_swapped(False)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if self.swap_on_epoch:
            self._set_swapped(False)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if self.swap_on_epoch and not self._is_swapped:
            self._set_swapped(True)
            if epoch == self.params["epochs"] - 1:
                self._finish()

    def on_test_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._set_swapped(True)

    def on_test_end(self, logs: dict[str, Any] | None = None) -> None:
        self._set_swapped(False)

    def on_predict_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._set_swapped(True)

    def on_predict_end(self, logs: dict[str, Any] | None = None) -> None:
        self._set_swapped(False)

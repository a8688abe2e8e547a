"""Metrics that wait until there is enough to do, or somebody wants to know.

Adding a step's values to a state costs several small kernels. Values of several steps are
collected and added at once, which gives the same sums up to rounding: a callback that reads logs
after each step can change an epoch's last bit.
"""

from typing import Any

import torch
from torch import Tensor

from torchkeras import metrics

# Steps collected at most, and elements of predictions kept alive by them.
_STEPS = 64
_ELEMENTS = 2**20


class LossAverage(metrics.Mean):
    """Mean of the losses of steps, weighted by their numbers of samples."""

    averages_loss = True

    def __init__(self, name: str = "loss", dtype: Any = None) -> None:
        super().__init__(name=name, dtype=dtype)
        self.__dict__["_values"] = []
        self.__dict__["_samples"] = []
        self.is_empty = True

    def add(self, value: Tensor, weight: float) -> None:
        """Take the loss of one step of ``weight`` samples."""
        if torch.compiler.is_compiling():  # lists that grow would ask for compiling anew
            super().update_state(value.detach(), weight)
            self.is_empty = False
            return
        values = self._values
        values.append(value.detach())
        self._samples.append(weight)
        self.is_empty = False
        if len(values) >= _STEPS:
            self.catch_up()

    def catch_up(self) -> None:
        """Add what was collected to the state."""
        if not self._values:
            return
        values, samples = list(self._values), list(self._samples)
        self._values.clear()
        self._samples.clear()
        stacked = torch.stack(values)
        super().update_state(stacked, torch.tensor(samples, device=stacked.device))

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        self.catch_up()
        self.is_empty = False
        super().update_state(values, sample_weight)

    def result(self) -> Tensor:
        self.catch_up()
        return super().result()

    def reset_state(self) -> None:
        self._values.clear()
        self._samples.clear()
        self.is_empty = True
        super().reset_state()

    @property
    def variables(self) -> list[Any]:
        self.catch_up()
        return super().variables

    def get_state(self) -> dict[str, Any]:
        """State and losses that wait, as they are."""
        return {
            "variables": [v.parameter for v in super().variables],
            "values": list(self._values),
            "samples": list(self._samples),
            "is_empty": self.is_empty,
        }

    def set_state(self, state: dict[str, Any]) -> None:
        """Take over what ``get_state`` gave."""
        put_back(super().variables, state["variables"])
        self._values[:], self._samples[:] = state["values"], state["samples"]
        self.is_empty = state["is_empty"]


def put_back(variables: list[Any], values: list[Tensor]) -> None:
    """Give variables the values of their tensors."""
    with torch.no_grad():
        for variable, value in zip(variables, values, strict=True):
            variable.parameter.copy_(value)


class Backlog:
    """Targets, predictions and weights that metrics have still to see.

    Args:
        updates: Called with joined targets, predictions and weights.
    """

    def __init__(self, update: Any) -> None:
        self._update = update
        self._rows: list[tuple[Any, Tensor, Any]] = []
        self._elements = 0

    def add(self, y_true: Tensor, y_pred: Tensor, sample_weight: Any) -> None:
        """Take one step's."""
        rows = self._rows
        if rows and (rows[0][2] is None) != (sample_weight is None):
            self.catch_up()
            rows = self._rows
        y_pred = y_pred.detach()
        rows.append((y_true, y_pred, sample_weight))
        self._elements += y_pred.numel()
        if len(rows) >= _STEPS or self._elements >= _ELEMENTS:
            self.catch_up()

    def catch_up(self) -> None:
        """Show the metrics what was collected."""
        rows, self._rows, self._elements = self._rows, [], 0
        if not rows:
            return
        if len(rows) == 1:
            self._update(*rows[0])
            return
        y_true, y_pred, weights = zip(*rows, strict=True)
        if len({tensor.shape[1:] for tensor in y_pred}) > 1 or _differ(y_true) or _differ(weights):
            for row in rows:  # sequences of varying length can't be joined
                self._update(*row)
            return
        joined = None if weights[0] is None else torch.cat(weights)
        self._update(torch.cat(y_true), torch.cat(y_pred), joined)

    def get_state(self) -> list[tuple[Any, Tensor, Any]]:
        """What was collected."""
        return list(self._rows)

    def set_state(self, rows: list[tuple[Any, Tensor, Any]]) -> None:
        """Take over what ``get_state`` gave."""
        self._rows, self._elements = list(rows), sum(row[1].numel() for row in rows)

    def clear(self) -> None:
        """Forget what was collected."""
        self._rows, self._elements = [], 0


def _differ(tensors: tuple[Any, ...]) -> bool:
    first = tensors[0]
    return first is not None and any(
        tensor.shape[1:] != first.shape[1:] or tensor.dtype != first.dtype for tensor in tensors
    )

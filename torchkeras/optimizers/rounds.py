"""Rounds of gradient accumulation: several calls whose mean gradient makes one step."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

Reduction = Callable[[list[Tensor]], list[Tensor]]


class Round:
    """What is known of the present round besides the sums of its gradients.

    Attributes:
        weight: By how much the gradients of the next call count, such as the samples of its batch
            as a fraction of a full batch; 1 unless training says otherwise.
        total: Sum of the weights of the calls so far.
        reduction: Set by training: the means of tensors over processes, made once per round.

    Example:
        >>> it, sums = Round(), [torch.zeros(())]
        >>> it.add(sums, [torch.tensor(1.0)], place=0)
        >>> it.weight = 0.5
        >>> it.add(sums, [torch.tensor(4.0)], place=1)
        >>> it.means(sums)
        [tensor(2.)]
    """

    def __init__(self) -> None:
        self.weight = 1.0
        self.total = 0.0
        self.reduction: Reduction | None = None
        self._calls = 0

    def add(self, sums: list[Tensor], gradients: list[Tensor], place: int) -> None:
        """Add the gradients of a call to ``sums``.

        Args:
            sums: Sums over the round.
            gradients: What to add.
            place: Number of the call within the round, from 0. Calls that another optimizer has
                made, whose state this one took over, count as 1 each.
        """
        if self._calls != place:
            self._calls, self.total = place, float(place)
        if sums:
            torch._foreach_add_(sums, gradients, alpha=self.weight)
        self._calls += 1
        self.total += self.weight

    def exchange(self, sums: list[Tensor], present: list[bool]) -> list[bool]:
        """Make the sums of a round those of all processes.

        Args:
            sums: All sums.
            present: Which of them the last call of the round has added to in this process.

        Returns:
            Which of them it has added to in any process.
        """
        if self.reduction is None:
            return present
        flags = torch.tensor(present, dtype=sums[0].dtype, device=sums[0].device)
        *shared, flags = self.reduction([*sums, flags])
        torch._foreach_copy_(sums, shared)
        return present if all(present) else [share > 0 for share in flags.tolist()]

    def means(self, sums: list[Tensor]) -> list[Tensor]:
        """The weighted means over the round, which they end."""
        means = list(torch._foreach_div(sums, self.total)) if sums else []
        self._calls, self.total = 0, 0.0
        return means

    def share(self, sums: list[Tensor]) -> None:
        """Make the sums of a round that isn't over the same in all processes."""
        if self.reduction is not None and self._calls:
            torch._foreach_copy_(sums, self.reduction(sums))

    def get_state(self) -> dict[str, Any]:
        """The calls so far and their weights."""
        return {"calls": self._calls, "total": self.total}

    def set_state(self, state: dict[str, Any]) -> None:
        """Take over what ``get_state`` gave."""
        self._calls, self.total = state["calls"], state["total"]

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "reduction": None, "weight": 1.0}

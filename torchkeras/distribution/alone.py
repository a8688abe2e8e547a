"""One process by itself, and which group of processes shares the present step."""

import contextlib
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

Reduction = Callable[[list[Tensor | None], list[Tensor]], list[Tensor | None]]


class Alone:
    """One process: everything is its own already."""

    rank = 0
    number = 1
    share: tuple[int, int] | None = None
    is_idle = False
    sizes: list[int] = []  # samples of each batch of the present pass

    def seed(self) -> int:
        """A seed for the data's order, the same in all processes."""
        return int(torch.randint(2**62, ()))

    def join(self, model: nn.Module, optimizer: Any) -> None:
        """Start from the same weights."""

    def leave(self) -> None:
        """Go on from the same random numbers."""

    def same_draws(self) -> contextlib.AbstractContextManager[None]:
        """Draw the same random numbers in each process inside."""
        return contextlib.nullcontext()

    def batches(self, epoch: Iterable[Any]) -> Iterable[Any]:
        """The batches of this process."""
        return epoch

    def step(self, step: Callable[[Any], Any], model: Any) -> Callable[[Any], Any]:
        """``step`` as a step of all processes."""
        return step

    def weight(self, samples: int) -> float:
        """By how much the loss of the present step counts in an epoch's mean."""
        return samples

    def module(self, module: nn.Module, has_unused: bool) -> nn.Module:
        """``module`` with its gradients averaged over the processes while they are computed."""
        return module

    def average(self, parameters: Iterable[Tensor]) -> None:
        """Make the gradients of ``parameters`` those of the whole batch."""

    def of_mean(self, mean: Tensor) -> Tensor:
        """What has the mean over all samples as its mean over processes."""
        return mean

    def of_sum(self, total: Tensor) -> Tensor:
        """What has the sum over all samples as its mean over processes."""
        return total

    def denominator(self, count: Any) -> Any:
        """What a sum over samples is divided by to become what ``of_mean`` gives.

        Args:
            count: Number of entries, the same for each sample, as a number; or a tensor of the
                sum of weights or of unmasked entries.
        """
        return count

    def beside(self, extra: Tensor) -> Tensor:
        """``extra``, which layers make of their samples, as it is added to the loss of a step."""
        return extra

    def scale(self, loss: Tensor) -> Tensor:
        """``of_mean`` of a loss that none of the methods above was used for."""
        return loss

    def factor(self, number: int) -> float:
        """What gradients are multiplied by before they are added up over ``number`` processes."""
        return 1 / number

    def part(self) -> Reduction | None:
        """What an optimizer makes gradients such with that their means over the processes are
        those of the whole batch, and which sends nothing; None if they are."""
        return None

    def agree(self, flags: Iterable[Tensor]) -> None:
        """Make numbers that say that something has happened, 1 or more, those of all processes."""

    def reduction(self) -> Reduction | None:
        """What an optimizer makes gradients those of the whole batch with; None if they are."""
        return None

    def settle(self, model: Any, metrics: Iterable[Any]) -> None:
        """Make the state of metrics, and what layers have averaged, that of all processes."""

    def logs(self, logs: Mapping[str, Any], results: Mapping[str, Any]) -> Mapping[str, Any]:
        """What a step of the user's own gave, made the same in every process.

        Args:
            logs: Logs of the last step.
            results: Results of the metrics over the whole epoch, which logs of the same name
                stand for.
        """
        return logs

    def gathered(self, outputs: Any) -> Any:
        """Outputs of this pass from all processes, in the order of the data."""
        return outputs


ALONE = Alone()


class _Local(threading.local):
    """The group whose step this thread is in."""

    group: Alone = ALONE


local = _Local()


def current_group() -> Alone:
    """The group of processes that share the batch of the present step; else ``Alone``."""
    return local.group

"""The copies of a model that train as one: their shares of the data, gradients and sums.

``Alone`` does nothing. ``Group`` makes the processes of a run compute what one process would:

- each global batch is cut over the processes; one that gets no sample of it runs on a stand-in
  that counts for nothing, so that all make the same calls;
- a loss is divided by the number of samples (sum of weights, unmasked entries) of all
  processes, times their number, so that the mean of their gradients is the gradient of the whole
  batch;
- sums kept by metrics are added up when they are read at the end of an epoch.
"""

import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel

from torchkeras.core import nested
from torchkeras.distribution import processes

Reduction = Callable[[list[Tensor | None], list[Tensor]], list[Tensor | None]]


class _Local(threading.local):
    """The group whose step this thread is in."""

    group: "Group | None" = None


_local = _Local()

_REDUCTIONS = {
    "sum": distributed.ReduceOp.SUM,
    "mean": distributed.ReduceOp.SUM,
    "max": distributed.ReduceOp.MAX,
    "min": distributed.ReduceOp.MIN,
}


def mean_denominator(count: Any) -> Any:
    """What a sum over this process's samples is divided by to become a mean.

    Within the step of a group that is the count of all processes over their number, so that the
    mean over processes is the mean over all samples; elsewhere it is ``count``.

    Args:
        count: Number of entries (an int that is the same for each sample), or a tensor of the
            sum of weights or of unmasked entries.
    """
    return count if _local.group is None else _local.group.mean_denominator(count)


def sum_factor() -> float:
    """What a sum over this process's samples is multiplied by, so that the mean over processes
    is the sum over all samples."""
    return 1.0 if _local.group is None else _local.group.sum_factor()


class Alone:
    """One process: everything is its own already."""

    rank = 0
    number = 1
    share: tuple[int, int] | None = None
    is_idle = False
    sizes: list[int] = []  # samples of each batch of the present pass

    def seed(self) -> int | None:
        """The seed of the data's order that all processes share; None if any will do."""
        return None

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

    def module(self, module: nn.Module) -> nn.Module:
        """``module`` with its gradients averaged over the processes."""
        return module

    def scale(self, loss: Tensor) -> Tensor:
        """The loss whose mean over processes is the loss of the whole batch."""
        return loss

    def reduction(self) -> Reduction | None:
        """What an optimizer makes gradients those of the whole batch with; None if they are."""
        return None

    def settle(self, model: Any, metrics: Iterable[Any]) -> None:
        """Make the state of metrics, and what layers have averaged, that of all processes."""

    def logs(self, logs: Mapping[str, Any]) -> Mapping[str, Any]:
        """Logs that are the same in every process."""
        return logs

    def gathered(self, outputs: Any) -> Any:
        """Outputs of this pass from all processes, in the order of the data."""
        return outputs


class Group(Alone):
    """The processes of a run, of which this is one.

    Attributes:
        rank: Number of this process.
        number: How many there are.
        rows: Samples of the present batch that are this process's, 0 for a stand-in.
        total: Samples of the present batch.
    """

    def __init__(self) -> None:
        processes.start()
        self.rank = distributed.get_rank()
        self.number = distributed.get_world_size()
        self.share = (self.rank, self.number)
        self.rows = self.total = 1
        self.sizes = []
        self._reduced_exactly = False

    @property
    def is_idle(self) -> bool:
        """Whether this process has no sample of the present batch."""
        return self.rows == 0

    @property
    def device(self) -> torch.device:
        """Where tensors must lie to be sent."""
        if distributed.get_backend() == "nccl":
            return torch.device("cuda", torch.cuda.current_device())
        return torch.device("cpu")

    def seed(self) -> int:
        seed = torch.randint(2**62, (), device="cpu").to(self.device)
        distributed.broadcast(seed, 0)
        return int(seed)

    def join(self, model: nn.Module, optimizer: Any) -> None:
        tensors = [*model.parameters(), *model.buffers()]
        tensors += [v.parameter for v in getattr(optimizer, "variables", ())]
        with torch.no_grad():
            for tensor in tensors:
                self._in_transit(tensor.detach(), lambda sent: distributed.broadcast(sent, 0))
        # Each process draws dropout masks of its own; `leave` brings the generators together.
        torch.manual_seed((self.seed() + self.rank) % 2**62)

    def leave(self) -> None:
        state = torch.get_rng_state()
        self._in_transit(state, lambda sent: distributed.broadcast(sent, 0))
        torch.set_rng_state(state)

    def _in_transit(self, tensor: Tensor, send: Callable[[Tensor], Any]) -> None:
        """Let ``send`` change ``tensor``, on a device that can be sent from."""
        sent = tensor.to(self.device).contiguous()
        send(sent)
        if sent is not tensor:
            tensor.copy_(sent)

    def batches(self, epoch: Iterable[Any]) -> Iterator[Any]:
        self.sizes = []
        for data, rows, total in self._read_alike(epoch):
            self.rows, self.total = rows, total
            self.sizes.append(total)
            yield data

    def _read_alike(self, epoch: Iterable[Any]) -> Iterator[Any]:
        """``epoch`` from its start to its first item under one seed, which its order may use."""
        with self.same_draws():
            iterator = iter(epoch)
            first = list(zip(range(1), iterator, strict=False))
        for _, item in first:
            yield item
        yield from iterator

    @contextlib.contextmanager
    def same_draws(self) -> Iterator[None]:
        """Draw the same random numbers in each process inside."""
        seed = self.seed()
        numpy_state = np.random.get_state()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            np.random.seed(seed % 2**32)
            yield
        np.random.set_state(numpy_state)

    def step(self, step: Callable[[Any], Any], model: Any) -> Callable[[Any], Any]:
        def run(batch: Any) -> Any:
            _local.group, self._reduced_exactly = self, False
            try:
                return step(batch)
            finally:
                _local.group = None

        def run_step(batch: Any) -> Any:
            if not self.is_idle:
                return run(batch)
            with self._without_trace(model):
                return run(batch)

        return run_step

    @contextlib.contextmanager
    def _without_trace(self, model: Any) -> Iterator[None]:
        """Leave what layers and metrics remember as it was: a stand-in counts for nothing."""
        kept = list(model.non_trainable_variables)
        kept += [v for metric in model.metrics if not _is_loss(metric) for v in metric.variables]
        before = [v.parameter.detach().clone() for v in kept]
        yield
        _ = model.metrics  # metrics that wait with batches see them now
        with torch.no_grad():
            for variable, value in zip(kept, before, strict=True):
                variable.parameter.copy_(value)

    def weight(self, samples: int) -> float:
        return self.total / self.number

    def mean_denominator(self, count: Any) -> Any:
        self._reduced_exactly = True
        if isinstance(count, Tensor):
            whole = torch.zeros_like(count) if self.is_idle else count.detach().clone()
            self._in_transit(whole, distributed.all_reduce)
            # An infinite divisor makes the stand-in's value and gradient zero.
            return torch.full_like(whole, torch.inf) if self.is_idle else whole / self.number
        if self.is_idle:
            return float("inf")
        return count * self.total / (self.rows * self.number)

    def sum_factor(self) -> float:
        self._reduced_exactly = True
        return 0.0 if self.is_idle else float(self.number)

    def module(self, module: nn.Module, has_unused: bool = False) -> nn.Module:
        if not any(p.requires_grad for p in module.parameters()):
            return module
        return DistributedDataParallel(
            module,
            broadcast_buffers=False,
            find_unused_parameters=has_unused,
            gradient_as_bucket_view=True,
        )

    def scale(self, loss: Tensor) -> Tensor:
        if self._reduced_exactly:
            return loss
        return loss * (self.number * self.rows / self.total)

    def reduction(self) -> Reduction:
        def reduce(gradients: list[Tensor | None], parameters: list[Tensor]) -> list[Tensor | None]:
            factor = 1 / self.number if self._reduced_exactly else self.rows / self.total
            present = torch.tensor([float(g is not None) for g in gradients], device=self.device)
            filled = [
                torch.zeros_like(parameter) if gradient is None or not factor else gradient * factor
                for gradient, parameter in zip(gradients, parameters, strict=True)
            ]
            reduced = self._sum(filled)
            distributed.all_reduce(present)
            if all(gradient is not None for gradient in gradients):
                return reduced
            found = present.tolist()  # absent in every process: absent
            return [g if there else None for g, there in zip(reduced, found, strict=True)]

        return reduce

    def _sum(self, tensors: list[Tensor]) -> list[Tensor]:
        """Sums over the processes, in one message per type."""
        result = list(tensors)
        for dtype in {tensor.dtype for tensor in tensors}:
            places = [place for place, tensor in enumerate(tensors) if tensor.dtype == dtype]
            flat = torch.cat([tensors[place].reshape(-1) for place in places])
            self._in_transit(flat, distributed.all_reduce)
            parts = flat.split([tensors[place].numel() for place in places])
            for place, part in zip(places, parts, strict=True):
                result[place] = part.view(tensors[place].shape)
        return result

    def settle(self, model: Any, metrics: Iterable[Any]) -> None:
        with torch.no_grad():
            for metric in metrics:
                for variable in metric.variables:
                    self._reduce(variable.parameter, getattr(variable, "reduction", "sum"))
            for variable in model.non_trainable_variables:
                if variable.parameter.is_floating_point():
                    self._reduce(variable.parameter, "mean")

    def _reduce(self, tensor: Tensor, reduction: str) -> None:
        operation = _REDUCTIONS[reduction]
        self._in_transit(tensor, lambda sent: distributed.all_reduce(sent, operation))
        if reduction == "mean":
            tensor.div_(self.number)

    def logs(self, logs: Mapping[str, Any]) -> Mapping[str, Any]:
        return {name: self._mean(value) for name, value in logs.items()}

    def _mean(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return self.logs(value)
        try:
            number = (
                torch.as_tensor(value, dtype=torch.float64, device=self.device).detach().clone()
            )
        except (TypeError, ValueError):
            return value
        distributed.all_reduce(number)
        return number / self.number

    def gathered(self, outputs: Any) -> Any:
        return nested.map_leaves(self._gathered, outputs)

    def _gathered(self, mine: Any) -> Any:
        everything: list[Any] = [None] * self.number
        distributed.all_gather_object(everything, mine.cpu() if isinstance(mine, Tensor) else mine)
        starts = [0] * self.number
        pieces = []
        for total in self.sizes:
            for other in range(self.number):
                rows = total * (other + 1) // self.number - total * other // self.number
                pieces.append(everything[other][starts[other] : starts[other] + rows])
                # A process without a sample of the batch has predicted for a stand-in.
                starts[other] += max(rows, 1)
        joined = torch.cat if isinstance(mine, Tensor) else np.concatenate
        return joined(pieces)


def _is_loss(metric: Any) -> bool:
    """Whether ``metric`` averages the loss, which a stand-in contributes zero to."""
    return getattr(metric, "averages_loss", False)


_ALONE = Alone()
_group: list[Group] = []


def replicas() -> Alone:
    """The group of processes this one belongs to, started if need be, or ``Alone``."""
    if processes.world_size() == 1:
        return _ALONE
    if not _group:
        _group.append(Group())
    return _group[0]

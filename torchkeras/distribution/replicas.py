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
import hashlib
import itertools
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel

from torchkeras.core import nested
from torchkeras.distribution import processes, watch
from torchkeras.distribution.alone import ALONE, Alone, Reduction, local

_REDUCTIONS = {
    "sum": distributed.ReduceOp.SUM,
    "mean": distributed.ReduceOp.SUM,
    "max": distributed.ReduceOp.MAX,
    "min": distributed.ReduceOp.MIN,
}


class Group(Alone):
    """The processes among which batches are divided, of which this is one.

    Where weights are divided, too, several processes compute the same part of a batch; each is in
    a group with one process of every other part.

    Args:
        distribution: How data and weights are divided; None divides the data over all processes.

    Attributes:
        rank: Number of this process in the group.
        number: How many there are.
        rows: Samples of the present batch that are this process's, 0 for a stand-in.
        total: Samples of the present batch.
    """

    def __init__(self, distribution: Any = None) -> None:
        processes.start()
        self.members: Any = None  # torch's group; None is all processes
        if distribution is not None:
            distribution.device_mesh.check_processes()
            if distribution.device_mesh.devices.ndim > 1:
                mesh = distribution.device_mesh.backend_mesh
                self.members = mesh.get_group(distribution.batch_axis)
        self.rank = distributed.get_rank(self.members)
        self.number = distributed.get_world_size(self.members)
        cuts = distribution is None or distribution.auto_shard_dataset
        self.share = (self.rank, self.number) if cuts else None
        self.rows = self.total = 1
        self.sizes = []
        self._own = 0  # samples of this pass that came from data of this process's own
        self._reduced_exactly = False
        self._watch = watch.started(processes.rank(), processes.world_size(), processes.agreed)

    def __deepcopy__(self, memo: dict) -> "Group":
        return self  # process groups can't be copied

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
        # Drawn as one process draws it, so that the order of the data is the same.
        return self._from_chief(torch.randint(2**62, ()))

    def _from_chief(self, number: Tensor) -> int:
        sent = number.to(self.device)
        distributed.broadcast(sent, 0)
        return int(sent)

    def join(self, model: nn.Module, optimizer: Any) -> None:
        tensors = [*model.parameters(), *model.buffers()]
        tensors += [v.parameter for v in getattr(optimizer, "variables", ())]
        with torch.no_grad():
            for tensor in tensors:
                if not is_divided(tensor):
                    self._in_transit(tensor.detach(), lambda sent: distributed.broadcast(sent, 0))
        # The chief goes on with its random numbers; the others get their own, for dropout masks.
        if self.rank:
            torch.manual_seed(_digest(self._state_of_chief()) + self.rank)
        else:
            self._state_of_chief()

    def leave(self) -> None:
        torch.set_rng_state(self._state_of_chief())

    def _state_of_chief(self) -> Tensor:
        state = torch.get_rng_state()
        self._in_transit(state, lambda sent: distributed.broadcast(sent, 0))
        return state

    def _in_transit(self, tensor: Tensor, send: Callable[[Tensor], Any]) -> None:
        """Let ``send`` change ``tensor``, on a device that can be sent from."""
        sent = tensor.to(self.device).contiguous()
        send(sent)
        if sent is not tensor:
            tensor.copy_(sent)

    def batches(self, epoch: Iterable[Any]) -> Iterator[Any]:
        self.sizes, self._own = [], 0
        shares = self._counted(epoch) if self.share is None else self._read_alike(epoch)
        with self._watched() as seen:
            for data, rows, total in shares:
                self.rows, self.total = rows, total
                self.sizes.append(total)
                seen.place += 1
                yield data

    @contextlib.contextmanager
    def _watched(self) -> Iterator[Any]:
        """What counts the batches of a pass, for the other processes to see."""
        seen = self._watch or types.SimpleNamespace(place=0, is_in_pass=False)
        outer, seen.is_in_pass = seen.is_in_pass, True
        try:
            yield seen
        finally:
            seen.is_in_pass = outer

    def _counted(self, epoch: Iterable[Any]) -> Iterator[tuple[Any, int, int]]:
        """Batches of this process's own data, until no process has any left.

        The last one stands in where others go on.
        """
        data, iterator = None, iter(epoch)
        while True:
            following = next(iterator, None)
            rows = 0 if following is None else len(next(nested.leaves(following)))
            total = torch.tensor(rows, device=self.device)
            self._all_reduce(total)
            if not total:
                return
            data = data if following is None else following
            self._own += rows
            yield data, rows, int(total)

    def _read_alike(self, epoch: Iterable[Any]) -> Iterator[Any]:
        """``epoch``, started with the same random numbers, from which its order may follow."""
        if getattr(epoch, "first", 0):  # a pass that was resumed has begun already
            yield from epoch
            return
        with self.same_draws():
            iterator = iter(epoch)
            first = list(itertools.islice(iterator, 1))
        yield from first
        yield from iterator

    @contextlib.contextmanager
    def same_draws(self) -> Iterator[None]:
        own = torch.get_rng_state()
        torch.set_rng_state(self._state_of_chief())
        yield
        if self.rank:
            torch.set_rng_state(own)

    def step(self, step: Callable[[Any], Any], model: Any) -> Callable[[Any], Any]:
        def run(batch: Any) -> Any:
            local.group, self._reduced_exactly = self, False
            try:
                return step(batch)
            finally:
                local.group = ALONE

        def run_step(batch: Any) -> Any:
            if not self.is_idle:
                return run(batch)
            with self.without_trace(model, but_shared=True):
                return run(batch)

        return run_step

    @contextlib.contextmanager
    def without_trace(self, model: Any, but_shared: bool = False) -> Iterator[None]:
        """Leave what layers and metrics remember as it was: a stand-in counts for nothing.

        Args:
            model: The model.
            but_shared: Whether variables that all processes change alike do change.
        """
        kept = [
            v
            for v in model.non_trainable_variables
            if not (but_shared and v.synchronization == "on_write")
        ]
        metrics = [metric for metric in model.metrics if not _is_loss(metric)]
        kept += [v for metric in metrics for v in metric.variables]
        known = {id(v) for v in kept}
        before = [v.parameter.detach().clone() for v in kept]
        yield
        _ = model.metrics  # metrics that wait with batches see them now
        with torch.no_grad():
            for metric in metrics:
                if any(id(v) not in known for v in metric.variables):  # made by this very batch
                    metric.reset_state()
            for variable, value in zip(kept, before, strict=True):
                variable.parameter.copy_(value)

    def weight(self, samples: int) -> float:
        return self.total / self.number

    def of_mean(self, mean: Tensor) -> Tensor:
        self._reduced_exactly = True
        return mean * (self.number * self.rows / self.total)

    def of_sum(self, total: Tensor) -> Tensor:
        self._reduced_exactly = True
        return total * (0 if self.is_idle else self.number)

    def denominator(self, count: Any) -> Any:
        self._reduced_exactly = True
        if isinstance(count, Tensor):
            whole = torch.zeros_like(count) if self.is_idle else count.detach().clone()
            self._in_transit(whole, self._all_reduce)
            # An infinite divisor makes the stand-in's value and gradient zero.
            return torch.full_like(whole, torch.inf) if self.is_idle else whole / self.number
        return torch.inf if self.is_idle else count * self.total / (self.rows * self.number)

    def module(self, module: nn.Module, has_unused: bool) -> nn.Module:
        # Buffers are averaged at the end of an epoch, see `settle`.
        module._ddp_params_and_buffers_to_ignore = [name for name, _ in module.named_buffers()]
        return DistributedDataParallel(
            module,
            find_unused_parameters=has_unused,
            gradient_as_bucket_view=True,
            process_group=self.members,
        )

    def average(self, parameters: Iterable[Tensor]) -> None:
        # Gradients of divided weights have been averaged as they were computed.
        trained = [p for p in parameters if p.requires_grad and not is_divided(p)]
        averaged = self._averaged([p.grad for p in trained], trained, 1 / self.number)
        for parameter, gradient in zip(trained, averaged, strict=True):
            parameter.grad = gradient

    def beside(self, extra: Tensor) -> Tensor:
        # A penalty on weights, alike in all processes, has itself as the mean of these.
        return self.of_mean(extra) if self._reduced_exactly else extra

    def scale(self, loss: Tensor) -> Tensor:
        return loss if self._reduced_exactly else self.of_mean(loss)

    def reduction(self) -> Reduction:
        def reduce(gradients: list[Tensor | None], parameters: list[Tensor]) -> list[Tensor | None]:
            whole = [place for place, p in enumerate(parameters) if not is_divided(p)]
            averaged = self._averaged(
                [gradients[place] for place in whole],
                [parameters[place] for place in whole],
                self.factor(self.number),
            )
            result = list(gradients)
            for place, gradient in zip(whole, averaged, strict=True):
                result[place] = gradient
            return result

        return reduce

    def part(self) -> Reduction:
        def weigh(gradients: list[Tensor | None], parameters: list[Tensor]) -> list[Tensor | None]:
            factor = self.number * self.factor(self.number)
            return [
                gradient if gradient is None or factor == 1.0 else _times(gradient, factor)
                for gradient in gradients
            ]

        return weigh

    def agree(self, flags: Iterable[Tensor]) -> None:
        for flag in flags:
            # Processes that divide weights are of several groups.
            self._in_transit(flag, lambda sent: distributed.all_reduce(sent, _REDUCTIONS["max"]))

    def factor(self, number: int) -> float:
        return 1 / number if self._reduced_exactly else self.rows / self.total

    def _averaged(
        self, gradients: list[Tensor | None], parameters: list[Tensor], factor: float
    ) -> list[Tensor | None]:
        """Sums of ``factor`` times ``gradients``; one absent in every process stays absent."""
        present = torch.tensor([float(g is not None) for g in gradients], device=self.device)
        filled = [
            torch.zeros_like(parameter) if gradient is None else _times(gradient, factor)
            for gradient, parameter in zip(gradients, parameters, strict=True)
        ]
        reduced = self._sum(filled)
        self._all_reduce(present)
        if all(gradient is not None for gradient in gradients):
            return reduced
        found = present.tolist()
        return [g if there else None for g, there in zip(reduced, found, strict=True)]

    def sums(self, gradients: list[Tensor | None], parameters: list[Tensor]) -> list[Tensor | None]:
        """Sums of ``gradients`` over processes, those for stand-ins left out."""
        return self._averaged(gradients, parameters, float(not self.is_idle))

    def _sum(self, tensors: list[Tensor]) -> list[Tensor]:
        """Sums over the processes, in one message per type."""
        result = list(tensors)
        for dtype in {tensor.dtype for tensor in tensors}:
            places = [place for place, tensor in enumerate(tensors) if tensor.dtype == dtype]
            flat = torch.cat([tensors[place].reshape(-1) for place in places])
            self._in_transit(flat, self._all_reduce)
            parts = flat.split([tensors[place].numel() for place in places])
            for place, part in zip(places, parts, strict=True):
                result[place] = part.view(tensors[place].shape)
        return result

    def mean(self, tensors: list[Tensor]) -> list[Tensor]:
        """The means of ``tensors`` over the processes."""
        return [tensor / self.number for tensor in self._sum(tensors)]

    def _all_reduce(self, tensor: Tensor, operation: Any = distributed.ReduceOp.SUM) -> None:
        distributed.all_reduce(tensor, operation, self.members)

    def settle(self, model: Any, metrics: Iterable[Any]) -> None:
        with torch.no_grad():
            for value in list(vars(model).values()):
                if hasattr(value, "share_round"):  # an optimizer
                    value.share_round()
            for metric in metrics:
                if hasattr(metric, "settle"):
                    metric.settle(self.members)
                for variable in metric.variables:
                    self._reduce(variable.parameter, getattr(variable, "reduction", "sum"))
            for variable in model.non_trainable_variables:
                stored = variable.parameter
                if stored.is_floating_point() and not is_divided(stored):
                    self._reduce(stored, "mean")

    def _reduce(self, tensor: Tensor, reduction: str) -> None:
        if reduction not in _REDUCTIONS and self.rank:  # the first process's is to stand
            tensor.zero_()
        operation = _REDUCTIONS.get(reduction, distributed.ReduceOp.SUM)
        self._in_transit(tensor, lambda sent: self._all_reduce(sent, operation))
        if reduction == "mean":
            tensor.div_(self.number)

    def logs(self, logs: Mapping[str, Any], results: Mapping[str, Any]) -> Mapping[str, Any]:
        return {
            name: results[name] if name in results else self._mean(value)
            for name, value in logs.items()
        }

    def _mean(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {name: self._mean(inner) for name, inner in value.items()}
        try:
            number = (
                torch.as_tensor(value, dtype=torch.float64, device=self.device).detach().clone()
            )
        except (TypeError, ValueError):
            return value
        self._all_reduce(number)
        return number / self.number

    def gathered(self, outputs: Any) -> Any:
        return nested.map_leaves(self._gathered, outputs)

    def _gathered(self, mine: Any) -> Any:
        everything: list[Any] = [None] * self.number
        joined = torch.cat if isinstance(mine, Tensor) else np.concatenate
        if self.share is None:
            mine = mine[: self._own]
        mine_here = mine.cpu() if isinstance(mine, Tensor) else mine
        distributed.all_gather_object(everything, mine_here, self.members)
        if self.share is None:
            return joined(everything)
        starts = [0] * self.number
        pieces = []
        for total in self.sizes:
            for other in range(self.number):
                rows = total * (other + 1) // self.number - total * other // self.number
                pieces.append(everything[other][starts[other] : starts[other] + rows])
                # A process without a sample of the batch has predicted for a stand-in.
                starts[other] += max(rows, 1)
        return joined(pieces)


def _times(gradient: Tensor, factor: float) -> Tensor:
    """``factor`` times ``gradient``; what isn't finite counts for nothing, either, at 0."""
    return gradient * factor if factor else torch.zeros_like(gradient)


def _digest(state: Tensor) -> int:
    """A number that follows from the state of a random generator."""
    return int.from_bytes(hashlib.blake2b(state.numpy().tobytes(), digest_size=7).digest(), "big")


def _is_loss(metric: Any) -> bool:
    """Whether ``metric`` averages the loss, which a stand-in contributes zero to."""
    return getattr(metric, "averages_loss", False)


def is_divided(tensor: Any) -> bool:
    """Whether ``tensor`` is a DTensor, of which each process holds a part."""
    return hasattr(tensor, "full_tensor")


_groups: dict[Any, Group] = {}


def replicas(distribution: Any = None) -> Alone:
    """The group of processes this one belongs to, started if need be, or ``Alone``.

    Args:
        distribution: How data and weights are divided; None divides the data over all processes.
    """
    if processes.world_size() == 1:
        return ALONE
    if distribution not in _groups:
        _groups[distribution] = Group(distribution)
    return _groups[distribution]

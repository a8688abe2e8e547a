"""Strategies of ``tf.distribute``: a replica is a process, and torchrun starts them."""

import contextlib
import enum
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import torch

from torchkeras import data, distribution
from torchkeras.distribution import processes, replicas
from torchkeras.distribution.adding import adding_up


class ReduceOp(enum.Enum):
    """How values of several replicas become one."""

    SUM = "SUM"
    MEAN = "MEAN"


class HierarchicalCopyAllReduce:
    """Taken for scripts' sake: torch chooses how gradients are added up."""

    def __init__(self, num_packs: int = 1) -> None:
        self.num_packs = num_packs


class NcclAllReduce(HierarchicalCopyAllReduce):
    """Taken for scripts' sake, too."""


class ReductionToOneDevice:
    """Taken for scripts' sake, too."""

    def __init__(self, reduce_to_device: Any = None, accumulation_fn: Any = None) -> None:
        self.reduce_to_device, self.accumulation_fn = reduce_to_device, accumulation_fn


class InputContext:
    """What a function that makes a dataset is told."""

    def __init__(
        self,
        num_input_pipelines: int = 1,
        input_pipeline_id: int = 0,
        num_replicas_in_sync: int = 1,
    ) -> None:
        self.num_input_pipelines = num_input_pipelines
        self.input_pipeline_id = input_pipeline_id
        self.num_replicas_in_sync = num_replicas_in_sync

    def get_per_replica_batch_size(self, global_batch_size: int) -> int:
        """Samples of a batch for each replica."""
        if global_batch_size % self.num_replicas_in_sync:
            raise ValueError(
                f"The `global_batch_size` {global_batch_size} is not divisible by "
                f"`num_replicas_in_sync` {self.num_replicas_in_sync}."
            )
        return global_batch_size // self.num_replicas_in_sync


class Strategy:
    """Base of all strategies. Outside of ``fit``, ``run`` is a step of all processes together."""

    is_alone = False

    def __init__(self, extended: Any = None) -> None:
        self.extended = self if extended is None else extended

    @property
    def num_replicas_in_sync(self) -> int:
        """Number of processes."""
        return self._group.number

    @property
    def cluster_resolver(self) -> None:
        """None: torchrun knows the machines."""
        return None

    @property
    def _group(self) -> Any:
        return distribution.Alone() if self.is_alone else replicas()

    @contextlib.contextmanager
    def scope(self) -> Iterator["Strategy"]:
        """Make this the current strategy inside, where all processes draw the same numbers."""
        _entered.append(self)
        if self.num_replicas_in_sync > 1:
            torch.set_rng_state(processes.agreed(torch.get_rng_state()))
        try:
            yield self
        finally:
            _entered.pop()

    def run(
        self,
        fn: Callable[..., Any],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        options: Any = None,
    ) -> Any:
        """What ``fn`` gives for this process's part; its optimizers add up the gradients of all.

        ``options`` changes nothing here: shapes may change from call to call.
        """
        with adding_up(self._group):
            return fn(*args, **(kwargs or {}))

    def reduce(self, reduce_op: Any, value: Any, axis: int | None = None) -> Any:
        """The sum or mean of what the processes have, and along ``axis`` of each if it is given."""
        group = self._group
        total = torch.as_tensor(value)
        count = torch.tensor(1.0 if axis is None else float(total.shape[axis]))
        total = total if axis is None else total.sum(axis)
        if group.is_idle:
            total, count = torch.zeros_like(total), torch.zeros_like(count)
        if group.number > 1:
            total, count = group.sums([total, count], [total, count])
        name = getattr(reduce_op, "name", str(reduce_op)).upper()
        return total / count if name == "MEAN" else total

    def experimental_distribute_dataset(self, dataset: Any, options: Any = None) -> Any:
        """``dataset``, of each of whose batches this process takes its part.

        ``options`` changes nothing here: ``fit`` moves batches to its device.
        """
        group = self._group
        return dataset if group.number == 1 else _Divided(dataset, group)

    def distribute_datasets_from_function(self, dataset_fn: Any, options: Any = None) -> Any:
        """The dataset that ``dataset_fn`` makes for this process alone.

        ``options`` changes nothing here, as with ``experimental_distribute_dataset``.
        """
        group = self._group
        return dataset_fn(InputContext(group.number, group.rank, group.number))

    experimental_distribute_datasets_from_function = distribute_datasets_from_function

    def experimental_distribute_values_from_function(self, value_fn: Callable[..., Any]) -> Any:
        """What ``value_fn`` gives for this replica."""
        return value_fn(ReplicaContext(self, self._group.rank))

    def experimental_local_results(self, value: Any) -> tuple[Any, ...]:
        """The values of the replicas of this process: one."""
        return (value,)

    unwrap = experimental_local_results

    def gather(self, value: Any, axis: int) -> Any:
        """The values of all processes, one behind the other along ``axis``."""
        values = [value] if self.num_replicas_in_sync == 1 else processes.gathered_objects(value)
        return torch.cat([torch.as_tensor(one) for one in values], axis)


class _Divided:
    """A dataset of whose batches this process takes its part."""

    def __init__(self, dataset: Any, group: Any) -> None:
        self.dataset, self.group = dataset, group

    def __iter__(self) -> Iterator[Any]:
        return iter(
            self.group.batches(data.Epochs(data.batches(self.dataset), None, self.group.share))
        )

    def __len__(self) -> int:
        return len(self.dataset)


class MirroredStrategy(Strategy):
    """All processes have all weights, and each its part of every batch.

    Args:
        devices, cross_device_ops: Taken for scripts' sake: each process of torchrun has a device.
    """

    def __init__(self, devices: Any = None, cross_device_ops: Any = None) -> None:
        super().__init__()


class MultiWorkerMirroredStrategy(Strategy):
    """``MirroredStrategy`` over machines; torchrun's ``--nnodes`` says how many.

    Args:
        cluster_resolver, communication_options: Taken for scripts' sake.
    """

    def __init__(self, cluster_resolver: Any = None, communication_options: Any = None) -> None:
        super().__init__()


class TPUStrategy(Strategy):
    """``MirroredStrategy`` on whatever devices there are.

    Args:
        tpu_cluster_resolver, experimental_device_assignment: Taken for scripts' sake.
    """

    def __init__(
        self, tpu_cluster_resolver: Any = None, experimental_device_assignment: Any = None
    ) -> None:
        super().__init__()


class OneDeviceStrategy(Strategy):
    """Each process by itself.

    Args:
        device: Taken for scripts' sake: ``fit`` finds the accelerator.
    """

    is_alone = True

    def __init__(self, device: Any = "") -> None:
        super().__init__()


class _Default(Strategy):
    """Of scripts that have entered none: one replica."""

    is_alone = True


class ReplicaContext:
    """The present process within ``run``."""

    def __init__(self, strategy: Strategy, replica_id_in_sync_group: int) -> None:
        self.strategy = strategy
        self.replica_id_in_sync_group = replica_id_in_sync_group

    @property
    def num_replicas_in_sync(self) -> int:
        """Number of processes."""
        return self.strategy.num_replicas_in_sync

    def all_reduce(self, reduce_op: Any, value: Any, options: Any = None) -> Any:
        """The sum or mean over processes; ``options`` changes nothing here: torch packs tensors."""
        return self.strategy.reduce(reduce_op, value)

    def merge_call(self, merge_fn: Callable[..., Any], args: Any = (), kwargs: Any = None) -> Any:
        """What ``merge_fn`` gives."""
        return merge_fn(self.strategy, *args, **(kwargs or {}))


_DEFAULT = _Default()
_entered: list[Strategy] = []


def get_strategy() -> Strategy:
    """The current strategy; outside of scopes one of one replica."""
    return _entered[-1] if _entered else _DEFAULT


def has_strategy() -> bool:
    """Whether a strategy's scope has been entered."""
    return bool(_entered)


def get_replica_context() -> ReplicaContext:
    """The present process among the replicas."""
    strategy = get_strategy()
    return ReplicaContext(strategy, strategy._group.rank)


def in_cross_replica_context() -> bool:
    """Whether a strategy's scope has been entered."""
    return has_strategy()

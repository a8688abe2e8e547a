"""A function that makes a dataset, in place of the dataset."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from torchkeras.core.checks import argument_error, kind_error


class InputContext:
    """What a function that makes a dataset is told.

    Args:
        num_input_pipelines: Number of datasets that are made.
        input_pipeline_id: Which of them, from 0.
        num_replicas_in_sync: Number of processes that compute a batch together.

    Raises:
        ValueError: (by its method) a batch can't be divided evenly.

    Source: ``tf.distribute.InputContext``.
    """

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
            raise argument_error(
                self, "global_batch_size", global_batch_size,
                f"a multiple of {self.num_replicas_in_sync}",
                f"The `global_batch_size` {global_batch_size} is not divisible by "
                f"`num_replicas_in_sync` {self.num_replicas_in_sync}.",
            )  # fmt: skip
        return global_batch_size // self.num_replicas_in_sync


class DatasetCreator:
    """``fit`` takes it for the dataset that ``dataset_fn(context)`` gives, epoch after epoch.

    The function is told of one pipeline: ``fit`` divides each batch over the processes itself.

    Args:
        dataset_fn: Takes an ``InputContext``, gives something to iterate over: batches.
        input_options: ``tf.distribute.InputOptions``; kept, batches are read ahead as ever.

    Raises:
        TypeError: ``dataset_fn`` isn't a function, or gives something else.

    Source: tf.keras 2 ``utils.experimental.DatasetCreator``.

    Example:
        >>> batches = keras.utils.experimental.DatasetCreator(
        ...     lambda context: [np.ones(context.get_per_replica_batch_size(4))]
        ... )
        >>> [len(batch) for batch in batches]
        [4]
    """

    def __init__(self, dataset_fn: Callable[..., Iterable[Any]], input_options: Any = None) -> None:
        if not callable(dataset_fn):
            raise kind_error(
                self, "dataset_fn", dataset_fn, "a function",
                "`dataset_fn` for `DatasetCreator` must be a `callable`.",
            )  # fmt: skip
        self.dataset_fn = dataset_fn
        self.input_options = input_options

    def __call__(self, *args: Any, **kwargs: Any) -> Iterable[Any]:
        dataset = self.dataset_fn(*args, **kwargs)
        if not hasattr(dataset, "__iter__"):
            raise kind_error(
                self, "the result of dataset_fn", dataset, "a dataset",
                "The `callable` provided to `DatasetCreator` must return a Dataset.",
            )  # fmt: skip
        return dataset

    def __iter__(self) -> Iterator[Any]:
        return iter(self(InputContext()))

"""Batches that Python code makes: iterators, iterables and ``PyDataset``."""

import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import torch
from torch.utils.data import DataLoader, Dataset

from torchkeras.core.checks import argument_error
from torchkeras.core.notices import warn
from torchkeras.core.threads import thread_pool
from torchkeras.data.streams import Batches
from torchkeras.data.weights import ClassWeights


class IteratorBatches(Batches):
    """The batches of an iterator, such as a generator: one pass and no more."""

    repeats = False

    def __init__(
        self,
        iterator: Iterator[Any],
        device: torch.device | None = None,
        class_weights: ClassWeights | None = None,
    ) -> None:
        super().__init__(device, class_weights)
        self._iterator = iterator
        self._drawn = 0

    def _pass(self) -> Iterator[Any]:
        return map(self._draw, self._iterator)

    def _draw(self, raw: Any) -> Any:
        self._drawn += 1
        return self.finish(raw)

    @property
    def _given(self) -> int:
        return self._drawn - (self._ahead is not None)

    def get_state(self, in_pass: bool) -> dict[str, Any]:
        return {"given": self._given, "has_begun": self.has_begun}

    def set_state(self, state: dict[str, Any]) -> None:
        """Read on to where ``get_state`` was called: another start there isn't."""
        if state["given"] > self._given:
            for _ in itertools.islice(iter(self), state["given"] - self._given):
                pass
        self.has_begun = state["has_begun"]

    def resume(self, number: int, share: tuple[int, int] | None = None) -> Iterator[Any]:
        return iter(self) if share is None else self.shares(*share)


class IterableBatches(Batches):
    """The batches of an object that can be iterated over again and again.

    Args:
        source: The object, or a function (a generator function) that starts a pass.
        device: Where the batches shall lie.
        class_weights: Gives each sample the weight of its class.
    """

    def __init__(
        self,
        source: Iterable[Any] | Callable[[], Iterable[Any]],
        device: torch.device | None = None,
        class_weights: ClassWeights | None = None,
    ) -> None:
        super().__init__(device, class_weights)
        self._source = source
        self.steps = _length(source)

    def _pass(self) -> Iterator[Any]:
        source = self._source
        iterable = source if hasattr(source, "__iter__") else source()
        return map(self.finish, iterable)


def _length(source: Any) -> int | None:
    """Number of batches that ``source`` says it has; None if it is unknown or infinite."""
    try:
        return len(source)
    except TypeError:
        return None


class PyDataset:
    """Base of datasets written in Python that give whole batches by index.

    A subclass has ``__getitem__(index)``, which gives one batch, and ``__len__``, the number of
    batches; for an endless dataset ``num_batches`` gives None. It may have ``on_epoch_begin`` and
    ``on_epoch_end``.

    Args:
        workers: How many threads or processes fetch batches; 1 or less fetches them in the main
            thread, unless ``use_multiprocessing``.
        use_multiprocessing: Whether the workers are processes.
        max_queue_size: Batches kept ready at most, 1 or more.

    Source: Keras 3 ``utils.PyDataset``, Keras 2 ``utils.Sequence``.

    Example:
        >>> class Squares(PyDataset):
        ...     def __len__(self):
        ...         return 2
        ...     def __getitem__(self, index):
        ...         return np.full((4, 1), index), np.full((4, 1), index**2)
        >>> [y[0, 0].item() for x, y in Squares()]
        [0, 1]
    """

    def __init__(
        self, workers: int = 1, use_multiprocessing: bool = False, max_queue_size: int = 10
    ) -> None:
        self._workers = workers
        self._use_multiprocessing = use_multiprocessing
        self._max_queue_size = max_queue_size

    def _option(self, name: str, default: Any) -> Any:
        if name not in self.__dict__:
            warn(
                "Your `PyDataset` class should call `super().__init__(**kwargs)` in its "
                "constructor. `**kwargs` can include `workers`, `use_multiprocessing`, "
                "`max_queue_size`."
            )
            self.__dict__.update(_workers=1, _use_multiprocessing=False, _max_queue_size=10)
        return self.__dict__[name]

    @property
    def workers(self) -> int:
        """How many threads or processes fetch batches."""
        return self._option("_workers", 1)

    @workers.setter
    def workers(self, value: int) -> None:
        self._workers = value

    @property
    def use_multiprocessing(self) -> bool:
        """Whether the workers are processes."""
        return self._option("_use_multiprocessing", False)

    @use_multiprocessing.setter
    def use_multiprocessing(self, value: bool) -> None:
        self._use_multiprocessing = value

    @property
    def max_queue_size(self) -> int:
        """Batches kept ready at most."""
        return self._option("_max_queue_size", 10)

    @max_queue_size.setter
    def max_queue_size(self, value: int) -> None:
        self._max_queue_size = value

    def __getitem__(self, index: int) -> Any:
        raise NotImplementedError(
            f"{type(self).__name__}: it has no __getitem__. Define one that gives batch `index`."
        )

    def __iter__(self) -> Iterator[Any]:
        number = self.num_batches
        for index in itertools.count() if number is None else range(number):
            yield self[index]

    @property
    def num_batches(self) -> int | None:
        """Number of batches; None means that there is no end."""
        if hasattr(self, "__len__"):
            return len(self)
        raise NotImplementedError(
            f"{type(self).__name__}: it doesn't tell how many batches it has. Define __len__ or "
            "`num_batches`."
        )

    def on_epoch_begin(self) -> None:
        """Called before each epoch."""

    def on_epoch_end(self) -> None:
        """Called after each epoch."""


class PyDatasetBatches(Batches):
    """The batches of a ``PyDataset``, fetched by its workers.

    Args:
        dataset: The dataset; any object with its methods will do.
        shuffle: Whether the batches come in a new order in each pass.
        seed: Integer that the orders follow from; None draws one from torch's generator.
        device: Where the batches shall lie.
        class_weights: Gives each sample the weight of its class.

    Raises:
        ValueError: the dataset has no batches.
    """

    def __init__(
        self,
        dataset: Any,
        shuffle: bool | str = False,
        seed: int | None = None,
        device: torch.device | None = None,
        class_weights: ClassWeights | None = None,
    ) -> None:
        super().__init__(device, class_weights)
        self.dataset = dataset
        self.steps = _number_of_batches(dataset)
        if self.steps == 0:
            raise argument_error("fit", "x", f"{type(dataset).__name__} of length 0", "a batch")
        self.shuffle = bool(shuffle) and self.steps is not None
        self.seed = int(torch.randint(2**62, ())) if self.shuffle and seed is None else seed
        self.passes = 0

    def peek(self) -> Any:
        return self.finish(self.dataset[0])

    def on_epoch_begin(self) -> None:
        if hasattr(self.dataset, "on_epoch_begin"):
            self.dataset.on_epoch_begin()
        self.steps = _number_of_batches(self.dataset)

    def on_epoch_end(self) -> None:
        if hasattr(self.dataset, "on_epoch_end"):
            self.dataset.on_epoch_end()

    def _pass(self) -> Iterator[Any]:
        return map(self.finish, fetched(self.dataset, self._order()))

    def get_state(self, in_pass: bool) -> dict[str, Any]:
        passes = self.passes - (in_pass and self.steps is not None)
        return {**super().get_state(in_pass), "seed": self.seed, "passes": passes}

    def set_state(self, state: dict[str, Any]) -> None:
        super().set_state(state)
        self.seed, self.passes = state["seed"], state["passes"]
        self.steps = _number_of_batches(self.dataset)

    def _order(self) -> Iterable[int]:
        if self.steps is None:
            return itertools.count()
        number, self.passes = self.passes, self.passes + 1
        if not self.shuffle:
            return range(self.steps)
        generator = torch.Generator().manual_seed((self.seed + number) % 2**63)
        return torch.randperm(self.steps, generator=generator).tolist()


def _number_of_batches(dataset: Any) -> int | None:
    return dataset.num_batches if hasattr(dataset, "num_batches") else len(dataset)


def fetched(dataset: Any, order: Iterable[int]) -> Iterator[Any]:
    """The batches of ``dataset`` in ``order``, fetched ahead by its workers if it has any."""
    workers = getattr(dataset, "workers", 1)
    ahead = max(1, getattr(dataset, "max_queue_size", 10))
    if workers > 0 and getattr(dataset, "use_multiprocessing", False):
        return iter(
            DataLoader(
                _ByIndex(dataset),
                batch_size=None,
                sampler=order,
                num_workers=workers,
                collate_fn=_as_it_is,
                prefetch_factor=-(-ahead // workers),
            )
        )
    if workers > 1:
        return _by_threads(dataset, order, workers, ahead)
    return (dataset[index] for index in order)


def _by_threads(dataset: Any, order: Iterable[int], workers: int, ahead: int) -> Iterator[Any]:
    waiting: deque[Any] = deque()
    with thread_pool(workers, "PyDataset") as pool:
        try:
            for index in order:
                waiting.append(pool.submit(dataset.__getitem__, index))
                if len(waiting) >= ahead:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


class _ByIndex(Dataset):
    """A ``PyDataset`` as torch's workers want it."""

    def __init__(self, dataset: Any) -> None:
        self.dataset = dataset

    def __getitem__(self, index: int) -> Any:
        return self.dataset[index]


def _as_it_is(batch: Any) -> Any:
    return batch

"""Queues that batches are prepared for by workers, as tf.keras 2 had them beneath ``fit``."""

import abc
import itertools
import queue
import random
import threading
import warnings
from collections.abc import Iterable, Iterator
from typing import Any

from torchkeras.core.checks import moment_error
from torchkeras.data.generators import fetched

_numbers = itertools.count()


class SequenceEnqueuer(abc.ABC):
    """Base of the queues.

    Args:
        sequence: Where the batches come from.
        use_multiprocessing: Whether the workers are processes instead of threads.

    Raises:
        RuntimeError: ``get`` before ``start``.

    Source: tf.keras 2 ``utils.SequenceEnqueuer``.
    """

    def __init__(self, sequence: Any, use_multiprocessing: bool = False) -> None:
        self.sequence = sequence
        self.use_multiprocessing = use_multiprocessing
        self.uid = next(_numbers)
        self.workers = 0
        self.executor_fn = None
        self.queue: queue.Queue | None = None
        self.run_thread: threading.Thread | None = None
        self.stop_signal: threading.Event | None = None

    def is_running(self) -> bool:
        """Whether it was started and not stopped."""
        return self.stop_signal is not None and not self.stop_signal.is_set()

    def start(self, workers: int = 1, max_queue_size: int = 10) -> None:
        """Begin to prepare batches.

        Args:
            workers: Threads or processes that do it.
            max_queue_size: Batches that wait at most.
        """
        self.workers = workers
        self.queue = queue.Queue(max(1, max_queue_size))
        self.stop_signal = threading.Event()
        self.run_thread = threading.Thread(target=self._run, daemon=True)
        self.run_thread.start()

    def stop(self, timeout: float | None = None) -> None:
        """Stop preparing; wait ``timeout`` seconds for the workers, None for as long as needed."""
        if self.stop_signal is None:
            return
        self.stop_signal.set()
        if self.run_thread is not threading.current_thread():
            self.run_thread.join(timeout)

    @abc.abstractmethod
    def _batches(self) -> Iterable[Any]:
        """All batches, prepared ahead."""

    def _put(self, item: tuple[Any, BaseException | None]) -> bool:
        """Whether there was room before it was stopped."""
        while not self.stop_signal.is_set():
            try:
                self.queue.put(item, timeout=0.1)
                return True
            except queue.Full:
                continue
        return False

    def _run(self) -> None:
        end: BaseException = StopIteration()
        try:
            for batch in self._batches():
                if not self._put((batch, None)):
                    return
        except Exception as error:  # noqa: BLE001, whoever reads the queue is to see it
            end = error
        self._put((None, end))

    def get(self) -> Iterator[Any]:
        """The batches, as they become ready, in order; None is left out."""
        if self.stop_signal is None:
            raise moment_error(self, "it isn't running", "Call start() first.")
        while self.is_running():
            try:
                batch, end = self.queue.get(timeout=0.1)
            except queue.Empty:
                continue
            if end is not None:
                self.stop()
                if isinstance(end, StopIteration):
                    return
                raise end
            if batch is not None:
                yield batch


class OrderedEnqueuer(SequenceEnqueuer):
    """The batches of a ``Sequence``, in order, epoch after epoch without end.

    Args:
        sequence: The ``Sequence``.
        use_multiprocessing: Whether the workers are processes instead of threads.
        shuffle: Whether each epoch has a new order.

    Source: tf.keras 2 ``utils.OrderedEnqueuer``.

    Example:
        >>> class Squares(keras.utils.Sequence):
        ...     def __len__(self):
        ...         return 3
        ...     def __getitem__(self, index):
        ...         return index * index
        >>> enqueuer = OrderedEnqueuer(Squares())
        >>> enqueuer.start(workers=2)
        >>> batches = enqueuer.get()
        >>> [next(batches) for _ in range(4)]
        [0, 1, 4, 0]
        >>> enqueuer.stop()
    """

    def __init__(
        self, sequence: Any, use_multiprocessing: bool = False, shuffle: bool = False
    ) -> None:
        super().__init__(sequence, use_multiprocessing)
        self.shuffle = shuffle

    def _batches(self) -> Iterator[Any]:
        view = _Workers(self.sequence, self.workers, self.use_multiprocessing, self.queue.maxsize)
        while len(self.sequence):
            order = list(range(len(self.sequence)))
            if self.shuffle:
                random.shuffle(order)
            yield from fetched(view, order)
            if hasattr(self.sequence, "on_epoch_end"):
                self.sequence.on_epoch_end()


class _Workers:
    """A sequence, and how it is to be read."""

    def __init__(
        self, sequence: Any, workers: int, use_multiprocessing: bool, max_queue_size: int
    ) -> None:
        self.sequence, self.workers = sequence, workers
        self.use_multiprocessing, self.max_queue_size = use_multiprocessing, max_queue_size

    def __getitem__(self, index: int) -> Any:
        return self.sequence[index]


class GeneratorEnqueuer(SequenceEnqueuer):
    """What a generator yields, fetched ahead by one thread, since it can't be divided.

    Args:
        generator: The generator.
        use_multiprocessing: True has no effect, and says so.
        random_seed: Kept; no process is there to be seeded.

    Source: tf.keras 2 ``utils.GeneratorEnqueuer``, which gave each process a copy of its own.

    Example:
        >>> enqueuer = GeneratorEnqueuer(n * n for n in range(3))
        >>> enqueuer.start()
        >>> list(enqueuer.get())
        [0, 1, 4]
    """

    def __init__(
        self, generator: Any, use_multiprocessing: bool = False, random_seed: int | None = None
    ) -> None:
        super().__init__(generator, use_multiprocessing)
        self.random_seed = random_seed
        if use_multiprocessing:
            warnings.warn(
                "GeneratorEnqueuer: use_multiprocessing has no effect, a generator can't be "
                "divided over processes. Use a Sequence.",
                stacklevel=2,
            )

    def _batches(self) -> Iterable[Any]:
        return self.sequence

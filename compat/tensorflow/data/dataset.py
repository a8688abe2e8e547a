"""``tf.data.Dataset``."""

import itertools
from collections.abc import Callable
from collections.abc import Iterator as Elements
from typing import Any

import torch

from tensorflow.data import elements
from tensorflow.data.base import Iterator
from tensorflow.data.each import EachElement
from tensorflow.data.groups import Groups
from tensorflow.data.sources import Sources
from tensorflow.data.streams import INFINITE, UNKNOWN, RowBatches, RowStream, Stream
from torchkeras.core.checks import argument_error
from torchkeras.data import ArrayBatches, Batches, ClassWeights, IterableBatches

AUTOTUNE = -1
INFINITE_CARDINALITY = INFINITE
UNKNOWN_CARDINALITY = UNKNOWN

__all__ = [
    "AUTOTUNE",
    "INFINITE_CARDINALITY",
    "UNKNOWN_CARDINALITY",
    "Dataset",
    "Iterator",
    "Options",
]


class Options:
    """Settings of ``tf.data``; they tune TensorFlow's runtime and change nothing here."""

    def __init__(self) -> None:
        self.experimental_distribute = _Settings()
        self.experimental_optimization = _Settings()
        self.threading = _Settings()
        self.autotune = _Settings()
        self.deterministic = True
        self.experimental_deterministic = True


class _Settings:
    """A group of settings."""


class Dataset(Sources, EachElement, Groups):
    """A pipeline of elements, worked out while it is iterated.

    An element is a tensor, or a tuple or dict of them. Functions handed to ``map`` and kin are
    Python and run once for each element; ``from_tensor_slices(...).shuffle(...).batch(...)``
    touches no single element but cuts batches out of the arrays by index. ``num_parallel_calls``,
    ``deterministic`` and ``prefetch``'s buffer say how TensorFlow spreads work over threads; the
    elements and their order are the same with any of them.

    Source: ``tf.data.Dataset``.

    Example:
        >>> [x.tolist() for x in Dataset.range(5).map(lambda x: x * x).batch(2)]
        [[0, 1], [4, 9], [16]]
    """

    # Order and number.

    def shuffle(
        self,
        buffer_size: Any,
        seed: int | None = None,
        reshuffle_each_iteration: bool | None = True,
        name: str | None = None,
    ) -> "Dataset":
        """The elements in an order drawn from a buffer.

        Args:
            buffer_size: How many elements wait to be drawn from, 1 or more; as many as there
                are elements make
                every order equally likely.
            seed: Integer that the orders follow from; None draws one, which
                ``tf.random.set_seed`` decides.
            reshuffle_each_iteration: Whether each pass has an order of its own.
            name: Accepted.
        """
        size = int(buffer_size)
        if size < 1:
            raise argument_error("Dataset.shuffle", "buffer_size", size, "an integer, 1 or more")
        again = reshuffle_each_iteration is not False
        return self._with(self._stream.shuffled(size, seed, again))

    def repeat(self, count: Any = None, name: str | None = None) -> "Dataset":
        """The passes one after another; None or -1 passes never end."""
        return self._with(self._stream.repeated(-1 if count is None else int(count)))

    def take(self, count: Any, name: str | None = None) -> "Dataset":
        """The first ``count`` elements; -1 means all."""
        count = int(count)
        return self if count < 0 else self._with(self._stream.cut(0, count))

    def skip(self, count: Any, name: str | None = None) -> "Dataset":
        """The elements after the first ``count``; -1 leaves none."""
        count = int(count)
        return self.take(0) if count < 0 else self._with(self._stream.cut(count, None))

    def shard(self, num_shards: Any, index: Any, name: str | None = None) -> "Dataset":
        """Each ``num_shards``-th element, from number ``index``.

        Raises:
            ValueError: ``index`` is not below ``num_shards``.
        """
        if not 0 <= int(index) < int(num_shards):
            raise argument_error(
                "Dataset.shard", "index", index, f"an integer from 0 to {int(num_shards) - 1}"
            )
        return self._with(self._stream.cut(int(index), None, int(num_shards)))

    def concatenate(self, dataset: "Dataset", name: str | None = None) -> "Dataset":
        """These elements and then those of ``dataset``."""
        sizes = (self._stream.size, dataset._stream.size)
        size = min(sizes) if min(sizes) < 0 else sum(sizes)
        return Dataset(
            Stream(lambda: itertools.chain(self._pass(), dataset._pass()), size), self._spec
        )

    def cache(self, filename: str = "", name: str | None = None) -> "Dataset":
        """The elements, kept in memory from the first whole pass on; ``filename`` makes no file."""
        kept: list[Any] = []
        complete = False

        def start() -> Elements[Any]:
            nonlocal complete
            if complete:
                yield from kept
                return
            fresh = []
            for element in self._pass():
                fresh.append(element)
                yield element
            kept[:], complete = fresh, True

        return (
            self
            if isinstance(self._stream, RowStream)
            else Dataset(Stream(start, self._stream.size), self._spec)
        )

    def prefetch(self, buffer_size: Any = AUTOTUNE, name: str | None = None) -> "Dataset":
        """The same elements; torch's devices run behind Python anyway."""
        return self

    # Around it.

    def apply(self, transformation_func: Callable[["Dataset"], "Dataset"]) -> "Dataset":
        """What ``transformation_func`` makes of this dataset."""
        return transformation_func(self)

    def with_options(self, options: Options, name: str | None = None) -> "Dataset":
        """This dataset; the options tune TensorFlow's runtime."""
        return self

    def options(self) -> Options:
        """Fresh options."""
        return Options()

    def as_numpy_iterator(self) -> Elements[Any]:
        """One pass, with NumPy arrays in place of tensors."""
        return (elements.as_numpy(element) for element in self._pass())

    def get_single_element(self, name: str | None = None) -> Any:
        """The only element.

        Raises:
            ValueError: there are none or several.
        """
        found = list(itertools.islice(self._pass(), 2))
        if len(found) != 1:
            raise argument_error(
                "Dataset.get_single_element", "number of elements", len(found), "exactly one"
            )
        return found[0]

    def torchkeras_batches(
        self, device: torch.device | None, class_weights: ClassWeights | None
    ) -> Batches:
        """The stream of batches that ``fit`` and kin read.

        Rows cut to batches, shuffled as a whole or not at all, go the way of plain arrays.
        """
        stream = self._stream
        if (
            isinstance(stream, RowBatches)
            and stream.source.is_whole
            and not (stream.drop_remainder and stream.source.count % stream.batch_size)
        ):
            x, y, weights = _three_parts(stream.source.columns)
            shuffle = stream.source.shuffle
            if shuffle is None or shuffle.again:
                return ArrayBatches(
                    x,
                    y,
                    weights,
                    batch_size=stream.batch_size,
                    shuffle=shuffle is not None,
                    seed=shuffle.seed if shuffle is not None else None,
                    device=device,
                    class_weights=class_weights,
                )
        return IterableBatches(_Passes(self), device, class_weights)


class _Passes:
    """A dataset as something iterable that knows its length, if there is one."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset

    def __iter__(self) -> Elements[Any]:
        return self.dataset._pass()

    def __len__(self) -> int:
        return len(self.dataset)


def _three_parts(columns: Any) -> tuple[Any, Any, Any]:
    """Inputs, targets and weights of an element."""
    if not isinstance(columns, tuple):
        return columns, None, None
    return (*columns, None, None)[:3]

"""``tf.data.Dataset``."""

import itertools
import sys
from collections.abc import Callable
from collections.abc import Iterator as Elements
from typing import Any

import torch

from tensorflow.data.base import Iterator, NumpyIterator, Pipeline
from tensorflow.data.batches import batches_of
from tensorflow.data.each import EachElement
from tensorflow.data.groups import Groups
from tensorflow.data.options import Options
from tensorflow.data.sources import Sources
from tensorflow.data.storage import Storage
from tensorflow.data.streams import INFINITE, UNKNOWN, Stream
from torchkeras.core import nested
from torchkeras.core.checks import argument_error, kind_error
from torchkeras.data import Batches, ClassWeights

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


class Dataset(Sources, EachElement, Groups, Storage):
    """A pipeline of elements, worked out while it is iterated.

    An element is a tensor, or a tuple or dict of them. Functions handed to ``map`` and kin are
    Python and run once for each element, with ``num_parallel_calls`` in worker processes;
    ``from_tensor_slices(...).shuffle(...).batch(...)`` touches no single element but cuts batches
    out of the arrays by index.

    Source: ``tf.data.Dataset``.

    Example:
        >>> [x.tolist() for x in Dataset.range(5).map(lambda x: x * x).batch(2)]
        [[0, 1], [4, 9], [16]]
    """

    @staticmethod
    def _make(stream: Stream, spec: Callable[[], Any] | None = None) -> "Dataset":
        return Dataset(stream, spec)

    _options: Options | None = None

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
                are elements, or UNKNOWN_CARDINALITY, make every order equally likely.
            seed: Integer that the orders follow from; None draws one, which
                ``tf.random.set_seed`` decides.
            reshuffle_each_iteration: Whether each pass has an order of its own.
            name: Accepted.
        """
        size = int(buffer_size)
        if size < 1 and size != UNKNOWN_CARDINALITY:
            raise argument_error("Dataset.shuffle", "buffer_size", size, "an integer, 1 or more")
        size = sys.maxsize if size < 1 else size
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
        """These elements and then those of ``dataset``.

        Raises:
            TypeError: those are of another form.
        """
        _check_alike(self, dataset)
        sizes = (self._stream.size, dataset._stream.size)
        size = INFINITE if INFINITE in sizes else UNKNOWN if UNKNOWN in sizes else sum(sizes)
        return Dataset(
            Stream(lambda: itertools.chain(self._pass(), dataset._pass()), size), self._spec
        )

    def prefetch(self, buffer_size: Any = AUTOTUNE, name: str | None = None) -> "Dataset":
        """The same elements; torch's devices run behind Python anyway.

        ``buffer_size`` changes nothing here: the workers of ``map`` work ahead by themselves.
        """
        return self

    # Around it.

    def apply(self, transformation_func: Callable[["Dataset"], "Dataset"]) -> "Dataset":
        """What ``transformation_func`` makes of this dataset.

        Raises:
            TypeError: that is no dataset.
        """
        made = transformation_func(self)
        if not isinstance(made, Pipeline):
            raise kind_error("Dataset.apply", "the result", made, "a Dataset")
        return made

    def with_options(self, options: Options, name: str | None = None) -> "Dataset":
        """This dataset with settings, which tune TensorFlow's runtime."""
        dataset = Dataset(self._stream, self._spec)
        dataset._options = self.options().merge(options)
        return dataset

    def options(self) -> Options:
        """The settings that were given last."""
        return self._options or Options()

    def as_numpy_iterator(self) -> NumpyIterator:
        """One pass, with NumPy arrays in place of tensors."""
        return NumpyIterator(self)

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
        """The stream of batches that ``fit`` and kin read."""
        return batches_of(self, self._stream, device, class_weights)


def _check_alike(first: Dataset, second: Dataset) -> None:
    """Raise unless both datasets' elements have the same structure and types."""
    if first._find_spec is None or second._find_spec is None:
        return  # to find out would mean to read from them
    specs = first.element_spec, second.element_spec
    kinds = [[getattr(leaf, "dtype", None) for leaf in nested.flatten(spec)] for spec in specs]
    if kinds[0] != kinds[1]:
        raise TypeError(
            f"Dataset.concatenate: Incompatible dataset elements: {specs[0]} and {specs[1]}."
        )

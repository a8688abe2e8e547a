"""Elements joined to batches and windows, and parted again."""

import itertools
from collections.abc import Callable
from collections.abc import Iterator as Elements
from typing import Any

import numpy as np
import torch
from torchkeras_shim.sizes import as_sizes

from tensorflow.data import elements
from tensorflow.data.base import Pipeline, call
from tensorflow.data.streams import INFINITE, UNKNOWN, RowBatches, RowStream, Stream
from tensorflow.ragged import RaggedTensorSpec
from tensorflow.sparse import SparseTensor, SparseTensorSpec
from tensorflow.tensors import TensorSpec
from torchkeras.core import nested
from torchkeras.core.checks import argument_error


class Groups(Pipeline):
    """The ways to join elements."""

    def batch(
        self,
        batch_size: Any,
        drop_remainder: bool = False,
        num_parallel_calls: Any = None,
        deterministic: bool | None = None,
        name: str | None = None,
    ) -> Any:
        """``batch_size`` elements at a time, joined along a new first axis.

        ``num_parallel_calls`` and ``deterministic`` change nothing here: elements are joined where
        they were made, by the workers of ``map`` if there are any.

        Raises:
            ValueError: ``batch_size`` is below 1, or shapes in a batch differ.
        """
        size = _checked_batch_size(batch_size)
        stream = self._stream
        if isinstance(stream, RowStream):
            batches: Stream = RowBatches(stream, size, drop_remainder)
        else:
            batches = stream.batched(size, drop_remainder, elements.stacked)
        lead = size if drop_remainder else None
        return self._make(
            batches,
            lambda: elements.map_specs(lambda spec: spec.batched(lead), self.element_spec),
        )

    def padded_batch(
        self,
        batch_size: Any,
        padded_shapes: Any = None,
        padding_values: Any = None,
        drop_remainder: bool = False,
        name: str | None = None,
    ) -> Any:
        """Like ``batch``, with shorter elements filled up at their ends.

        Args:
            batch_size: Elements of a batch, 1 or more.
            padded_shapes: Structure of shapes to fill up to; None, and None in it, means the
                longest of a batch.
            padding_values: What to fill up with; None means 0, or an empty text.
            drop_remainder: Whether a last batch that isn't full is left out.
            name: Accepted.
        """
        size = _checked_batch_size(batch_size)

        def join(chunk: list[Any]) -> Any:
            return elements.padded(chunk, padded_shapes, padding_values)

        lead = size if drop_remainder else None
        return self._make(
            self._stream.batched(size, drop_remainder, join),
            lambda: elements.padded_spec(self.element_spec, padded_shapes, lead),
        )

    def ragged_batch(
        self,
        batch_size: Any,
        drop_remainder: bool = False,
        row_splits_dtype: Any = torch.int64,
        name: str | None = None,
    ) -> Any:
        """Like ``batch``, with elements of unequal lengths as rows of a ragged tensor.

        Args:
            batch_size: Elements of a batch, 1 or more.
            drop_remainder: Whether a last batch that isn't full is left out.
            row_splits_dtype: Type of the positions where rows begin.
            name: Accepted.
        """
        size = _checked_batch_size(batch_size)

        is_even = isinstance(self._stream, RowStream)  # rows of an array are of one length

        def join(chunk: list[Any]) -> Any:
            if is_even:
                return elements.stacked(chunk)
            ranks = [elements.ragged_rank(leaf.shape) for leaf in nested.flatten(self.element_spec)]
            columns = zip(ranks, *map(nested.flatten, chunk), strict=True)
            joined = [
                elements.ragged_rows(leaves, row_splits_dtype, rank) for rank, *leaves in columns
            ]
            return nested.pack_sequence_as(chunk[0], joined)

        def spec(leaf: Any) -> Any:
            lead = size if drop_remainder else None
            if is_even or not isinstance(leaf, TensorSpec) or leaf.shape == ():
                return leaf.batched(lead)
            shape = None if leaf.shape is None else (lead, *leaf.shape)
            rank = elements.ragged_rank(leaf.shape)
            return RaggedTensorSpec(shape, leaf.dtype, rank, row_splits_dtype)

        return self._make(
            self._stream.batched(size, drop_remainder, join),
            lambda: elements.map_specs(spec, self.element_spec),
        )

    def sparse_batch(self, batch_size: Any, row_shape: Any, name: str | None = None) -> Any:
        """Like ``batch``, with elements of unequal lengths as rows of a sparse tensor.

        Args:
            batch_size: Elements of a batch, 1 or more.
            row_shape: Lengths of a row's axes, at least those of each element; -1 means the
                longest.
            name: Accepted.
        """
        lengths = as_sizes(row_shape)

        def row(leaf: torch.Tensor) -> SparseTensor:
            if any(0 <= most < n for most, n in zip(lengths, leaf.shape, strict=True)):
                raise argument_error(
                    "Dataset.sparse_batch", "row_shape", lengths, f"at least {tuple(leaf.shape)}"
                )
            sizes = [n if most < 0 else most for most, n in zip(lengths, leaf.shape, strict=True)]
            places = torch.cartesian_prod(*map(torch.arange, leaf.shape))
            return SparseTensor(places.reshape(-1, leaf.ndim), leaf.reshape(-1), sizes)

        def join(chunk: list[Any]) -> Any:
            return elements.stacked([nested.map_structure(row, element) for element in chunk])

        shape = (None, *(None if length < 0 else length for length in lengths))
        return self._make(
            self._stream.batched(_checked_batch_size(batch_size), False, join),
            lambda: elements.map_specs(
                lambda spec: SparseTensorSpec(shape, spec.dtype), self.element_spec
            ),
        )

    def unbatch(self, name: str | None = None) -> Any:
        """The rows of each element as elements.

        Raises:
            ValueError: an element has a part without axes, or parts with other numbers of rows.
        """
        stream = self._stream
        if isinstance(stream, RowBatches) and stream.passes == 1 and not stream.drop_remainder:
            return self._make(stream.source, lambda: elements.row_spec(stream.source.columns))

        def start() -> Elements[Any]:
            for batch in self._pass():
                leaves = nested.flatten(batch)
                numbers = {_rows(leaf) for leaf in leaves}
                if len(numbers) > 1:
                    raise argument_error(
                        "Dataset.unbatch", "numbers of rows", sorted(numbers), "one number"
                    )
                for row in zip(*map(elements.rows_of, leaves), strict=True):
                    yield nested.pack_sequence_as(batch, row)

        return self._make(
            Stream(start, self._number_of_rows()),
            lambda: elements.map_specs(elements.unbatched_spec, self.element_spec),
        )

    def _number_of_rows(self) -> int:
        """How many rows all elements have, if they are full batches."""
        stream = self._stream
        if isinstance(stream, RowBatches) and stream.drop_remainder and stream.size >= 0:
            return stream.size * stream.batch_size
        return UNKNOWN

    def rebatch(self, batch_size: Any, drop_remainder: bool = False, name: Any = None) -> Any:
        """The rows of all elements in batches of another size.

        Args:
            batch_size: Rows of a batch; or a list of such numbers, taken in turn.
            drop_remainder: Whether a last batch that isn't full is left out.
            name: Accepted.
        """
        sizes = [_checked_batch_size(size) for size in np.ravel(batch_size).tolist()]
        if len(sizes) == 1:
            return self.unbatch().batch(sizes[0], drop_remainder)
        rows = self.unbatch()

        def start() -> Elements[Any]:
            source = rows._pass()
            for size in itertools.cycle(sizes):
                chunk = list(itertools.islice(source, size))
                if chunk and (len(chunk) == size or not drop_remainder):
                    yield elements.stacked(chunk)
                if len(chunk) < size:
                    return

        return self._make(
            Stream(start),
            lambda: elements.map_specs(lambda spec: spec.batched(None), rows.element_spec),
        )

    def window(
        self,
        size: Any,
        shift: Any = None,
        stride: Any = 1,
        drop_remainder: bool = False,
        name: str | None = None,
    ) -> Any:
        """Datasets of ``size`` elements, ``stride`` apart; each begins ``shift`` later.

        Raises:
            ValueError: ``size``, ``shift`` or ``stride`` is below 1.
        """
        size, stride = int(size), int(stride)
        step = size if shift is None else int(shift)
        for argument, value in (("size", size), ("shift", step), ("stride", stride)):
            if value < 1:
                raise argument_error("Dataset.window", argument, value, "an integer, 1 or more")
        reach = (size - 1) * stride + 1

        def start() -> Elements[Any]:
            source = self._pass()
            waiting: list[Any] = []
            while True:
                waiting += itertools.islice(source, max(0, reach - len(waiting)))
                chosen = waiting[:reach:stride]
                if not chosen or (drop_remainder and len(chosen) < size):
                    return
                yield self._window(chosen)
                if step > len(waiting):
                    next(itertools.islice(source, step - len(waiting), step - len(waiting)), None)
                waiting = waiting[step:]

        number = self._stream.size
        if number >= 0:
            number = max(0, (number - reach) // step + 1) if drop_remainder else -(-number // step)
        return self._make(
            Stream(start, number), lambda: elements.map_specs(elements.DatasetSpec, self._spec())
        )

    def _window(self, chosen: list[Any]) -> Any:
        """A dataset of elements; of structures, a structure of datasets."""
        if not nested.is_nested(chosen[0]):
            if self._find_spec is None:
                return self._make(Stream(lambda: iter(chosen), len(chosen)))
            return self._make(Stream(lambda: iter(chosen), len(chosen)), self._spec)
        columns = zip(*map(nested.flatten, chosen), strict=True)
        specs = [None] * len(nested.flatten(chosen[0]))
        if self._find_spec is not None:
            specs = [lambda spec=spec: spec for spec in nested.flatten(self.element_spec)]
        parts = [
            self._make(Stream(lambda part=part: iter(part), len(part)), spec)
            for part, spec in zip(map(list, columns), specs, strict=True)
        ]
        return nested.pack_sequence_as(chosen[0], parts)

    def group_by_window(
        self,
        key_func: Callable[..., Any],
        reduce_func: Callable[[Any, Any], Any],
        window_size: Any = None,
        window_size_func: Callable[[Any], Any] | None = None,
        name: str | None = None,
    ) -> Any:
        """Elements collected by key, and what is made of each collection.

        Args:
            key_func: Gives an element's key, an integer.
            reduce_func: Makes a dataset of a key and a dataset of elements, as soon as there are
                enough; and in the end of what is left, in the order of keys.
            window_size: How many are enough; or ``window_size_func``.
            window_size_func: How many are enough for a key.
            name: Accepted.

        Raises:
            ValueError: not one of ``window_size`` and ``window_size_func`` is given.
        """
        if (window_size is None) == (window_size_func is None):
            raise argument_error(
                "Dataset.group_by_window", "window_size", window_size,
                "a number, or window_size_func in its place",
            )  # fmt: skip

        def enough(key: int) -> int:
            wanted = (
                window_size if window_size_func is None else window_size_func(torch.tensor(key))
            )
            return _checked_batch_size(wanted)

        def made_of(key: int, chosen: list[Any]) -> Elements[Any]:
            group = self._with(Stream(lambda: iter(chosen), len(chosen)))
            return reduce_func(torch.tensor(key), group)._pass()

        def start() -> Elements[Any]:
            groups: dict[int, list[Any]] = {}
            for element in self._pass():
                key = int(call(key_func, element))
                group = groups.setdefault(key, [])
                group.append(element)
                if len(group) >= enough(key):
                    yield from made_of(key, groups.pop(key))
            for key in sorted(groups):
                yield from made_of(key, groups[key])

        def spec() -> Any:
            nothing = self._with(Stream(lambda: iter(()), 0))
            return reduce_func(torch.tensor(0), nothing).element_spec

        size = INFINITE if self._stream.size == INFINITE else UNKNOWN
        return self._make(Stream(start, size), spec)

    def bucket_by_sequence_length(
        self,
        element_length_func: Callable[..., Any],
        bucket_boundaries: list[int],
        bucket_batch_sizes: list[int],
        padded_shapes: Any = None,
        padding_values: Any = None,
        pad_to_bucket_boundary: bool = False,
        no_padding: bool = False,
        drop_remainder: bool = False,
        name: str | None = None,
    ) -> Any:
        """Padded batches of elements of similar lengths.

        Args:
            element_length_func: Gives an element's length.
            bucket_boundaries: Ascending lengths at which the next bucket begins.
            bucket_batch_sizes: Elements of a batch for each bucket, one more than boundaries.
            padded_shapes, padding_values: As in ``padded_batch``.
            pad_to_bucket_boundary: Whether unknown lengths are filled up to one less than the
                bucket's upper boundary; longer elements than all boundaries then fail.
            no_padding: Whether elements of a batch have one length as it is.
            drop_remainder: Whether batches that aren't full are left out.
            name: Accepted.

        Raises:
            ValueError: there isn't one batch size more than boundaries, or an element is too long.
        """
        owner = "Dataset.bucket_by_sequence_length"
        bounds = [int(bound) for bound in bucket_boundaries]
        sizes = [_checked_batch_size(size) for size in bucket_batch_sizes]
        if len(sizes) != len(bounds) + 1:
            raise argument_error(owner, "bucket_batch_sizes", sizes, f"{len(bounds) + 1} sizes")

        def bucket(*element: Any) -> int:
            return int(np.searchsorted(bounds, int(element_length_func(*element)), side="right"))

        def join(key: Any, group: Any) -> Any:
            number = int(key)
            if no_padding:
                return group.batch(sizes[number], drop_remainder)
            shapes = padded_shapes
            if pad_to_bucket_boundary:
                if number == len(bounds):
                    raise argument_error(
                        owner, "length of an element", f"{bounds[-1]} or more",
                        f"less than {bounds[-1]}, as pad_to_bucket_boundary is set",
                    )  # fmt: skip
                shapes = elements.bounded_shapes(self.element_spec, shapes, bounds[number] - 1)
            return group.padded_batch(sizes[number], shapes, padding_values, drop_remainder)

        grouped = self.group_by_window(bucket, join, window_size_func=lambda key: sizes[int(key)])
        grouped._find_spec = lambda: elements.padded_spec(self.element_spec, padded_shapes, None)
        return grouped


def _rows(leaf: Any) -> int:
    shape = leaf.shape
    if not len(shape):
        raise argument_error("Dataset.unbatch", "an element", leaf, "at least one axis")
    return shape[0]


def _checked_batch_size(batch_size: Any) -> int:
    size = int(batch_size)
    if size < 1:
        raise argument_error("Dataset.batch", "batch_size", size, "an integer, 1 or more")
    return size

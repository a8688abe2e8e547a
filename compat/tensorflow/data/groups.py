"""Elements joined to batches and windows, and parted again."""

import itertools
from collections.abc import Iterator as Elements
from typing import Any

from tensorflow.data import elements
from tensorflow.data.base import Pipeline
from tensorflow.data.streams import RowBatches, RowStream, Stream
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
        return type(self)(
            batches,
            lambda: nested.map_structure(lambda spec: spec.batched(lead), self.element_spec),
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
            padding_values: What to fill up with; None means 0.
            drop_remainder: Whether a last batch that isn't full is left out.
            name: Accepted.
        """
        return type(self)(
            self._stream.batched(
                _checked_batch_size(batch_size),
                drop_remainder,
                lambda chunk: elements.padded(chunk, padded_shapes, padding_values),
            )
        )

    def unbatch(self, name: str | None = None) -> Any:
        """The rows of each element as elements."""

        def start() -> Elements[Any]:
            for batch in self._pass():
                leaves = nested.flatten(batch)
                for row in zip(*leaves, strict=True):
                    yield nested.pack_sequence_as(batch, row)

        return type(self)(Stream(start))

    def rebatch(self, batch_size: Any, drop_remainder: bool = False, name: Any = None) -> Any:
        """The rows of all elements in batches of another size."""
        return self.unbatch().batch(batch_size, drop_remainder)

    def window(
        self,
        size: Any,
        shift: Any = None,
        stride: Any = 1,
        drop_remainder: bool = False,
        name: str | None = None,
    ) -> Any:
        """Datasets of ``size`` elements, ``stride`` apart; each begins ``shift`` later."""
        size, stride = int(size), int(stride)
        step = size if shift is None else int(shift)

        def start() -> Elements[Any]:
            source = self._pass()
            waiting: list[Any] = []
            reach = (size - 1) * stride + 1
            while True:
                waiting += itertools.islice(source, max(0, reach - len(waiting)))
                chosen = waiting[:reach:stride]
                if not chosen or (drop_remainder and len(chosen) < size):
                    return
                yield _window(type(self), chosen, nested.is_nested(chosen[0]))
                if step > len(waiting):
                    next(itertools.islice(source, step - len(waiting), step - len(waiting)), None)
                waiting = waiting[step:]

        return type(self)(Stream(start))


def _window(kind: type, chosen: list[Any], is_structure: bool) -> Any:
    """A dataset of elements; of structures, a structure of datasets."""
    if not is_structure:
        return kind(Stream(lambda: iter(chosen), len(chosen)))
    columns = zip(*map(nested.flatten, chosen), strict=True)
    return nested.pack_sequence_as(
        chosen[0], [_window(kind, list(column), False) for column in columns]
    )


def _checked_batch_size(batch_size: Any) -> int:
    size = int(batch_size)
    if size < 1:
        raise argument_error("Dataset.batch", "batch_size", size, "an integer, 1 or more")
    return size

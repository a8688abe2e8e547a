"""What all datasets have: elements, and what is known of them without reading any."""

import itertools
from collections.abc import Callable
from collections.abc import Iterator as Elements
from typing import Any

import torch

from tensorflow.data import elements
from tensorflow.data.optional import Optional
from tensorflow.data.streams import INFINITE, Stream
from tensorflow.errors import OutOfRangeError
from torchkeras.core.checks import moment_error


class Iterator:
    """One pass over a dataset."""

    def __init__(self, dataset: "Pipeline") -> None:
        self._dataset = dataset
        self._start()

    def _start(self) -> None:
        self._elements = self._dataset._pass()
        self._taken = 0

    def get_state(self) -> int:
        """How many elements were taken, for checkpoints."""
        return self._taken

    def set_state(self, state: int) -> None:
        """Start again, behind as many elements."""
        self._start()
        for _ in range(state):
            next(self)

    @property
    def element_spec(self) -> Any:
        """Shapes and types of an element."""
        return self._dataset.element_spec

    def __iter__(self) -> "Iterator":
        return self

    def __next__(self) -> Any:
        element = next(self._elements)
        self._taken += 1
        return element

    def get_next(self, name: str | None = None) -> Any:
        """The next element.

        Raises:
            tf.errors.OutOfRangeError: there are no more.
        """
        element = next(self, self)
        if element is self:
            raise OutOfRangeError(None, None, "End of sequence")
        return element

    def get_next_as_optional(self) -> Optional:
        """The next element, or an optional without a value."""
        element = next(self, self)
        if element is self:
            return Optional.empty(self.element_spec)
        return Optional.from_value(element)


class NumpyIterator:
    """One pass over a dataset, with NumPy arrays in place of tensors."""

    def __init__(self, dataset: "Pipeline") -> None:
        self._elements = dataset._pass()

    def __iter__(self) -> "NumpyIterator":
        return self

    def __next__(self) -> Any:
        return elements.as_numpy(next(self._elements))

    def next(self) -> Any:
        """The next element."""
        return next(self)


class Pipeline:
    """Elements that a stream hands out, anew for each pass.

    Args:
        stream: Where they come from.
        spec: Gives their shapes and types; None finds them from the first element.
    """

    def __init__(self, stream: Stream, spec: Callable[[], Any] | None = None) -> None:
        self._stream = stream
        self._find_spec = spec

    @staticmethod
    def _make(stream: Stream, spec: Callable[[], Any] | None = None) -> Any:
        """A dataset of a stream."""
        return Pipeline(stream, spec)

    @property
    def element_spec(self) -> Any:
        """Shapes and types of an element; found from the first ones if nothing else tells."""
        if self._find_spec is None:
            spec = elements.common_spec(map(elements.spec_of, self._some()))
        else:
            spec = self._find_spec()
        self._find_spec = lambda: spec
        return spec

    def _some(self) -> list[Any]:
        """Two elements to find out about the others, or one; two are made up if there are none.

        Raises:
            RuntimeError: there are none, and nothing tells what they would be.
        """
        found = list(itertools.islice(self._pass(), 2))
        if not found and self._find_spec is None:
            raise moment_error("Dataset.element_spec", "the dataset has no elements", "")
        return found or [
            elements.map_specs(lambda leaf, n=length: self._example(leaf, n), self.element_spec)
            for length in (2, 3)
        ]

    def _first(self) -> Any:
        """An element to find out about the others; see ``_some``."""
        return self._some()[0]

    def _example(self, spec: Any, length: int) -> Any:
        """Something that ``spec`` describes, with ``length`` in place of unknown lengths."""
        if isinstance(spec, elements.DatasetSpec):
            return self._make(Stream(lambda: iter(()), 0), lambda: spec.element_spec)
        return elements.example(spec, length)

    def cardinality(self, name: str | None = None) -> torch.Tensor:
        """Number of elements; -1 if there is no end, -2 if it is unknown."""
        return torch.tensor(self._stream.size)

    def __iter__(self) -> Iterator:
        return Iterator(self)

    def __len__(self) -> int:
        if self._stream.size < 0:
            known = "infinite" if self._stream.size == INFINITE else "unknown"
            raise TypeError(f"The dataset length is {known}.")
        return self._stream.size

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        return f"<{type(self).__name__} element_spec={self.element_spec}>"

    def _pass(self) -> Elements[Any]:
        """One pass, during which nothing is recorded for gradients."""
        source = self._stream.start()
        while True:
            with torch.no_grad():
                element = next(source, source)
            if element is source:
                return
            yield element

    def _spec(self) -> Any:
        return self.element_spec

    def _with(self, stream: Stream) -> Any:
        """A dataset of elements of the same form."""
        return self._make(stream, self._spec)


def call(function: Callable[..., Any], element: Any) -> Any:
    """``function`` of an element; a tuple's parts are handed over as arguments."""
    return function(*element) if type(element) is tuple else function(element)

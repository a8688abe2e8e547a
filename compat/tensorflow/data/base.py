"""What all datasets have: elements, and what is known of them without reading any."""

from collections.abc import Callable
from collections.abc import Iterator as Elements
from typing import Any

import torch

from tensorflow.data import elements
from tensorflow.data.streams import INFINITE, Stream
from torchkeras.core.checks import moment_error


class Iterator:
    """One pass over a dataset."""

    def __init__(self, dataset: "Pipeline") -> None:
        self._elements = dataset._pass()
        self._dataset = dataset

    @property
    def element_spec(self) -> Any:
        """Shapes and types of an element."""
        return self._dataset.element_spec

    def __iter__(self) -> "Iterator":
        return self

    def __next__(self) -> Any:
        return next(self._elements)

    def get_next(self) -> Any:
        """The next element."""
        return next(self._elements)


class Pipeline:
    """Elements that a stream hands out, anew for each pass.

    Args:
        stream: Where they come from.
        spec: Gives their shapes and types; None finds them from the first element.
    """

    def __init__(self, stream: Stream, spec: Callable[[], Any] | None = None) -> None:
        self._stream = stream
        self._find_spec = spec

    @property
    def element_spec(self) -> Any:
        """Shapes and types of an element; found from the first one if nothing else tells."""
        if self._find_spec is None:
            first = next(self._pass(), None)
            if first is None:
                raise moment_error("Dataset.element_spec", "the dataset has no elements")
            spec = elements.spec_of(first)
            self._find_spec = lambda: spec
        return self._find_spec()

    def cardinality(self, name: str | None = None) -> torch.Tensor:
        """Number of elements; -1 if there is no end, -2 if it is unknown."""
        return torch.tensor(self._stream.size)

    def __iter__(self) -> Iterator:
        return Iterator(self)

    def __len__(self) -> int:
        if self._stream.size < 0:
            known = "infinite" if self._stream.size == INFINITE else "unknown"
            raise TypeError(f"The dataset is {known}: its length is {known}.")
        return self._stream.size

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        return f"<Dataset element_spec={self.element_spec}>"

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
        return type(self)(stream, self._spec)


def call(function: Callable[..., Any], element: Any) -> Any:
    return function(*element) if isinstance(element, tuple) else function(element)

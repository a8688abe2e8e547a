"""What is done to each element of a dataset."""

import itertools
import os
import warnings
from collections.abc import Callable
from collections.abc import Iterator as Elements
from typing import Any

import torch

from tensorflow.data import elements, parallel
from tensorflow.data.base import Pipeline, call
from tensorflow.data.streams import INFINITE, Stream
from tensorflow.errors import OpError
from tensorflow.tensors import TensorSpec
from torchkeras.core import nested
from torchkeras.core.checks import argument_error

# What functions of elements raise, other than slips of ours.
_ERRORS = (
    OpError, ValueError, TypeError, ArithmeticError, LookupError, OSError, RuntimeError,
)  # fmt: skip


class EachElement(Pipeline):
    """The ways to change, choose and sum up elements."""

    def map(
        self,
        map_func: Callable[..., Any],
        num_parallel_calls: Any = None,
        deterministic: bool | None = None,
        synchronous: bool | None = None,
        use_unbounded_threadpool: bool = False,
        name: str | None = None,
    ) -> Any:
        """``map_func`` of each element; a tuple's parts are handed over as arguments.

        Args:
            map_func: Makes an element of an element. A list it gives back is a tuple of parts.
            num_parallel_calls: Number of worker processes, or AUTOTUNE; they are started once the
                work of a pass is worth it, and what the function changes about this process's
                objects there is lost. None keeps everything in this process.
            deterministic: False lets workers hand out results as they are ready.
            synchronous, use_unbounded_threadpool, name: Settings of TensorFlow's threads.
        """

        def function(element: Any) -> Any:
            return elements.returned(call(map_func, element))

        if num_parallel_calls is None:
            stream = Stream(lambda: map(function, self._pass()), self._stream.size)
        else:
            source = self._stream
            workers = int(num_parallel_calls)
            stream = parallel.mapped(source, function, workers, deterministic is not False)
        return self._make(stream, lambda: self._spec_of_mapped(function))

    def _spec_of_mapped(self, function: Callable[[Any], Any]) -> Any:
        """The form of mapped elements, found from two; unknown numbers of rows stay so."""
        some = self._some()
        with torch.no_grad():
            specs = [elements.spec_of(function(element)) for element in some]
        rows = [self._unknown_rows(element) for element in some]
        leaves = zip(*map(nested.flatten, specs), strict=True)
        follow = [all(map(_has_rows, leaf, rows)) for leaf in leaves]
        found = nested.flatten(elements.common_spec(specs))
        opened = [_opened(*pair) for pair in zip(found, follow, strict=True)]
        return nested.pack_sequence_as(specs[0], opened)

    def _unknown_rows(self, element: Any) -> set[int]:
        """Numbers of rows in an element which may be others in others."""
        pairs = zip(nested.flatten(element), nested.flatten(self.element_spec), strict=True)
        return {leaf.shape[0] for leaf, given in pairs if _is_open(given)}

    def filter(self, predicate: Callable[..., Any], name: str | None = None) -> Any:
        """The elements for which ``predicate`` holds."""

        def start() -> Elements[Any]:
            return (element for element in self._pass() if bool(call(predicate, element)))

        return self._with(Stream(start))

    def flat_map(self, map_func: Callable[..., Any], name: str | None = None) -> Any:
        """The elements of the datasets that ``map_func`` makes, one dataset after another."""

        def start() -> Elements[Any]:
            for element in self._pass():
                yield from _made(map_func, element, "flat_map")._pass()

        return self._make(Stream(start), lambda: self._spec_of_datasets(map_func, "flat_map"))

    def interleave(
        self,
        map_func: Callable[..., Any],
        cycle_length: int | None = None,
        block_length: int | None = None,
        num_parallel_calls: Any = None,
        deterministic: bool | None = None,
        name: str | None = None,
    ) -> Any:
        """The elements of the datasets that ``map_func`` makes, some datasets in turn.

        Args:
            map_func: Makes a dataset of an element.
            cycle_length: How many datasets take turns; None or AUTOTUNE means as many as there
                are cores, as in TensorFlow, which makes the order depend on the machine.
            block_length: How many elements each gives at a time; None means 1.
            num_parallel_calls, deterministic, name: The datasets are read one at a time.

        Raises:
            ValueError: ``cycle_length`` or ``block_length`` is below 1.
        """
        width = -1 if cycle_length is None else int(cycle_length)
        width = (os.cpu_count() or 1) if width == -1 else width
        block = 1 if block_length is None else int(block_length)
        for argument, value in (("cycle_length", width), ("block_length", block)):
            if value < 1:
                raise argument_error("Dataset.interleave", argument, value, "an integer, 1 or more")

        def start() -> Elements[Any]:
            datasets = (_made(map_func, e, "interleave")._pass() for e in self._pass())
            return _in_turn(datasets, width, block)

        return self._make(Stream(start), lambda: self._spec_of_datasets(map_func, "interleave"))

    def _spec_of_datasets(self, map_func: Callable[..., Any], owner: str) -> Any:
        """The form of the elements of datasets made from elements, found from two."""
        datasets = (_made(map_func, element, owner) for element in self._some())
        return elements.common_spec(dataset.element_spec for dataset in datasets)

    def enumerate(self, start: int = 0, name: str | None = None) -> Any:
        """Pairs of a number, from ``start``, and the element."""
        first = int(start)
        numbers = self._make(
            Stream(lambda: map(torch.tensor, itertools.count(first)), INFINITE),
            lambda: TensorSpec((), torch.int64),
        )
        return type(self).zip((numbers, self))

    def scan(
        self, initial_state: Any, scan_func: Callable[..., Any], name: str | None = None
    ) -> Any:
        """``scan_func(state, element)`` gives the next state and an element."""

        def start() -> Elements[Any]:
            state = elements.structure(initial_state)
            for element in self._pass():
                state, result = scan_func(state, element)
                state = elements.structure(state)
                yield elements.structure(result)

        def spec() -> Any:
            state, specs = elements.structure(initial_state), []
            for element in self._some():
                with torch.no_grad():
                    state, result = scan_func(state, element)
                specs.append(elements.spec_of(elements.structure(result)))
            return elements.common_spec(specs)

        return self._make(Stream(start, self._stream.size), spec)

    def reduce(
        self, initial_state: Any, reduce_func: Callable[..., Any], name: str | None = None
    ) -> Any:
        """The last of the states that ``reduce_func(state, element)`` gives one after another."""
        state = elements.structure(initial_state)
        for element in self._pass():
            with torch.no_grad():
                state = elements.returned(reduce_func(state, element))
        return state

    def take_while(self, predicate: Callable[..., Any], name: str | None = None) -> Any:
        """The elements up to the first for which ``predicate`` doesn't hold."""
        return self._with(
            Stream(lambda: itertools.takewhile(lambda e: bool(call(predicate, e)), self._pass()))
        )

    def unique(self, name: str | None = None) -> Any:
        """Each element once, where it first occurs."""

        def start() -> Elements[Any]:
            seen = set()
            for element in self._pass():
                value = elements.as_numpy(element)
                key = value.tobytes() if hasattr(value, "tobytes") else value
                if key not in seen:
                    seen.add(key)
                    yield element

        return self._with(Stream(start))

    def ignore_errors(self, log_warning: bool = False, name: str | None = None) -> Any:
        """The elements that are made without an error.

        A function's error loses one element; that of a generator ends the pass, as Python's
        generators can't go on after one.

        Args:
            log_warning: Whether to warn of each error.
            name: Accepted.
        """

        def tell(error: Exception) -> None:
            if log_warning:
                warnings.warn(f"Dataset.ignore_errors: {error}", stacklevel=2)

        if isinstance(self._stream, parallel.Parallel):
            return self._with(self._stream.without_errors(_ERRORS, tell))

        def start() -> Elements[Any]:
            source = self._stream.start()
            while True:
                try:
                    element = next(source, source)
                except _ERRORS as error:
                    tell(error)
                    continue
                if element is source:
                    return
                yield element

        return self._with(Stream(start))

    def rejection_resample(
        self,
        class_func: Callable[..., Any],
        target_dist: Any,
        initial_dist: Any = None,
        seed: int | None = None,
        name: str | None = None,
    ) -> Any:
        """Pairs of class and element, elements being left out so that classes are distributed.

        Args:
            class_func: Gives an element's class, an integer.
            target_dist: Share of each class wanted.
            initial_dist: Share of each class there is; None counts as elements come.
            seed: Integer that the choices follow from; None draws one.
            name: Accepted.
        """
        target = torch.as_tensor(target_dist, dtype=torch.float64)
        known = None if initial_dist is None else torch.as_tensor(initial_dist, dtype=target.dtype)

        def start() -> Elements[Any]:
            first = int(torch.randint(2**62, ())) if seed is None else int(seed)
            generator = torch.Generator().manual_seed(first)
            counts = torch.full_like(target, 1e-300)
            for element in self._pass():
                kind = int(call(class_func, element))
                counts[kind] += 1
                shares = counts / counts.sum() if known is None else known
                ratios = target / shares.clamp(min=1e-300)
                kept = ratios[kind] / ratios[shares > 1e-200].max()
                if torch.rand((), dtype=target.dtype, generator=generator) < kept:
                    yield torch.tensor(kind, dtype=torch.int32), element

        return self._make(Stream(start))


def _made(map_func: Callable[..., Any], element: Any, owner: str) -> Pipeline:
    """The dataset that a function makes of an element."""
    with torch.no_grad():
        dataset = call(map_func, element)
    if not isinstance(dataset, Pipeline):
        raise TypeError(f"Dataset.{owner}: map_func gave {dataset!r}; expected a Dataset.")
    return dataset


def _in_turn(datasets: Elements[Elements[Any]], width: int, block: int) -> Elements[Any]:
    """Blocks of the elements of ``width`` datasets in turn; others follow those that have ended."""
    places: list[Elements[Any] | None] = [None] * width
    more = True
    while True:
        for place in range(width):
            if places[place] is None and more:
                places[place] = next(datasets, None)
                more = places[place] is not None
            source = places[place]
            if source is None:
                continue
            count = 0
            for element in itertools.islice(source, block):
                count += 1
                yield element
            if count < block:
                places[place] = None
        if not more and not any(places):
            return


def _is_open(spec: Any) -> bool:
    """Whether the number of rows is unknown."""
    shape = getattr(spec, "shape", None)
    return shape is not None and len(shape) > 0 and shape[0] is None


def _has_rows(spec: Any, rows: set[int]) -> bool:
    """Whether a spec's number of rows is one of ``rows``."""
    return isinstance(spec, TensorSpec) and bool(spec.shape) and spec.shape[0] in rows


def _opened(spec: Any, follows: bool) -> Any:
    """A spec, without its number of rows if that follows another."""
    is_open = follows and isinstance(spec, TensorSpec) and spec.shape is not None
    return TensorSpec((None, *spec.shape[1:]), spec.dtype) if is_open else spec

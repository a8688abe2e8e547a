"""What is done to each element of a dataset."""

import itertools
from collections.abc import Callable
from collections.abc import Iterator as Elements
from typing import Any

import torch

from tensorflow.data import elements
from tensorflow.data.base import Pipeline, call
from tensorflow.data.streams import INFINITE, Stream


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
        """``map_func`` of each element; a tuple's parts are handed over as arguments."""

        def start() -> Elements[Any]:
            for element in self._pass():
                yield elements.structure(call(map_func, element))

        return type(self)(Stream(start, self._stream.size))

    def filter(self, predicate: Callable[..., Any], name: str | None = None) -> Any:
        """The elements for which ``predicate`` holds."""

        def start() -> Elements[Any]:
            return (element for element in self._pass() if bool(call(predicate, element)))

        return type(self)(Stream(start), self._spec)

    def flat_map(self, map_func: Callable[..., Any], name: str | None = None) -> Any:
        """The elements of the datasets that ``map_func`` makes, one dataset after another."""

        def start() -> Elements[Any]:
            for element in self._pass():
                yield from call(map_func, element)._pass()

        return type(self)(Stream(start))

    def interleave(
        self,
        map_func: Callable[..., Any],
        cycle_length: int | None = None,
        block_length: int = 1,
        num_parallel_calls: Any = None,
        deterministic: bool | None = None,
        name: str | None = None,
    ) -> Any:
        """The elements of the datasets that ``map_func`` makes, some datasets in turn.

        Args:
            map_func: Makes a dataset of an element.
            cycle_length: How many datasets take turns; None or AUTOTUNE means 10.
            block_length: How many elements each gives at a time.
            num_parallel_calls, deterministic, name: As in ``Dataset``.
        """
        width = 10 if cycle_length is None or cycle_length < 1 else cycle_length

        def start() -> Elements[Any]:
            sources = self._pass()
            open_passes: list[Elements[Any]] = []
            while True:
                for element in itertools.islice(sources, width - len(open_passes)):
                    open_passes.append(call(map_func, element)._pass())
                if not open_passes:
                    return
                for one in tuple(open_passes):
                    block = list(itertools.islice(one, block_length))
                    yield from block
                    if len(block) < block_length:
                        open_passes.remove(one)

        return type(self)(Stream(start))

    def enumerate(self, start: int = 0, name: str | None = None) -> Any:
        """Pairs of a number, from ``start``, and the element."""
        numbers = type(self)(
            Stream(lambda: (torch.tensor(i) for i in itertools.count(start)), INFINITE)
        )
        return type(self).zip((numbers, self))

    def scan(self, initial_state: Any, scan_func: Callable[..., Any], name: Any = None) -> Any:
        """``scan_func(state, element)`` gives the next state and an element."""

        def start() -> Elements[Any]:
            state = elements.structure(initial_state)
            for element in self._pass():
                state, result = scan_func(state, element)
                yield elements.structure(result)

        return type(self)(Stream(start, self._stream.size))

    def reduce(self, initial_state: Any, reduce_func: Callable[..., Any], name: Any = None) -> Any:
        """The last of the states that ``reduce_func(state, element)`` gives one after another."""
        state = elements.structure(initial_state)
        for element in self._pass():
            state = elements.structure(reduce_func(state, element))
        return state

    def take_while(self, predicate: Callable[..., Any], name: str | None = None) -> Any:
        """The elements up to the first for which ``predicate`` doesn't hold."""
        return type(self)(
            Stream(lambda: itertools.takewhile(lambda e: bool(call(predicate, e)), self._pass())),
            self._spec,
        )

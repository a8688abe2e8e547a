"""What a layer knows of its symbolic calls."""

import weakref

from torchkeras.core.checks import moment_error
from torchkeras.tracer.symbolic import Call


class Calls:
    """The calls that a layer knows of, in order.

    Args:
        holds_first: Whether it holds the first one, as a layer does: its outputs can be had though
            nobody has kept them. The first can't come from itself, as later calls of a shared
            layer do. Others last as long as their outputs, or a model made of them.
    """

    def __init__(self, holds_first: bool = False) -> None:
        self.holds_first = holds_first
        self.number = 0
        self._first: Call | None = None
        self._known: list[weakref.ref[Call]] = []

    def add(self, call: Call) -> int:
        """Take a call, and say how many were taken before."""
        if self.holds_first and self._first is None:
            self._first = call
        self._known.append(weakref.ref(call))
        self.number += 1
        return self.number - 1

    def living(self) -> list[Call]:
        """The calls that there still are."""
        return [call for call in [known() for known in self._known] if call is not None]

    def at(self, index: int) -> Call:
        """The call number ``index``; a negative one counts from the end.

        Raises:
            IndexError: there were fewer calls.
            RuntimeError: its outputs are gone.
        """
        call = self._known[index]()
        if call is None:
            raise moment_error(
                "Layer",
                f"call number {index} is gone, since nobody holds its outputs",
                "Keep them, or a model made of them.",
            )
        return call

    def __bool__(self) -> bool:
        return self.number > 0

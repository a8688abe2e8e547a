"""Values made of several tensors, such as ragged and sparse ones, and functions of each element."""

import functools
from collections.abc import Callable
from typing import Any


class Composite:
    """A value whose elements lie in ``flat_values``, and which says elsewhere where they stand."""

    flat_values: Any

    def with_flat_values(self, new_values: Any) -> "Composite":
        """Other elements in the same places."""
        raise TypeError(f"{type(self).__name__}: with_flat_values is missing; define it.")


def over_values(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of a tensor's elements that takes ``Composite`` ones as its first argument too.

    Example:
        >>> over_values(abs)(-2)
        2
    """

    @functools.wraps(function)
    def apply(*args: Any, **kwargs: Any) -> Any:
        if args and isinstance(args[0], Composite):
            x, *rest = args
            return x.with_flat_values(function(x.flat_values, *rest, **kwargs))
        return function(*args, **kwargs)

    return apply

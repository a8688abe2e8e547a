"""Wording of errors: where, what was given, what was expected, how to mend it."""

import difflib
from collections.abc import Iterable
from typing import Any


def describe(owner: Any) -> str:
    """``Dense "head"`` for a named object, the class name for another, a string as it is."""
    if isinstance(owner, str):
        return owner
    if isinstance(owner, type):
        return owner.__name__
    name = getattr(owner, "name", None)
    kind = type(owner).__name__
    return f'{kind} "{name}"' if isinstance(name, str) else kind


def _message(owner: Any, argument: str, given: Any, expected: str, hint: str) -> str:
    text = f"{describe(owner)}: {argument} is {given!r}; expected {expected}."
    return f"{text} {hint}" if hint else text


def argument_error(
    owner: Any, argument: str, given: Any, expected: str, hint: str = ""
) -> ValueError:
    """A ValueError saying that ``argument`` of ``owner`` has a value out of range."""
    return ValueError(_message(owner, argument, given, expected, hint))


def kind_error(owner: Any, argument: str, given: Any, expected: str, hint: str = "") -> TypeError:
    """A TypeError saying that ``argument`` of ``owner`` is of the wrong kind."""
    return TypeError(_message(owner, argument, given, expected, hint))


def moment_error(owner: Any, what: str, hint: str = "") -> RuntimeError:
    """A RuntimeError saying that ``owner`` can't do this now."""
    return RuntimeError(f"{describe(owner)}: {what}. {hint}".rstrip())


def nearest(name: Any, options: Iterable[str]) -> str:
    """``Did you mean "relu"?`` if an option resembles ``name``, else an empty string."""
    by_lower = {option.lower(): option for option in options}
    found = difflib.get_close_matches(str(name).lower(), by_lower, n=1, cutoff=0.6)
    return f'Did you mean "{by_lower[found[0]]}"?' if found else ""


def known_size(layer: Any, shape: tuple[int | None, ...], axis: int) -> int:
    """Length of ``shape`` along ``axis``.

    Raises:
        ValueError: the shape has no such axis, or its length is unknown.
    """
    if not -len(shape) <= axis < len(shape):
        raise argument_error(layer, "input shape", tuple(shape), f"a shape with axis {axis}")
    size = shape[axis]
    if size is None:
        raise argument_error(
            layer,
            "input shape",
            tuple(shape),
            f"a known length of axis {axis}",
            "The last dimension of the inputs should be defined: give Input a full shape."
            if axis == -1
            else "Give Input a full shape.",
        )
    return int(size)


def check_rank(
    layer: Any, shape: tuple[int | None, ...], rank: int | None = None, min_rank: int | None = None
) -> None:
    """Raise a ValueError unless ``shape`` has ``rank`` axes (or ``min_rank`` and more)."""
    if rank is not None and len(shape) != rank:
        raise argument_error(layer, "input shape", tuple(shape), f"ndim={rank}, {rank} axes")
    if min_rank is not None and len(shape) < min_rank:
        raise argument_error(layer, "input shape", tuple(shape), f"min_ndim={min_rank} or more")

"""Wording of errors: where, what was given, what was expected, how to mend it."""

import difflib
import inspect
import re
from collections.abc import Callable, Iterable
from typing import Any

# How torch says that shapes or axes don't fit, and that it can't compute with a type.
_SHAPE_WORDS = re.compile(
    "Dimension out of range|Dimension specified|must match|cannot be multiplied|size mismatch|"
    "is invalid for input of size|equal size|inconsistent|broadcast|expanded size|"
    "number of dims|dimensions .* match|same number of dimensions|[Ee]xpected size|"
    "appears multiple times|repeated dim|[Dd]uplicate dim|incompatible|invalid shape dimension|"
    "does not match|don't match|same reduction dim|Incompatible shapes|should be equal|"
    "must be even|in the range|k (not in|out of) range|can only be|negative|cannot be identical|"
    "must be nonzero|Order .* not supported|tuple index out of range"
)
_TYPE_WORDS = re.compile("not implemented for|same dtype|scalar type|not supported for|bool tensor")


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


def unfit_arguments(
    function: Callable, args: tuple, kwargs: dict[str, Any], error: Exception
) -> Exception | None:
    """What an op raises instead of torch's ``error``, if that is about its arguments.

    It says what each of them is: a ValueError for shapes and axes, a TypeError for number types.
    """
    words = str(error).partition("\n")[0]
    kind = ValueError if _SHAPE_WORDS.search(words) else TypeError
    if type(error) not in (RuntimeError, IndexError, NotImplementedError) or not (
        kind is ValueError or _TYPE_WORDS.search(words)
    ):
        return None
    given = inspect.signature(function).bind(*args, **kwargs).arguments
    told = ", ".join([f"{argument} {_told(value)}" for argument, value in given.items()])
    return kind(f"{function.__name__}: {told}; expected arguments that fit. {words}")


def _told(value: Any) -> str:
    """Shape and type of a tensor, any other value as it is."""
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        dtype = str(value.dtype).removeprefix("torch.")
        return f"has shape {tuple(value.shape)} and dtype {dtype}"
    if isinstance(value, (list, tuple)) and any(hasattr(item, "shape") for item in value):
        items = [_told(item).removeprefix("has shape ").replace("and dtype ", "") for item in value]
        return "is of " + " and ".join(items)
    return f"is {value!r}"


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

"""Wording of errors: where, what was given, what was expected, how to mend it."""

import difflib
import functools
import inspect
import math
import numbers
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

# How torch says that shapes or axes don't fit, and that it can't compute with a type.
_SHAPE_WORDS = re.compile(
    "Dimension out of range|Dimension specified|must match|cannot be multiplied|size mismatch|"
    "is invalid for input of size|equal size|inconsistent|broadcast|expanded size|"
    "number of dims|dimensions .* match|same number of dimensions|[Ee]xpected size|"
    "appears multiple times|repeated dim|[Dd]uplicate dim|incompatible|invalid shape dimension|"
    "does not match|don't match|same reduction dim|Incompatible shapes|should be equal|"
    "must be even|in the range|k (not in|out of) range|can only be|negative|cannot be identical|"
    "must be nonzero|Order .* not supported|tuple index out of range|duplicate value|"
    "expects dims|Expected [23]D"
)
_TYPE_WORDS = re.compile("not implemented for|same dtype|scalar type|not supported for|bool tensor")
# What is wrong with the machine, or with torch, not with an argument.
_BEYOND_ARGUMENTS = re.compile(
    "memory|CUDA|INTERNAL ASSERT|backward|grad|compil|leaf|inference|kernel"
)
# What an op says of one argument before it knows whose it is.
_WITHOUT_PLACE = re.compile(r"\w+ (is|has) .*; expected")
# How torch and Python say that an argument isn't of a kind they can take.
_KIND_WORDS = re.compile(
    r"argument '\w+' .*must be|invalid combination of arguments|must be an iterable|has no len|"
    "not supported between instances|not iterable|indices must be integers|bad operand type|"
    "cannot be interpreted as an integer|unsupported operand|not subscriptable|"
    "must be (int|float|bool|str|real number)"
)


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


class KindError(TypeError, ValueError):
    """An argument of the wrong kind: a TypeError in Python, a ValueError in most of Keras."""


def kind_error(owner: Any, argument: str, given: Any, expected: str, hint: str = "") -> KindError:
    """An error saying that ``argument`` of ``owner`` is of the wrong kind."""
    return KindError(_message(owner, argument, given, expected, hint))


def moment_error(owner: Any, what: str, hint: str = "") -> RuntimeError:
    """A RuntimeError saying that ``owner`` can't do this now."""
    return RuntimeError(f"{describe(owner)}: {what}. {hint}".rstrip())


def unfit_arguments(
    function: Callable, args: tuple, kwargs: dict[str, Any], error: Exception
) -> Exception | None:
    """What an op raises instead of torch's ``error``, if that is about its arguments.

    It says what each of them is: a ValueError for shapes and axes, a TypeError for number types
    and for arguments of a wrong kind.
    """
    words = str(error).partition("\n")[0]
    if _BEYOND_ARGUMENTS.search(words):
        return None
    # A function given as an argument, or as an attribute, may have gone wrong itself.
    given_functions = any(inspect.isfunction(a) or hasattr(a, "_fn") for a in args)
    if isinstance(error, ValueError):
        if not _WITHOUT_PLACE.match(words):
            return None
        return type(error)(f"{function.__name__}: {error}")
    if type(error) is TypeError:
        if not _KIND_WORDS.search(words) or given_functions or "; expected" in words:
            return None
        kind: type[Exception] = TypeError
    elif type(error) not in (RuntimeError, IndexError, NotImplementedError):
        return None
    elif _TYPE_WORDS.search(words) and not _SHAPE_WORDS.search(words):
        kind = TypeError
    elif _SHAPE_WORDS.search(words) or (type(error) is RuntimeError and not given_functions):
        kind = ValueError
    else:
        return None
    given = inspect.signature(function).bind(*args, **kwargs).arguments
    owner = describe(given.pop("self", function.__name__))
    told = ", ".join([f"{argument} {_told(value)}" for argument, value in given.items()])
    return kind(f"{owner}: {told}; expected arguments that fit. {words}")


def telling(function: Callable) -> Callable:
    """``function``, which tells its arguments where torch says that they don't fit."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except (RuntimeError, IndexError, TypeError, ValueError) as error:
            clearer = unfit_arguments(function, args, kwargs, error)
            if clearer is None:
                raise
            raise clearer from error

    return call


def check_ranges(owner: Any, given: Mapping[str, Any], ranges: Mapping[str, str | None]) -> None:
    """Raise an error if a number in ``given`` is out of its range.

    Args:
        owner: Whose arguments these are.
        given: Arguments by name; tensors, Variables, callables and None pass.
        ranges: By argument, in words such as ``"number in [0, 1)"`` or ``"integer in [1, inf)"``;
            None checks nothing.

    Raises:
        TypeError: text or a list where a number belongs.
        ValueError: the number is out of range.
    """
    for argument, value in given.items():
        words = ranges.get(argument)
        if words is None or value is None:
            continue
        if isinstance(value, (str, bytes, list, tuple, dict)):
            raise kind_error(owner, argument, value, _with_article(words))
        if isinstance(value, numbers.Real) and not _is_within(value, words):
            raise argument_error(owner, argument, value, _with_article(words))


def _with_article(words: str) -> str:
    return f"an {words}" if words[0] == "i" else f"a {words}"


def _is_within(value: Any, words: str) -> bool:
    kind, lowest, highest, least, most = _bounds(words)
    if kind == "integer" and not float(value).is_integer():
        return False
    return (lowest <= value if least == "[" else lowest < value) and (
        value <= highest if most == "]" else value < highest or math.isinf(highest)
    )


@functools.cache
def _bounds(words: str) -> tuple[str, float, float, str, str]:
    found = re.fullmatch(r"(number|integer) in ([\[(])(.+), (.+)([\])])", words)
    assert found is not None, words
    kind, least, lowest, highest, most = found.groups()
    return kind, float(lowest), float(highest), least, most


def _told(value: Any) -> str:
    """Shape and type of a tensor, any other value as it is."""
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        dtype = str(value.dtype).removeprefix("torch.")
        return f"has shape {tuple(value.shape)} and dtype {dtype}"
    if isinstance(value, (list, tuple)) and any(hasattr(item, "shape") for item in value):
        items = [_told(item).removeprefix("has shape ").replace("and dtype ", "") for item in value]
        return "is of " + " and ".join(items)
    return f"is {value!r}"


# What Keras 1 called arguments, and what they are called since.
_OF_KERAS_1 = {
    "output_dim": "units", "nb_epoch": "epochs", "nb_filter": "filters", "nb_classes":
    "num_classes", "nb_words": "num_words", "nb_row": "kernel_size", "filter_length": "kernel_size",
    "kernel_dim1": "kernel_size", "border_mode": "padding", "subsample": "strides",
    "subsample_length": "strides", "atrous_rate": "dilation_rate", "pool_length": "pool_size",
    "dim_ordering": "data_format", "length": "size", "p": "rate", "sigma": "stddev", "std":
    "stddev",
    "init": "kernel_initializer", "inner_init": "recurrent_initializer",
    "inner_activation": "recurrent_activation", "bias": "use_bias", "W_regularizer":
    "kernel_regularizer", "U_regularizer": "recurrent_regularizer", "b_regularizer":
    "bias_regularizer", "W_constraint": "kernel_constraint", "b_constraint": "bias_constraint",
    "dropout_W": "dropout", "dropout_U": "recurrent_dropout", "consume_less": "implementation",
    "beta_init": "beta_initializer", "gamma_init": "gamma_initializer", "samples_per_epoch":
    "steps_per_epoch", "nb_val_samples": "validation_steps", "val_samples": "steps", "max_q_size":
    "max_queue_size", "nb_worker": "workers", "pickle_safe": "use_multiprocessing",
    "input": "inputs", "output": "outputs",
}  # fmt: skip


def nearest(name: Any, options: Iterable[str]) -> str:
    """``Did you mean "relu"?`` if an option resembles ``name``, else an empty string.

    What Keras 1 called ``name`` counts as the name it has now.
    """
    options = list(options)
    if _OF_KERAS_1.get(str(name)) in options and name not in options:
        return f'Did you mean "{_OF_KERAS_1[str(name)]}"?'
    by_lower = {option.lower(): option for option in options}
    found = difflib.get_close_matches(str(name).lower(), by_lower, n=1, cutoff=0.65)
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

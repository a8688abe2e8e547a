"""``tf.debugging``: checks that raise."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torchkeras_shim.names import missing

from tensorflow.flow import Assert, summarized
from tensorflow.tensors import convert_to_tensor
from torchkeras import ops
from torchkeras.core.checks import argument_error, kind_error

__getattr__ = missing(__name__)


def _comparison(word: str, holds: Callable[[Any, Any], Any]) -> Callable[..., None]:
    """A check that two tensors compare as ``word`` says, everywhere."""

    def check(
        x: Any, y: Any, message: str | None = None, summarize: int | None = None, name: Any = None
    ) -> None:
        held = holds(x, y)
        if not bool(ops.all(held)):
            raise _difference(x, y, held, word, message, summarize)

    check.__doc__ = f"""Raise a ValueError unless x is {word} y everywhere.

    Args:
        x, y: Numbers or texts, of shapes that fit.
        message: What the error ends with.
        summarize: How many of the elements that differ it shows; None means 3, and -1 all.
        name: Accepted.
    """
    return check


def _difference(
    x: Any, y: Any, held: Any, word: str, message: str | None, summarize: int | None
) -> ValueError:
    """An error that shows the elements of ``x`` and ``y`` for which a comparison fails."""
    failed = ~np.asarray(held, dtype=bool)
    given, wanted = (np.broadcast_to(np.asarray(part), failed.shape)[failed] for part in (x, y))
    places = [f"{place}" for place in np.argwhere(failed).tolist()]
    where = f" at {summarized(places, summarize)}" if failed.ndim else ""
    shown, expected = summarized(given, summarize), summarized(wanted, summarize)
    text = f"tf.debugging: x is {shown}{where}; expected {word} {expected}. {message or ''}"
    return ValueError(text.strip())


assert_equal = _comparison("equal to", ops.equal)
assert_greater = _comparison("greater than", ops.greater)
assert_greater_equal = _comparison("at least", ops.greater_equal)
assert_less = _comparison("less than", ops.less)
assert_less_equal = _comparison("at most", ops.less_equal)
_assert_none_equal = _comparison("other than", ops.not_equal)


def assert_none_equal(
    x: Any, y: Any, summarize: int | None = None, message: str | None = None, name: Any = None
) -> None:
    """Raise a ValueError unless x is other than y everywhere."""
    _assert_none_equal(x, y, message, summarize)


def assert_near(
    x: Any,
    y: Any,
    rtol: Any = None,
    atol: Any = None,
    message: str | None = None,
    summarize: int | None = None,
    name: str | None = None,
) -> None:
    """Raise a ValueError unless x is close to y; by ten roundings unless told otherwise.

    Args:
        x, y: Numbers of shapes that fit.
        rtol: How far x may be from y, as a fraction of y.
        atol: How far it may be besides.
        message, summarize, name: As in ``assert_equal``.
    """
    x, y = convert_to_tensor(x), convert_to_tensor(y)
    ten = 10 * torch.finfo(x.dtype).eps
    held = torch.isclose(x, y, ten if rtol is None else rtol, ten if atol is None else atol)
    if not bool(held.all()):
        raise _difference(x, y, held, "near", message, summarize)


def assert_positive(
    x: Any, message: str | None = None, summarize: Any = None, name: Any = None
) -> None:
    """Raise a ValueError unless x is above 0 everywhere; see ``assert_equal`` for the rest."""
    assert_greater(x, 0, message, summarize)


def assert_non_negative(
    x: Any, message: str | None = None, summarize: Any = None, name: Any = None
) -> None:
    """Raise a ValueError unless x is 0 or above everywhere; see ``assert_equal`` for the rest."""
    assert_greater_equal(x, 0, message, summarize)


def assert_rank(x: Any, rank: Any, message: str | None = None, name: str | None = None) -> None:
    """Raise a ValueError unless x has ``rank`` axes."""
    if len(x.shape) != int(rank):
        raise argument_error(
            "tf.debugging", "shape", tuple(x.shape), f"{int(rank)} axes", message or ""
        )


def assert_shapes(
    shapes: Any,
    data: Any = None,
    summarize: Any = None,
    message: str | None = None,
    name: Any = None,
) -> None:
    """Raise a ValueError unless tensors have these shapes.

    Args:
        shapes: Pairs of a tensor and its shape, or a dict of them; a letter is one length
            throughout, None and "..." are any.
        data: What the error shows besides; None shows nothing.
        summarize: How many elements of each of ``data``; None means 3, and -1 all.
        message: What the error ends with.
        name: Accepted.
    """
    shown = "; ".join(summarized(value, summarize) for value in data or ())
    hint = " ".join(filter(None, (message, shown)))
    lengths: dict[Any, int] = {}
    for tensor, shape in shapes.items() if hasattr(shapes, "items") else shapes:
        assert_rank(tensor, len(shape), hint)
        for wanted, length in zip(shape, tensor.shape, strict=True):
            known = wanted if isinstance(wanted, int) else lengths.setdefault(wanted, length)
            if wanted not in (None, "...") and known != length:
                raise argument_error(
                    "tf.debugging", "shape", tuple(tensor.shape), f"{tuple(shape)}", hint
                )


def assert_type(tensor: Any, tf_type: Any, message: str | None = None, name: Any = None) -> None:
    """Raise a TypeError unless the tensor is of this type."""
    if convert_to_tensor(tensor).dtype != tf_type:
        raise kind_error("tf.debugging", "dtype", tensor.dtype, str(tf_type), message or "")


def check_numerics(tensor: Any, message: str, name: str | None = None) -> Any:
    """``tensor``, if no element is infinite or NaN.

    Raises:
        ValueError: one is.
    """
    if not bool(ops.all(ops.isfinite(tensor))):
        raise ValueError(f"{message}: the tensor has infinite or NaN values.")
    return tensor


def enable_check_numerics(stack_height_limit: int = 30, path_length_limit: int = 50) -> None:
    """Raise where a gradient becomes NaN, naming the operation.

    ``stack_height_limit`` and ``path_length_limit`` change nothing here: torch words the error.
    """
    torch.autograd.set_detect_anomaly(True)


def disable_check_numerics() -> None:
    """Undo ``enable_check_numerics``."""
    torch.autograd.set_detect_anomaly(False)


def is_numeric_tensor(tensor: Any) -> bool:
    """Whether ``tensor`` is a tensor of numbers."""
    return isinstance(tensor, torch.Tensor) and tensor.dtype != torch.bool


def set_log_device_placement(enabled: bool) -> None:
    """Nothing: torch places nothing by itself."""

"""``tf.debugging``: checks that raise."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torchkeras_shim.names import missing

from tensorflow.flow import Assert
from tensorflow.tensors import convert_to_tensor
from torchkeras import ops
from torchkeras.core.checks import argument_error, kind_error

__getattr__ = missing(__name__)


def _comparison(word: str, holds: Callable[[Any, Any], Any]) -> Callable[..., None]:
    """A check that two tensors compare as ``word`` says, everywhere."""

    def check(
        x: Any, y: Any, message: str | None = None, summarize: int | None = None, name: Any = None
    ) -> None:
        if not bool(ops.all(holds(x, y))):
            hint = message or ""
            raise argument_error(
                "tf.debugging", "x", np.asarray(x), f"{word} {np.asarray(y)}", hint
            )

    check.__doc__ = f"Raise a ValueError unless x is {word} y everywhere."
    return check


assert_equal = _comparison("equal to", ops.equal)
assert_greater = _comparison("greater than", ops.greater)
assert_greater_equal = _comparison("at least", ops.greater_equal)
assert_less = _comparison("less than", ops.less)
assert_less_equal = _comparison("at most", ops.less_equal)
assert_none_equal = _comparison("other than", ops.not_equal)


def assert_near(
    x: Any,
    y: Any,
    rtol: Any = None,
    atol: Any = None,
    message: str | None = None,
    summarize: int | None = None,
    name: str | None = None,
) -> None:
    """Raise a ValueError unless x is close to y; by ten roundings unless told otherwise."""
    x, y = convert_to_tensor(x), convert_to_tensor(y)
    close = 10 * torch.finfo(x.dtype).eps
    if not torch.allclose(x, y, close if rtol is None else rtol, close if atol is None else atol):
        raise argument_error(
            "tf.debugging", "x", np.asarray(x), f"near {np.asarray(y)}", message or ""
        )


def assert_positive(
    x: Any, message: str | None = None, summarize: Any = None, name: Any = None
) -> None:
    """Raise a ValueError unless x is above 0 everywhere."""
    assert_greater(x, 0, message)


def assert_non_negative(
    x: Any, message: str | None = None, summarize: Any = None, name: Any = None
) -> None:
    """Raise a ValueError unless x is 0 or above everywhere."""
    assert_greater_equal(x, 0, message)


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
    """Raise a ValueError unless tensors have these shapes; a letter is one length throughout."""
    lengths: dict[Any, int] = {}
    for tensor, shape in shapes.items() if hasattr(shapes, "items") else shapes:
        assert_rank(tensor, len(shape), message)
        for wanted, length in zip(shape, tensor.shape, strict=True):
            known = wanted if isinstance(wanted, int) else lengths.setdefault(wanted, length)
            if wanted not in (None, "...") and known != length:
                raise argument_error(
                    "tf.debugging", "shape", tuple(tensor.shape), f"{tuple(shape)}", message or ""
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
    """Raise where a gradient becomes NaN, naming the operation."""
    torch.autograd.set_detect_anomaly(True)


def disable_check_numerics() -> None:
    """Undo ``enable_check_numerics``."""
    torch.autograd.set_detect_anomaly(False)


def is_numeric_tensor(tensor: Any) -> bool:
    """Whether ``tensor`` is a tensor of numbers."""
    return isinstance(tensor, torch.Tensor) and tensor.dtype != torch.bool


def set_log_device_placement(enabled: bool) -> None:
    """Nothing: torch places nothing by itself."""

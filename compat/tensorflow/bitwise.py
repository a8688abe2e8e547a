"""``tf.bitwise``: integers bit by bit."""

from collections.abc import Callable
from typing import Any

from torchkeras_shim.names import missing

from tensorflow.tensors import convert_to_tensor
from torchkeras import ops

__getattr__ = missing(__name__)


def _shift(operation: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """A shift by no more places than the number has, nor by less than none."""

    def apply(x: Any, y: Any) -> Any:
        x = convert_to_tensor(x)
        return operation(x, ops.clip(convert_to_tensor(y), 0, x.dtype.itemsize * 8 - 1))

    return apply


def _binary(operation: Callable[[Any, Any], Any], text: str) -> Callable[..., Any]:
    def apply(x: Any, y: Any, name: str | None = None) -> Any:
        return operation(x, y)

    apply.__doc__ = text
    return apply


bitwise_and = _binary(ops.bitwise_and, "The bits that both have.")
bitwise_or = _binary(ops.bitwise_or, "The bits that either has.")
bitwise_xor = _binary(ops.bitwise_xor, "The bits that one of them has.")
left_shift = _binary(_shift(ops.bitwise_left_shift), "x with its bits y places further up.")
right_shift = _binary(_shift(ops.bitwise_right_shift), "x with its bits y places further down.")


def invert(x: Any, name: str | None = None) -> Any:
    """The bits that x lacks."""
    return ops.bitwise_not(convert_to_tensor(x))

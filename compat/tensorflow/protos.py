"""Tensors as TensorFlow's protocol buffers, by the tensorboard package."""

from typing import Any

import numpy as np

__all__ = ["make_ndarray", "make_tensor_proto"]


def make_tensor_proto(
    values: Any, dtype: Any = None, shape: Any = None, verify_shape: bool = False
) -> Any:
    """A ``TensorProto`` of numbers or strings.

    Args:
        values: Scalar, list, array or tensor.
        dtype: Number type; None is that of ``values``.
        shape: Another shape of as many elements; None keeps it.
        verify_shape: Whether ``values`` must have ``shape`` already.

    Raises:
        TypeError: ``values`` has another shape and ``verify_shape`` is on.
        ImportError: tensorboard isn't installed.
    """
    from tensorboard.util import tensor_util

    array = np.asarray(values, dtype=None if dtype is None else dtype.as_numpy_dtype)
    if verify_shape and shape is not None and array.shape != tuple(shape):
        raise TypeError(f"make_tensor_proto: values have shape {array.shape}; expected {shape}.")
    if dtype is None and not hasattr(values, "dtype"):  # Python's numbers
        array = {"float64": np.float32, "int64": np.int32}.get(array.dtype.name, lambda a: a)(array)
    if shape is not None:
        array = np.broadcast_to(array, shape) if array.size == 1 else np.reshape(array, shape)
    return tensor_util.make_tensor_proto(array)


def make_ndarray(tensor: Any) -> np.ndarray:
    """The array that a ``TensorProto`` holds.

    Raises:
        ImportError: tensorboard isn't installed.
    """
    from tensorboard.util import tensor_util

    return tensor_util.make_ndarray(tensor)

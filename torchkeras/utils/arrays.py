"""Small conversions of arrays: classes to vectors, normalizing."""

from typing import Any

import numpy as np
import torch

from torchkeras.core.checks import argument_error
from torchkeras.core.dtypes import torch_dtype
from torchkeras.core.settings import floatx


def to_categorical(
    x: Any = None, num_classes: int | None = None, dtype: Any = None, *, y: Any = None
) -> Any:
    """Vectors with a one at the class: ``[0, 2]`` -> ``[[1, 0, 0], [0, 0, 1]]``.

    Args:
        x: Classes as integers from 0; a last axis of length 1 is dropped.
        num_classes: Length of the vectors; None takes the largest class plus one.
        dtype: Of the result; None is float64 for arrays (floatx for tensors).
        y: Old name of ``x``.

    Shape:
        output: ``(..., num_classes)``; a tensor if ``x`` is one, else an array.

    Raises:
        ValueError: a class is below 0 or not below ``num_classes``.

    Source: Keras 3 ``to_categorical``.

    Example:
        >>> to_categorical([0, 2])
        array([[1., 0., 0.],
               [0., 0., 1.]])
    """
    x = y if x is None else x
    if isinstance(x, torch.Tensor):
        one_hot = _one_hot(x.long(), num_classes)
        return one_hot.to(torch_dtype(dtype))
    classes = torch.as_tensor(np.asarray(x).astype("int64"))
    return _one_hot(classes, num_classes).numpy().astype(dtype or "float64")


def _one_hot(classes: torch.Tensor, num_classes: int | None) -> torch.Tensor:
    if classes.ndim > 1 and classes.shape[-1] == 1:
        classes = classes[..., 0]
    low, high = (int(classes.min()), int(classes.max())) if classes.numel() else (0, -1)
    size = high + 1 if num_classes is None else int(num_classes)
    if low < 0 or high >= size:
        raise argument_error(
            "to_categorical", "x", f"from {low} to {high}", f"classes from 0 to {size - 1}"
        )
    return torch.nn.functional.one_hot(classes, size)


def to_ordinal(y: Any, num_classes: int | None = None, dtype: Any = "float32") -> np.ndarray:
    """Vectors of as many ones as the class says: class 2 of 4 -> ``[1, 1, 0]``.

    Args:
        y: Classes as integers from 0.
        num_classes: Number of classes; None takes the largest class plus one.
        dtype: Of the result.

    Shape:
        output: ``(..., num_classes - 1)``.

    Source: tf.keras 2 ``to_ordinal``.
    """
    classes = np.asarray(y, "int64")
    if classes.ndim > 1 and classes.shape[-1] == 1:
        classes = classes[..., 0]
    size = int(classes.max()) + 1 if num_classes is None else num_classes
    return (classes[..., None] > np.arange(size - 1)).astype(dtype)


def normalize(x: Any, axis: int = -1, order: float = 2) -> Any:
    """``x`` divided by its norm along ``axis``; vectors of zeros stay.

    Args:
        x: Array or tensor.
        axis: Along which norms are taken.
        order: Of the norm, such as 2 for the Euclidean one.

    Source: Keras 3 ``normalize``.

    Example:
        >>> normalize([[3.0, 4.0]])
        array([[0.6, 0.8]])
    """
    if isinstance(x, torch.Tensor):
        x = x if x.is_floating_point() else x.to(torch_dtype(floatx()))
        norm = torch.linalg.vector_norm(x, order, axis, keepdim=True)
        return x / torch.where(norm == 0, torch.ones_like(norm), norm)
    x = np.asarray(x)
    norm = np.linalg.norm(x, order, axis, keepdims=True) if x.ndim else np.abs(x)
    return x / np.where(norm == 0, 1, norm)

"""Elements of datasets: made from what functions give back, joined to batches, described."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torchkeras_shim.shapes import TensorShape

from tensorflow.tensors import TensorSpec, convert_to_tensor
from torchkeras.core import nested
from torchkeras.core.checks import argument_error


def column(value: Any) -> Any:
    """An array-like whose rows become elements: a tensor, or a NumPy array of texts."""
    if hasattr(value, "to_numpy"):  # pandas
        value = value.to_numpy()
    result = convert_to_tensor(value)
    if result.ndim == 0:
        raise argument_error(
            "Dataset.from_tensor_slices", "tensors", value, "at least one axis, the elements'"
        )
    return result


def structure(value: Any) -> Any:
    """``value`` with tuples and dicts as structure, and everything in them as tensors.

    Lists are tensors, as in TensorFlow.
    """
    if isinstance(value, dict) or hasattr(value, "items"):
        return {key: structure(part) for key, part in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*map(structure, value))
    if isinstance(value, tuple):
        return tuple(map(structure, value))
    return value if value is None or _is_dataset(value) else convert_to_tensor(value)


def _is_dataset(value: Any) -> bool:
    return hasattr(value, "as_numpy_iterator")


def stacked(elements: Sequence[Any]) -> Any:
    """Elements joined along a new first axis.

    Raises:
        ValueError: their shapes differ.
    """
    return nested.map_structure(lambda *leaves: _stack(leaves), *elements)


def _stack(leaves: Sequence[Any]) -> Any:
    if all(isinstance(leaf, Tensor) for leaf in leaves):
        shapes = {tuple(leaf.shape) for leaf in leaves}
        if len(shapes) > 1:
            raise argument_error(
                "Dataset.batch",
                "shapes of the elements",
                sorted(shapes),
                "one shape",
                "padded_batch joins elements of different lengths.",
            )
        return torch.stack(leaves)
    if isinstance(leaves[0], (bytes, str)) or _is_object_array(leaves[0]):
        return np.stack([np.asarray(leaf, dtype=object) for leaf in leaves])
    return convert_to_tensor(np.stack([np.asarray(leaf) for leaf in leaves]))


def _is_object_array(leaf: Any) -> bool:
    return isinstance(leaf, np.ndarray) and leaf.dtype.kind == "O"


def padded(elements: Sequence[Any], shapes: Any, values: Any) -> Any:
    """Elements joined along a new first axis, shorter ones filled up at their ends.

    Args:
        elements: The elements.
        shapes: Structure of shapes to fill up to; None, and None in it, means the longest.
        values: Structure of numbers to fill up with, or one for all; None means 0.
    """
    flat = [nested.flatten(element) for element in elements]
    number = len(flat[0])
    wanted = _each(shapes, number)
    fills = nested.flatten(values) if nested.is_nested(values) else [values] * number
    columns = [
        _pad_column([leaves[i] for leaves in flat], wanted[i], fills[i]) for i in range(number)
    ]
    return nested.pack_sequence_as(elements[0], columns)


def _each(shapes: Any, number: int) -> list[Any]:
    """One shape for each leaf of an element."""
    if shapes is None:
        return [None] * number
    if _is_shape(shapes):
        return [shapes] * number
    parts = shapes.values() if isinstance(shapes, dict) else shapes
    return [shape for part in parts for shape in ([part] if _is_shape(part) else _each(part, 1))]


def _is_shape(value: Any) -> bool:
    return isinstance(value, TensorShape) or (
        isinstance(value, (list, tuple)) and all(d is None or isinstance(d, int) for d in value)
    )


def _pad_column(leaves: list[Any], shape: Any, fill: Any) -> Any:
    tensors = [convert_to_tensor(leaf) for leaf in leaves]
    sizes = [max(lengths) for lengths in zip(*(t.shape for t in tensors), strict=True)]
    for axis, size in enumerate(shape or ()):
        if size is not None and size != -1:
            if size < sizes[axis]:
                raise argument_error(
                    "Dataset.padded_batch", "padded_shapes", shape, f"at least {tuple(sizes)}"
                )
            sizes[axis] = size
    result = tensors[0].new_full((len(tensors), *sizes), 0 if fill is None else fill)
    for row, tensor in zip(result, tensors, strict=True):
        row[tuple(slice(0, length) for length in tensor.shape)] = tensor
    return result


def as_numpy(element: Any) -> Any:
    """``element`` with its tensors as NumPy arrays, and NumPy scalars for those without axes."""

    def convert(leaf: Any) -> Any:
        array = np.asarray(leaf.detach().cpu()) if isinstance(leaf, Tensor) else leaf
        return array[()] if isinstance(array, np.ndarray) and array.ndim == 0 else array

    return nested.map_structure(convert, element)


def spec_of(element: Any) -> Any:
    """Shapes and types of an element."""
    return nested.map_structure(
        lambda leaf: leaf if _is_dataset(leaf) else TensorSpec.from_tensor(leaf), element
    )

"""Shapes, devices and masks of structures of tensors."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from torchkeras import tracer
from torchkeras.core import nested
from torchkeras.core.checks import argument_error
from torchkeras.core.typing import Shape
from torchkeras.core.variable import Variable
from torchkeras.tracer import KerasTensor
from torchkeras.tracer.graph import attach_mask


def standard_shape(value: Any) -> Any:
    """A shape as a tuple of ints and None; structures of shapes keep their structure."""
    if isinstance(value, torch.Size):
        return tuple(int(size) for size in value)
    if hasattr(value, "as_list") and not isinstance(value, (list, tuple)):
        return tuple(value.as_list())
    if isinstance(value, list) and all(size is None or isinstance(size, int) for size in value):
        return tuple(value)
    return value


def tuples(shape: Any) -> Any:
    """Lists that stand for shapes as tuples."""
    if isinstance(shape, dict):
        return {key: tuples(value) for key, value in shape.items()}
    if isinstance(shape, (list, tuple)):
        if all(size is None or isinstance(size, int) for size in shape):
            return tuple(shape)
        return [tuples(inner) for inner in shape]
    return shape


def has_shape(value: Any) -> bool:
    """Whether ``value`` is a tensor, or a structure of nothing but tensors."""
    leaves = nested.flatten(value)
    return bool(leaves) and all(
        isinstance(leaf, (Tensor, KerasTensor, Variable)) for leaf in leaves
    )


def shape_of(value: Any) -> Any:
    """Shape of a tensor, or the structure of shapes of a structure of tensors."""
    return nested.map_leaves(
        lambda leaf: sizes(leaf.shape) if hasattr(leaf, "shape") else None, value
    )


def sizes(shape: Any) -> Shape:
    """``shape`` as a tuple of Python's integers and None."""
    return tuple(None if size is None else int(size) for size in shape)


def map_shapes(function: Callable, shape: Any) -> Any:
    """Apply ``function`` to each shape in a structure of shapes."""
    if isinstance(shape, dict):
        return {key: map_shapes(function, value) for key, value in shape.items()}
    if all(size is None or isinstance(size, (int, np.integer)) for size in shape):
        return function(tuple(shape))
    return type(shape)(map_shapes(function, inner) for inner in shape)


def symbols_of_shape(shape: Any, dtype: str) -> Any:
    """A symbolic tensor for each shape in a structure of shapes."""
    return map_shapes(lambda s: KerasTensor(s, dtype), tuples(standard_shape(shape)))


def device_of(structure: Any) -> torch.device | None:
    """Where the first tensor in ``structure`` lies; None if there is none."""
    for leaf in nested.leaves(structure):
        if isinstance(leaf, Tensor):
            return leaf.device
    return None


def holds_tensors(value: Any) -> bool:
    """Whether a tensor or array is in ``value`` or nested in it."""
    return any(
        isinstance(leaf, (Tensor, Variable, np.ndarray, KerasTensor))
        for leaf in nested.leaves(value)
    )


def is_text_array(value: Any) -> bool:
    """Whether ``value`` is a NumPy array of strings."""
    return isinstance(value, np.ndarray) and value.dtype.kind in "OSUT"


def all_none(values: Iterable[Any]) -> bool:
    """Whether every value is None."""
    for value in values:  # noqa: SIM110 - a generator in all() costs three times as much
        if value is not None:
            return False
    return True


def masks_of(value: Any) -> Any:
    """The mask that a tensor carries, or the structure of masks; None if there is none."""
    if isinstance(value, (Tensor, KerasTensor)):
        return getattr(value, "_keras_mask", None)
    if not nested.is_nested(value):
        return None
    masks = nested.map_leaves(lambda leaf: getattr(leaf, "_keras_mask", None), value)
    return masks if any(mask is not None for mask in nested.leaves(masks)) else None


def carries_mask(value: Any) -> bool:
    """Whether a tensor in ``value`` has a mask with it."""
    return any(getattr(leaf, "_keras_mask", None) is not None for leaf in nested.leaves(value))


def with_mask(symbol: KerasTensor) -> KerasTensor:
    """A symbol whose mask will be on the tensor when the graph runs."""
    mask = getattr(symbol, "_keras_mask", None)
    if mask is None:
        return symbol
    carried = tracer.record(
        attach_mask, (symbol, mask), {}, KerasTensor(symbol.shape, symbol.dtype)
    )
    carried._keras_mask = mask
    return carried


def parts_of_list(layer: Any, args: tuple, kwargs: dict) -> tuple[Any, list[Any], list[Any]]:
    """Sequences, states and constants of a recurrent layer that is called on a list of them.

    Args:
        layer: The layer, which tells how many constants there are.
        args, kwargs: Arguments of the call, the list first.

    Raises:
        ValueError: there are states both in the list and beside it.
    """
    sequences, *rest = args[0]
    count = 0 if kwargs.get("constants") is not None else layer.num_constants
    states, constants = rest[: len(rest) - count], rest[len(rest) - count :]
    if states and len(args) > 1 and args[1] is not None:
        raise argument_error(
            layer, "initial_state", shape_of(args[1]), "None beside states in a list"
        )
    return sequences, states, constants

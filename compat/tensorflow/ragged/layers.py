"""Ragged tensors as inputs of Keras's layers, as tf.keras 2 takes them."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torchkeras_shim.composite import Composite

from tensorflow.ragged.elementwise import map_flat_values
from tensorflow.ragged.making import concat
from tensorflow.ragged.reducing import reduced
from tensorflow.ragged.tensor import RaggedTensor
from torchkeras import layers
from torchkeras.core.checks import argument_error, kind_error
from torchkeras.core.configurable import is_builtin
from torchkeras.models import Model

# Layers that look at one value, or at one row of an inner axis, at a time.
_BY_VALUE: tuple[type, ...] = (
    layers.Activation,
    layers.BatchNormalization,
    layers.Dense,
    layers.Discretization,
    layers.Dropout,
    layers.ELU,
    layers.Embedding,
    layers.GaussianDropout,
    layers.GaussianNoise,
    layers.Hashing,
    layers.LayerNormalization,
    layers.LeakyReLU,
    layers.ReLU,
    layers.Rescaling,
)
_LOOKUPS = (layers.IntegerLookup, layers.StringLookup)
# Layers that count what is in a row.
_BY_ROW = (layers.CategoryEncoding, *_LOOKUPS)
_ELEMENTWISE = (
    layers.Add,
    layers.Average,
    layers.Maximum,
    layers.Minimum,
    layers.Multiply,
    layers.Subtract,
)
_POOLS = {layers.GlobalAveragePooling1D: "mean", layers.GlobalMaxPooling1D: "max"}
_UNCHANGED = (layers.Masking, layers.Identity, layers.InputLayer)


def called_by_layer(
    ragged: RaggedTensor, layer: Any, args: tuple, kwargs: dict, training: Any
) -> Any:
    """What ``layer`` makes of ``ragged``, or of the list that it is the first of.

    Models and layers of one's own are handed it as it is: ``NotImplemented``.

    Raises:
        TypeError: the layer needs rows of one length.
    """
    if isinstance(layer, (Model, layers.Lambda)) or not is_builtin(type(layer)):
        return NotImplemented
    if training is not None:
        kwargs = {**kwargs, "training": training}
    way = _way_of(layer)
    if way is None or (not isinstance(args[0], RaggedTensor) and way is not _merged):
        raise kind_error(
            layer, "inputs", "a tf.RaggedTensor", "rows of one length", "Try x.to_tensor()."
        )
    return way(layer, args, kwargs)


def _way_of(layer: Any) -> Callable[[Any, tuple, dict], Any] | None:
    if isinstance(layer, _LOOKUPS) and layer.output_mode == "int":
        return _by_value
    if isinstance(layer, layers.TextVectorization):
        return _by_value if layer.split is None else None
    ways: list[tuple[Any, Callable]] = [
        (_BY_ROW, _by_row),
        (_BY_VALUE, _by_value),
        ((layers.RNN, layers.Bidirectional), _by_step),
        (layers.TimeDistributed, _inside),
        ((*_ELEMENTWISE, layers.Concatenate), _merged),
        (tuple(_POOLS), _pooled),
        (_UNCHANGED, lambda layer, args, kwargs: args[0]),
    ]
    return next((way for kinds, way in ways if isinstance(layer, kinds)), None)


def _by_value(layer: Any, args: tuple, kwargs: dict) -> Any:
    return map_flat_values(lambda values: layer(values, *args[1:], **kwargs), args[0])


def _inside(layer: Any, args: tuple, kwargs: dict) -> Any:
    """The wrapped layer on each step."""
    kwargs = {name: value for name, value in kwargs.items() if name != "mask"}
    found = map_flat_values(lambda values: layer.layer(values, **kwargs), args[0])
    layer.built = True
    return found


def _by_row(layer: Any, args: tuple, kwargs: dict) -> Any:
    rows = [layer(row, **kwargs) for row in args[0]]
    if any(isinstance(row, Composite) for row in rows):
        raise argument_error(layer, "sparse", True, "False for a tf.RaggedTensor")
    return torch.stack(rows)


def _by_step(layer: Any, args: tuple, kwargs: dict) -> Any:
    """Recurrent layers, on filled-up rows with a mask; steps that are given back are ragged."""
    ragged = args[0]
    mask = _mask_of(ragged)
    _, *others = layer._call_signature.bind(args, kwargs).items()
    found = layer(ragged.to_tensor(), **{**dict(others), "mask": mask})
    inner = layer.forward_layer if isinstance(layer, layers.Bidirectional) else layer
    if not inner.return_sequences:
        return found
    parts = found if isinstance(found, (list, tuple)) else [found]
    # The states, and directions that aren't joined, come behind or beside the steps.
    steps = [
        RaggedTensor(part[mask], ragged.row_splits) if _has_steps(part, mask) else part
        for part in parts
    ]
    return type(found)(steps) if isinstance(found, (list, tuple)) else steps[0]


def _mask_of(ragged: RaggedTensor) -> Tensor:
    lengths = ragged.row_splits.diff()
    width = int(lengths.max()) if len(lengths) else 0
    return torch.arange(width, device=lengths.device) < lengths[:, None]


def _has_steps(part: Tensor, mask: Tensor) -> bool:
    return part.dim() > 2 and part.shape[:2] == mask.shape


def _merged(layer: Any, args: tuple, kwargs: dict) -> Any:
    parts = list(args[0]) if isinstance(args[0], (list, tuple)) else [args[0]]
    if not all(isinstance(part, RaggedTensor) for part in parts):
        raise kind_error(layer, "inputs", "some of them ragged", "ragged tensors alone")
    if isinstance(layer, layers.Concatenate) and layer.axis not in (-1, parts[0].ndim - 1):
        return concat(parts, layer.axis)
    for part in parts[1:]:
        if part.row_splits.tolist() != parts[0].row_splits.tolist():
            if isinstance(layer, layers.Concatenate) and parts[0].ndim == 2:
                return concat(parts, 1)
            raise argument_error(layer, "lengths of the rows", part.shape, "the same in all inputs")
    if isinstance(layer, layers.Concatenate) and parts[0].ndim == 2:
        return concat(parts, 1)
    values = layer([part.flat_values for part in parts], **kwargs)
    return parts[0].with_flat_values(values)


def _pooled(layer: Any, args: tuple, kwargs: dict) -> Tensor:
    kind = next(kind for pool, kind in _POOLS.items() if isinstance(layer, pool))
    return reduced(kind, args[0], 1, layer.keepdims)


def _rows_of_text(
    layer: layers.TextVectorization, indices: Tensor, lengths: np.ndarray, width: int
) -> RaggedTensor:
    """What ``TextVectorization(ragged=True)`` gives, in place of torch's nested tensor."""
    nested = _nested(layer, indices, lengths, width)
    return RaggedTensor(nested.values(), nested.offsets())


_nested = layers.TextVectorization._nested
layers.TextVectorization._nested = _rows_of_text
RaggedTensor.called_by_layer = called_by_layer

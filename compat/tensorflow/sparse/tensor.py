"""``tf.SparseTensor``: a tensor given by the places and values of what isn't zero."""

import operator
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torchkeras_shim.composite import Composite
from torchkeras_shim.shapes import TensorShape
from torchkeras_shim.sizes import as_sizes
from torchkeras_shim.text import as_texts

from tensorflow import dtypes
from tensorflow.tensors import convert_to_tensor
from torchkeras.core.checks import argument_error, kind_error


class SparseTensor(Composite):
    """Values at some places of a tensor; there is nothing elsewhere.

    Args:
        indices: ``(n, rank)`` where the values stand.
        values: ``(n,)`` numbers or texts.
        dense_shape: Lengths of the axes.

    Source: ``tf.sparse.SparseTensor``.

    Example:
        >>> to_dense(SparseTensor([[0, 1]], [5], [1, 3])).tolist()
        [[0, 5, 0]]
    """

    def __init__(self, indices: Any, values: Any, dense_shape: Any) -> None:
        self.values = convert_to_tensor(values)
        self._sizes = tuple(int(size) for size in as_sizes(dense_shape))
        self.indices = convert_to_tensor(indices).to(torch.int64).reshape(-1, len(self._sizes))
        if len(self.indices) != len(self.values):
            raise argument_error(
                "tf.sparse.SparseTensor",
                "values",
                f"{len(self.values)} of them",
                f"one for each of the {len(self.indices)} indices",
            )

    @property
    def dense_shape(self) -> Tensor:
        """Lengths of the axes, as a tensor."""
        return torch.tensor(self._sizes, dtype=torch.int64)

    @property
    def shape(self) -> TensorShape:
        """Lengths of the axes."""
        return TensorShape(self._sizes)

    @property
    def dtype(self) -> Any:
        """Type of the values."""
        return self.values.dtype

    @classmethod
    def from_value(cls, sparse_tensor_value: Any) -> "SparseTensor":
        """A sparse tensor of anything that has its three parts.

        Raises:
            TypeError: they aren't there.
        """
        names = ("indices", "values", "dense_shape")
        if not all(hasattr(sparse_tensor_value, name) for name in names):
            kind = type(sparse_tensor_value).__name__
            raise kind_error("tf.SparseTensor", "sparse_tensor_value", kind, f"{names}")
        return cls(*(getattr(sparse_tensor_value, name) for name in names))

    def set_shape(self, shape: Any) -> None:
        """Raise unless this is the shape."""
        self.shape.assert_is_compatible_with(shape)

    def get_shape(self) -> TensorShape:
        """Lengths of the axes."""
        return self.shape

    @property
    def flat_values(self) -> Any:
        """The values."""
        return self.values

    def with_flat_values(self, new_values: Any) -> "SparseTensor":
        """Other values in the same places."""
        return SparseTensor(self.indices, new_values, self._sizes)

    with_values = with_flat_values

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self._sizes)

    def is_floating_point(self) -> bool:
        """Whether the values are floating numbers."""
        return isinstance(self.values, Tensor) and self.values.is_floating_point()

    def to(self, dtype: torch.dtype) -> "SparseTensor":
        """The values in another number type."""
        return self.with_values(self.values.to(dtype))

    def at(self, kept: Tensor) -> "SparseTensor":
        """The values with these numbers, or where a mask is True."""
        return SparseTensor(self.indices[kept], _kept(self.values, kept), self._sizes)

    def called_by_layer(self, layer: Any, args: tuple, kwargs: dict, training: Any) -> Any:
        """What a layer makes of it: of its values, if it looks at each alone.

        ``args``, ``kwargs`` and ``training`` change nothing here: such layers take values alone.
        """
        if getattr(layer, "output_mode", None) != "int":
            return NotImplemented
        return self.with_values(layer(self.values))

    def rows_at(self, places: Tensor) -> "SparseTensor":
        """The rows at these places, each of which is named once."""
        new_rows = torch.full((self._sizes[0],), -1)
        new_rows[places.long()] = torch.arange(len(places))
        kept = (new_rows[self.indices[:, 0]] >= 0).nonzero()[:, 0]
        rows = new_rows[self.indices[kept, 0]]
        order = torch.argsort(rows, stable=True)
        indices = torch.cat([rows[:, None], self.indices[kept, 1:]], dim=1)[order]
        return SparseTensor(
            indices, _kept(self.values, kept[order]), (len(places), *self._sizes[1:])
        )

    def _scaled(self, other: Any, function: Any) -> "SparseTensor":
        """``function`` of the values and of what stands in their places in ``other``."""
        if not isinstance(other, (int, float)):
            other = convert_to_tensor(other).expand(self._sizes)[tuple(self.indices.T)]
        return self.with_values(function(self.values, other))

    def __mul__(self, other: Any) -> "SparseTensor":
        return self._scaled(other, operator.mul)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> "SparseTensor":
        return self._scaled(other, operator.truediv)

    def __neg__(self) -> "SparseTensor":
        return self.with_values(-self.values)

    def rows(self) -> "list[SparseTensor]":
        """The parts along the first axis."""
        chosen = [self.indices[:, 0] == row for row in range(self._sizes[0])]
        return [
            SparseTensor(self.indices[kept, 1:], _kept(self.values, kept), self._sizes[1:])
            for kept in chosen
        ]

    def __repr__(self) -> str:
        return (
            f"SparseTensor(indices={self.indices.tolist()}, values={self.values.tolist()}, "
            f"dense_shape={list(self._sizes)})"
        )


class SparseTensorSpec:
    """Shape and type of sparse tensors, without a value.

    Args:
        shape: Lengths of the axes, None where unknown.
        dtype: Type of the values.
    """

    def __init__(self, shape: Any = None, dtype: Any = torch.float32) -> None:
        self.shape = None if shape is None else TensorShape(shape)
        self.dtype = dtypes.as_dtype(dtype)

    @classmethod
    def from_value(cls, value: SparseTensor) -> "SparseTensorSpec":
        """The description of a sparse tensor."""
        return cls(value.shape, value.dtype)

    def batched(self, size: int | None) -> "SparseTensorSpec":
        """The description of ``size`` such tensors along a new first axis."""
        return SparseTensorSpec(None if self.shape is None else (size, *self.shape), self.dtype)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SparseTensorSpec):
            return NotImplemented
        return (self.shape, self.dtype) == (other.shape, other.dtype)

    def __hash__(self) -> int:
        return hash((self.shape, self.dtype))

    def __repr__(self) -> str:
        name = getattr(self.dtype, "name", None) or str(self.dtype).removeprefix("torch.")
        return f"SparseTensorSpec({self.shape}, tf.{name})"


def _kept(values: Any, kept: Tensor) -> Any:
    return values[kept] if isinstance(values, Tensor) else values[kept.numpy()]


def stacked(parts: list[SparseTensor]) -> SparseTensor:
    """Sparse tensors of one rank along a new first axis, as long as the longest of each axis."""
    sizes = tuple(max(lengths) for lengths in zip(*(part.shape for part in parts), strict=True))
    rows = torch.cat([torch.full((len(p.indices), 1), i) for i, p in enumerate(parts)])
    indices = torch.cat([rows, torch.cat([part.indices for part in parts])], dim=1)
    return SparseTensor(indices, joined_values(parts), (len(parts), *sizes))


def joined_values(parts: list[SparseTensor]) -> Any:
    """The values of sparse tensors, one's after another's."""
    if isinstance(parts[0].values, Tensor):
        return torch.cat([part.values for part in parts])
    return as_texts(np.concatenate([np.asarray(part.values) for part in parts]))

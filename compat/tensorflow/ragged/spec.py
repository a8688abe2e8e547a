"""Shape and type of ragged tensors."""

from typing import Any

import torch
from torchkeras_shim.shapes import TensorShape

from tensorflow import dtypes
from tensorflow.ragged.tensor import RaggedTensor


class RaggedTensorSpec:
    """Shape and type of ragged tensors, without a value.

    Args:
        shape: Lengths of the axes, None where they are unknown or differ.
        dtype: Type of the values.
        ragged_rank: Number of axes along which lengths may differ; None means all but the first.
        row_splits_dtype: Type of the row splits.
        flat_values_spec: Changes nothing here: values are tensors.
    """

    def __init__(
        self,
        shape: Any = None,
        dtype: Any = torch.float32,
        ragged_rank: int | None = None,
        row_splits_dtype: Any = torch.int64,
        flat_values_spec: Any = None,
    ) -> None:
        self.shape = None if shape is None else TensorShape(shape)
        self.dtype = dtypes.as_dtype(dtype)
        if ragged_rank is None:
            ragged_rank = 1 if self.shape is None else len(self.shape) - 1
        self.ragged_rank = ragged_rank
        self.row_splits_dtype = dtypes.as_dtype(row_splits_dtype)
        self.flat_values_spec = flat_values_spec

    @classmethod
    def from_value(cls, value: RaggedTensor) -> "RaggedTensorSpec":
        """The description of a ragged tensor."""
        return cls(value.shape, value.dtype, value.ragged_rank, value.row_splits.dtype)

    def batched(self, size: int | None) -> "RaggedTensorSpec":
        """The description of ``size`` such tensors along a new first axis."""
        shape = None if self.shape is None else (size, *self.shape)
        return RaggedTensorSpec(shape, self.dtype, self.ragged_rank + 1, self.row_splits_dtype)

    def _key(self) -> tuple[Any, ...]:
        return self.shape, self.dtype, self.ragged_rank, self.row_splits_dtype

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RaggedTensorSpec) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __repr__(self) -> str:
        shape, dtype, rank, splits = self._key()
        return f"RaggedTensorSpec({shape}, {_shown(dtype)}, {rank}, {_shown(splits)})"


def _shown(dtype: Any) -> str:
    return f"tf.{getattr(dtype, 'name', None) or str(dtype).removeprefix('torch.')}"

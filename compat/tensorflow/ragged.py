"""``tf.RaggedTensor``: rows of unequal lengths."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torchkeras_shim.shapes import TensorShape
from torchkeras_shim.text import Texts, as_texts

from tensorflow import dtypes
from tensorflow.tensors import convert_to_tensor
from torchkeras.core.checks import argument_error
from torchkeras.core.dtypes import torch_dtype


class RaggedTensor:
    """Rows of unequal lengths, lying one after another in ``values``.

    Args:
        values: All rows' values along the first axis; a tensor, texts or a ragged tensor.
        row_splits: ``(rows + 1,)`` where rows begin and the last one ends.

    Source: ``tf.RaggedTensor``.

    Example:
        >>> RaggedTensor.from_row_lengths(torch.arange(3), [2, 0, 1]).to_list()
        [[0, 1], [], [2]]
    """

    def __init__(self, values: Any, row_splits: Tensor) -> None:
        self.values = values
        self.row_splits = row_splits

    @classmethod
    def from_row_splits(
        cls, values: Any, row_splits: Any, name: str | None = None, validate: bool = True
    ) -> "RaggedTensor":
        """Rows that begin at ``row_splits``, the last of which is where the values end."""
        values, splits = _values(values), _positions(row_splits)
        if validate and (splits.numel() == 0 or splits[0] != 0 or splits[-1] != len(values)):
            raise argument_error(
                "tf.RaggedTensor.from_row_splits",
                "row_splits",
                splits.tolist(),
                f"positions from 0 up to the number of values, {len(values)}",
            )
        return cls(values, splits)

    @classmethod
    def from_row_lengths(
        cls, values: Any, row_lengths: Any, name: str | None = None, validate: bool = True
    ) -> "RaggedTensor":
        """Rows of these lengths."""
        lengths = _positions(row_lengths)
        splits = torch.cat([lengths.new_zeros(1), lengths.cumsum(0).to(lengths.dtype)])
        return cls.from_row_splits(values, splits, name, validate)

    @classmethod
    def of_rows(cls, rows: Sequence[Any], row_splits_dtype: Any = torch.int64) -> "RaggedTensor":
        """Tensors, texts or ragged tensors as rows."""
        lengths = torch.tensor([len(row) for row in rows], dtype=torch_dtype(row_splits_dtype))
        return cls.from_row_lengths(joined(rows), lengths)

    @property
    def shape(self) -> TensorShape:
        """Lengths of the axes, None where rows differ."""
        return TensorShape((len(self), None, *self.values.shape[1:]))

    @property
    def dtype(self) -> Any:
        """Type of the values."""
        return self.values.dtype

    @property
    def ragged_rank(self) -> int:
        """Number of axes along which lengths differ."""
        inner = self.values
        return 1 + (inner.ragged_rank if isinstance(inner, RaggedTensor) else 0)

    @property
    def flat_values(self) -> Any:
        """The values below all ragged axes."""
        inner = self.values
        return inner.flat_values if isinstance(inner, RaggedTensor) else inner

    @property
    def nested_row_splits(self) -> tuple[Tensor, ...]:
        """The row splits of every ragged axis, outermost first."""
        inner = self.values
        deeper = inner.nested_row_splits if isinstance(inner, RaggedTensor) else ()
        return (self.row_splits, *deeper)

    def row_lengths(self, axis: int = 1, name: str | None = None) -> Tensor:
        """Length of each row."""
        return self.row_splits.diff()

    def nrows(self, out_type: Any = None, name: str | None = None) -> Tensor:
        """Number of rows."""
        return torch.tensor(len(self), dtype=torch_dtype(out_type or self.row_splits.dtype))

    def to_list(self) -> list[Any]:
        """The rows as nested lists."""
        return [_listed(row) for row in self]

    def to_tensor(
        self, default_value: Any = None, name: str | None = None, shape: Any = None
    ) -> Any:
        """A rectangular tensor, shorter rows filled up with ``default_value``.

        Args:
            default_value: What fills the ends; None means 0, or an empty text.
            name: Accepted.
            shape: Lengths of the result's axes; None, and None in it, means as long as needed.
        """
        inner: Any = self.values
        if isinstance(inner, RaggedTensor):
            inner = inner.to_tensor(default_value, shape=None if shape is None else shape[1:])
        is_text = isinstance(inner, Texts)
        fill = ("" if is_text else 0) if default_value is None else default_value
        wanted = tuple(shape or ())
        width = wanted[1] if len(wanted) > 1 else None
        width = int(self.row_lengths().max()) if width is None and len(self) else width or 0
        sizes = (wanted[0] if wanted and wanted[0] is not None else len(self), width)
        lengths = self.row_lengths()
        rows = torch.repeat_interleave(torch.arange(len(self)), lengths)
        places = torch.arange(len(rows)) - self.row_splits[:-1].long()[rows]
        fits = (places < width) & (rows < sizes[0])
        if is_text:
            texts = np.full((*sizes, *inner.shape[1:]), fill, dtype=object)
            texts[rows[fits].numpy(), places[fits].numpy()] = np.asarray(inner)[fits.numpy()]
            return as_texts(texts)
        result = inner.new_full((*sizes, *inner.shape[1:]), fill)
        result[rows[fits], places[fits]] = inner[fits]
        return result

    def numpy(self) -> np.ndarray:
        """An array; of rows, if their lengths differ."""
        rows = [np.asarray(row.numpy()) for row in self]
        if len({row.shape for row in rows}) <= 1:
            return np.stack(rows) if rows else np.empty((0, 0))
        result = np.empty(len(rows), dtype=object)
        result[:] = rows
        return result

    def __len__(self) -> int:
        return len(self.row_splits) - 1

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, tuple):
            row = self[index[0]]
            return row[index[1:]] if len(index) > 1 else row
        if isinstance(index, slice):
            return self._slice(*index.indices(len(self)))
        index = int(index)
        index = index + len(self) if index < 0 else index
        if not 0 <= index < len(self):
            raise IndexError(f"tf.RaggedTensor: row {index} of {len(self)}.")
        return self.values[int(self.row_splits[index]) : int(self.row_splits[index + 1])]

    def _slice(self, start: int, stop: int, step: int) -> "RaggedTensor":
        if step != 1 and len(range(start, stop, step)):
            rows = [self[index] for index in range(start, stop, step)]
            return type(self).of_rows(rows, self.row_splits.dtype)
        stop = max(start, stop) if step == 1 else start
        splits = self.row_splits[start : stop + 1]
        values = self.values[int(splits[0]) : int(splits[-1])]
        return type(self)(values, splits - splits[0])

    def __iter__(self) -> Iterator[Any]:
        return (self[index] for index in range(len(self)))

    def __repr__(self) -> str:
        return f"<tf.RaggedTensor {self.to_list()}>"


class RaggedTensorSpec:
    """Shape and type of ragged tensors, without a value.

    Args:
        shape: Lengths of the axes, None where they are unknown or differ.
        dtype: Type of the values.
        ragged_rank: Number of axes along which lengths may differ; None means all but the first.
        row_splits_dtype: Type of the row splits.
        flat_values_spec: Accepted; values are tensors.
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


def joined(parts: Sequence[Any]) -> Any:
    """Tensors, texts or ragged tensors joined along their first axis."""
    first = parts[0]
    if isinstance(first, RaggedTensor):
        lengths = torch.cat([part.row_lengths() for part in parts])
        return RaggedTensor.from_row_lengths(joined([part.values for part in parts]), lengths)
    if isinstance(first, Tensor):
        return torch.cat(list(parts))
    return as_texts(np.concatenate([np.asarray(part, dtype=object) for part in parts]))


def _listed(row: Any) -> list[Any]:
    if isinstance(row, RaggedTensor):
        return row.to_list()
    return row.numpy().tolist()


def _values(values: Any) -> Any:
    return values if isinstance(values, RaggedTensor) else convert_to_tensor(values)


def _positions(numbers: Any) -> Tensor:
    if hasattr(numbers, "dtype"):
        return convert_to_tensor(numbers)
    return torch.as_tensor(numbers, dtype=torch.int64)


def _shown(dtype: Any) -> str:
    return f"tf.{getattr(dtype, 'name', None) or str(dtype).removeprefix('torch.')}"

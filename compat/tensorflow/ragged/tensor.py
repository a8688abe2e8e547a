"""``tf.RaggedTensor``: rows of unequal lengths."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torchkeras_shim.composite import Composite
from torchkeras_shim.shapes import TensorShape
from torchkeras_shim.text import Texts, as_texts

from tensorflow.ragged.rows import cut, owners, positions, ranges, splits_of, taken
from tensorflow.sparse import SparseTensor
from tensorflow.tensors import convert_to_tensor
from torchkeras.core.checks import argument_error
from torchkeras.core.dtypes import torch_dtype


class RaggedTensor(Composite):
    """Rows of unequal lengths, lying one after another in ``values``.

    Args:
        values: All rows' values along the first axis; a tensor, texts or a ragged tensor.
        row_splits: ``(rows + 1,)`` where rows begin and the last one ends.
        uniform_row_length: The length of all rows, where that is known.

    Source: ``tf.RaggedTensor``.

    Example:
        >>> RaggedTensor.from_row_lengths(torch.arange(3), [2, 0, 1]).to_list()
        [[0, 1], [], [2]]
    """

    # NumPy's arrays leave operators to this class.
    __array_ufunc__ = None
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, values: Any, row_splits: Tensor, uniform_row_length: Any = None) -> None:
        self.values = values
        self.row_splits = row_splits
        self._length = uniform_row_length

    # Rows from how they lie.

    @classmethod
    def from_row_splits(
        cls, values: Any, row_splits: Any, name: str | None = None, validate: bool = True
    ) -> "RaggedTensor":
        """Rows that begin at ``row_splits``, the last of which is where the values end."""
        values, splits = _values(values), positions(row_splits)
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
        return cls.from_row_splits(values, splits_of(positions(row_lengths)), name, validate)

    @classmethod
    def from_value_rowids(
        cls,
        values: Any,
        value_rowids: Any,
        nrows: Any = None,
        name: str | None = None,
        validate: bool = True,
    ) -> "RaggedTensor":
        """Rows given by the number of the row of each value, in order."""
        rows = positions(value_rowids)
        count = int(nrows) if nrows is not None else int(rows[-1]) + 1 if len(rows) else 0
        lengths = torch.bincount(rows.long(), minlength=count).to(rows.dtype)
        return cls.from_row_lengths(values, lengths, name, validate)

    @classmethod
    def from_row_starts(
        cls, values: Any, row_starts: Any, name: str | None = None, validate: bool = True
    ) -> "RaggedTensor":
        """Rows that begin there; each goes on to where the next begins."""
        values, starts = _values(values), positions(row_starts)
        splits = torch.cat([starts, starts.new_tensor([len(values)])])
        return cls.from_row_splits(values, splits, name, validate)

    @classmethod
    def from_row_limits(
        cls, values: Any, row_limits: Any, name: str | None = None, validate: bool = True
    ) -> "RaggedTensor":
        """Rows that end there; each begins where the one before ends."""
        limits = positions(row_limits)
        splits = torch.cat([limits.new_zeros(1), limits])
        return cls.from_row_splits(values, splits, name, validate)

    @classmethod
    def from_uniform_row_length(
        cls,
        values: Any,
        uniform_row_length: Any,
        nrows: Any = None,
        validate: bool = True,
        name: str | None = None,
    ) -> "RaggedTensor":
        """Rows of one length."""
        values, length = _values(values), int(uniform_row_length)
        if nrows is None:
            nrows = len(values) // length if length else 0
        splits = torch.arange(int(nrows) + 1) * length
        made = cls.from_row_splits(values, splits, name, validate)
        return cls(made.values, made.row_splits, length)

    @classmethod
    def from_nested_row_splits(
        cls,
        flat_values: Any,
        nested_row_splits: Sequence[Any],
        name: str | None = None,
        validate: bool = True,
    ) -> "RaggedTensor":
        """Rows of rows, the outermost splits first."""
        for splits in reversed(nested_row_splits):
            flat_values = cls.from_row_splits(flat_values, splits, name, validate)
        return flat_values

    @classmethod
    def from_nested_row_lengths(
        cls,
        flat_values: Any,
        nested_row_lengths: Sequence[Any],
        name: str | None = None,
        validate: bool = True,
    ) -> "RaggedTensor":
        """Rows of rows, the outermost lengths first."""
        for lengths in reversed(nested_row_lengths):
            flat_values = cls.from_row_lengths(flat_values, lengths, name, validate)
        return flat_values

    @classmethod
    def from_nested_value_rowids(
        cls,
        flat_values: Any,
        nested_value_rowids: Sequence[Any],
        nested_nrows: Sequence[Any] | None = None,
        name: str | None = None,
        validate: bool = True,
    ) -> "RaggedTensor":
        """Rows of rows, the outermost rows' numbers first."""
        counts = nested_nrows or [None] * len(nested_value_rowids)
        for rows, count in zip(reversed(nested_value_rowids), reversed(counts), strict=True):
            flat_values = cls.from_value_rowids(flat_values, rows, count, name, validate)
        return flat_values

    @classmethod
    def from_tensor(
        cls,
        tensor: Any,
        lengths: Any = None,
        padding: Any = None,
        ragged_rank: int = 1,
        name: str | None = None,
        row_splits_dtype: Any = torch.int64,
    ) -> "RaggedTensor":
        """Rows of a tensor, whole, cut to ``lengths``, or without ``padding`` at their ends."""
        tensor, dtype = _values(tensor), torch_dtype(row_splits_dtype)
        if ragged_rank > 1:
            outer = [int(n) for n in tensor.shape[:ragged_rank]]
            flat = tensor.reshape((int(np.prod(outer)), *tensor.shape[ragged_rank:]))
            inner = cls.from_tensor(flat, lengths, padding, 1, name, dtype)
            for axis in range(ragged_rank - 1, 0, -1):
                rows = torch.full((int(np.prod(outer[:axis])),), outer[axis], dtype=dtype)
                inner = cls.from_row_lengths(inner, rows)
            return inner
        rows, width = (int(n) for n in tensor.shape[:2])
        if padding is not None:
            kept = tensor != padding
            kept = kept.reshape(rows, width, -1).any(-1)
            ends = torch.where(kept, torch.arange(1, width + 1), 0)
            lengths = ends.amax(1) if width else torch.zeros(rows)
        elif lengths is None:
            lengths = torch.full((rows,), width)
        lengths = positions(lengths, dtype).clamp(0, width)
        flat = tensor.reshape((rows * width, *tensor.shape[2:]))
        places = ranges(torch.arange(rows) * width, lengths)
        return cls(taken(flat, places), splits_of(lengths))

    @classmethod
    def from_sparse(
        cls, st_input: Any, name: str | None = None, row_splits_dtype: Any = torch.int64
    ) -> "RaggedTensor":
        """Rows of a sparse tensor of two axes, whose values stand at the rows' beginnings."""
        rows, places = st_input.indices.unbind(-1)
        lengths = torch.bincount(rows, minlength=st_input.shape[0])
        if not torch.equal(places, ranges(torch.zeros_like(lengths), lengths)):
            raise argument_error(
                "tf.RaggedTensor.from_sparse",
                "st_input.indices",
                st_input.indices.tolist(),
                "rows without gaps, in order",
            )
        return cls.from_row_lengths(
            st_input.values, positions(lengths, torch_dtype(row_splits_dtype))
        )

    @classmethod
    def of_rows(cls, rows: Sequence[Any], row_splits_dtype: Any = torch.int64) -> "RaggedTensor":
        """Tensors, texts or ragged tensors as rows."""
        lengths = torch.tensor([len(row) for row in rows], dtype=torch_dtype(row_splits_dtype))
        return cls.from_row_lengths(joined(rows), lengths)

    # What it is.

    @property
    def shape(self) -> TensorShape:
        """Lengths of the axes, None where rows differ."""
        return TensorShape((len(self), self._length, *self.values.shape[1:]))

    def get_shape(self) -> TensorShape:
        """Lengths of the axes, None where rows differ."""
        return self.shape

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
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def uniform_row_length(self) -> Any:
        """The length of all rows, if that is known."""
        return self._length

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

    def nested_row_lengths(self, name: str | None = None) -> tuple[Tensor, ...]:
        """The row lengths of every ragged axis, outermost first."""
        return tuple(splits.diff() for splits in self.nested_row_splits)

    def nested_value_rowids(self, name: str | None = None) -> tuple[Tensor, ...]:
        """The row of each value, for every ragged axis, outermost first."""
        return tuple(owners(s.diff()).to(s.dtype) for s in self.nested_row_splits)

    def value_rowids(self, name: str | None = None) -> Tensor:
        """The row of each value."""
        return owners(self.row_splits.diff()).to(self.row_splits.dtype)

    def row_starts(self, name: str | None = None) -> Tensor:
        """Where each row begins."""
        return self.row_splits[:-1]

    def row_limits(self, name: str | None = None) -> Tensor:
        """Where each row ends."""
        return self.row_splits[1:]

    def row_lengths(self, axis: int = 1, name: str | None = None) -> Any:
        """Length of each row; along a deeper axis, ragged as well."""
        if axis == 0:
            return self.nrows()
        axis = axis % len(self.shape)
        if axis == 1:
            return self.row_splits.diff()
        if isinstance(self.values, RaggedTensor):
            return self.with_values(self.values.row_lengths(axis - 1))
        lengths = torch.full((len(self.values),), self.values.shape[axis - 1])
        return self.with_values(lengths.to(self.row_splits.dtype))

    def nrows(self, out_type: Any = None, name: str | None = None) -> Tensor:
        """Number of rows."""
        return torch.tensor(len(self), dtype=torch_dtype(out_type or self.row_splits.dtype))

    def bounding_shape(self, axis: Any = None, name: Any = None, out_type: Any = None) -> Tensor:
        """Lengths of the axes of the smallest rectangular tensor that holds it."""
        longest = [int(n.max()) if len(n) else 0 for n in self.nested_row_lengths()]
        sizes = [len(self), *longest, *self.flat_values.shape[1:]]
        found = torch.tensor(sizes, dtype=torch_dtype(out_type or self.row_splits.dtype))
        return found if axis is None else found[axis]

    # The same rows with other values.

    def with_values(self, new_values: Any) -> "RaggedTensor":
        """Rows of the same lengths."""
        return type(self)(_values(new_values), self.row_splits, self._length)

    def with_flat_values(self, new_values: Any) -> "RaggedTensor":
        """The same rows, down to the last ragged axis, with other values below it."""
        inner = self.values
        is_outer = isinstance(inner, RaggedTensor)
        return self.with_values(inner.with_flat_values(new_values) if is_outer else new_values)

    def with_row_splits_dtype(self, dtype: Any) -> "RaggedTensor":
        """With row splits of int32 or int64."""
        inner = self.values
        if isinstance(inner, RaggedTensor):
            inner = inner.with_row_splits_dtype(dtype)
        return type(self)(inner, self.row_splits.to(torch_dtype(dtype)), self._length)

    def merge_dims(self, outer_axis: int, inner_axis: int) -> Any:
        """The axes from ``outer_axis`` to ``inner_axis`` as one."""
        outer, inner = outer_axis % len(self.shape), inner_axis % len(self.shape)
        if outer > 0:
            values = self.values
            if isinstance(values, RaggedTensor):
                if outer == 1:
                    return self._joined_rows(values, inner)
                return self.with_values(values.merge_dims(outer - 1, inner - 1))
            if outer == 1:
                length = int(np.prod(values.shape[1:inner], dtype=int))
                return type(self)(_merged(values, 0, inner - 1), self.row_splits * length)
            return self.with_values(_merged(values, outer - 1, inner - 1))
        if outer == inner:
            return self
        values = self.values
        if isinstance(values, RaggedTensor):
            return values.merge_dims(0, inner - 1)
        return _merged(values, 0, inner - 1)

    def _joined_rows(self, values: Any, inner: int) -> Any:
        """Rows whose own rows are put together, down to the axis ``inner``."""
        joined_rows = type(self)(values.values, values.row_splits[self.row_splits.long()])
        return joined_rows if inner == 2 else joined_rows.merge_dims(1, inner - 1)

    # Other forms.

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
        width = int(self.row_splits.diff().max()) if width is None and len(self) else width or 0
        sizes = (wanted[0] if wanted and wanted[0] is not None else len(self), width)
        rows, places = self.coordinates()[:2] if inner is self.values else self._places()
        fits = (places < width) & (rows < sizes[0])
        if is_text:
            texts = np.full((*sizes, *inner.shape[1:]), fill, dtype=object)
            texts[rows[fits].numpy(), places[fits].numpy()] = np.asarray(inner)[fits.numpy()]
            return as_texts(texts)
        if isinstance(fill, Tensor):
            result = fill.to(inner.dtype).expand(*sizes, *inner.shape[1:]).clone()
        else:
            result = inner.new_full((*sizes, *inner.shape[1:]), fill)
        result[rows[fits], places[fits]] = inner[fits]
        return result

    def _places(self) -> tuple[Tensor, Tensor]:
        """Row of each value of the first ragged axis, and its place there."""
        lengths = self.row_splits.diff()
        return owners(lengths), ranges(torch.zeros_like(lengths), lengths)

    def coordinates(self) -> list[Tensor]:
        """For each flat value its place along the first axis and along every ragged one."""
        first, place = self._places()
        if not isinstance(self.values, RaggedTensor):
            return [first, place]
        own, *deeper = self.values.coordinates()
        return [first[own], place[own], *deeper]

    def to_sparse(self, name: str | None = None) -> Any:
        """A sparse tensor of the values where they stand in ``to_tensor``."""
        sizes = self.bounding_shape()
        values, places = self.flat_values, self.coordinates()
        for size in values.shape[1:]:
            places = [p.repeat_interleave(size) for p in places]
            places.append(torch.arange(size).repeat(len(places[0]) // max(size, 1)))
        return SparseTensor(torch.stack(places, dim=1), values.reshape(-1), sizes)

    def numpy(self) -> np.ndarray:
        """An array; of rows, if their lengths differ."""
        rows = [np.asarray(row.numpy()) for row in self]
        if len({row.shape for row in rows}) <= 1:
            return np.stack(rows) if rows else np.empty((0, 0))
        result = np.empty(len(rows), dtype=object)
        result[:] = rows
        return result

    # Its parts.

    def __len__(self) -> int:
        return len(self.row_splits) - 1

    def __getitem__(self, index: Any) -> Any:
        keys = index if isinstance(index, tuple) else (index,)
        if any(key is Ellipsis for key in keys):
            at = next(n for n, key in enumerate(keys) if key is Ellipsis)
            given = sum(key is not None for key in keys) - 1
            whole = (slice(None),) * (len(self.shape) - given)
            keys = (*keys[:at], *whole, *keys[at + 1 :])
        if not keys:
            return self
        first, rest = keys[0], keys[1:]
        if first is None:
            return type(self).from_uniform_row_length(self[rest], len(self), 1)
        if isinstance(first, slice):
            return self._sliced(first)._with_inner(rest)
        row = self._row(int(first))
        return row[rest] if rest else row

    def _row(self, index: int) -> Any:
        index = index + len(self) if index < 0 else index
        if not 0 <= index < len(self):
            raise IndexError(f"tf.RaggedTensor: row {index} of {len(self)}.")
        return self.values[int(self.row_splits[index]) : int(self.row_splits[index + 1])]

    def _sliced(self, part: slice) -> "RaggedTensor":
        start, stop, step = part.indices(len(self))
        if step != 1:
            return self.rows_at(
                torch.arange(start, stop, step)
                if step > 0
                else torch.tensor(range(start, stop, step), dtype=torch.int64)
            )
        splits = self.row_splits[start : max(start, stop) + 1]
        values = self.values[int(splits[0]) : int(splits[-1])]
        return type(self)(values, splits - splits[0], self._length)

    def _with_inner(self, keys: tuple[Any, ...]) -> Any:
        """The keys after the first, applied within every row."""
        if not keys:
            return self
        first, rest = keys[0], keys[1:]
        if first is None:
            inner = self._with_inner(rest)
            return type(self).from_uniform_row_length(inner, 1, len(self))
        if not isinstance(first, slice):
            if self._length is None:
                raise argument_error(
                    "tf.RaggedTensor",
                    "index",
                    first,
                    "a slice along an axis on which rows differ",
                    "Try x[:, 1:2].",
                )
            return self.values[int(first) % self._length :: self._length]
        start, count, step = cut(self.row_splits.diff(), first)
        places = ranges(self.row_splits[:-1].long() + start, count, step)
        inner = taken(self.values, places)
        if rest:
            inner = inner[(slice(None), *rest)]
        length = self._length if first == slice(None) else None
        return type(self)(inner, splits_of(count.to(self.row_splits.dtype)), length)

    @staticmethod
    def of_parts(parts: "Sequence[RaggedTensor]") -> "RaggedTensor":
        """The rows of several ragged tensors as one."""
        return joined(parts)

    def rows_at(self, places: Tensor) -> "RaggedTensor":
        """The rows at these places."""
        places = places.long()
        lengths = self.row_splits.diff()[places]
        inner = taken(self.values, ranges(self.row_splits[:-1][places], lengths))
        return type(self)(inner, splits_of(lengths), self._length)

    def __iter__(self) -> Iterator[Any]:
        return (self[index] for index in range(len(self)))

    def __repr__(self) -> str:
        return f"<tf.RaggedTensor {self.to_list()}>"

    def __bool__(self) -> bool:
        raise TypeError("tf.RaggedTensor has no truth value; use tf.reduce_any or tf.reduce_all.")


def joined(parts: Sequence[Any]) -> Any:
    """Tensors, texts or ragged tensors joined along their first axis."""
    first = next((part for part in parts if isinstance(part, RaggedTensor)), parts[0])
    if isinstance(first, RaggedTensor):
        parts = [p if isinstance(p, RaggedTensor) else RaggedTensor.from_tensor(p) for p in parts]
        lengths = torch.cat([part.row_splits.diff() for part in parts])
        return RaggedTensor.from_row_lengths(joined([part.values for part in parts]), lengths)
    if isinstance(first, Tensor):
        return torch.cat(list(parts))
    return as_texts(np.concatenate([np.asarray(part, dtype=object) for part in parts]))


def _merged(values: Any, outer: int, inner: int) -> Any:
    sizes = tuple(values.shape)
    return values.reshape((*sizes[:outer], -1, *sizes[inner + 1 :]))


def _listed(row: Any) -> list[Any]:
    if isinstance(row, RaggedTensor):
        return row.to_list()
    return row.numpy().tolist()


def _values(values: Any) -> Any:
    return values if isinstance(values, RaggedTensor) else convert_to_tensor(values)

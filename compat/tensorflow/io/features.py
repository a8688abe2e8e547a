"""What ``tf.io.parse_example`` and kin are told about the features in examples."""

from typing import Any, NamedTuple

import torch


class FixedLenFeature(NamedTuple):
    """As many values as ``shape`` has, in this shape.

    Args:
        shape: Lengths of the axes of one example's feature.
        dtype: int64, float32 or string.
        default_value: What stands for a feature that isn't there; None means that it must be.
    """

    shape: Any
    dtype: Any
    default_value: Any = None


class FixedLenSequenceFeature(NamedTuple):
    """Any number of parts of the same shape.

    Args:
        shape: Lengths of the axes of one part.
        dtype: int64, float32 or string.
        allow_missing: Whether the feature may be missing, which is no parts.
        default_value: What shorter features of a batch are filled up with; None means 0 or "".
    """

    shape: Any
    dtype: Any
    allow_missing: bool = False
    default_value: Any = None


class VarLenFeature(NamedTuple):
    """Any number of values, as a sparse tensor.

    Args:
        dtype: int64, float32 or string.
    """

    dtype: Any


class SparseFeature(NamedTuple):
    """A sparse tensor given by a feature of places and one of values.

    Args:
        index_key: Name, or names by axis, of the features that hold places.
        value_key: Name of the feature that holds values.
        dtype: int64, float32 or string.
        size: Length of the axis, or lengths of the axes.
        already_sorted: Whether places ascend.
    """

    index_key: Any
    value_key: str
    dtype: Any
    size: Any
    already_sorted: bool = False


class _RowSplits(NamedTuple):
    """Rows by where they begin, and where the last one ends: the feature ``key``."""

    key: str


class _RowLengths(NamedTuple):
    """Rows by their lengths: the feature ``key``."""

    key: str


class _RowStarts(NamedTuple):
    """Rows by where they begin: the feature ``key``."""

    key: str


class _RowLimits(NamedTuple):
    """Rows by where they end: the feature ``key``."""

    key: str


class _ValueRowIds(NamedTuple):
    """Rows by the row that each value belongs to: the feature ``key``."""

    key: str


class _UniformRowLength(NamedTuple):
    """Rows of one length."""

    length: int


class _RaggedFeature(NamedTuple):
    dtype: Any
    value_key: str | None = None
    partitions: Any = ()
    row_splits_dtype: Any = torch.int32
    validate: bool = False


class RaggedFeature(_RaggedFeature):
    """Any number of values, as a row of a ragged tensor.

    Args:
        dtype: int64, float32 or string.
        value_key: Name of the feature that holds the values; None means the name asked for.
        partitions: How values are cut to rows, and those to rows of rows; outermost first.
        row_splits_dtype: Type of the positions where rows begin.
        validate: Changes nothing here: positions are always checked.
    """

    __slots__ = ()

    RowSplits = _RowSplits
    RowLengths = _RowLengths
    RowStarts = _RowStarts
    RowLimits = _RowLimits
    ValueRowIds = _ValueRowIds
    UniformRowLength = _UniformRowLength

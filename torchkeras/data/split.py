"""Setting apart the last samples for validation."""

import math
from typing import Any

from torchkeras.core import nested
from torchkeras.core.checks import argument_error
from torchkeras.data import rows


def train_validation_split(
    arrays: tuple[Any, Any, Any], validation_split: float
) -> tuple[tuple[Any, Any, Any], tuple[Any, Any, Any]]:
    """The first samples of ``(x, y, sample_weight)`` for training, the last for validation.

    Args:
        arrays: Structures of arrays or tensors with the same number of samples.
        validation_split: Fraction of the samples to set apart, in (0, 1).

    Raises:
        ValueError: the data are no arrays, so they have no last samples; the fraction leaves one
            side empty; or sample counts differ.
    """
    if not 0 < validation_split < 1:
        raise argument_error(
            "fit", "validation_split", validation_split, "a fraction between 0 and 1"
        )
    if not rows.are_arrays(arrays):
        raise argument_error(
            "fit",
            "validation_split",
            f"{validation_split} with x of type {type(arrays[0]).__name__}",
            "arrays or tensors",
            "`validation_split` is only supported for tensors or NumPy arrays: give "
            "validation_data.",
        )
    arrays = tuple(
        rows.standardize(part, name)
        for part, name in zip(arrays, ("x", "y", "sample_weight"), strict=True)
    )
    total = rows.count(dict(zip(("x", "y", "sample_weight"), arrays, strict=True)))
    first = math.floor(total * (1.0 - validation_split))
    if first in (0, total):
        raise argument_error(
            "fit",
            "validation_split",
            validation_split,
            f"a fraction that leaves both sides some of the {total} samples",
            "Training data contains too few samples to be split.",
        )

    def part(start: int, stop: int) -> tuple[Any, Any, Any]:
        return nested.map_leaves(
            lambda leaf: None if leaf is None else _portion(leaf, start, stop), arrays
        )

    return part(0, first), part(first, total)


def _portion(leaf: rows.Rows, start: int, stop: int) -> rows.Rows:
    """Rows of ``leaf`` that can still be cut; a sparse matrix stays sparse."""
    if isinstance(leaf, rows.SparseRows):
        return rows.SparseRows(leaf.matrix[start:stop])
    if isinstance(leaf, rows.TextRows):
        return rows.TextRows(leaf.array[start:stop])
    if isinstance(leaf, rows.OtherRows):
        return rows.OtherRows(leaf.cut(start, stop))
    return leaf[start:stop]

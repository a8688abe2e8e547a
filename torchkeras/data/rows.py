"""Columns of data: anything array-like as something whose rows can be cut out quickly."""

import warnings
from typing import Any, TypeAlias

import numpy as np
import torch
from torch import Tensor

from torchkeras.core import nested
from torchkeras.core.checks import argument_error, kind_error
from torchkeras.core.dtypes import is_floating, torch_dtype
from torchkeras.core.settings import floatx

# NumPy integers that torch's kernels mostly lack, and the next type that holds them.
_WIDER = {np.uint16: np.int32, np.uint32: np.int64, np.uint64: np.int64}


class TextRows:
    """Strings or other objects, kept as a NumPy array since torch has no such tensors."""

    def __init__(self, array: np.ndarray) -> None:
        self.array = array
        self.shape = array.shape

    def take(self, order: Tensor) -> np.ndarray:
        """The rows named by ``order``."""
        return self.array[order.cpu().numpy()]

    def cut(self, start: int, stop: int) -> np.ndarray:
        """The rows from ``start`` up to ``stop``."""
        return self.array[start:stop]


class SparseRows:
    """A scipy sparse matrix, made dense batch by batch."""

    def __init__(self, matrix: Any) -> None:
        self.matrix = matrix.tocsr()
        self.shape = self.matrix.shape

    def take(self, order: Tensor) -> Tensor:
        """The rows named by ``order``, dense."""
        return as_tensor(self.matrix[order.cpu().numpy()].toarray())

    def cut(self, start: int, stop: int) -> Tensor:
        """The rows from ``start`` up to ``stop``, dense."""
        return as_tensor(self.matrix[start:stop].toarray())


class OtherRows:
    """Rows of a kind of its own, which has ``shape``, ``rows_at(places)`` and slices."""

    def __init__(self, value: Any) -> None:
        self.value = value
        self.shape = value.shape

    def take(self, order: Tensor) -> Any:
        """The rows named by ``order``."""
        return self.value.rows_at(order)

    def cut(self, start: int, stop: int) -> Any:
        """The rows from ``start`` up to ``stop``."""
        return self.value.rows_at(torch.arange(start, min(stop, int(self.shape[0]))))


Rows: TypeAlias = Tensor | TextRows | SparseRows | OtherRows


def is_array(value: Any) -> bool:
    """Whether ``value`` is one array: NumPy, torch, pandas, scipy sparse, a column or alike."""
    if isinstance(value, (Tensor, np.ndarray, TextRows, SparseRows, OtherRows)):
        return True
    if isinstance(value, type):
        return False
    if hasattr(value, "__array__") or hasattr(value, "rows_at"):
        return True
    return _is_sparse(value) or _is_column(value)


def are_arrays(structure: Any) -> bool:
    """Whether every leaf of ``structure`` is an array, a number, a string or None."""
    leaves = nested.flatten(structure)
    return bool(leaves) and all(
        leaf is None or isinstance(leaf, (int, float, complex, str, bytes)) or is_array(leaf)
        for leaf in leaves
    )


def as_rows(value: Any) -> Rows:
    """An array as a tensor, or as rows of text or of a sparse matrix.

    Floating types become ``floatx()``, as in Keras. A pandas Series becomes one column; missing
    values of pandas' nullable types become NaN, and categories what they stand for.

    Raises:
        ValueError: the array has no rows, being a scalar.
        TypeError: a column holds dates or spans of time.
    """
    if isinstance(value, (TextRows, SparseRows, OtherRows)):
        return value
    if hasattr(value, "rows_at"):
        return OtherRows(value)
    if _is_sparse(value):
        return SparseRows(value)
    if _is_column(value):
        values = value[:]
        return as_rows(values if isinstance(values, Tensor) else np.asarray(values))
    if _is_pandas(value):
        value = _of_pandas(value.to_frame() if value.ndim == 1 else value)
    rows = value if isinstance(value, Tensor) else as_tensor(value)
    if isinstance(rows, np.ndarray):
        rows = TextRows(rows)
    if len(rows.shape) == 0:
        raise argument_error("data", "array", value, "at least one axis, the samples'")
    if isinstance(rows, Tensor):
        rows = rows.detach()
        if rows.is_floating_point() and rows.dtype != torch_dtype(floatx()):
            rows = rows.to(torch_dtype(floatx()))
    return rows


def as_tensor(value: Any) -> Tensor | np.ndarray:
    """An array as a tensor that shares its memory where it can; text stays a NumPy array.

    Raises:
        TypeError: an array of a type that is neither number nor text.
    """
    if isinstance(value, Tensor):
        return value
    array = np.asarray(value)
    kind = array.dtype.kind
    if kind in "OSU":
        return _object_array(array)
    if kind not in "biufc":
        raise kind_error("data", "array", array.dtype, "numbers, truth values or strings")
    number = array.dtype.type
    if number in _WIDER:
        array = array.astype(_WIDER[number])
    elif kind == "f" and number not in (np.float16, np.float32):
        array = array.astype(floatx() if is_floating(floatx()) else np.float32)
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    if any(stride < 0 for stride in array.strides):
        array = array.copy()
    if array.flags.writeable:
        return torch.from_numpy(array)
    with warnings.catch_warnings():  # nothing here writes to it; see ArrayBatches
        warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
        return torch.from_numpy(array)


def _object_array(array: np.ndarray) -> Tensor | np.ndarray:
    """Numbers in an object array as a tensor (mixed pandas columns); text as it is."""
    if array.dtype.kind == "O" and array.size and _is_number(array.flat[0]):
        try:
            return as_tensor(array.astype(floatx()))
        except (TypeError, ValueError):
            return array
    return array


def _is_number(value: Any) -> bool:
    return isinstance(value, (bool, int, float, np.number, np.bool_))


def standardize(structure: Any, argument: str) -> Any:
    """``structure`` with each array as rows; lists of numbers count as one array.

    Raises:
        TypeError: a leaf is no array.
    """
    if structure is None:
        return None
    if is_list_of_numbers(structure):
        structure = np.asarray(structure)
    return nested.map_leaves(lambda leaf: _leaf(leaf, argument), structure)


def _leaf(value: Any, argument: str) -> Rows | None:
    if value is None:
        return None
    if not is_array(value):
        raise kind_error(
            argument, "element", type(value).__name__, "an array, a tensor or a list of numbers"
        )
    return as_rows(value)


def is_list_of_numbers(structure: Any) -> bool:
    """Whether ``structure`` is a list, perhaps of lists, of plain numbers or strings."""
    if not isinstance(structure, (list, tuple)) or not structure:
        return False
    first = structure[0]
    while isinstance(first, (list, tuple)) and first:
        first = first[0]
    return isinstance(first, (int, float, complex, str, bytes, np.generic))


def take(rows: Rows, order: Tensor) -> Any:
    """The rows named by ``order``."""
    return rows.index_select(0, order) if isinstance(rows, Tensor) else rows.take(order)


def cut(rows: Rows, start: int, stop: int) -> Any:
    """The rows from ``start`` up to ``stop``; of a tensor, a view."""
    return rows[start:stop] if isinstance(rows, Tensor) else rows.cut(start, stop)


def count(structure: Any, owner: str = "fit") -> int:
    """Number of samples in a structure of rows.

    Raises:
        ValueError: the arrays differ in it, or there are none.
    """
    sizes = {
        "/".join(map(str, path)): leaf.shape[0]
        for path, leaf in nested.flatten_with_path(structure)
        if leaf is not None
    }
    if len(set(sizes.values())) > 1:
        raise argument_error(
            owner,
            "number of samples",
            sizes,
            "the same in all arrays",
            "Data cardinality is ambiguous: make sure all arrays contain the same number of "
            "samples.",
        )
    if not sizes:
        raise argument_error(owner, "x", None, "at least one array")
    return next(iter(sizes.values()))


def _is_column(value: Any) -> bool:
    """Whether ``value`` is a column of a Hugging Face dataset, which is read when it is cut."""
    kind = type(value)
    return kind.__name__ == "Column" and kind.__module__.split(".", 1)[0] == "datasets"


def _is_pandas(value: Any) -> bool:
    return type(value).__module__.split(".", 1)[0] == "pandas" and hasattr(value, "to_numpy")


def _of_pandas(frame: Any) -> np.ndarray:
    """The values of a frame as one array."""
    has_missing = False
    for name, dtype in frame.dtypes.items():
        kind = getattr(dtype, "kind", "O")
        if kind in "mM" or hasattr(dtype, "freq"):
            raise kind_error(
                "data",
                f"column {name!r}",
                str(dtype),
                "numbers, truth values or strings",
                "Turn times into numbers first, such as `.dt.dayofyear` or seconds.",
            )
        is_nullable = not isinstance(dtype, np.dtype) and kind in "iufb"
        has_missing = has_missing or (is_nullable and frame[name].isna().any())
    return frame.to_numpy(na_value=np.nan) if has_missing else frame.to_numpy()


def _is_sparse(value: Any) -> bool:
    return hasattr(value, "tocsr") and hasattr(value, "toarray")

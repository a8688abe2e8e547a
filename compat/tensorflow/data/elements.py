"""Elements of datasets: made from what functions give back, joined to batches, described."""

import functools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import default_collate, get_worker_info
from torchkeras_shim.shapes import TensorShape
from torchkeras_shim.sizes import Sizes
from torchkeras_shim.text import Texts, as_texts, octets_of

from tensorflow import dtypes, ragged, sparse
from tensorflow.ragged import RaggedTensor, RaggedTensorSpec
from tensorflow.sparse import SparseTensor, SparseTensorSpec
from tensorflow.tensors import TensorSpec, convert_to_tensor, is_text
from torchkeras.core import nested
from torchkeras.core.checks import argument_error, kind_error
from torchkeras.core.dtypes import torch_dtype
from torchkeras.layers.preprocessing.ragged import RaggedTexts


def column(value: Any) -> Any:
    """An array-like whose rows become elements: a tensor, texts, or rows of unequal lengths."""
    if isinstance(value, (RaggedTensor, SparseTensor, RaggedTexts)):
        return _as_ragged(value)
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
    if isinstance(value, Tensor):
        return value
    if isinstance(value, Mapping):
        return {key: structure(part) for key, part in value.items()}
    if isinstance(value, tuple) and not isinstance(value, (Sizes, TensorShape)):
        parts = map(structure, value)
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    if value is None or is_dataset(value) or isinstance(value, SparseTensor):
        return value
    if isinstance(value, (RaggedTensor, RaggedTexts)):
        return _as_ragged(value)
    return convert_to_tensor(value)


def returned(value: Any) -> Any:
    """What a user's function gave back as an element; a list is a tuple of parts."""
    if type(value) is tuple:
        for part in value:
            if not isinstance(part, Tensor):
                break
        else:
            return value
    return structure(tuple(value) if type(value) is list else value)


def _as_ragged(value: Any) -> Any:
    if not isinstance(value, RaggedTexts):
        return value
    return RaggedTensor.from_row_lengths(value.values, torch.as_tensor(value.lengths))


def is_dataset(value: Any) -> bool:
    """Whether ``value`` is a dataset rather than a tensor."""
    return hasattr(value, "as_numpy_iterator")


def stacked(elements: Sequence[Any]) -> Any:
    """Elements joined along a new first axis.

    Raises:
        ValueError: their shapes differ.
    """
    first = elements[0]
    if isinstance(first, Tensor):
        return stack(elements)
    if type(first) is tuple and not any(map(nested.is_nested, first)):
        return tuple(map(stack, zip(*elements, strict=True)))
    return nested.map_structure(lambda *leaves: stack(leaves), *elements)


def stack(leaves: Sequence[Any]) -> Any:
    """Tensors, texts, sparse or ragged tensors joined along a new first axis."""
    first = leaves[0]
    if getattr(first, "is_ragged_row", False):
        return RaggedTensor.of_rows(leaves)
    if isinstance(first, Tensor):
        try:
            # In a worker process the result has to lie in shared memory.
            return torch.stack(leaves) if get_worker_info() is None else default_collate(leaves)
        except RuntimeError as error:
            raise _shapes_error([tuple(leaf.shape) for leaf in leaves]) from error
    if isinstance(first, SparseTensor):
        return sparse.stacked(list(leaves))
    if isinstance(first, RaggedTensor):
        return RaggedTensor.of_rows(leaves, first.row_splits.dtype)
    if first is None:
        return None
    if is_dataset(first):
        raise argument_error(
            "Dataset.batch", "an element", first, "tensors", "flat_map joins datasets of windows."
        )
    arrays = [np.asarray(leaf) for leaf in leaves]
    if len({array.shape for array in arrays}) > 1:
        raise _shapes_error([array.shape for array in arrays])
    return convert_to_tensor(np.stack(arrays))


def _shapes_error(shapes: list[tuple[int, ...]]) -> ValueError:
    return argument_error(
        "Dataset.batch",
        "shapes of the elements",
        sorted(set(shapes)),
        "one shape (Cannot batch tensors with different shapes)",
        "padded_batch and ragged_batch join elements of different lengths.",
    )


def ragged_row(row: Any) -> Any:
    """A row of a ragged tensor, which joins with rows of other lengths."""
    row.is_ragged_row = True
    return row


def ragged_rank(shape: Any) -> int:
    """How many axes of a batch of tensors of this shape, None where lengths differ, are ragged."""
    open_axes = [axis for axis, size in enumerate(shape or ()) if size is None]
    return 1 + max(open_axes, default=0)


def ragged_rows(leaves: Sequence[Any], splits_dtype: Any, rank: int | None = None) -> Any:
    """Tensors of different lengths as rows; tensors without axes as one tensor.

    Args:
        leaves: The tensors.
        splits_dtype: Type of the positions where rows begin.
        rank: How many axes are ragged at least; None means all but the innermost.
    """
    first = leaves[0]
    if first is None or isinstance(first, SparseTensor):
        return stack(leaves)
    if not isinstance(first, RaggedTensor) and not first.ndim:
        return stack(leaves)
    if rank is not None:
        sizes = zip(*(leaf.shape for leaf in leaves), strict=True)
        rank = max(rank, ragged_rank([n[0] if len(set(n)) == 1 else None for n in sizes]))
    rows = [_rows_within(leaf, splits_dtype, rank) for leaf in leaves]
    return RaggedTensor.of_rows(rows, splits_dtype)


def _rows_within(leaf: Any, splits_dtype: Any, rank: int | None) -> Any:
    """A tensor with its outer axes but one of ``rank`` cut to rows of other lengths."""
    if isinstance(leaf, RaggedTensor) or leaf.ndim < 2 or rank == 1:
        return leaf
    rows = [_rows_within(row, splits_dtype, None if rank is None else rank - 1) for row in leaf]
    if not rows:
        return leaf
    return RaggedTensor.of_rows(rows, splits_dtype)


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
    """One shape for each leaf of an element, in the leaves' order."""
    if shapes is None:
        return [None] * number
    if is_shape(shapes):
        return [shapes] * number
    parts = [part for _, part in nested.children(shapes)]
    return [shape for part in parts for shape in ([part] if is_shape(part) else _each(part, 1))]


def padded_spec(spec: Any, shapes: Any, lead: int | None) -> Any:
    """Shapes and types of padded batches of ``lead`` elements."""
    flat = nested.flatten(spec)
    pairs = zip(flat, _each(shapes, len(flat)), strict=True)
    return nested.pack_sequence_as(spec, [_padded_leaf(*pair, lead) for pair in pairs])


def _padded_leaf(spec: TensorSpec, shape: Any, lead: int | None) -> TensorSpec:
    if shape is None:
        return spec.batched(lead)
    sizes = (None if size is None or size == -1 else int(size) for size in shape)
    return TensorSpec((lead, *sizes), spec.dtype)


def bounded_shapes(spec: Any, shapes: Any, most: int) -> Any:
    """Shapes to fill up to in which unknown lengths are ``most``."""
    flat = nested.flatten(spec)
    pairs = zip(flat, _each(shapes, len(flat)), strict=True)
    wanted = [leaf.shape if shape is None else shape for leaf, shape in pairs]
    if any(shape is None for shape in wanted):
        raise argument_error(
            "Dataset.bucket_by_sequence_length", "padded_shapes", shapes, "known ranks"
        )
    filled = [TensorShape(most if size in (None, -1) else size for size in w) for w in wanted]
    return filled[0] if not nested.is_nested(spec) else nested.pack_sequence_as(spec, filled)


def unbatched_spec(spec: Any) -> Any:
    """The description of a row of what ``spec`` describes."""
    if isinstance(spec, TensorSpec):
        return TensorSpec(None if spec.shape is None else spec.shape[1:], spec.dtype)
    if isinstance(spec, SparseTensorSpec):
        return SparseTensorSpec(None if spec.shape is None else spec.shape[1:], spec.dtype)
    shape = None if spec.shape is None else spec.shape[1:]
    return RaggedTensorSpec(shape, spec.dtype, spec.ragged_rank - 1, spec.row_splits_dtype)


def rows_of(leaf: Any) -> Any:
    """The rows of a tensor, texts, or a sparse or ragged tensor."""
    if isinstance(leaf, SparseTensor):
        return iter(leaf.rows())
    return map(ragged_row, leaf) if isinstance(leaf, RaggedTensor) else iter(leaf)


def is_shape(value: Any) -> bool:
    """Whether ``value`` is lengths of axes rather than a structure of such."""
    if isinstance(value, (TensorShape, Tensor)):
        return True
    return isinstance(value, (list, tuple)) and all(
        d is None or isinstance(d, (int, np.integer)) for d in value
    )


def _pad_column(leaves: list[Any], shape: Any, fill: Any) -> Any:
    tensors = [convert_to_tensor(leaf) for leaf in leaves]
    sizes = [max(lengths) for lengths in zip(*(t.shape for t in tensors), strict=True)]
    if shape is not None and len(shape) != len(sizes):
        raise argument_error(
            "Dataset.padded_batch", "padded_shapes", tuple(shape), f"{len(sizes)} axes"
        )
    for axis, size in enumerate(() if shape is None else shape):
        if size is not None and size != -1:
            if size < sizes[axis]:
                raise argument_error(
                    "Dataset.padded_batch", "padded_shapes", shape, f"at least {tuple(sizes)}"
                )
            sizes[axis] = int(size)
    total = (len(tensors), *sizes)
    if isinstance(tensors[0], Texts):
        empty = octets_of("" if fill is None else fill).item()
        result: Any = as_texts(np.full(total, empty, dtype=object))
        view = np.asarray(result)
    else:
        fill = 0 if fill is None else convert_to_tensor(fill).item()
        result = view = tensors[0].new_full(total, fill)
    for number, tensor in enumerate(tensors):
        view[(number, *(slice(0, length) for length in tensor.shape))] = tensor
    return result


def as_numpy(element: Any) -> Any:
    """``element`` with its tensors as NumPy arrays, and NumPy scalars for those without axes."""

    def convert(leaf: Any) -> Any:
        if isinstance(leaf, (Texts, RaggedTensor)):
            return leaf.numpy()
        array = np.asarray(leaf.detach().cpu()) if isinstance(leaf, Tensor) else leaf
        return array[()] if isinstance(array, np.ndarray) and array.ndim == 0 else array

    return nested.map_structure(convert, element)


class DatasetSpec:
    """Description of a dataset that is an element of another.

    Args:
        element_spec: Shapes and types of its elements.
        dataset_shape: Accepted.
    """

    def __init__(self, element_spec: Any, dataset_shape: Any = ()) -> None:
        self.element_spec = element_spec
        self.dataset_shape = TensorShape(dataset_shape)

    @staticmethod
    def from_value(value: Any) -> "DatasetSpec":
        """The description of a dataset."""
        return DatasetSpec(value.element_spec)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DatasetSpec) and self.element_spec == other.element_spec

    def __hash__(self) -> int:
        return hash(repr(self))

    def __repr__(self) -> str:
        return f"DatasetSpec({self.element_spec}, {self.dataset_shape!r})"


def spec_of(element: Any) -> Any:
    """Shapes and types of an element."""
    return nested.map_structure(_leaf_spec, element)


def _leaf_spec(leaf: Any) -> Any:
    if leaf is None:
        return None
    if is_dataset(leaf):
        return DatasetSpec(leaf.element_spec)
    if isinstance(leaf, RaggedTensor):
        return RaggedTensorSpec.from_value(leaf)
    if isinstance(leaf, SparseTensor):
        return SparseTensorSpec.from_value(leaf)
    return TensorSpec.from_tensor(leaf)


def row_spec(columns: Any) -> Any:
    """Shapes and types of the rows of columns."""
    return nested.map_structure(lambda leaf: unbatched_spec(_leaf_spec(leaf)), columns)


def common_spec(specs: Iterable[Any]) -> Any:
    """The description of several elements: lengths in which they differ are unknown."""
    return functools.reduce(lambda a, b: nested.map_structure(_common_leaf, a, b), specs)


def _common_leaf(a: Any, b: Any) -> Any:
    if a == b or not isinstance(a, (TensorSpec, RaggedTensorSpec)) or type(a) is not type(b):
        return a
    if a.shape is None or b.shape is None or len(a.shape) != len(b.shape):
        shape = None
    else:
        shape = [m if m == n else None for m, n in zip(a.shape, b.shape, strict=True)]
    if isinstance(a, TensorSpec):
        return TensorSpec(shape, a.dtype)
    return RaggedTensorSpec(shape, a.dtype, a.ragged_rank, a.row_splits_dtype)


def example(spec: Any, length: int) -> Any:
    """Zeros, or empty texts, that ``spec`` describes, with ``length`` in place of unknown ones."""
    if spec is None:
        return None
    rank = getattr(spec, "ragged_rank", -1)
    shape = [None] * (rank + 1) if spec.shape is None else spec.shape
    sizes = [length if size is None else size for size in shape]
    if isinstance(spec, SparseTensorSpec):
        places = torch.zeros(0, len(sizes), dtype=torch.int64)
        return SparseTensor(places, torch.zeros(0, dtype=torch_dtype(spec.dtype)), sizes)
    if spec.dtype is dtypes.string:
        whole: Any = as_texts(np.full(sizes, b"", dtype=object))
    else:
        whole = torch.zeros(sizes, dtype=torch_dtype(spec.dtype))
    return RaggedTensor.from_tensor(whole, ragged_rank=rank) if rank > 0 else whole


def map_specs(function: Any, spec: Any) -> Any:
    """``function`` of each leaf of a structure of specs."""
    return nested.map_structure(lambda leaf: function(leaf) if leaf is not None else None, spec)


def fitted(value: Any, spec: Any, owner: str) -> Any:
    """``value`` as a tensor of the type that a spec names.

    Raises:
        TypeError: it isn't of this type.
        ValueError: its shape is another.
    """
    if isinstance(spec, (RaggedTensorSpec, SparseTensorSpec)):
        return structure(value)
    tensor = _typed(value, spec.dtype, owner)
    if spec.shape is not None and not spec.shape.is_compatible_with(tensor.shape):
        raise argument_error(owner, "shape of an element", tuple(tensor.shape), f"{spec.shape}")
    return tensor


def _typed(value: Any, dtype: Any, owner: str) -> Any:
    if isinstance(value, (Tensor, RaggedTensor)):
        return structure(value).to(dtype) if isinstance(value, Tensor) else value
    if isinstance(value, (list, tuple)) and any(isinstance(part, Tensor) for part in value):
        return convert_to_tensor(value, dtype=dtype)
    array = np.asarray(value)
    if dtype is dtypes.string or array.dtype.kind not in "biufc":
        if dtype is not dtypes.string or not is_text(value):
            raise kind_error(owner, "an element", value, f"values of type {dtype}")
        return as_texts(value)
    return torch.tensor(array, dtype=torch_dtype(dtype))  # a copy: the array may be used again

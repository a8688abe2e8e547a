"""``tf.io.parse_example`` and kin: examples read into tensors."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torchkeras_shim.shapes import TensorShape
from torchkeras_shim.text import as_octets, as_texts, octets_of

from tensorflow import dtypes, sparse
from tensorflow.io.features import (
    FixedLenFeature,
    FixedLenSequenceFeature,
    RaggedFeature,
    SparseFeature,
    VarLenFeature,
)
from tensorflow.ragged import RaggedTensor
from tensorflow.sparse import SparseTensor
from torchkeras.core.checks import argument_error, kind_error
from torchkeras.saving import wire

# A feature's list on the wire, by the type of its values.
_LISTS = {dtypes.string: 1, torch.float32: 2, torch.int64: 3}

# The features of an example by name, not yet read.
Raw = dict[str, bytes]


def parse_single_example(
    serialized: Any, features: Mapping[str, Any], example_names: Any = None, name: str | None = None
) -> dict[str, Any]:
    """The features of one example.

    Args:
        serialized: The bytes of a ``tf.train.Example``.
        features: What is known of each feature that is wanted: ``FixedLenFeature``,
            ``VarLenFeature``, ``FixedLenSequenceFeature``, ``SparseFeature`` or ``RaggedFeature``.
        example_names: Changes nothing here: it names the example in TensorFlow's errors.
        name: Accepted.

    Raises:
        ValueError: a feature is missing, or has values of another number or type.
    """
    raw = read_example(as_octets(serialized))
    return {key: parse_one(key, feature, raw) for key, feature in features.items()}


def parse_example(
    serialized: Any, features: Mapping[str, Any], example_names: Any = None, name: str | None = None
) -> dict[str, Any]:
    """The features of a batch of examples, along a new first axis; see ``parse_single_example``.

    Features of any number of values are sparse or ragged tensors; ``FixedLenSequenceFeature``
    fills them up. ``example_names``, if they are given, are as many as examples; they change
    nothing else.
    """
    octets = octets_of(serialized)
    if not octets.ndim:
        return parse_single_example(octets, features)
    _check_names("tf.io.parse_example", example_names, octets.size)
    rows = [read_example(data) for data in octets.ravel().tolist()]
    return {
        key: joined(feature, [parse_one(key, feature, raw) for raw in rows])
        for key, feature in features.items()
    }


def parse_single_sequence_example(
    serialized: Any,
    context_features: Mapping[str, Any] | None = None,
    sequence_features: Mapping[str, Any] | None = None,
    example_name: Any = None,
    name: str | None = None,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The features of one sequence: those of the whole, and those of its steps.

    Args:
        serialized: The bytes of a ``tf.train.SequenceExample``.
        context_features: What is known of the features of the whole; see
            ``parse_single_example``.
        sequence_features: What is known of the features of the steps, which come along a new
            first axis: ``FixedLenSequenceFeature``, ``VarLenFeature`` or ``RaggedFeature``.
        example_name: Changes nothing here: it names the example in TensorFlow's errors.
        name: Accepted.
    """
    context, lists = read_sequence(as_octets(serialized))
    return (
        {key: parse_one(key, one, context) for key, one in (context_features or {}).items()},
        {key: _steps(key, one, lists) for key, one in (sequence_features or {}).items()},
    )


def parse_sequence_example(
    serialized: Any,
    context_features: Mapping[str, Any] | None = None,
    sequence_features: Mapping[str, Any] | None = None,
    example_names: Any = None,
    name: str | None = None,
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Tensor]]:
    """The features of a batch of sequences, and how many steps each has of those filled up.

    See ``parse_single_sequence_example``; shorter ``FixedLenSequenceFeature`` are filled up.
    ``example_names``, if they are given, are as many as sequences; they change nothing else.
    """
    _check_names("tf.io.parse_sequence_example", example_names, octets_of(serialized).size)
    parsed = [
        parse_single_sequence_example(data, context_features, sequence_features)
        for data in octets_of(serialized).ravel().tolist()
    ]
    contexts, sequences = [list(part) for part in zip(*parsed, strict=True)]
    context = {
        key: joined(one, [row[key] for row in contexts])
        for key, one in (context_features or {}).items()
    }
    steps = {
        key: joined(one, [row[key] for row in sequences])
        for key, one in (sequence_features or {}).items()
    }
    lengths = {
        key: torch.tensor([row[key].shape[0] for row in sequences])
        for key, one in (sequence_features or {}).items()
        if isinstance(one, FixedLenSequenceFeature)
    }
    return context, steps, lengths


def _check_names(where: str, names: Any, count: int) -> None:
    number = count if names is None else octets_of(names).size
    if number != count:
        raise argument_error(where, "example_names", f"{number} of them", f"{count}")


def read_example(data: bytes) -> Raw:
    """The features of a ``tf.train.Example`` by name.

    Raises:
        ValueError: the bytes are no example.
    """
    raw: Raw = {}
    for number, kind, value in _fields(data):
        if number == 1 and kind == wire.BYTES:
            raw.update(_named(value))
    return raw


def read_sequence(data: bytes) -> tuple[Raw, Raw]:
    """The features, and the lists of features, of a ``tf.train.SequenceExample`` by name."""
    parts: tuple[Raw, Raw] = ({}, {})
    for number, kind, value in _fields(data):
        if number in (1, 2) and kind == wire.BYTES:
            parts[number - 1].update(_named(value))
    return parts


def _fields(data: bytes) -> list[tuple[int, int, Any]]:
    try:
        return list(wire.fields(data))
    except ValueError as error:
        raise argument_error(
            "tf.io.parse_example", "serialized", data[:40], "a serialized example",
            f"Could not parse example input: {error}",
        ) from error  # fmt: skip


def _named(data: bytes) -> Raw:
    """Messages by name, as the wire has them."""
    found: Raw = {}
    for _, _, entry in _fields(data):
        name, content = b"", b""
        for number, _, value in _fields(entry):
            if number == 1:
                name = value
            else:
                content = value
        found[name.decode()] = content
    return found


def _list_of(key: str, data: bytes, dtype: Any) -> Any:
    """The values of a feature: an array, or a list of texts; None if it has none.

    Raises:
        ValueError: they are of another type.
    """
    wanted = _LISTS.get(dtype)
    if wanted is None:
        raise argument_error(
            "tf.io.parse_example", f'dtype of the feature "{key}"', dtype,
            "tf.int64, tf.float32 or tf.string",
        )  # fmt: skip
    found = None
    for number, _, content in _fields(data):
        if number != wanted:
            kinds = {place: kind for kind, place in _LISTS.items()}
            raise argument_error(
                "tf.io.parse_example", f'dtype of the feature "{key}"', dtype,
                f"that of its values, {kinds.get(number)}", "Data types don't match.",
            )  # fmt: skip
        found = _read_list(number, content)
    return found


def _read_list(number: int, content: bytes) -> Any:
    if number == 1:
        return [value for _, _, value in _fields(content)]
    parts = []
    for _, kind, value in _fields(content):
        if kind == wire.VARINT:
            parts.append(np.array([wire.signed(value)], np.int64))
        else:
            parts.append(wire.varints(value) if number == 3 else np.frombuffer(value, "<f4"))
    if len(parts) == 1:
        return parts[0]
    return np.concatenate(parts) if parts else np.empty(0, np.int64 if number == 3 else "<f4")


def _tensor(values: Any, dtype: Any) -> Any:
    """Values as a tensor with one axis, or as texts."""
    if dtype is dtypes.string:
        array = np.empty(len(values), dtype=object)
        array[:] = values
        return as_texts(array)
    return torch.from_numpy(np.array(values, np.int64 if dtype == torch.int64 else np.float32))


def _values(key: str, dtype: Any, raw: Raw) -> Any:
    """The values of a feature, none if it isn't there."""
    found = _list_of(key, raw.get(key, b""), dtypes.as_dtype(dtype))
    return _tensor([] if found is None else found, dtypes.as_dtype(dtype))


def parse_one(key: str, feature: Any, raw: Raw) -> Any:
    """One example's feature.

    Raises:
        TypeError: ``feature`` says nothing of features.
        ValueError: the feature is missing, or has values of another number or type.
    """
    if isinstance(feature, FixedLenFeature):
        return _fixed(key, feature, raw)
    if isinstance(feature, FixedLenSequenceFeature):
        return _sequence(key, feature, raw)
    if isinstance(feature, VarLenFeature):
        values = _values(key, feature.dtype, raw)
        return SparseTensor(torch.arange(len(values))[:, None], values, (len(values),))
    if isinstance(feature, SparseFeature):
        return _sparse(feature, raw)
    if isinstance(feature, RaggedFeature):
        return _ragged(key, feature, raw)
    raise kind_error(
        "tf.io.parse_example", f'features["{key}"]', feature, "a FixedLenFeature or alike"
    )


def _fixed(key: str, feature: FixedLenFeature, raw: Raw) -> Any:
    shape = _shape(feature.shape)
    dtype = dtypes.as_dtype(feature.dtype)
    values = _list_of(key, raw.get(key, b""), dtype)
    if values is None:
        if feature.default_value is None:
            raise argument_error(
                "tf.io.parse_example", f'the feature "{key}"', "missing",
                f"values of type {dtype}",
                f"Feature: {key} is required but could not be found. Give it a default_value.",
            )  # fmt: skip
        values = _defaults(feature.default_value, dtype, math.prod(shape))
    if len(values) != math.prod(shape):
        raise argument_error(
            "tf.io.parse_example", f'number of values of the feature "{key}"', len(values),
            f"{math.prod(shape)}, for the shape {shape}",
        )  # fmt: skip
    return _tensor(values, dtype).reshape(shape)


def _defaults(default: Any, dtype: Any, number: int) -> Any:
    if dtype is dtypes.string:
        values = octets_of(default).ravel().tolist()
    else:
        values = np.ravel(default)
    return np.repeat(values, number) if len(values) == 1 != number else values


def _sequence(key: str, feature: FixedLenSequenceFeature, raw: Raw) -> Any:
    shape = _shape(feature.shape)
    if key not in raw and not feature.allow_missing:
        raise argument_error(
            "tf.io.parse_example", f'the feature "{key}"', "missing", "values",
            "allow_missing=True lets it be missing.",
        )  # fmt: skip
    values = _values(key, feature.dtype, raw)
    size = math.prod(shape)
    if len(values) % size:
        raise argument_error(
            "tf.io.parse_example", f'number of values of the feature "{key}"', len(values),
            f"a multiple of {size}, for parts of the shape {shape}",
        )  # fmt: skip
    return values.reshape(len(values) // size, *shape)


def _sparse(feature: SparseFeature, raw: Raw) -> SparseTensor:
    keys = [feature.index_key] if isinstance(feature.index_key, str) else list(feature.index_key)
    sizes = [int(size) for size in np.ravel(feature.size)]
    places = [_values(key, torch.int64, raw) for key in keys]
    values = _values(feature.value_key, feature.dtype, raw)
    if any(len(place) != len(values) for place in places):
        raise argument_error(
            "tf.io.parse_example", f'number of values of "{feature.value_key}"', len(values),
            f"as many as places, {[len(place) for place in places]}",
        )  # fmt: skip
    indices = torch.stack(places, dim=1) if len(values) else torch.zeros(0, len(keys)).long()
    if not feature.already_sorted and len(values):
        order = np.lexsort(indices.numpy().T[::-1])
        indices = indices[torch.from_numpy(order)]
        values = values[order if dtypes.as_dtype(feature.dtype) is dtypes.string else order.copy()]
    return SparseTensor(indices, values, sizes)


def _ragged(key: str, feature: RaggedFeature, raw: Raw) -> Any:
    rows = _values(feature.value_key or key, feature.dtype, raw)
    splits = dtypes.as_dtype(feature.row_splits_dtype)
    for partition in reversed(tuple(feature.partitions)):
        rows = RaggedTensor.from_row_splits(rows, _splits(partition, rows, raw).to(splits))
    return rows


def _splits(partition: Any, rows: Any, raw: Raw) -> Tensor:
    """Where rows begin and the last one ends."""
    count = len(rows)
    if isinstance(partition, RaggedFeature.UniformRowLength):
        return torch.arange(0, count + 1, int(partition.length))
    if not hasattr(partition, "key"):
        raise kind_error(
            "tf.io.RaggedFeature", "partitions", partition, "RaggedFeature.RowSplits and alike"
        )
    numbers = _values(partition.key, torch.int64, raw)
    first, last = torch.tensor([0]), torch.tensor([count])
    if isinstance(partition, RaggedFeature.RowSplits):
        return numbers
    if isinstance(partition, RaggedFeature.RowLengths):
        return torch.cat([first, numbers.cumsum(0)])
    if isinstance(partition, RaggedFeature.RowStarts):
        return torch.cat([numbers, last])
    if isinstance(partition, RaggedFeature.RowLimits):
        return torch.cat([first, numbers])
    lengths = torch.bincount(numbers) if count else numbers  # ValueRowIds
    return torch.cat([first, lengths.cumsum(0)])


def _steps(key: str, feature: Any, lists: Raw) -> Any:
    """The steps of one sequence's feature."""
    key = getattr(feature, "value_key", None) or key
    parts = [value for _, _, value in _fields(lists.get(key, b""))]
    if isinstance(feature, FixedLenSequenceFeature):
        if key not in lists and not feature.allow_missing:
            raise argument_error(
                "tf.io.parse_sequence_example", f'the feature list "{key}"', "missing", "steps",
                "allow_missing=True lets it be missing.",
            )  # fmt: skip
        one = FixedLenFeature(feature.shape, feature.dtype)
        flat = [np.ravel(parse_one(key, one, {key: part})) for part in parts]
        values = _tensor(np.concatenate(flat) if flat else [], dtypes.as_dtype(feature.dtype))
        return values.reshape(len(parts), *_shape(feature.shape))
    steps = [parse_one(key, feature, {key: part}) for part in parts]
    if steps:
        return joined(feature, steps)
    empty = _tensor([], dtypes.as_dtype(feature.dtype))
    if isinstance(feature, RaggedFeature):
        return RaggedTensor.from_row_splits(empty, torch.zeros(1, dtype=_splits_type(feature)))
    return SparseTensor(torch.zeros(0, 2), empty, (0, 0))


def _splits_type(feature: RaggedFeature) -> torch.dtype:
    return dtypes.as_dtype(feature.row_splits_dtype)


def joined(feature: Any, rows: Sequence[Any]) -> Any:
    """One feature of several examples, along a new first axis."""
    if isinstance(rows[0], SparseTensor):
        return sparse.stacked(list(rows))
    if isinstance(feature, RaggedFeature):
        return RaggedTensor.of_rows(rows, _splits_type(feature))
    if isinstance(feature, FixedLenSequenceFeature):
        return _filled_up(feature, rows)
    if isinstance(rows[0], Tensor):
        return torch.stack(list(rows))
    return as_texts(np.stack([np.asarray(row) for row in rows]))


def _filled_up(feature: FixedLenSequenceFeature, rows: Sequence[Any]) -> Any:
    """Sequences, shorter ones filled up."""
    default = feature.default_value
    dtype = dtypes.as_dtype(feature.dtype)
    longest = max(row.shape[0] for row in rows)
    shape = (len(rows), longest, *_shape(feature.shape))
    if dtype is dtypes.string:
        array = np.full(shape, b"" if default is None else octets_of(default).item(), dtype=object)
    else:
        kind = np.int64 if dtype == torch.int64 else np.float32
        array = np.full(shape, 0 if default is None else default, dtype=kind)
    for place, row in zip(array, rows, strict=True):
        place[: row.shape[0]] = row
    return as_texts(array) if dtype is dtypes.string else torch.from_numpy(array)


def _shape(shape: Any) -> tuple[int, ...]:
    return tuple(int(size) for size in TensorShape(shape))

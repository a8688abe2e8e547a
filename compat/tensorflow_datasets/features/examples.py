"""Examples as the bytes of records: written from values, read into tensors."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.io.parsing import Raw, parse_one, read_example

from tensorflow_datasets.features.base import (
    FeatureConnector,
    TensorInfo,
    checked_shape,
)
from tensorflow_datasets.features.nested import FeaturesDict, Sequence
from tensorflow_datasets.features.tensors import cast
from torchkeras.core.checks import argument_error, kind_error

_LENGTHS = tf.io.FixedLenSequenceFeature((), tf.int64, allow_missing=True)


def serialized(features: FeatureConnector, example: Any) -> bytes:
    """The record of an example's values."""
    return record_of(features.get_serialized_info(), features.encode_example(example))


def record_of(info: Any, encoded: Any) -> bytes:
    """The record of what ``encode_example`` gave."""
    parts = {}
    values = flat(encoded)
    for path, one in flat(info).items():
        if path not in values:
            raise argument_error("tfds", "an example", sorted(values), f"a value of {path!r}")
        for name, array, dtype in _fields(path, one, values[path]):
            parts[name] = _feature(name, array, dtype)
    return tf.train.Example(features=tf.train.Features(feature=parts)).SerializeToString()


def flat(structure: Any, path: str = "") -> dict[str, Any]:
    """Leaves of nested dicts by their paths, ``"outer/inner"``."""
    if not isinstance(structure, Mapping):
        return {path: structure}
    found: dict[str, Any] = {}
    for name, part in structure.items():
        found.update(flat(part, f"{path}/{name}" if path else str(name)))
    return found


def _fields(path: str, info: TensorInfo, value: Any) -> list[tuple[str, np.ndarray, np.dtype]]:
    """Names and arrays that a value is written as; sequences in sequences also by lengths."""
    if info.sequence_rank < 1:
        return [(path, _array(path, value, info.shape, info.dtype), info.dtype)]
    items, lengths = [value], []
    for depth in range(info.sequence_rank):
        wanted = info.shape[depth]
        sizes = [len(item) for item in items]
        if wanted is not None and any(size != wanted for size in sizes):
            raise argument_error("tfds", f"length of {path!r}", sizes, f"{wanted}")
        lengths.append(sizes)
        items = [part for item in items for part in item]
    inner = info.shape[info.sequence_rank :]
    arrays = [_array(path, item, inner, info.dtype) for item in items]
    values = np.stack(arrays) if arrays else np.empty((0, *(n or 0 for n in inner)), info.dtype)
    if info.sequence_rank == 1:
        return [(path, values, info.dtype)]
    rows = [
        (f"{path}/ragged_row_lengths_{depth}", np.asarray(sizes), np.dtype("int64"))
        for depth, sizes in enumerate(lengths[1:])
    ]
    return [*rows, (f"{path}/ragged_flat_values", values, info.dtype)]


def _array(path: str, value: Any, shape: Any, dtype: np.dtype) -> np.ndarray:
    array = np.asanyarray(value, dtype=dtype)
    checked_shape(f"tfds, feature {path!r}", array.shape, shape)
    return array


def _feature(name: str, array: np.ndarray, dtype: np.dtype) -> Any:
    """The values as the message that a record has.

    Raises:
        TypeError: texts are none.
    """
    if dtype.kind == "O":
        texts = [text.encode() if isinstance(text, str) else text for text in array.ravel()]
        if not all(isinstance(text, (bytes, bytearray)) for text in texts):
            raise kind_error("tfds", f"feature {name!r}", array, "texts")
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=map(bytes, texts)))
    if dtype.kind == "f":
        values = array.ravel().astype(np.float32).astype(float).tolist()
        return tf.train.Feature(float_list=tf.train.FloatList(value=values))
    if dtype.kind not in "iub":
        raise kind_error("tfds", f"dtype of {name!r}", dtype, "numbers, bools or texts")
    whole = array.view(np.int64) if dtype == np.uint64 else array.astype(np.int64)
    return tf.train.Feature(int64_list=tf.train.Int64List(value=whole.ravel().tolist()))


class Parser:
    """Reads records into what ``decode_example`` takes.

    Args:
        info: What records have: ``get_serialized_info()`` of the features.
    """

    def __init__(self, info: Any) -> None:
        self._info = info
        self._readers = {path: _reader(path, one) for path, one in flat(info).items()}

    def __call__(self, record: bytes) -> Any:
        """The parts of a record, in the structure of ``info``."""
        raw = read_example(record)
        return self._packed(self._info, "", raw)

    def _packed(self, info: Any, path: str, raw: Raw) -> Any:
        if not isinstance(info, Mapping):
            return self._readers[path](raw)
        return {
            name: self._packed(part, f"{path}/{name}" if path else name, raw)
            for name, part in info.items()
        }


def _reader(path: str, info: TensorInfo) -> Callable[[Raw], Any]:
    """What reads one part of a record."""
    if info.sequence_rank < 2:
        return _plain_reader(path, info)
    flat_info = TensorInfo((None, *info.shape[info.sequence_rank :]), info.dtype)
    values = _plain_reader(f"{path}/ragged_flat_values", flat_info)
    names = [f"{path}/ragged_row_lengths_{depth}" for depth in range(info.sequence_rank - 1)]

    def read(raw: Raw) -> Any:
        lengths = [parse_one(name, _LENGTHS, raw) for name in names]
        return tf.RaggedTensor.from_nested_row_lengths(values(raw), lengths)

    return read


def _plain_reader(path: str, info: TensorInfo) -> Callable[[Raw], Any]:
    wired = tf.string
    if info.dtype.kind != "O":
        wired = tf.float32 if info.dtype.kind == "f" else tf.int64
    if None not in info.shape:
        feature: Any = tf.io.FixedLenFeature(info.shape, wired)
    elif info.shape.count(None) == 1 and info.shape[0] is None:
        feature = tf.io.FixedLenSequenceFeature(info.shape[1:], wired, allow_missing=True)
    else:
        return _open_reader(path, info, wired)
    return lambda raw: cast(parse_one(path, feature, raw), info)


def _open_reader(path: str, info: TensorInfo, wired: Any) -> Callable[[Raw], Any]:
    """Values whose unknown length isn't the first."""
    feature = tf.io.FixedLenSequenceFeature((), wired, allow_missing=True)
    shape = [-1 if length is None else length for length in info.shape]
    return lambda raw: cast(parse_one(path, feature, raw).reshape(shape), info)


def decoded(features: FeatureConnector, parsed: Any, decoders: Any = None) -> Any:
    """The tensors of what a ``Parser`` gave, keys of dicts in order.

    Args:
        features: The features.
        parsed: What their record has.
        decoders: By name, what decodes a feature in place of itself; dicts for nested features.
    """
    if decoders is not None and callable(getattr(decoders, "decode", None)):
        return decoders.decode(features, parsed)
    if isinstance(features, FeaturesDict):
        chosen = decoders or {}
        return {
            name: decoded(features[name], parsed[name], chosen.get(name)) for name in sorted(parsed)
        }
    if isinstance(features, Sequence) and _has_ragged(parsed):
        return _decoded_rows(features.feature, parsed)
    return features.decode_example(parsed)


def _has_ragged(parsed: Any) -> bool:
    return any(isinstance(part, tf.RaggedTensor) for part in flat(parsed).values())


def _decoded_rows(feature: Any, parsed: Any) -> Any:
    """What lies in sequences, some of which lie in others."""
    if isinstance(feature, FeaturesDict):
        return {name: _decoded_rows(feature[name], parsed[name]) for name in sorted(parsed)}
    if isinstance(feature, Sequence):
        return _decoded_rows(feature.feature, parsed)
    if isinstance(parsed, tf.RaggedTensor):
        return parsed.with_flat_values(feature.decode_batch_example(parsed.flat_values))
    return feature.decode_batch_example(parsed)


def spec_of(features: FeatureConnector, decoders: Any = None) -> Any:
    """Specs of what ``decoded`` gives, keys of dicts in order."""
    if decoders is not None and callable(getattr(decoders, "decode", None)):
        return decoders.spec(features)
    if isinstance(features, FeaturesDict):
        chosen = decoders or {}
        return {name: spec_of(features[name], chosen.get(name)) for name in sorted(features)}
    spec = features.get_tensor_spec()
    return dict(sorted(spec.items())) if isinstance(spec, dict) else spec

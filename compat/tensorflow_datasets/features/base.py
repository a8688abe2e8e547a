"""What every feature does: say its shape and type, be written to examples and read from them."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import tensorflow as tf
import torch
from torchkeras_shim.text import as_texts

from torchkeras.core.checks import argument_error, kind_error

# Shape with None for lengths that differ from example to example.
Shape = tuple[int | None, ...]


@dataclass(frozen=True)
class TensorInfo:
    """Shape and type of a tensor.

    Args:
        shape: Its shape; None for lengths that differ.
        dtype: Its type, as NumPy's.
        sequence_rank: How many of the first axes are of sequences.
    """

    shape: Shape
    dtype: Any
    sequence_rank: int = 0

    @property
    def np_dtype(self) -> np.dtype:
        """The type, as NumPy's."""
        return self.dtype

    @property
    def tf_dtype(self) -> Any:
        """The type, as ``tf.data``'s elements have it."""
        return tf_dtype(self.dtype)

    def to_tensor_spec(self) -> Any:
        """A ``tf.TensorSpec``, or a ``tf.RaggedTensorSpec`` for sequences of sequences."""
        if self.sequence_rank > 1:
            return tf.RaggedTensorSpec(self.shape, self.tf_dtype, self.sequence_rank - 1)
        return tf.TensorSpec(self.shape, self.tf_dtype)

    def inside(self, length: int | None) -> "TensorInfo":
        """The same within one more sequence."""
        return TensorInfo((length, *self.shape), self.dtype, self.sequence_rank + 1)

    def __repr__(self) -> str:
        return f"TensorInfo(shape={self.shape}, dtype={dtype_name(self.dtype)})"


class FeatureConnector:
    """A feature of examples.

    A subclass says what it gives (``get_tensor_info``), what a file has (``get_serialized_info``,
    the same by default), and how the one becomes the other (``encode_example`` and
    ``decode_example``).

    Args:
        doc: What it is; a text.

    Source: ``tfds.features.FeatureConnector``.
    """

    # Name of the file of tfds that has the class, which features.json names.
    file: ClassVar[str] = "feature"
    # Key of its own values in features.json.
    key: ClassVar[str] = ""
    kinds: ClassVar[dict[str, type["FeatureConnector"]]] = {}

    def __init__(self, *, doc: Any = None) -> None:
        self._doc = doc or ""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if cls.__module__.startswith("tensorflow_datasets."):
            FeatureConnector.kinds[cls.__name__] = cls

    @property
    def doc(self) -> Any:
        """What it is."""
        return self._doc

    def get_tensor_info(self) -> Any:
        """``TensorInfo`` of what an example gives, or a structure of such."""
        raise kind_error(self, "get_tensor_info", None, "a method of the subclass")

    def get_serialized_info(self) -> Any:
        """``TensorInfo`` of what a file has, or a structure of such."""
        return self.get_tensor_info()

    def get_tensor_spec(self) -> Any:
        """Specs of what an example gives."""
        return mapped(TensorInfo.to_tensor_spec, self.get_tensor_info())

    @property
    def shape(self) -> Any:
        """Shape of what an example gives."""
        return mapped(lambda info: info.shape, self.get_tensor_info())

    @property
    def dtype(self) -> Any:
        """Type of what an example gives."""
        return mapped(lambda info: info.tf_dtype, self.get_tensor_info())

    tf_dtype = dtype

    @property
    def np_dtype(self) -> Any:
        """Type of what an example gives, as NumPy's."""
        return mapped(lambda info: info.dtype, self.get_tensor_info())

    numpy_dtype = np_dtype

    def encode_example(self, example_data: Any) -> Any:
        """What is written for a value of an example."""
        return example_data

    def decode_example(self, tfexample_data: Any) -> Any:
        """The value that was written."""
        return tfexample_data

    def decode_batch_example(self, tfexample_data: Any) -> Any:
        """The values of a sequence, joined."""
        values = [self.decode_example(one) for one in _rows(tfexample_data)]
        if values:
            return mapped_together(stacked, values)
        return mapped(empty, self.get_tensor_info())

    def save_metadata(self, data_dir: Any, feature_name: str | None = None) -> None:
        """Write what features.json doesn't have, such as names of classes."""

    def load_metadata(self, data_dir: Any, feature_name: str | None = None) -> None:
        """Read what ``save_metadata`` wrote."""

    def to_json_content(self) -> dict[str, Any]:
        """Its own values in features.json."""
        raise kind_error(self, "to_json_content", None, "a method of the subclass")

    @classmethod
    def from_json_content(cls, value: dict[str, Any]) -> "FeatureConnector":
        """The feature of values of features.json."""
        raise kind_error(cls.__name__, "from_json_content", None, "a method of the subclass")

    def to_json(self) -> dict[str, Any]:
        """Its entry in features.json."""
        name = f"tensorflow_datasets.core.features.{self.file}.{type(self).__name__}"
        entry = {"pythonClassName": name, self.key: self.to_json_content()}
        return {**entry, "description": str(self.doc)} if self.doc else entry

    @classmethod
    def from_json(cls, value: Any) -> "FeatureConnector":
        """The feature of an entry of features.json, of new or old releases.

        Only the features of tfds itself are made; nothing is imported by a name in a file.

        Raises:
            ValueError: it is of no kind that is known.
        """
        if isinstance(value, dict) and "type" in value:
            name, content = value["type"], value.get("content")
        elif isinstance(value, dict):
            name = value.get("pythonClassName", "")
            content = next((part for part in value.values() if isinstance(part, dict)), {})
        else:
            raise argument_error("features.json", "a feature", value, "an object")
        if isinstance(content, str):
            content = json.loads(content)
        kind = cls.kinds.get(str(name).rpartition(".")[2]) or _kind_by_key(value)
        if kind is None or not isinstance(content, (dict, type(None))):
            raise argument_error("features.json", "a feature", name, f"one of {sorted(cls.kinds)}")
        return kind.from_json_content(content or {})

    def save_config(self, root_dir: Any) -> None:
        """Write features.json and what belongs to it."""
        text = json.dumps(self.to_json(), indent=4, sort_keys=True)
        (Path(root_dir) / "features.json").write_text(text, encoding="utf-8")
        self.save_metadata(root_dir)

    @classmethod
    def from_config(cls, root_dir: Any) -> "FeatureConnector":
        """The features of a folder that has features.json."""
        text = (Path(root_dir) / "features.json").read_text(encoding="utf-8")
        feature = cls.from_json(json.loads(text))
        feature.load_metadata(root_dir)
        return feature

    def _shown(self) -> dict[str, Any]:
        """What ``repr`` tells besides shape and type."""
        return {"description": self.doc} if self.doc else {}

    def __repr__(self) -> str:
        info = self.get_tensor_info()
        if not isinstance(info, TensorInfo):
            return f"{type(self).__name__}({info})"
        told = {"shape": info.shape, "dtype": dtype_name(info.dtype), **self._shown()}
        return f"{type(self).__name__}({', '.join(f'{k}={v}' for k, v in told.items())})"


def _kind_by_key(value: dict[str, Any]) -> type[FeatureConnector] | None:
    """The first kind that keeps its values under a key of an entry."""
    kinds = FeatureConnector.kinds.values()
    return next((kind for kind in kinds if kind.key and kind.key in value), None)


def mapped(function: Callable[[Any], Any], structure: Any) -> Any:
    """``function`` of each leaf of nested dicts."""
    if isinstance(structure, dict):
        return {key: mapped(function, part) for key, part in structure.items()}
    return function(structure)


def mapped_together(function: Callable[[list[Any]], Any], structures: list[Any]) -> Any:
    """``function`` of the leaves that stand in one place."""
    if isinstance(structures[0], dict):
        return {
            key: mapped_together(function, [structure[key] for structure in structures])
            for key in structures[0]
        }
    return function(structures)


def _rows(data: Any) -> Iterator[Any]:
    """The parts of a sequence, whose structure has axes in place of parts."""
    if isinstance(data, dict):
        columns = {key: list(_rows(part)) for key, part in data.items()}
        number = len(next(iter(columns.values()), ()))
        return ({key: column[n] for key, column in columns.items()} for n in range(number))
    return iter(data)


def stacked(values: list[Any]) -> Any:
    """Values joined along a new first axis."""
    if isinstance(values[0], torch.Tensor):
        return torch.stack(values)
    return as_texts(np.stack([np.asarray(value, dtype=object) for value in values]))


def empty(info: TensorInfo) -> Any:
    """A sequence of none."""
    shape = (0, *(length or 0 for length in info.shape))
    if info.dtype.kind == "O":
        return as_texts(np.empty(shape, dtype=object))
    return torch.empty(shape, dtype=info.tf_dtype)


def np_dtype(dtype: Any) -> np.dtype:
    """A type of NumPy, torch or ``tf`` as NumPy's; texts are objects."""
    if dtype is tf.string or dtype in (str, bytes) or str(dtype) == "string":
        return np.dtype(object)
    if isinstance(dtype, torch.dtype):
        dtype = str(dtype).removeprefix("torch.")
    found = np.dtype(dtype)
    return np.dtype(object) if found.kind in "OSU" else found


def tf_dtype(dtype: np.dtype) -> Any:
    """A type of NumPy as ``tf.data``'s elements have it."""
    return tf.string if dtype.kind == "O" else tf.as_dtype(dtype)


def dtype_name(dtype: np.dtype) -> str:
    """What a type is called in features.json."""
    return "string" if dtype.kind == "O" else dtype.name


def shape_of_json(value: Any) -> Shape:
    """A shape of features.json, of new or old releases.

    Raises:
        ValueError: a length is none.
    """
    lengths = value.get("dimensions", ()) if isinstance(value, dict) else value
    shape = tuple(None if length is None or int(length) < 0 else int(length) for length in lengths)
    if len(shape) > 32:
        raise argument_error("features.json", "shape", shape, "32 axes or fewer")
    return shape


def shape_to_json(shape: Shape) -> dict[str, Any]:
    """A shape as features.json has it."""
    return {"dimensions": [str(-1 if n is None else n) for n in shape]} if shape else {}


def checked_shape(owner: Any, given: tuple[int, ...], expected: Shape) -> None:
    """Raise unless a shape is the expected one.

    Raises:
        ValueError: it isn't.
    """
    if len(given) != len(expected) or any(
        wanted not in (None, length) for length, wanted in zip(given, expected, strict=True)
    ):
        raise argument_error(owner, "shape", tuple(given), f"{expected}")

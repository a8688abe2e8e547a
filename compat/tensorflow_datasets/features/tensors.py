"""Features that are one tensor: numbers, labels, boxes, texts."""

import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
import torch
from torchkeras_shim.text import Texts, as_octets

from tensorflow_datasets.features.base import (
    FeatureConnector,
    TensorInfo,
    checked_shape,
    dtype_name,
    np_dtype,
    shape_of_json,
    shape_to_json,
    tf_dtype,
)
from torchkeras.core.checks import argument_error, kind_error, moment_error

_ENCODINGS = ("none", "bytes", "zlib")
# Bytes that one compressed value of unknown shape may unpack to.
_LARGEST = 2**31


class Encoding:
    """Ways to write a tensor: as numbers, as bytes, or as compressed bytes."""

    NONE, BYTES, ZLIB = _ENCODINGS


class Tensor(FeatureConnector):
    """A tensor.

    Args:
        shape: Its shape; None for a length that differs from example to example.
        dtype: Its type.
        encoding: ``"none"``, ``"bytes"`` or ``"zlib"``.
        doc: What it is.
        minimum, maximum: Bounds of the values, for readers.
        optional: Accepted when false.

    Raises:
        ValueError: ``encoding`` is another, or texts shall be encoded.

    Source: ``tfds.features.Tensor``.
    """

    file, key = "tensor_feature", "tensor"

    def __init__(
        self,
        *,
        shape: Iterable[int | None],
        dtype: Any,
        encoding: str = "none",
        doc: Any = None,
        minimum: Any = None,
        maximum: Any = None,
        optional: bool = False,
    ) -> None:
        super().__init__(doc=doc)
        encoding = str(encoding).lower()
        if encoding not in _ENCODINGS:
            raise argument_error(self, "encoding", encoding, f"one of {_ENCODINGS}")
        if optional:
            raise argument_error(self, "optional", optional, "False; values are always there")
        self._shape = tuple(shape)
        self._dtype = np_dtype(dtype)
        self._encoding = encoding
        self.minimum, self.maximum = minimum, maximum
        if encoding != "none" and self._dtype.kind == "O":
            raise argument_error(self, "encoding", encoding, '"none" for texts')

    @property
    def _is_open(self) -> bool:
        """Whether more than one length differs, so that shapes are written too."""
        return self._shape.count(None) > 1

    def get_tensor_info(self) -> TensorInfo:
        return TensorInfo(self._shape, self._dtype)

    def get_serialized_info(self) -> Any:
        info = self.get_tensor_info()
        if self._encoding != "none":
            info = TensorInfo((), np.dtype(object))
        if not self._is_open:
            return info
        return {"shape": TensorInfo((len(self._shape),), np.dtype("int32")), "value": info}

    def encode_example(self, example_data: Any) -> Any:
        """An array of the type and shape.

        Raises:
            ValueError: it has another shape or type.
        """
        if self._is_open and self._encoding == "none":
            raise argument_error(
                self, "encoding", "none", '"zlib" or "bytes" for a shape with several unknown'
            )
        if self._dtype.kind == "b" and isinstance(example_data, str):
            raise kind_error(self, "a value", example_data, "a bool")
        if isinstance(example_data, torch.Tensor):
            raise kind_error(self, "a value", example_data, "what NumPy makes an array of")
        if not isinstance(example_data, np.ndarray):
            example_data = np.array(example_data, dtype=self._dtype)
        if example_data.dtype != self._dtype and self._dtype.kind != "O":
            raise argument_error(self, "dtype", example_data.dtype, f"{self._dtype}")
        checked_shape(self, example_data.shape, self._shape)
        if self._encoding == "none":
            return example_data
        data = example_data.tobytes()
        data = zlib.compress(data) if self._encoding == "zlib" else data
        return {"value": data, "shape": example_data.shape} if self._is_open else data

    def decode_example(self, tfexample_data: Any) -> Any:
        value, shape = tfexample_data, self._shape
        if self._is_open:
            value, shape = value["value"], tuple(value["shape"].tolist())
            checked_shape(self, shape, self._shape)
        return value if self._encoding == "none" else self._of_bytes(as_octets(value), shape)

    def _of_bytes(self, data: bytes, shape: tuple[int | None, ...]) -> Any:
        """The tensor of its bytes, of which there must be as many as its shape says."""
        if self._encoding == "zlib":
            data = self._unpacked(data, shape)
        items, rest = divmod(len(data), self._dtype.itemsize)
        lengths = [length for length in shape if length is not None]
        one = int(np.prod(lengths, dtype=np.int64))
        if rest or min(lengths, default=0) < 0 or (
            items % one if None in shape and one else items != one
        ):  # fmt: skip
            raise argument_error(self, "number of bytes", len(data), f"those of the shape {shape}")
        array = np.frombuffer(data, self._dtype).copy()
        return torch.as_tensor(array.reshape([-1 if n is None else n for n in shape]))

    def _unpacked(self, data: bytes, shape: tuple[int | None, ...]) -> bytes:
        """Compressed bytes unpacked, no more of them than the shape allows."""
        limit = _LARGEST
        if None not in shape:
            limit = int(np.prod(shape, dtype=object)) * self._dtype.itemsize + 1
        try:
            return zlib.decompressobj().decompress(data, limit)
        except zlib.error as error:
            raise argument_error(self, "bytes", data[:20], "zlib's format", str(error)) from error

    def decode_batch_example(self, tfexample_data: Any) -> Any:
        plain = not self._is_open and self._encoding == "none"
        return tfexample_data if plain else super().decode_batch_example(tfexample_data)

    def to_json_content(self) -> dict[str, Any]:
        return {
            "shape": shape_to_json(self._shape),
            "dtype": dtype_name(self._dtype),
            "encoding": self._encoding,
        }

    @classmethod
    def from_json_content(cls, value: dict[str, Any]) -> "Tensor":
        return cls(
            shape=shape_of_json(value.get("shape", ())),
            dtype=value["dtype"],
            encoding=str(value.get("encoding") or "none"),
        )


class Scalar(Tensor):
    """One number.

    Args:
        dtype: Its type.
        doc: What it is.
    """

    file = "scalar"

    def __init__(self, dtype: Any = np.int32, *, doc: Any = None, **options: Any) -> None:
        options.pop("shape", None)
        super().__init__(shape=(), dtype=dtype, doc=doc, **options)


class ClassLabel(Tensor):
    """The number of a class.

    Args:
        num_classes: How many classes there are.
        names: Their names, in order.
        names_file: A file of their names, one a line.
        doc: What it is.

    Raises:
        ValueError: more than one of them is given, or a name is there twice.

    Source: ``tfds.features.ClassLabel``.
    """

    file, key = "class_label_feature", "classLabel"

    def __init__(
        self,
        *,
        num_classes: int | None = None,
        names: Iterable[str] | None = None,
        names_file: Any = None,
        doc: Any = None,
    ) -> None:
        super().__init__(shape=(), dtype=np.int64, doc=doc)
        if sum(given is not None for given in (num_classes, names, names_file)) > 1:
            raise argument_error(self, "names", names, "only one of num_classes, names, names_file")
        self._number = num_classes
        self._names: list[str] | None = None
        if names is not None:
            self.names = list(names)
        elif names_file is not None:
            self.names = _lines(Path(names_file))

    @property
    def num_classes(self) -> int | None:
        """How many classes there are; None if that isn't known."""
        return getattr(self, "_number", None)

    @property
    def names(self) -> list[str]:
        """Names of the classes; their numbers if they have none."""
        return self._names or [str(number) for number in range(self._number or 0)]

    @names.setter
    def names(self, names: list[str]) -> None:
        if self._names is not None and self._names != names:
            raise argument_error(self, "names", names, f"those that there are, {self._names}")
        if len(set(names)) != len(names):
            raise argument_error(self, "names", names, "names that differ")
        if self._number not in (None, len(names)):
            raise argument_error(self, "names", names, f"{self._number} names")
        self._names, self._number = names, len(names)

    def str2int(self, str_value: str) -> int:
        """Number of a class by its name.

        Raises:
            KeyError: there is none of this name.
            ValueError: classes have no names, and this is no number of one.
        """
        if self._names:
            if str_value not in self._names:
                raise KeyError(str_value)
            return self._names.index(str_value)
        if not str(str_value).isdigit() or int(str_value) >= (self._number or 0):
            raise argument_error(self, "str_value", str_value, f"a number below {self._number}")
        return int(str_value)

    def int2str(self, int_value: Any) -> str:
        """Name of a class by its number.

        Raises:
            IndexError: there is none of this number.
            ValueError: the same, for classes without names.
        """
        if self._names:
            return self._names[int(int_value)]
        if not 0 <= int_value < (self._number or 0):
            raise argument_error(self, "int_value", int_value, f"a number below {self._number}")
        return str(int(int_value))

    def encode_example(self, example_data: Any) -> Any:
        if self._number is None:
            raise moment_error(self, "the classes aren't known", "Set names or num_classes.")
        if isinstance(example_data, bytes):
            example_data = example_data.decode()
        if isinstance(example_data, str):
            example_data = self.str2int(example_data)
        if not -1 <= example_data < self._number:
            raise argument_error(self, "a label", example_data, f"a number below {self._number}")
        return example_data

    def save_metadata(self, data_dir: Any, feature_name: str | None = None) -> None:
        if self._names is not None:
            path = Path(data_dir) / f"{feature_name}.labels.txt"
            path.write_text("\n".join(self._names) + "\n", encoding="utf-8")

    def load_metadata(self, data_dir: Any, feature_name: str | None = None) -> None:
        path = Path(data_dir) / f"{feature_name}.labels.txt"
        if path.is_file():
            self.names = _lines(path)

    def to_json_content(self) -> dict[str, Any]:
        return {} if self._number is None else {"numClasses": str(self._number)}

    @classmethod
    def from_json_content(cls, value: dict[str, Any]) -> "ClassLabel":
        number = value.get("numClasses", value.get("num_classes"))
        return cls(num_classes=None if number is None else int(number))

    def _shown(self) -> dict[str, Any]:
        return {"num_classes": self.num_classes}


class BBox(NamedTuple):
    """A box by its edges, as fractions of the picture's height and width."""

    ymin: float
    xmin: float
    ymax: float
    xmax: float


class BBoxFeature(Tensor):
    """A box in a picture: ``(ymin, xmin, ymax, xmax)``, fractions in [0, 1].

    Args:
        doc: What it is.
        bbox_format: Accepted: how the four numbers are to be read.
    """

    file, key = "bounding_boxes", "boundingBox"

    def __init__(self, *, doc: Any = None, bbox_format: Any = None) -> None:
        super().__init__(shape=(4,), dtype=np.float32, doc=doc)
        self.bbox_format = bbox_format or "REL_YXYX"

    def encode_example(self, example_data: Any) -> Any:
        box = np.array(example_data, dtype=np.float32)
        if self.bbox_format == "REL_YXYX":
            if ((box < 0) | (box > 1)).any():
                raise argument_error(self, "a box", tuple(example_data), "fractions from 0 to 1")
            if box[0] > box[2] or box[1] > box[3]:
                raise argument_error(
                    self, "a box", tuple(example_data), "ymin <= ymax and xmin <= xmax"
                )
        return super().encode_example(box)

    def to_json_content(self) -> dict[str, Any]:
        return {
            "shape": shape_to_json(self._shape),
            "dtype": "float32",
            "bboxFormat": self.bbox_format,
        }

    @classmethod
    def from_json_content(cls, value: dict[str, Any]) -> "BBoxFeature":
        return cls(bbox_format=value.get("bboxFormat"))


class Text(Tensor):
    """A text; with an encoder, the numbers of its parts.

    Args:
        encoder: A ``tfds.deprecated.text.TextEncoder``.
        encoder_config: Its settings, in place of it.
        doc: What it is.
        optional: Accepted when false.

    Source: ``tfds.features.Text``.
    """

    file, key = "text_feature", "text"

    def __init__(
        self,
        encoder: Any = None,
        encoder_config: Any = None,
        *,
        doc: Any = None,
        optional: bool = False,
    ) -> None:
        if encoder is not None and encoder_config is not None:
            raise argument_error(self, "encoder_config", encoder_config, "None beside encoder")
        self.encoder = encoder if encoder_config is None else encoder_config.encoder
        self._encoder_kind = type(self.encoder) if self.encoder else None
        if encoder_config is not None:
            self._encoder_kind = encoder_config.encoder_cls
        self._wanted_size = getattr(encoder_config, "vocab_size", None)
        numbers = self._encoder_kind is not None
        super().__init__(
            shape=(None,) if numbers else (),
            dtype=np.int64 if numbers else np.object_,
            doc=doc,
            optional=optional,
        )

    @property
    def vocab_size(self) -> int | None:
        """Number of parts that the encoder tells apart; None without one."""
        return self.encoder and self.encoder.vocab_size

    def str2ints(self, str_value: str) -> list[int]:
        """Numbers of a text's parts."""
        return self._known_encoder().encode(str_value)

    def ints2str(self, int_values: Any) -> str:
        """The text of numbers."""
        return self._known_encoder().decode(int_values)

    def _known_encoder(self) -> Any:
        if self.encoder is None:
            raise moment_error(self, "it has no encoder", "Give one to tfds.features.Text.")
        return self.encoder

    def maybe_build_from_corpus(self, corpus_generator: Iterable[str], **options: Any) -> None:
        """Make the encoder of the parts of words that texts have, if that is its kind."""
        if self.encoder is None and hasattr(self._encoder_kind, "build_from_corpus"):
            options.setdefault("target_vocab_size", self._wanted_size)
            self.encoder = self._encoder_kind.build_from_corpus(corpus_generator, **options)

    def encode_example(self, example_data: Any) -> Any:
        if self.encoder is not None:
            return np.asarray(self.encoder.encode(example_data), dtype=np.int64)
        if isinstance(example_data, Texts):
            example_data = example_data.numpy()
        return super().encode_example(example_data)

    def save_metadata(self, data_dir: Any, feature_name: str | None = None) -> None:
        if self.encoder is not None:
            self.encoder.save_to_file(str(Path(data_dir) / f"{feature_name}.text"))

    def load_metadata(self, data_dir: Any, feature_name: str | None = None) -> None:
        if self._encoder_kind is not None:
            prefix = str(Path(data_dir) / f"{feature_name}.text")
            self.encoder = self._encoder_kind.load_from_file(prefix)

    def to_json_content(self) -> dict[str, Any]:
        return {"use_encoder": True} if self.encoder is not None else {}

    @classmethod
    def from_json_content(cls, value: dict[str, Any]) -> "Text":
        if value.get("use_encoder"):
            raise argument_error(
                "tfds.features.Text", "use_encoder", True, "plain texts",
                "Such sets of old releases need the class that made them.",
            )  # fmt: skip
        return cls()

    def _shown(self) -> dict[str, Any]:
        return {} if self.encoder is None else {"encoder": repr(self.encoder)}


def _lines(path: Path) -> list[str]:
    text = path.read_text(encoding="utf-8")
    return [line.strip() for line in text.split("\n") if line.strip()]


def cast(value: Any, info: TensorInfo) -> Any:
    """What the wire had, int64, float32 or texts, in the type that it was written from."""
    if info.dtype.kind == "O":
        return value
    if info.dtype == np.uint64:
        return value.view(torch.uint64)
    return tf.cast(value, tf_dtype(info.dtype))

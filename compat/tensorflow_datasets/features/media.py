"""Features of pictures, films and sounds."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
import torch
from torchkeras_shim.text import as_octets, as_texts

from tensorflow_datasets.features.base import (
    FeatureConnector,
    TensorInfo,
    checked_shape,
    dtype_name,
    np_dtype,
    shape_of_json,
    shape_to_json,
)
from tensorflow_datasets.features.nested import Sequence
from tensorflow_datasets.features.tensors import ClassLabel, Tensor
from torchkeras.core.checks import argument_error, kind_error


class Image(FeatureConnector):
    """A picture, in a file's format on disk.

    Args:
        shape: ``(height, width, channels)``, None for sizes that differ.
        dtype: uint8, uint16 or, of one channel, float32.
        encoding_format: ``"png"`` or ``"jpeg"``: how arrays are written; None is PNG. Files are
            taken as they are.
        use_colormap: Whether the values are classes, to be shown in colours.
        doc: What it is.

    Source: ``tfds.features.Image``.
    """

    file, key = "image_feature", "image"

    def __init__(
        self,
        *,
        shape: Iterable[int | None] | None = None,
        dtype: Any = None,
        encoding_format: str | None = None,
        use_colormap: bool = False,
        doc: Any = None,
    ) -> None:
        super().__init__(doc=doc)
        self._shape = tuple(shape or (None, None, 3))
        self._dtype = np_dtype(dtype or np.uint8)
        if len(self._shape) < 3:
            raise argument_error(self, "shape", self._shape, "(height, width, channels)")
        if encoding_format not in (None, "png", "jpeg"):
            raise argument_error(self, "encoding_format", encoding_format, '"png" or "jpeg"')
        if self._dtype.name not in ("uint8", "uint16", "float32"):
            raise argument_error(self, "dtype", self._dtype, "uint8, uint16 or float32")
        self.encoding_format = encoding_format
        self.use_colormap = use_colormap

    def get_tensor_info(self) -> TensorInfo:
        return TensorInfo(self._shape, self._dtype)

    def get_serialized_info(self) -> TensorInfo:
        return TensorInfo((), np.dtype(object))

    def encode_example(self, example_data: Any) -> Any:
        """The bytes of a picture's file, of an array, a path, a file or a picture of Pillow."""
        if isinstance(example_data, (str, os.PathLike)):
            return Path(example_data).read_bytes()
        if hasattr(example_data, "read"):
            return example_data.read()
        if hasattr(example_data, "getbands"):
            example_data = np.asarray(example_data)
            if example_data.ndim == 2:
                example_data = example_data[..., None]
        if isinstance(example_data, bytes):
            return example_data
        if not isinstance(example_data, np.ndarray):
            raise kind_error(self, "a picture", example_data, "an array, a path or a file")
        return self._file_of(example_data)

    def _file_of(self, array: np.ndarray) -> bytes:
        if array.dtype != self._dtype:
            raise argument_error(self, "dtype", array.dtype, f"{self._dtype}")
        checked_shape(self, array.shape, self._shape)
        if self._dtype == np.float32:  # its four bytes as channels
            array = np.ascontiguousarray(array).view(np.uint8).reshape(*array.shape[:-1], 4)
        write = tf.io.encode_jpeg if self.encoding_format == "jpeg" else tf.io.encode_png
        return as_octets(write(torch.tensor(array)))

    def decode_example(self, tfexample_data: Any) -> torch.Tensor:
        """The picture as a tensor.

        Raises:
            ValueError: the picture has another shape.
        """
        is_float = self._dtype == np.float32
        channels = 4 if is_float else self._shape[-1]
        dtype = tf.uint16 if self._dtype == np.uint16 else tf.uint8
        pixels = tf.io.decode_image(tfexample_data, channels=channels or 0, dtype=dtype)
        if is_float:
            array = np.ascontiguousarray(np.asarray(pixels)).view(np.float32)
            pixels = torch.as_tensor(array)
        checked_shape(self, tuple(pixels.shape), self._shape)
        return pixels

    def to_json_content(self) -> dict[str, Any]:
        content = {"shape": shape_to_json(self._shape), "dtype": dtype_name(self._dtype)}
        if self.encoding_format:
            content["encodingFormat"] = self.encoding_format
        return {**content, "useColormap": True} if self.use_colormap else content

    @classmethod
    def _options_of_json(cls, value: dict[str, Any]) -> dict[str, Any]:
        return {
            "shape": shape_of_json(value.get("shape", ())),
            "dtype": value.get("dtype") or "uint8",
            "encoding_format": value.get("encodingFormat") or value.get("encoding_format") or None,
            "use_colormap": bool(value.get("useColormap") or value.get("use_colormap")),
        }

    @classmethod
    def from_json_content(cls, value: dict[str, Any]) -> "Image":
        return cls(**cls._options_of_json(value))


class LabeledImage(Image):
    """A picture whose values are numbers of classes.

    Args:
        labels: How many classes there are, their names, or a file of these.
        options: Those of ``Image``.
    """

    file, key = "labeled_image", "image"

    def __init__(self, *, labels: Any, **options: Any) -> None:
        options.setdefault("use_colormap", True)
        super().__init__(**options)
        given = {"names": labels}
        if labels is None or isinstance(labels, int):
            given = {"num_classes": labels}
        elif isinstance(labels, (str, os.PathLike)):
            given = {"names_file": labels}
        self._label = ClassLabel(**given)

    @property
    def num_classes(self) -> int | None:
        """How many classes there are."""
        return self._label.num_classes

    @property
    def names(self) -> list[str]:
        """Names of the classes."""
        return self._label.names

    def str2int(self, str_value: str) -> int:
        """Number of a class by its name."""
        return self._label.str2int(str_value)

    def int2str(self, int_value: Any) -> str:
        """Name of a class by its number."""
        return self._label.int2str(int_value)

    def save_metadata(self, data_dir: Any, feature_name: str | None = None) -> None:
        self._label.save_metadata(data_dir, feature_name)

    def load_metadata(self, data_dir: Any, feature_name: str | None = None) -> None:
        self._label.load_metadata(data_dir, feature_name)

    def to_json_content(self) -> dict[str, Any]:
        return {**super().to_json_content(), "label": self._label.to_json_content()}

    @classmethod
    def from_json_content(cls, value: dict[str, Any]) -> "LabeledImage":
        number = value.get("label", {}).get("numClasses")
        labels = None if number is None else int(number)
        return cls(labels=labels, **cls._options_of_json(value))

    def _shown(self) -> dict[str, Any]:
        return {"num_classes": self.num_classes}


class Video(Sequence):
    """Pictures one after another.

    Args:
        shape: ``(pictures, height, width, channels)``, None for sizes that differ.
        encoding_format: ``"png"`` or ``"jpeg"``.
        dtype: uint8 or uint16.
        doc: What it is.
        options: ``use_colormap``, and ``ffmpeg_extra_args``, which has no effect: films are
            given as arrays or lists of pictures.

    Source: ``tfds.features.Video``.
    """

    file, key = "video_feature", "video"

    def __init__(
        self,
        shape: Iterable[int | None],
        encoding_format: str | None = "png",
        *,
        dtype: Any = np.uint8,
        doc: Any = None,
        **options: Any,
    ) -> None:
        shape = tuple(shape)
        if len(shape) != 4:
            raise argument_error(self, "shape", shape, "(pictures, height, width, channels)")
        options.pop("ffmpeg_extra_args", None)
        self._encoding_format = encoding_format
        picture = Image(shape=shape[1:], dtype=dtype, encoding_format=encoding_format, **options)
        super().__init__(picture, length=shape[0], doc=doc)

    def encode_example(self, example_data: Any) -> Any:
        if isinstance(example_data, (str, bytes, os.PathLike)):
            raise kind_error(self, "a film", example_data, "an array or a list of its pictures")
        return super().encode_example(example_data)

    def to_json_content(self) -> dict[str, Any]:
        info = self.get_tensor_info()
        content = {"shape": shape_to_json(info.shape), "dtype": dtype_name(info.dtype)}
        form = self._encoding_format
        return {**content, "encodingFormat": form} if form else content

    @classmethod
    def from_json_content(cls, value: dict[str, Any]) -> "Video":
        form = value.get("encodingFormat") or value.get("encoding_format") or None
        return cls(shape_of_json(value["shape"]), form, dtype=value.get("dtype") or "uint8")


class Audio(Tensor):
    """A sound: its samples.

    Args:
        file_format: Format of files that are given; ``"wav"`` is read.
        shape: ``(samples,)`` or ``(samples, channels)``.
        dtype: Type of the samples.
        sample_rate: Samples a second, for readers.
        encoding: As ``Tensor``'s.
        doc: What it is.
        lazy_decode: Accepted when false.

    Source: ``tfds.features.Audio``.
    """

    file, key = "audio_feature", "audio"

    def __init__(
        self,
        *,
        file_format: str | None = None,
        shape: Iterable[int | None] = (None,),
        dtype: Any = np.int64,
        sample_rate: int | None = None,
        encoding: str = "none",
        doc: Any = None,
        lazy_decode: bool = False,
    ) -> None:
        super().__init__(shape=shape, dtype=dtype, encoding=encoding, doc=doc)
        if lazy_decode:
            raise argument_error(self, "lazy_decode", lazy_decode, "False")
        self.file_format = file_format
        self.sample_rate = sample_rate

    def encode_example(self, example_data: Any) -> Any:
        if isinstance(example_data, (str, os.PathLike)):
            example_data = Path(example_data).read_bytes()
        elif hasattr(example_data, "read"):
            example_data = example_data.read()
        if isinstance(example_data, bytes):
            example_data = self._samples(example_data)
        return super().encode_example(np.asarray(example_data).astype(self._dtype))

    def _samples(self, data: bytes) -> np.ndarray:
        """The samples of a WAV file, as whole numbers of 16 bits."""
        if not data.startswith(b"RIFF"):
            raise argument_error(self, "a sound", data[:4], "a WAV file, or an array of samples")
        samples, _ = tf.audio.decode_wav(as_texts(data))
        whole = np.round(np.asarray(samples) * 32768.0)
        return whole[:, 0] if len(self._shape) == 1 else whole

    def to_json_content(self) -> dict[str, Any]:
        content = {"shape": shape_to_json(self._shape), "dtype": dtype_name(self._dtype)}
        if self.file_format:
            content["fileFormat"] = self.file_format
        if self.sample_rate:
            content["sampleRate"] = str(self.sample_rate)
        return {**content, "encoding": self._encoding.upper()}

    @classmethod
    def from_json_content(cls, value: dict[str, Any]) -> "Audio":
        rate = value.get("sampleRate") or value.get("sample_rate")
        return cls(
            file_format=value.get("fileFormat") or value.get("file_format") or None,
            shape=shape_of_json(value.get("shape", (None,))),
            dtype=value.get("dtype") or "int64",
            sample_rate=int(rate) if rate else None,
            encoding=str(value.get("encoding") or "none"),
        )

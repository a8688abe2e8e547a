"""Features made of features: by name, and one after another."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import tensorflow as tf
import torch

from tensorflow_datasets.features.base import (
    FeatureConnector,
    TensorInfo,
    dtype_name,
    mapped,
)
from tensorflow_datasets.features.tensors import Tensor, Text
from torchkeras.core.checks import argument_error, kind_error, nearest


class FeaturesDict(FeatureConnector):
    """Features by name.

    Args:
        feature_dict: Features, types of single numbers, or dicts of such, by name.
        doc: What it is.

    Source: ``tfds.features.FeaturesDict``.

    Example:
        >>> FeaturesDict({"x": np.float32})["x"]  # doctest: +SKIP
        Tensor(shape=(), dtype=float32)
    """

    file, key = "features_dict", "featuresDict"

    def __init__(self, feature_dict: Mapping[str, Any], *, doc: Any = None) -> None:
        super().__init__(doc=doc)
        self._parts = {name: as_feature(part) for name, part in feature_dict.items()}

    def __getitem__(self, name: str) -> FeatureConnector:
        if name not in self._parts:
            raise KeyError(f"no feature {name!r}. {nearest(name, self._parts)}".rstrip())
        return self._parts[name]

    def __contains__(self, name: object) -> bool:
        return name in self._parts

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)

    def keys(self) -> Any:
        """Names of the features."""
        return self._parts.keys()

    def values(self) -> Any:
        """The features."""
        return self._parts.values()

    def items(self) -> Any:
        """Names and features."""
        return self._parts.items()

    def get_tensor_info(self) -> dict[str, Any]:
        return {name: part.get_tensor_info() for name, part in self.items()}

    def get_serialized_info(self) -> dict[str, Any]:
        return {name: part.get_serialized_info() for name, part in self.items()}

    def encode_example(self, example_data: Any) -> dict[str, Any]:
        """What is written for a value of each feature.

        Raises:
            ValueError: the names are others.
        """
        if not isinstance(example_data, Mapping) or set(example_data) != set(self._parts):
            given = list(example_data) if isinstance(example_data, Mapping) else example_data
            raise argument_error(self, "an example", given, f"values of {list(self._parts)}")
        return {name: part.encode_example(example_data[name]) for name, part in self.items()}

    def decode_example(self, tfexample_data: Any) -> dict[str, Any]:
        return {
            name: self[name].decode_example(value) for name, value in sorted(tfexample_data.items())
        }

    def decode_batch_example(self, tfexample_data: Any) -> dict[str, Any]:
        return {
            name: self[name].decode_batch_example(value)
            for name, value in sorted(tfexample_data.items())
        }

    def save_metadata(self, data_dir: Any, feature_name: str | None = None) -> None:
        for name, part in self.items():
            part.save_metadata(data_dir, _file_name(name, feature_name))

    def load_metadata(self, data_dir: Any, feature_name: str | None = None) -> None:
        for name, part in self.items():
            part.load_metadata(data_dir, _file_name(name, feature_name))

    def to_json_content(self) -> dict[str, Any]:
        return {"features": {name: part.to_json() for name, part in self.items()}}

    @classmethod
    def from_json_content(cls, value: dict[str, Any]) -> "FeaturesDict":
        parts = value.get("features", {}) if set(value) <= {"features"} else value
        return cls({name: FeatureConnector.from_json(part) for name, part in parts.items()})

    def __repr__(self) -> str:
        lines = [f"    '{name}': {_inner(part)},\n" for name, part in sorted(self.items())]
        shown = "".join(line.replace("\n", "\n    ").removesuffix("    ") for line in lines)
        return f"{type(self).__name__}({{\n{shown}}})"


class Sequence(FeatureConnector):
    """A feature some times over; of a dict, a dict of joined values.

    Args:
        feature: A feature, a type, or a dict of such.
        length: How often; None for a number that differs.
        doc: What it is.

    Source: ``tfds.features.Sequence``.
    """

    file, key = "sequence_feature", "sequence"

    def __init__(self, feature: Any, length: int | None = None, *, doc: Any = None) -> None:
        super().__init__(doc=doc)
        self.feature = as_feature(feature)
        self._length = length

    def get_tensor_info(self) -> Any:
        return mapped(lambda info: info.inside(self._length), self.feature.get_tensor_info())

    def get_serialized_info(self) -> Any:
        return mapped(lambda info: info.inside(self._length), self.feature.get_serialized_info())

    def encode_example(self, example_data: Any) -> Any:
        """What is written: a list for each feature.

        Raises:
            ValueError: there are not ``length`` values, or of one feature more than of another.
        """
        parts = _transposed(self, example_data)
        if self._length not in (None, len(parts)):
            raise argument_error(self, "length", len(parts), f"{self._length}")
        if not parts:
            return mapped(
                lambda info: np.empty([n or 0 for n in info.shape], info.dtype),
                self.get_serialized_info(),
            )
        return _listed([self.feature.encode_example(part) for part in parts])

    def decode_example(self, tfexample_data: Any) -> Any:
        return self.feature.decode_batch_example(tfexample_data)

    def save_metadata(self, data_dir: Any, feature_name: str | None = None) -> None:
        self.feature.save_metadata(data_dir, feature_name)

    def load_metadata(self, data_dir: Any, feature_name: str | None = None) -> None:
        self.feature.load_metadata(data_dir, feature_name)

    def to_json_content(self) -> dict[str, Any]:
        length = -1 if self._length is None else self._length
        return {"feature": self.feature.to_json(), "length": str(length)}

    @classmethod
    def _parts_of_json(cls, value: dict[str, Any]) -> tuple[FeatureConnector, int | None]:
        length = value.get("length")
        length = None if length is None or int(length) < 0 else int(length)
        return FeatureConnector.from_json(value["feature"]), length

    @classmethod
    def from_json_content(cls, value: dict[str, Any]) -> "Sequence":
        return cls(*cls._parts_of_json(value))

    def __getitem__(self, name: str) -> FeatureConnector:
        return self.feature[name]  # type: ignore[index]

    def __contains__(self, name: object) -> bool:
        return name in self.feature  # type: ignore[operator]

    def __getattr__(self, name: str) -> Any:
        """Whatever the feature has: ``num_classes``, ``names``, ``int2str``."""
        if name.startswith("_") or "feature" not in self.__dict__:
            raise AttributeError(name)
        return getattr(self.feature, name)

    def __repr__(self) -> str:
        inner = _inner(self.feature)
        if inner.startswith("FeaturesDict("):
            inner = inner[len("FeaturesDict(") : -1]
        return f"{type(self).__name__}({inner})"


class Dataset(Sequence):
    """A data set within each example, such as the steps of an episode.

    Args:
        feature: What each of its examples has.
        length: How many they are; None for a number that differs.
        doc: What it is.

    Source: ``tfds.features.Dataset``.
    """

    file, key = "dataset_feature", "sequence"

    def get_tensor_info(self) -> Any:
        return self.feature.get_tensor_info()

    def get_tensor_spec(self) -> Any:
        return tf.data.DatasetSpec(self.feature.get_tensor_spec())

    def encode_example(self, example_data: Any) -> Any:
        if isinstance(example_data, tf.data.Dataset):
            example_data = example_data.as_numpy_iterator()
        is_columns = isinstance(example_data, Mapping)
        return super().encode_example(example_data if is_columns else list(example_data))

    def decode_example(self, tfexample_data: Any) -> Any:
        rows = tf.data.Dataset.from_tensor_slices(tfexample_data)
        return rows.map(self.feature.decode_example)


class Translation(FeaturesDict):
    """A text in several languages.

    Args:
        languages: Their names.
        encoder, encoder_config: Encoders of the texts; see ``Text``.
        doc: What it is.

    Source: ``tfds.features.Translation``.
    """

    file, key = "translation_feature", "translation"

    def __init__(
        self,
        languages: Iterable[str],
        encoder: Any = None,
        encoder_config: Any = None,
        *,
        doc: Any = None,
    ) -> None:
        names = list(languages)
        encoders = encoder if isinstance(encoder, (list, tuple)) else [encoder] * len(names)
        settings = encoder_config
        if not isinstance(settings, (list, tuple)):
            settings = [settings] * len(names)
        texts = [Text(*pair) for pair in zip(encoders, settings, strict=True)]
        super().__init__(dict(zip(names, texts, strict=True)), doc=doc)

    @property
    def languages(self) -> list[str]:
        """Names of the languages."""
        return sorted(self.keys())

    def to_json_content(self) -> dict[str, Any]:
        return {"languages": self.languages}

    @classmethod
    def from_json_content(cls, value: dict[str, Any]) -> "Translation":
        return cls(value["languages"])


class TranslationVariableLanguages(Sequence):
    """A text in some of several languages, some of them more than once.

    Args:
        languages: Their names; None allows any.
        doc: What it is.

    Source: ``tfds.features.TranslationVariableLanguages``.
    """

    file, key = "translation_feature", "translation"

    def __init__(self, languages: Iterable[str] | None = None, *, doc: Any = None) -> None:
        self._languages = set(languages or ())
        super().__init__({"language": Text(), "translation": Text()}, doc=doc)

    @property
    def languages(self) -> list[str] | None:
        """Names of the languages."""
        return sorted(self._languages) or None

    @property
    def num_languages(self) -> int | None:
        """How many languages there are."""
        return len(self._languages) or None

    def encode_example(self, example_data: Any) -> Any:
        if self._languages and not set(example_data) <= self._languages:
            raise argument_error(
                self, "languages", sorted(example_data), f"some of {self.languages}"
            )
        pairs = []
        for language, texts in example_data.items():
            texts = [texts] if isinstance(texts, (str, bytes)) else texts
            pairs += [{"language": language, "translation": text} for text in texts]
        pairs.sort(key=lambda pair: (pair["language"], pair["translation"]))
        return super().encode_example(pairs)

    def to_json_content(self) -> dict[str, Any]:
        return {"languages": self.languages or [], "variableLanguagesPerExample": True}

    @classmethod
    def from_json_content(cls, value: dict[str, Any]) -> "TranslationVariableLanguages":
        return cls(value.get("languages") or None)


def as_feature(value: Any) -> FeatureConnector:
    """A feature given as such, as a type of single numbers, or as a dict.

    Raises:
        TypeError: it is none of these.
    """
    if isinstance(value, FeatureConnector):
        return value
    if isinstance(value, Mapping):
        return FeaturesDict(value)
    if isinstance(value, (type, np.dtype, torch.dtype)) or value is tf.string:
        return Tensor(shape=(), dtype=value)
    raise kind_error("tfds.features", "a feature", value, "a feature, a type, or a dict of such")


def _file_name(name: str, parent: str | None) -> str:
    """The beginning of the names of a feature's own files."""
    name = name.replace("/", ".")
    return name if parent is None else "-".join([*parent.split("/"), name])


def _inner(feature: FeatureConnector) -> str:
    """How a feature prints within another: a single number by its type alone."""
    if type(feature) is Tensor and feature.shape == ():
        return dtype_name(feature.np_dtype)
    return repr(feature)


def _transposed(owner: Sequence, value: Any) -> list[Any]:
    """A dict of lists as a list of dicts; lists and arrays as lists.

    Raises:
        ValueError: the lists differ in length.
    """
    if not isinstance(value, Mapping):
        if not isinstance(value, (list, tuple, np.ndarray)):
            raise kind_error(owner, "a value", value, "an array, a list or a tuple")
        return list(value)
    columns = {name: _transposed(owner, part) for name, part in value.items()}
    lengths = sorted({len(column) for column in columns.values()})
    if len(lengths) > 1:
        raise argument_error(owner, "lengths", lengths, "one length for all features")
    number = lengths[0] if lengths else 0
    return [{name: column[n] for name, column in columns.items()} for n in range(number)]


def _listed(parts: list[Any]) -> Any:
    """Dicts as a dict of lists."""
    if isinstance(parts[0], dict):
        return {name: _listed([part[name] for part in parts]) for name in parts[0]}
    return list(parts)

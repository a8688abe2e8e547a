"""Structured data: each column prepared in its way, some crossed, all joined to one vector."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from torchkeras import layers
from torchkeras.core import naming, nested
from torchkeras.core.checks import argument_error, moment_error, nearest
from torchkeras.core.dtypes import standardize_dtype
from torchkeras.layers.preprocessing.adapting import as_numbers
from torchkeras.layers.preprocessing.features import (
    Column,
    Cross,
    Feature,
    TFDConcat,
    TFDIdentity,
    as_rows,
    deserialized,
)
from torchkeras.layers.preprocessing.texts import is_text, text_array
from torchkeras.saving import api as saving
from torchkeras.tracer import KerasTensor, any_symbolic


class FeatureSpace(layers.Layer):
    """Columns of structured data as one vector, or as a dictionary of prepared columns.

    Args:
        features: For each column by name a ``Feature``, as the class methods make them, or the name
            of such a method, such as ``"float_normalized"``.
        output_mode: ``"concat"``: the features, in alphabetical order, then the crosses, joined
            along the last axis; ``"dict"``: each under its name.
        crosses: Features to cross: tuples of names, or what ``cross`` makes.
        crossing_dim: Number of bins of the crosses given as tuples, 1 or more.
        hashing_dim: Number of bins of the features given as ``"string_hashed"`` or
            ``"integer_hashed"``, 1 or more.
        num_discretization_bins: Number of bins of those given as ``"float_discretized"``.
        name: Name; None makes one up.

    Shape:
        data: A dictionary of columns ``(batch,)`` or ``(batch, 1)``, or of single values.
        output: ``(batch, length)``, for single values ``(length,)``; or a dictionary of such.

    Raises:
        ValueError: no features, unknown kinds or names; in a call, ``adapt`` has to come first.

    Source: Keras 3 ``FeatureSpace``.

    Example:
        >>> space = keras.utils.FeatureSpace({"x": "float", "word": "string_categorical"})
        >>> space.adapt({"x": [0.5, 2.0], "word": ["a", "b"]})
        >>> space({"x": [0.5, 2.0], "word": ["a", "zoo"]})
        tensor([[0.0000, 0.0000, 1.0000, 0.5000],
                [1.0000, 0.0000, 0.0000, 2.0000]])
    """

    _converts_inputs = False

    def __init__(
        self,
        features: Mapping[str, Any],
        output_mode: str = "concat",
        crosses: Sequence[Any] | None = None,
        crossing_dim: int = 32,
        hashing_dim: int = 32,
        num_discretization_bins: int = 32,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name, autocast=False)
        if not features:
            raise argument_error(
                self, "features", features, "a dictionary of features",
                "The `features` argument cannot be None or empty.",
            )  # fmt: skip
        if output_mode not in ("concat", "dict"):
            raise argument_error(self, "output_mode", output_mode, "'concat' or 'dict'")
        self.crossing_dim = crossing_dim
        self.hashing_dim = hashing_dim
        self.num_discretization_bins = num_discretization_bins
        self.output_mode = output_mode
        self.features = {key: self._feature_of(key, value) for key, value in features.items()}
        self.crosses = [self._cross_of(cross) for cross in crosses or ()]
        self.crosses_by_name = {cross.name: cross for cross in self.crosses}
        self.inputs = {
            key: layers.Input(shape=(1,), dtype=feature.dtype, name=key)
            for key, feature in self.features.items()
        }
        self.preprocessors = {key: value.preprocessor for key, value in self.features.items()}
        self.crossers = {
            cross.name: layers.HashedCrossing(cross.crossing_dim, name=cross.name)
            for cross in self.crosses
        }
        self.one_hot_encoders = {}
        self.concat = None
        self.encoded_features = None
        self._is_adapted = False

    # Kinds of features.

    @classmethod
    def cross(
        cls, feature_names: Sequence[str], crossing_dim: int, output_mode: str = "one_hot"
    ) -> Cross:
        """Features hashed together into ``crossing_dim`` bins."""
        return Cross(feature_names, crossing_dim, output_mode=output_mode)

    @classmethod
    def feature(cls, dtype: str, preprocessor: Any, output_mode: str) -> Feature:
        """A column of any type that a layer of the caller's prepares."""
        return Feature(dtype, preprocessor, output_mode)

    @classmethod
    def float(cls, name: str | None = None) -> Feature:
        """Numbers as they are."""
        preprocessor = TFDIdentity(dtype="float32", name=_name_of(name, "float"))
        return Feature("float32", preprocessor, "float")

    @classmethod
    def float_rescaled(
        cls, scale: Any = 1.0, offset: Any = 0.0, name: str | None = None
    ) -> Feature:
        """``x * scale + offset``."""
        name = _name_of(name, "float_rescaled")
        return Feature("float32", layers.Rescaling(scale, offset, name=name), "float")

    @classmethod
    def float_normalized(cls, name: str | None = None) -> Feature:
        """Numbers brought to mean 0 and variance 1."""
        name = _name_of(name, "float_normalized")
        return Feature("float32", layers.Normalization(axis=-1, name=name), "float")

    @classmethod
    def float_discretized(
        cls,
        num_bins: int | None,
        bin_boundaries: Any = None,
        output_mode: str = "one_hot",
        name: str | None = None,
    ) -> Feature:
        """The bin that each number lies in, of ``num_bins`` or between ``bin_boundaries``."""
        name = _name_of(name, "float_discretized")
        preprocessor = layers.Discretization(
            num_bins=num_bins, bin_boundaries=bin_boundaries, name=name
        )
        return Feature("float32", preprocessor, output_mode)

    @classmethod
    def integer_categorical(
        cls,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        output_mode: str = "one_hot",
        name: str | None = None,
    ) -> Feature:
        """The place of each integer in a vocabulary."""
        name = _name_of(name, "integer_categorical")
        preprocessor = layers.IntegerLookup(max_tokens, num_oov_indices, name=name)
        return Feature("int32", preprocessor, output_mode)

    @classmethod
    def string_categorical(
        cls,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        output_mode: str = "one_hot",
        name: str | None = None,
    ) -> Feature:
        """The place of each string in a vocabulary."""
        name = _name_of(name, "string_categorical")
        preprocessor = layers.StringLookup(max_tokens, num_oov_indices, name=name)
        return Feature("string", preprocessor, output_mode)

    @classmethod
    def string_hashed(
        cls, num_bins: int, output_mode: str = "one_hot", name: str | None = None
    ) -> Feature:
        """The bin of each string's hash."""
        name = _name_of(name, "string_hashed")
        return Feature("string", layers.Hashing(num_bins, name=name), output_mode)

    @classmethod
    def integer_hashed(
        cls, num_bins: int, output_mode: str = "one_hot", name: str | None = None
    ) -> Feature:
        """The bin of each integer's hash."""
        name = _name_of(name, "integer_hashed")
        return Feature("int32", layers.Hashing(num_bins, name=name), output_mode)

    def _feature_of(self, name: str, value: Any) -> Feature:
        value = deserialized(value)
        if isinstance(value, Feature):
            return value
        arguments = {
            "float_discretized": (self.num_discretization_bins,),
            "integer_hashed": (self.hashing_dim,),
            "string_hashed": (self.hashing_dim,),
        }
        if value not in _KINDS:
            raise argument_error(
                self, f"feature {name!r}", value, f"a Feature or one of {_KINDS}",
                f"Invalid feature type. {nearest(str(value), _KINDS)}".rstrip(),
            )  # fmt: skip
        return getattr(self, value)(*arguments.get(value, ()), name=name)

    def _cross_of(self, value: Any) -> Cross:
        cross = deserialized(value)
        if not isinstance(cross, Cross):
            if not self.crossing_dim:
                raise argument_error(self, "crossing_dim", self.crossing_dim, "1 or more")
            cross = Cross(value, self.crossing_dim)
        unknown = [key for key in cross.feature_names if key not in self.features]
        if unknown:
            raise argument_error(
                self, "crosses", unknown, f"names of features: {list(self.features)}",
                "All features referenced in the `crosses` argument should be present in the "
                "`features` dict.",
            )  # fmt: skip
        return cross

    # Adapting.

    def adapt(self, dataset: Any) -> None:
        """Take what the layers need from data: vocabularies, moments, boundaries.

        Args:
            dataset: A dictionary of arrays or lists, or batches or samples as such dictionaries: a
                tf.data-like dataset, a torch loader, any iterable that can be read again and again.

        Raises:
            ValueError: ``dataset`` is neither, or lacks a column.
        """
        for name in self._list_adaptable_preprocessors():
            self.preprocessors[name].adapt(Column(self, dataset, name))
        self._is_adapted = True
        self.encoded_features = None
        self.get_encoded_features()
        self.built = True

    def _list_adaptable_preprocessors(self) -> list[str]:
        return [name for name, layer in self.preprocessors.items() if _is_adaptable(layer)]

    def get_inputs(self) -> dict[str, KerasTensor]:
        """The symbolic inputs by name.

        Raises:
            RuntimeError: ``adapt`` has to come first.
        """
        self.get_encoded_features()
        return self.inputs

    def get_encoded_features(self) -> Any:
        """The symbolic output for ``get_inputs()``.

        Raises:
            RuntimeError: ``adapt`` has to come first.
        """
        if not self._is_adapted and self._list_adaptable_preprocessors():
            raise moment_error(
                self, "it isn't adapted", "You need to call `.adapt(dataset)` before using it."
            )
        self._is_adapted = True
        if self.encoded_features is None:
            self.one_hot_encoders = {}
            self._make_encoders()
            self.encoded_features = self._encoded(self.inputs)
        return self.encoded_features

    def _make_encoders(self) -> None:
        """The layers that turn bins and places into rows of 0 and 1, and the one that joins."""
        for name, spec in sorted(self.features.items()):
            self._make_encoder(name, spec, self.preprocessors[name])
        for name, spec in sorted(self.crosses_by_name.items()):
            self._make_encoder(name, spec, self.crossers[name])
        if self.output_mode == "concat":
            self.concat = TFDConcat(axis=-1)

    def _make_encoder(self, name: str, spec: Any, layer: Any) -> None:
        if spec.output_mode == "one_hot":
            self.one_hot_encoders[name] = layers.CategoryEncoding(
                num_tokens=self._cardinality(name, layer), output_mode="multi_hot"
            )

    def _cardinality(self, name: str, layer: Any) -> int:
        if isinstance(layer, (layers.IntegerLookup, layers.StringLookup)):
            return layer.vocabulary_size()
        if isinstance(layer, layers.CategoryEncoding):
            return layer.num_tokens
        if isinstance(layer, layers.Discretization) and layer.num_bins is None:
            return len(layer.bin_boundaries) + 1
        if isinstance(layer, (layers.Discretization, layers.HashedCrossing, layers.Hashing)):
            return layer.num_bins
        raise argument_error(
            self,
            f"output_mode of feature {name!r}",
            "one_hot",
            "'int' or 'float', since it isn't a standard feature",
            "The dimensionality of its output space is not known.",
        )

    # Encoding.

    def call(self, data: Any) -> Any:
        """``data``, a dictionary of columns, encoded.

        Args:
            data: Columns by name.

        Raises:
            ValueError: ``data`` isn't a dictionary, or lacks a column.
        """
        self.get_encoded_features()
        if not isinstance(data, Mapping):
            raise argument_error(
                self, "data", type(data).__name__, "a dictionary",
                "A FeatureSpace can only be called with a dict.",
            )  # fmt: skip
        columns = {name: self._column(data, name) for name in self.features}
        if any_symbolic(list(columns.values())):
            return self._encoded(columns)
        is_single = any(not column.shape for column in columns.values())
        result = self._encoded({name: as_rows(x) for name, x in columns.items()})
        if not is_single:
            return result
        return nested.map_leaves(lambda x: x.squeeze(0) if x.ndim == 2 else x, result)

    def _column(self, data: Mapping[str, Any], name: str) -> Any:
        if name not in data:
            raise argument_error(
                self, "data", f"one with {sorted(data)}", f"a column {name!r}",
                nearest(name, data),
            )  # fmt: skip
        column = data[name]
        if isinstance(column, (Tensor, KerasTensor)):
            return column
        if is_text(column):
            return text_array(column)
        array = as_numbers(column)
        return torch.as_tensor(array.astype("float32") if array.dtype.kind == "f" else array)

    def _encoded(self, columns: dict[str, Any]) -> Any:
        parts = {name: self.preprocessors[name](columns[name]) for name in self.features}
        crossed = {
            cross.name: self.crossers[cross.name]([parts[key] for key in cross.feature_names])
            for cross in self.crosses
        }
        result = {}
        for name, part in (*sorted(parts.items()), *sorted(crossed.items())):
            encoder = self.one_hot_encoders.get(name)
            if encoder is not None:
                self._check_integer(name, part)
                part = encoder(part)
            elif self.output_mode == "concat":
                self._check_joinable(name, part)
            result[name] = part
        return result if self.output_mode == "dict" else self.concat(list(result.values()))

    def _check_integer(self, name: str, part: Any) -> None:
        dtype = standardize_dtype(part.dtype)
        if not dtype.startswith("int"):
            raise argument_error(
                self, f"output_mode of feature {name!r}", "one_hot", f"'float' for a {dtype}",
                "Its preprocessor should return an integer dtype.",
            )  # fmt: skip

    def _check_joinable(self, name: str, part: Any) -> None:
        dtype = standardize_dtype(part.dtype)
        if dtype.startswith(("int", "string")):
            raise argument_error(
                self, f"feature {name!r}", f"of {dtype}", "floats, to be joined with others",
                "Cannot concatenate features that have not been encoded: consider using "
                "`output_mode='dict'`.",
            )  # fmt: skip

    # Configuration and files.

    def get_config(self) -> dict[str, Any]:
        from_list = [layers.serialize(cross) for cross in self.crosses]
        return {
            "features": {key: layers.serialize(value) for key, value in self.features.items()},
            "output_mode": self.output_mode,
            "crosses": from_list,
            "crossing_dim": self.crossing_dim,
            "hashing_dim": self.hashing_dim,
            "num_discretization_bins": self.num_discretization_bins,
        }

    def get_build_config(self) -> dict[str, Any]:
        """The shapes that the features' layers were built with."""
        return {key: layer.get_build_config() or {} for key, layer in self.preprocessors.items()}

    def build_from_config(self, config: dict[str, Any]) -> None:
        """Build the features' layers as ``get_build_config`` remembers."""
        for key, inner in config.items():
            layer = self.features[key].preprocessor
            if inner and not layer.built:
                layer.build_from_config(inner)
        self._is_adapted = True

    def save(self, filepath: str | os.PathLike) -> None:
        """Write all to a ``.keras`` file, which ``keras.models.load_model`` reads."""
        saving.save_model(self, filepath)

    def save_own_variables(self, store: Any) -> None:
        """Nothing: the layers inside have their own."""

    def load_own_variables(self, store: Any) -> None:
        """Nothing: the layers inside have their own."""


_KINDS = (
    "float", "float_rescaled", "float_normalized", "float_discretized", "integer_categorical",
    "string_categorical", "integer_hashed", "string_hashed",
)  # fmt: skip


def _name_of(name: str | None, kind: str) -> str:
    return f"{name or naming.auto_name(kind)}_preprocessor"


def _is_adaptable(layer: Any) -> bool:
    """Whether a layer still takes what it needs from data."""
    if isinstance(layer, layers.Normalization):
        return layer.input_mean is None
    if isinstance(layer, layers.Discretization):
        return layer.num_bins is not None
    if isinstance(layer, layers.TextVectorization):
        layer = layer._lookup_layer
    return hasattr(layer, "adapt") and not getattr(layer, "_has_input_vocabulary", False)

"""``tf.feature_column``: columns that give categories."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from tensorflow import dtypes
from tensorflow.feature_column.columns import Column
from tensorflow.feature_column.values import (
    Categories,
    feature,
    fingerprints,
    given_ones,
    rows_of,
)
from tensorflow.io.features import VarLenFeature
from tensorflow.lookup.initializers import KeyValueTensorInitializer
from tensorflow.lookup.tables import StaticHashTable
from tensorflow.tensors import is_text
from torchkeras.core.checks import argument_error
from torchkeras.nn import hashing

_CROSSING_KEY = 0xDECAFCAFFE  # with which TensorFlow begins hashes of crossed features


class OneFeature(Column):
    """Categories made of one feature."""

    def __init__(self, key: str, num_buckets: int, dtype: Any) -> None:
        self.key = self.name = key
        self.num_buckets = num_buckets
        self.dtype = dtypes.as_dtype(dtype)

    def parse_spec(self) -> dict[str, Any]:
        """How ``tf.io.parse_example`` reads the feature."""
        return {self.key: VarLenFeature(self.dtype)}

    def categories(self, features: dict[str, Any]) -> Categories:
        """Their numbers, ``(batch, n)``."""
        value = rows_of(feature(features, self.key))
        return Categories(self.ids(value), given_ones(value))

    def ids(self, value: Any) -> Tensor:
        """The number of each value."""
        raise argument_error("tf.feature_column", "column", self, "a column of categories")


class VocabularyColumn(OneFeature):
    """The place of each value in a list."""

    def __init__(
        self, key: str, words: Sequence[Any], dtype: Any, default_value: int, num_oov_buckets: int
    ) -> None:
        where = "tf.feature_column.categorical_column_with_vocabulary_list"
        words = list(words)
        if not words or len(set(words)) != len(words):
            raise argument_error(where, "vocabulary_list", words, "different values, one or more")
        if num_oov_buckets and default_value != -1:
            raise argument_error(
                where, "default_value", default_value, "-1, since num_oov_buckets is given"
            )
        if dtype is None:
            dtype = dtypes.string if is_text(words) else torch.int64
        super().__init__(key, len(words) + num_oov_buckets, dtype)
        self.num_oov_buckets = num_oov_buckets
        keys = words if is_text(words) else torch.tensor(words, dtype=torch.int64)
        numbers = torch.arange(len(words), dtype=torch.int64)
        self._table = StaticHashTable(KeyValueTensorInitializer(keys, numbers), default_value)
        self._count = len(words)

    def ids(self, value: Any) -> Tensor:
        """The places; those of others in buckets behind, or the default."""
        value = value.to(torch.int64) if isinstance(value, Tensor) else value
        found = self._table.lookup(value)
        if not self.num_oov_buckets:
            return found
        others = hashing.bucket(fingerprints(value), self.num_oov_buckets) + self._count
        return torch.where(found < 0, others, found)


class HashedColumn(OneFeature):
    """The bucket that each value's hash falls into."""

    def ids(self, value: Any) -> Tensor:
        """The buckets."""
        return hashing.bucket(fingerprints(value), self.num_buckets)


class IdentityColumn(OneFeature):
    """Integers as they are."""

    def __init__(self, key: str, num_buckets: int, default_value: int | None) -> None:
        super().__init__(key, num_buckets, torch.int64)
        self.default_value = default_value

    def ids(self, value: Any) -> Tensor:
        """The integers; the default, or unknown, for those out of range."""
        value = value.to(torch.int64)
        is_outside = (value < 0) | (value >= self.num_buckets)
        other = -1 if self.default_value is None else self.default_value
        return torch.where(is_outside, other, value)


class WeightedColumn(Column):
    """Categories that count as much as another feature says."""

    def __init__(self, categorical_column: Any, key: str, dtype: Any) -> None:
        self.categorical_column = categorical_column
        self.key = key
        self.dtype = dtypes.as_dtype(dtype)
        self.name = f"{categorical_column.name}_weighted_by_{key}"
        self.num_buckets = categorical_column.num_buckets

    def parse_spec(self) -> dict[str, Any]:
        """How ``tf.io.parse_example`` reads the features."""
        return {**self.categorical_column.parse_spec(), self.key: VarLenFeature(self.dtype)}

    def categories(self, features: dict[str, Any]) -> Categories:
        """Their numbers and weights, ``(batch, n)``."""
        weights = rows_of(feature(features, self.key)).to(torch.float32)
        return self.categorical_column.categories(features)._replace(weights=weights)


class CrossedColumn(Column):
    """The bucket that the hash of several features' values together falls into."""

    def __init__(self, keys: Sequence[Any], hash_bucket_size: int, hash_key: int | None) -> None:
        where = "tf.feature_column.crossed_column"
        if not isinstance(keys, (list, tuple)) or len(keys) < 2:
            raise argument_error(where, "keys", keys, "a list of 2 or more")
        for key in keys:
            if not isinstance(key, str) and not hasattr(key, "categories"):
                raise argument_error(where, "keys", key, "names of features, or categories")
            if isinstance(key, HashedColumn):
                raise argument_error(
                    where, "keys", key, "no column with hash buckets",
                    "Hashing twice makes collisions likelier; use the feature's name.",
                )  # fmt: skip
        if hash_bucket_size is None or hash_bucket_size < 1:
            raise argument_error(where, "hash_bucket_size", hash_bucket_size, "1 or more")
        self.keys = tuple(keys)
        self.num_buckets = hash_bucket_size
        self.hash_key = _CROSSING_KEY if hash_key is None else hash_key
        leaves = self._leaves()
        self.name = "_X_".join(sorted(k if isinstance(k, str) else k.name for k in leaves))

    def _leaves(self) -> list[Any]:
        """The keys, with those of crossed columns in their place."""
        inner = [key._leaves() if isinstance(key, CrossedColumn) else [key] for key in self.keys]
        return [key for keys in inner for key in keys]

    def parse_spec(self) -> dict[str, Any]:
        """How ``tf.io.parse_example`` reads the features; names are read as texts."""
        found: dict[str, Any] = {}
        for key in self.keys:
            found.update(
                {key: VarLenFeature(dtypes.string)} if isinstance(key, str) else key.parse_spec()
            )
        return found

    def categories(self, features: dict[str, Any]) -> Categories:
        """The buckets of all combinations, ``(batch, n)``."""
        leaves = self._leaves()
        # TensorFlow takes categories first and then features of every row's full length.
        leaves = sorted(leaves, key=lambda key: isinstance(key, str))
        parts = [self._part(key, features) for key in leaves]
        hashed = torch.tensor(self.hash_key, device=parts[0].ids.device)
        given = torch.tensor(True, device=parts[0].ids.device)
        for place, part in enumerate(parts):
            axes = [1] * len(parts)
            axes[place] = -1
            shape = (len(part.ids), *axes)
            hashed = hashing.combined(hashed, part.ids.reshape(shape))
            given = given & part.given.reshape(shape)
        ids = hashing.bucket(hashed, self.num_buckets)
        return Categories(rows_of(ids), rows_of(given.expand(ids.shape)))

    @staticmethod
    def _part(key: Any, features: dict[str, Any]) -> Categories:
        if not isinstance(key, str):
            return key.categories(features)
        value = rows_of(feature(features, key))
        is_sparse = hasattr(features[key], "dense_shape")
        ids = value.to(torch.int64) if isinstance(value, Tensor) else fingerprints(value)
        given = given_ones(value) if is_sparse else torch.ones_like(ids, dtype=torch.bool)
        return Categories(ids, given)


def categorical_column_with_vocabulary_list(
    key: str,
    vocabulary_list: Sequence[Any],
    dtype: Any = None,
    default_value: int = -1,
    num_oov_buckets: int = 0,
) -> VocabularyColumn:
    """The place of each value in a list.

    Args:
        key: Name of the feature.
        vocabulary_list: Different texts or integers.
        dtype: Their type; None tells by the list.
        default_value: The number of all others; -1 leaves them out.
        num_oov_buckets: Buckets for others behind the list, by their hash.
    """
    return VocabularyColumn(key, vocabulary_list, dtype, default_value, num_oov_buckets)


def categorical_column_with_vocabulary_file(
    key: str,
    vocabulary_file: str,
    vocabulary_size: int | None = None,
    dtype: Any = dtypes.string,
    default_value: int | None = None,
    num_oov_buckets: int = 0,
    file_format: str | None = None,
) -> VocabularyColumn:
    """The place of each value in a file's lines.

    Args:
        key: Name of the feature.
        vocabulary_file: Path of the file.
        vocabulary_size: How many lines are read; None reads all.
        dtype: Type of the values.
        default_value: The number of all others; None leaves them out.
        num_oov_buckets: Buckets for others behind the list, by their hash.
        file_format: ``"text"`` or None, which is the same.

    Raises:
        ValueError: another format, or the file has fewer lines than ``vocabulary_size``.
    """
    where = "tf.feature_column.categorical_column_with_vocabulary_file"
    if file_format not in (None, "text"):
        raise argument_error(where, "file_format", file_format, "'text' or None")
    with open(vocabulary_file, encoding="utf-8") as file:
        lines = file.read().splitlines()
    if vocabulary_size is not None and len(lines) < vocabulary_size:
        raise argument_error(
            where, "vocabulary_size", vocabulary_size, f"{len(lines)}, the number of lines"
        )
    words: list[Any] = lines[:vocabulary_size]
    if dtypes.as_dtype(dtype) is not dtypes.string:
        words = [int(word) for word in words]
    default = -1 if default_value is None else default_value
    return VocabularyColumn(key, words, dtype, default, num_oov_buckets)


def categorical_column_with_hash_bucket(
    key: str, hash_bucket_size: int, dtype: Any = dtypes.string
) -> HashedColumn:
    """The bucket, of ``hash_bucket_size``, that each value's hash falls into."""
    if hash_bucket_size is None or hash_bucket_size < 1:
        raise argument_error(
            "tf.feature_column.categorical_column_with_hash_bucket", "hash_bucket_size",
            hash_bucket_size, "1 or more",
        )  # fmt: skip
    return HashedColumn(key, hash_bucket_size, dtype)


def categorical_column_with_identity(
    key: str, num_buckets: int, default_value: int | None = None
) -> IdentityColumn:
    """Integers from 0 up to ``num_buckets`` as they are; others count as ``default_value``."""
    where = "tf.feature_column.categorical_column_with_identity"
    if num_buckets < 1:
        raise argument_error(where, "num_buckets", num_buckets, "1 or more")
    if default_value is not None and not 0 <= default_value < num_buckets:
        raise argument_error(where, "default_value", default_value, f"0 to {num_buckets - 1}")
    return IdentityColumn(key, num_buckets, default_value)


def weighted_categorical_column(
    categorical_column: Any, weight_feature_key: str, dtype: Any = torch.float32
) -> WeightedColumn:
    """Categories that count as much as the feature ``weight_feature_key`` says."""
    return WeightedColumn(categorical_column, weight_feature_key, dtype)


def crossed_column(
    keys: Sequence[Any], hash_bucket_size: int, hash_key: int | None = None
) -> CrossedColumn:
    """The bucket that the hash of several features' values together falls into.

    Args:
        keys: Names of features, bucketized columns or categories without hashes.
        hash_bucket_size: Number of buckets.
        hash_key: Makes another hash.
    """
    return CrossedColumn(keys, hash_bucket_size, hash_key)

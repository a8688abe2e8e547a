"""``tf.feature_column``: columns that give numbers."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from tensorflow import dtypes
from tensorflow.feature_column.values import Categories, feature, rows_of
from tensorflow.io.features import FixedLenFeature
from tensorflow.train.managers import load_variable
from torchkeras import initializers
from torchkeras.core.checks import argument_error

_COMBINERS = ("mean", "sqrtn", "sum")


class Column:
    """What all columns have.

    Attributes:
        name: The name, by which columns are put in order.
    """

    name: str

    def parse_spec(self) -> dict[str, Any]:
        """How ``tf.io.parse_example`` reads the features."""
        raise argument_error("tf.feature_column", "column", self, "a column of features")

    def build(self, layer: Any) -> None:
        """Make weights in a layer; there are none."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(name={self.name!r})"


class NumericColumn(Column):
    """Numbers as they are, or as ``normalizer_fn`` makes them."""

    def __init__(
        self,
        key: str,
        shape: Any,
        default_value: Any,
        dtype: Any,
        normalizer_fn: Callable[[Any], Any] | None,
    ) -> None:
        self.key = self.name = key
        self.shape = (shape,) if isinstance(shape, int) else tuple(shape)
        if any(size < 1 for size in self.shape):
            raise argument_error(
                "tf.feature_column.numeric_column", "shape", self.shape, "lengths of 1 or more"
            )
        self.default_value = default_value
        self.dtype = dtype
        self.normalizer_fn = normalizer_fn
        self.width = math.prod(self.shape)

    def parse_spec(self) -> dict[str, Any]:
        """How ``tf.io.parse_example`` reads the feature."""
        return {self.key: FixedLenFeature(self.shape, self.dtype, self.default_value)}

    def dense(self, features: dict[str, Any], layer: Any = None) -> Tensor:
        """``(batch, *shape)``; ``layer`` isn't asked, as there are no weights."""
        value = feature(features, self.key)
        value = value if self.normalizer_fn is None else self.normalizer_fn(value)
        value = value.to(torch.float32)
        if math.prod(value.shape[1:]) != self.width:
            raise argument_error(
                "tf.feature_column.numeric_column", f"shape of {self.key!r}",
                tuple(value.shape), f"(batch, {self.width})",
            )  # fmt: skip
        return value.reshape(value.shape[0], *self.shape)


class BucketizedColumn(Column):
    """Which interval each number of a numeric column lies in; one-hot, or as categories."""

    def __init__(self, source_column: NumericColumn, boundaries: Sequence[float]) -> None:
        if not isinstance(source_column, NumericColumn):
            raise argument_error(
                "tf.feature_column.bucketized_column", "source_column", source_column,
                "a column of numeric_column",
            )  # fmt: skip
        limits = list(boundaries)
        if not limits or limits != sorted(set(limits)):
            raise argument_error(
                "tf.feature_column.bucketized_column", "boundaries", limits,
                "a sorted list of different numbers",
            )  # fmt: skip
        self.source_column = source_column
        self.boundaries = tuple(limits)
        self.name = f"{source_column.name}_bucketized"
        self.num_buckets = (len(limits) + 1) * source_column.width
        self.width = self.num_buckets

    def parse_spec(self) -> dict[str, Any]:
        """How ``tf.io.parse_example`` reads the feature."""
        return self.source_column.parse_spec()

    def _buckets(self, features: dict[str, Any]) -> Tensor:
        numbers = rows_of(self.source_column.dense(features))
        limits = torch.tensor(self.boundaries, dtype=torch.float32, device=numbers.device)
        return torch.bucketize(numbers, limits, right=True)

    def dense(self, features: dict[str, Any], layer: Any = None) -> Tensor:
        """``(batch, n * intervals)``; ``layer`` isn't asked, as there are no weights."""
        hot = torch.nn.functional.one_hot(self._buckets(features), len(self.boundaries) + 1)
        return rows_of(hot).to(torch.float32)

    def categories(self, features: dict[str, Any]) -> Categories:
        """The intervals, those of each number counted on."""
        buckets = self._buckets(features)
        start = torch.arange(buckets.shape[1], device=buckets.device)
        ids = buckets + start * (len(self.boundaries) + 1)
        return Categories(ids, torch.ones_like(ids, dtype=torch.bool))


class IndicatorColumn(Column):
    """How often each category occurs in a row."""

    def __init__(self, categorical_column: Any) -> None:
        self.categorical_column = _categorical("indicator_column", categorical_column)
        self.name = f"{categorical_column.name}_indicator"
        self.width = categorical_column.num_buckets

    def parse_spec(self) -> dict[str, Any]:
        """How ``tf.io.parse_example`` reads the feature."""
        return self.categorical_column.parse_spec()

    def dense(self, features: dict[str, Any], layer: Any = None) -> Tensor:
        """``(batch, categories)``; ``layer`` isn't asked, as there are no weights."""
        found = self.categorical_column.categories(features)
        known = found.known & (found.ids < self.width)
        counts = known.to(torch.float32)
        if found.weights is not None:
            counts = counts * found.weights
        result = torch.zeros(len(counts), self.width, device=counts.device)
        return result.scatter_add(1, torch.where(known, found.ids, 0), counts)


class EmbeddingColumn(Column):
    """A vector for each category, trained; those of a row are combined."""

    def __init__(
        self,
        categorical_column: Any,
        dimension: int,
        combiner: str,
        initializer: Any,
        checkpoint: str | None,
        tensor_name: str | None,
        max_norm: float | None,
        trainable: bool,
    ) -> None:
        where = "tf.feature_column.embedding_column"
        self.categorical_column = _categorical("embedding_column", categorical_column)
        if dimension is None or dimension < 1:
            raise argument_error(where, "dimension", dimension, "1 or more")
        if combiner not in _COMBINERS:
            raise argument_error(where, "combiner", combiner, f"one of {_COMBINERS}")
        if (checkpoint is None) != (tensor_name is None):
            raise argument_error(
                where, "tensor_name_in_ckpt", tensor_name, "a name with ckpt_to_load_from"
            )
        self.name = f"{categorical_column.name}_embedding"
        self.width = self.dimension = dimension
        self.combiner = combiner
        if initializer is None:
            initializer = initializers.TruncatedNormal(0.0, 1 / math.sqrt(dimension))
        self.initializer = initializer
        self.checkpoint = checkpoint
        self.tensor_name = tensor_name
        self.max_norm = max_norm
        self.trainable = trainable

    def parse_spec(self) -> dict[str, Any]:
        """How ``tf.io.parse_example`` reads the feature."""
        return self.categorical_column.parse_spec()

    def build(self, layer: Any) -> None:
        """Make the vectors, ``(categories, dimension)``."""
        table = layer.add_weight(
            shape=(self.categorical_column.num_buckets, self.dimension),
            initializer=self.initializer,
            trainable=self.trainable,
            name=f"{self.name}_weights",
        )
        if self.checkpoint is not None:
            table.assign(load_variable(self.checkpoint, self.tensor_name))
        layer.__dict__.setdefault("_tables", {})[self.name] = table

    def dense(self, features: dict[str, Any], layer: Any) -> Tensor:
        """``(batch, dimension)``."""
        table = layer.__dict__["_tables"][self.name].value
        found = self.categorical_column.categories(features)
        known = found.known
        counts = known.to(table.dtype)
        if found.weights is not None:
            counts = counts * found.weights
        vectors = table[torch.where(known, found.ids, 0).to(table.device)]  # (b, n, dimension)
        if self.max_norm is not None:
            length = vectors.norm(dim=-1, keepdim=True)
            vectors = vectors * (self.max_norm / length.clamp(min=self.max_norm))
        total = (vectors * counts.to(table.device)[..., None]).sum(1)
        if self.combiner == "sum":
            return total
        share = counts.sum(1) if self.combiner == "mean" else counts.square().sum(1).sqrt()
        share = torch.where(share == 0, 1, share).to(table.device)
        return total / share[:, None]


def _categorical(function: str, column: Any) -> Any:
    if not hasattr(column, "categories"):
        raise argument_error(
            f"tf.feature_column.{function}", "categorical_column", column,
            "a categorical column, such as categorical_column_with_hash_bucket gives",
        )  # fmt: skip
    return column


def numeric_column(
    key: str,
    shape: Any = (1,),
    default_value: Any = None,
    dtype: Any = torch.float32,
    normalizer_fn: Callable[[Any], Any] | None = None,
) -> NumericColumn:
    """Numbers.

    Args:
        key: Name of the feature.
        shape: Shape of one sample's numbers.
        default_value: What ``tf.io.parse_example`` takes where there are none.
        dtype: Their type in records.
        normalizer_fn: Makes other numbers of them.
    """
    return NumericColumn(key, shape, default_value, dtypes.as_dtype(dtype), normalizer_fn)


def bucketized_column(
    source_column: NumericColumn, boundaries: Sequence[float]
) -> BucketizedColumn:
    """Which of the intervals between ``boundaries``, ascending, each number lies in."""
    return BucketizedColumn(source_column, boundaries)


def indicator_column(categorical_column: Any) -> IndicatorColumn:
    """How often each category occurs in a row."""
    return IndicatorColumn(categorical_column)


def embedding_column(
    categorical_column: Any,
    dimension: int,
    combiner: str = "mean",
    initializer: Any = None,
    ckpt_to_load_from: str | None = None,
    tensor_name_in_ckpt: str | None = None,
    max_norm: float | None = None,
    trainable: bool = True,
    use_safe_embedding_lookup: bool = True,
) -> EmbeddingColumn:
    """A trained vector for each category.

    Args:
        categorical_column: The categories.
        dimension: Length of a vector, 1 or more.
        combiner: ``"mean"``, ``"sqrtn"`` or ``"sum"`` of the vectors of a row.
        initializer: Of the vectors; None is a truncated normal distribution with a standard
            deviation of ``1 / sqrt(dimension)``.
        ckpt_to_load_from, tensor_name_in_ckpt: A checkpoint and the key in it to start from.
        max_norm: Greatest L2 norm of a vector when it is looked up.
        trainable: Whether the vectors are trained.
        use_safe_embedding_lookup: Accepted; unknown categories are always left out.
    """
    return EmbeddingColumn(
        categorical_column, dimension, combiner, initializer, ckpt_to_load_from,
        tensor_name_in_ckpt, max_norm, trainable,
    )  # fmt: skip


def make_parse_example_spec(feature_columns: Any) -> dict[str, Any]:
    """How ``tf.io.parse_example`` reads all features of columns."""
    found: dict[str, Any] = {}
    for column in feature_columns:
        found.update(column.parse_spec())
    return found

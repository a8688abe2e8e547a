"""Columns described by ``tf.feature_column`` as one tensor, for scripts of tf.keras 2."""

from typing import Any

import torch
from torch import Tensor
from typing_extensions import Unpack

from torchkeras.core.checks import argument_error, kind_error
from torchkeras.core.dtypes import torch_dtype
from torchkeras.core.scopes import local
from torchkeras.core.typing import Shape
from torchkeras.layers.base import Layer, LayerOptions
from torchkeras.tracer import KerasTensor


class DenseFeatures(Layer):
    """Columns of a dict of features as one tensor, side by side by their names.

    ``tf.feature_column`` of the drop-in ``tensorflow`` describes columns. Elsewhere use
    ``keras.utils.FeatureSpace``, or layers such as ``StringLookup``, ``Hashing``,
    ``Discretization`` and ``HashedCrossing`` with ``Embedding`` behind them.

    Args:
        feature_columns: A column, or a list of them; each gives numbers.
        trainable: Whether the weights are to be trained.
        name: See ``Layer``.
        **options: See ``LayerOptions``.

    Shape:
        features: ``(batch,)``, ``(batch, 1)`` or ``(batch, n)`` each.
        output: ``(batch, width)``, the sum of the columns' widths.

    Weights:
        <column>_weights: Of each column that embeds, ``(categories, dimension)``.

    Raises:
        ValueError: these are no columns of the drop-in; it says what to use instead.

    Source: tf.keras 2 ``DenseFeatures``.
    """

    _converts_inputs = False

    def __init__(
        self,
        feature_columns: Any,
        trainable: bool = True,
        name: str | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        columns = (
            feature_columns if isinstance(feature_columns, (list, tuple)) else [feature_columns]
        )
        if not columns or not all(hasattr(column, "dense") for column in columns):
            raise argument_error(
                type(self),
                "feature_columns",
                feature_columns,
                "dense columns that tf.feature_column of the drop-in `tensorflow` makes",
                "Wrap categorical ones in indicator_column or embedding_column; without "
                "tf.feature_column, use keras.utils.FeatureSpace.",
            )
        super().__init__(trainable=trainable, name=name, **{"autocast": False, **options})
        self.feature_columns = sorted(columns, key=lambda column: column.name)

    def build(self, input_shape: Any = None) -> None:
        for column in self.feature_columns:
            column.build(self)

    def call(
        self, features: Any, cols_to_output_tensors: Any = None, training: bool | None = None
    ) -> Tensor:
        if not isinstance(features, dict):
            raise kind_error(self, "features", features, "a dict of features by name")
        made = [column.dense(features, self) for column in self.feature_columns]
        dtype = torch_dtype(self.compute_dtype)
        parts = [part.reshape(part.shape[0], -1).to(dtype) for part in made]
        if cols_to_output_tensors is not None:
            cols_to_output_tensors.update(zip(self.feature_columns, parts, strict=True))
        return torch.cat(parts, dim=-1)

    def _run_call(self, args: tuple, kwargs: dict, training: Any) -> Any:
        if not local.shape_run or local.recorded:
            return super()._run_call(args, kwargs, training)
        first = next(iter(args[0].values()))
        sizes = (first.shape[0], self._width())
        return torch.empty(sizes, dtype=torch_dtype(self.compute_dtype), device=self._chosen_device)

    def _width(self) -> int:
        return sum(column.width for column in self.feature_columns)

    def compute_output_shape(self, input_shape: Any) -> Shape:
        """``(batch, width)``."""
        shapes = list(input_shape.values()) if isinstance(input_shape, dict) else [input_shape]
        return (shapes[0][0], self._width())

    def compute_output_spec(self, features: Any, **options: Any) -> KerasTensor:
        """Symbolic output for symbolic features, without recording the call."""
        shapes = {name: part.shape for name, part in features.items()}
        return KerasTensor(self.compute_output_shape(shapes), self.compute_dtype)

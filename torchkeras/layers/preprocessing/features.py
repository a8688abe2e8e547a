"""Features of structured data: how each is read and prepared, and which are crossed."""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from torchkeras.core import registry
from torchkeras.core.checks import argument_error, kind_error
from torchkeras.core.configurable import Configurable
from torchkeras.core.typing import Shape
from torchkeras.layers.base import Layer
from torchkeras.layers.preprocessing.adapting import first_part
from torchkeras.layers.preprocessing.base import DataLayer
from torchkeras.layers.shapes import SameShape

# How many samples ``adapt`` joins to a batch where they come one by one.
_BATCH = 32


class Feature(Configurable):
    """A column of data and what is made of it.

    Args:
        dtype: Type of the column: ``"float32"``, ``"int32"``, ``"string"``, ...
        preprocessor: The layer that prepares it, or its serialized form.
        output_mode: ``"float"`` or ``"int"`` leave what the layer gives; ``"one_hot"`` makes a row
            of 0 and 1 of integers.

    Raises:
        ValueError: another ``output_mode``.
    """

    def __init__(self, dtype: str, preprocessor: Any, output_mode: str) -> None:
        if output_mode not in ("int", "one_hot", "float"):
            raise argument_error(self, "output_mode", output_mode, "'int', 'one_hot' or 'float'")
        self.dtype = dtype
        self.preprocessor = deserialized(preprocessor)
        self.output_mode = output_mode


class Cross(Configurable):
    """Features that are hashed together.

    Args:
        feature_names: Names of the features, two or more.
        crossing_dim: Number of bins, 1 or more.
        output_mode: ``"int"``: the bin; ``"one_hot"``: a row of 0 and 1.

    Raises:
        ValueError: another ``output_mode``.
    """

    def __init__(self, feature_names: Any, crossing_dim: int, output_mode: str = "one_hot") -> None:
        if output_mode not in ("int", "one_hot"):
            raise argument_error(self, "output_mode", output_mode, "'int' or 'one_hot'")
        self.feature_names = tuple(feature_names)
        self.crossing_dim = crossing_dim
        self.output_mode = output_mode

    @property
    def name(self) -> str:
        """The features' names joined."""
        return "_X_".join(self.feature_names)


def deserialized(value: Any) -> Any:
    """A layer, feature or cross from its serialized form; anything else as it is.

    Raises:
        TypeError: the dictionary isn't one of these.
    """
    if not isinstance(value, dict):
        return value
    made = registry.from_dict(value, "layers")
    if not isinstance(made, (Layer, Feature, Cross)):
        raise kind_error("FeatureSpace", "features", made, "a layer, a feature or a cross")
    return made


class TFDIdentity(SameShape, DataLayer):
    """The inputs as they are: what prepares plain numbers.

    The name is that of Keras, which files have.
    """

    def call(self, x: Tensor) -> Tensor:
        return x


class TFDConcat(DataLayer):
    """Tensors joined along one axis.

    Args:
        axis: The axis.
        **options: See ``LayerOptions``.
    """

    def __init__(self, axis: int, **options: Any) -> None:
        super().__init__(**options)
        self.axis = axis

    def call(self, xs: list[Tensor]) -> Tensor:
        return torch.cat(xs, dim=self.axis)

    def compute_output_shape(self, input_shape: list[Shape]) -> Shape:
        """The lengths along the axis added up."""
        lengths = [shape[self.axis] for shape in input_shape]
        shape = list(input_shape[0])
        shape[self.axis] = None if None in lengths else sum(lengths)
        return tuple(shape)


def as_rows(column: Any) -> Any:
    """A column with one value to a row."""
    if not column.shape:
        return column.reshape(1, 1)
    return column[:, None] if column.ndim == 1 else column


class Column:
    """One column of structured data as batches, read anew at each pass.

    Args:
        owner: The ``FeatureSpace``, which finds a column in a dictionary.
        dataset: A dictionary of columns, or batches or samples of such.
        name: The column's.

    Raises:
        TypeError: ``dataset`` is neither.
    """

    def __init__(self, owner: Any, dataset: Any, name: str) -> None:
        has_items = hasattr(dataset, "__getitem__") and hasattr(dataset, "__len__")
        if isinstance(dataset, (list, tuple, str)) or not (
            has_items or isinstance(dataset, Iterable)
        ):
            raise kind_error(
                owner, "dataset", type(dataset).__name__, "a dataset or a dictionary of arrays",
                "`adapt()` can only be called on a tf.data.Dataset or a dict of arrays/lists.",
            )  # fmt: skip
        self.owner = owner
        self.dataset = dataset
        self.name = name

    def __iter__(self) -> Iterator[Any]:
        if isinstance(self.dataset, Mapping):
            column = as_rows(self.owner._column(self.dataset, self.name))
            yield from (column[start : start + _BATCH] for start in range(0, len(column), _BATCH))
            return
        data = self.dataset
        if not isinstance(data, Iterable):  # a torch Dataset
            data = map(data.__getitem__, range(len(data)))
        values = (self.owner._column(first_part(item), self.name) for item in data)
        first = next(values, None)
        if first is None:
            return
        values = itertools.chain([first], values)
        if first.shape:
            yield from map(as_rows, values)
            return
        while batch := list(itertools.islice(values, _BATCH)):
            yield np.stack([np.asarray(value) for value in batch])[:, None]

"""Weights of samples and classes, and the tuples in which they travel."""

import numbers
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from torchkeras.core import nested
from torchkeras.core.checks import argument_error, kind_error
from torchkeras.core.dtypes import torch_dtype
from torchkeras.core.settings import floatx


def unpack_x_y_sample_weight(data: Any) -> tuple[Any, Any, Any]:
    """``(x, y, sample_weight)`` of a batch, with None for what it lacks.

    Args:
        data: ``x`` alone, or a tuple or list ``(x,)``, ``(x, y)`` or ``(x, y, sample_weight)``.

    Raises:
        ValueError: the tuple is longer than three.

    Source: Keras 3 ``utils.unpack_x_y_sample_weight``.

    Example:
        >>> unpack_x_y_sample_weight((1, 2))
        (1, 2, None)
    """
    if not isinstance(data, (tuple, list)):
        return data, None, None
    length = len(data)
    if length == 2:
        return data[0], data[1], None
    if length == 3:
        return data[0], data[1], data[2]
    if length == 1:
        return data[0], None, None
    raise argument_error(
        "unpack_x_y_sample_weight",
        "data",
        f"a {type(data).__name__} of {length}",
        "`x`, `(x,)`, `(x, y)`, or `(x, y, sample_weight)`",
        "Data is expected to be in format `x`, `(x,)`, `(x, y)`, or `(x, y, sample_weight)`.",
    )


def pack_x_y_sample_weight(x: Any, y: Any = None, sample_weight: Any = None) -> Any:
    """The batch that ``unpack_x_y_sample_weight`` takes apart.

    Returns:
        ``x`` itself if there is no more and it can't be mistaken for a tuple of three, else a
        tuple without the absent parts.

    Source: Keras 3 ``utils.pack_x_y_sample_weight``.

    Example:
        >>> pack_x_y_sample_weight(1, 2)
        (1, 2)
    """
    if y is None:
        return (x,) if isinstance(x, (tuple, list)) else x
    return (x, y) if sample_weight is None else (x, y, sample_weight)


class ClassWeights:
    """Looks up the weight of each sample's class.

    Args:
        class_weight: Weight of each class index; a class without one weighs 1.

    Raises:
        TypeError: ``class_weight`` is no dict.
        ValueError: a key is no class index, 0 or more.

    Example:
        >>> ClassWeights({1: 3.0}).of(torch.tensor([0, 1, 2]))
        tensor([1., 3., 1.])
    """

    def __init__(self, class_weight: Mapping[int, float]) -> None:
        if not isinstance(class_weight, Mapping):
            raise kind_error(
                "fit",
                "class_weight",
                class_weight,
                "a dict from class index to weight",
                "Try {0: 1.0, 1: 5.0}.",
            )
        for key in class_weight:
            if not isinstance(key, numbers.Real) or int(key) != key or key < 0:
                raise argument_error(
                    "fit", "class_weight", dict(class_weight), "class indices, 0 or more, as keys"
                )
        # One place past the largest class stands for every class without a weight.
        table = torch.ones(max((int(key) for key in class_weight), default=-1) + 2)
        for key, weight in class_weight.items():
            table[int(key)] = float(weight)
        self._table = table.to(torch_dtype(floatx()))

    def of(self, y: Any) -> Tensor:
        """Weights ``(samples,)`` of targets given as indices, ``(samples[, 1])``, or one-hot.

        Raises:
            ValueError: there are several targets.
        """
        if nested.is_nested(y):
            raise argument_error(
                "fit",
                "class_weight",
                "given",
                "a single target",
                "`class_weight` is only supported for Models with a single output; pass one "
                "sample_weight per output instead.",
            )
        if y.ndim > 1:
            y = y.argmax(dim=-1) if y.shape[-1] != 1 else y.squeeze(-1)
        if y.is_floating_point():
            y = y.round()
        table = self._table
        if table.device != y.device:
            self._table = table = table.to(y.device)
        rest = table.shape[0] - 1
        index = y.long()
        index = index.where((index >= 0) & (index < rest), rest)
        return table[index]


def weighted(batch: Any, class_weights: ClassWeights) -> Any:
    """``batch`` with the weights of its targets' classes.

    Raises:
        ValueError: it has no targets, or weights of its own.
    """
    x, y, sample_weight = unpack_x_y_sample_weight(batch)
    if y is None:
        raise argument_error("fit", "class_weight", "given", "data with targets")
    if sample_weight is not None:
        raise both_weights_error("fit")
    return x, y, class_weights.of(y)


def both_weights_error(owner: str) -> ValueError:
    """The error of giving weights by class and by sample at once."""
    return argument_error(
        owner,
        "class_weight",
        "given together with sample_weight",
        "one of the two",
        "You cannot `class_weight` and `sample_weight` at the same time: multiply them into "
        "sample_weight.",
    )


def spread(sample_weight: Any, y: Any) -> Any:
    """``sample_weight`` in the structure of ``y``: one array is meant for every target.

    Raises:
        ValueError: the structures differ, or one array of weights per step is to serve several
            targets.
    """
    if sample_weight is None or not nested.is_nested(y) or len(nested.flatten(y)) == 1:
        return sample_weight
    if not nested.is_nested(sample_weight):
        if len(sample_weight.shape) > 1 and tuple(sample_weight.shape[1:]) != (1,):
            raise argument_error(
                "fit",
                "sample_weight",
                tuple(sample_weight.shape),
                "one weight per sample, (samples,), when there are several targets",
                "Give a list or dict with one array per target.",
            )
        return nested.map_leaves(lambda _: sample_weight, y)
    names = set(y) if isinstance(y, Mapping) else len(y)
    given = set(sample_weight) if isinstance(sample_weight, Mapping) else len(sample_weight)
    known = given <= names if isinstance(names, set) and isinstance(given, set) else given == names
    if not known:
        raise argument_error(
            "fit",
            "sample_weight",
            given if isinstance(given, int) else sorted(given),
            f"the structure of y, {names if isinstance(names, int) else sorted(names)}",
            "You should provide one `sample_weight` array per output in `y`.",
        )
    return sample_weight

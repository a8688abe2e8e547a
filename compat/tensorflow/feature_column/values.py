"""Features as tensors and categories, as columns read them."""

from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torchkeras_shim.text import Texts, as_texts, octets_of

from tensorflow.tensors import convert_to_tensor, is_text
from torchkeras.core.checks import argument_error
from torchkeras.core.variable import Variable
from torchkeras.layers.preprocessing.texts import hash_integers, hashes


class Categories(NamedTuple):
    """Categories of a feature, some of which may be missing: ``(batch, n)`` each.

    Attributes:
        ids: Their numbers; those below 0 are unknown.
        given: Whether there is one.
        weights: What each counts; None for 1.
    """

    ids: Tensor
    given: Tensor
    weights: Tensor | None = None

    @property
    def known(self) -> Tensor:
        """Whether there is one with a number."""
        return self.given & (self.ids >= 0)


def feature(features: dict[str, Any], key: str) -> Any:
    """A feature as a tensor or texts, ``(batch, ...)``; a sparse one is filled up.

    Raises:
        ValueError: there is no such feature.
    """
    if key not in features:
        raise argument_error(
            "DenseFeatures", "features", sorted(features), f"a dict with {key!r} among its keys",
            f"Feature {key} is not in features dictionary.",
        )  # fmt: skip
    value = features[key]
    if hasattr(value, "dense_shape"):
        return _filled(value)
    if isinstance(value, Variable):
        value = value.value
    value = value if isinstance(value, (Tensor, Texts)) else convert_to_tensor(value)
    return value if len(value.shape) > 1 else value.reshape(-1, 1)


def _filled(sparse: Any) -> Any:
    """A sparse feature with what stands for a missing value in between."""
    size = [int(n) for n in sparse.dense_shape]
    places = tuple(np.asarray(sparse.indices).T)
    if is_text(sparse.values):
        table = np.full(size, b"", dtype=object)
        table[places] = octets_of(sparse.values)
        return as_texts(table)
    values = convert_to_tensor(sparse.values)
    table = torch.full(size, 0 if values.is_floating_point() else -1, dtype=values.dtype)
    table[places] = values
    return table


def given_ones(value: Any) -> Tensor:
    """Which of the values are there: texts that aren't empty, numbers other than -1."""
    if isinstance(value, Tensor):
        return value != -1
    return torch.from_numpy(np.asarray(octets_of(value) != b"", dtype=bool))


def rows_of(value: Any) -> Any:
    """``(batch, n)`` of any number of axes."""
    return value.reshape(value.shape[0], -1)


def fingerprints(value: Any) -> Tensor:
    """FarmHash of texts, or of integers' digits."""
    if isinstance(value, Tensor):
        return hash_integers(value.to(torch.int64))
    octets = octets_of(value)
    return hashes(octets.ravel().tolist()).reshape(octets.shape)

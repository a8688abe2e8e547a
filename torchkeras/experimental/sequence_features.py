"""Descriptions of columns of sequences: a name that says what to use instead."""

from typing import Any

from typing_extensions import Unpack

from torchkeras.layers.base import Layer, LayerOptions
from torchkeras.layers.foreign import foreign


class SequenceFeatures(Layer):
    """Sequences described by ``tf.feature_column`` as one tensor: not on torch.

    Use layers such as ``StringLookup``, ``IntegerLookup``, ``Hashing`` and ``Discretization`` with
    ``Embedding`` behind them, and ``Concatenate``.

    Args:
        feature_columns: TensorFlow's descriptions of columns.
        trainable: Whether the weights are to be trained.
        name: See ``Layer``.
        **options: See ``LayerOptions``.

    Raises:
        ValueError: always; it says what to use instead.

    Source: tf.keras 2 ``experimental.SequenceFeatures``.
    """

    def __init__(
        self,
        feature_columns: Any,
        trainable: bool = True,
        name: str | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        raise foreign(
            type(self), "TensorFlow",
            "Use StringLookup, IntegerLookup, Hashing and Discretization with Embedding behind "
            "them, and Concatenate.",
        )  # fmt: skip

    def call(self, features: Any, training: bool | None = None) -> Any:
        """Never reached: there is no such layer on torch."""
        return features

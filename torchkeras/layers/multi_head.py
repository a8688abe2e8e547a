"""Attention by several heads."""

from collections.abc import Sequence
from typing import Any

from typing_extensions import Unpack

from torchkeras.core.checks import argument_error
from torchkeras.core.configurable import generic
from torchkeras.core.typing import (
    ConstraintLike,
    InitializerLike,
    RegularizerLike,
    SeedLike,
    Shape,
)
from torchkeras.layers.base import LayerOptions
from torchkeras.layers.heads import HeadAttention


class MultiHeadAttention(HeadAttention):
    """Several heads of scaled dot-product attention between projections of the inputs.

    For each head ``softmax(q @ k / sqrt(key_dim)) @ v``; the heads' results are projected together.

    Args:
        num_heads: Number of heads, 1 or more.
        key_dim: Length of a head's queries and keys, 1 or more.
        value_dim: Length of a head's values; None takes ``key_dim``.
        dropout: Fraction of the attention weights dropped in training, in [0, 1].
        use_bias: Whether the projections add biases.
        output_shape: Lengths of the output's last axes; None takes the query's last.
        attention_axes: Axes attended over; None means all but the batch and the last.
        sliding_window: How far apart, in steps, positions still see each other (exclusive); None is
            no limit.
        flash_attention: True demands torch's flash kernel and forbids what it can't do (dropout,
            scores), False does without. None lets torch choose, unless
            ``config.disable_flash_attention`` was called.
        kernel_*, bias_*: Initializer, regularizer and constraint of the projections' weights.
        activity_regularizer: Penalty on the projections' outputs.
        use_gate: Whether the result is multiplied by a sigmoid projection of the query.
        seed: Integer for dropout of its own; None draws from torch's generator.
        softmax_robust_masking: Accepted, as tf.keras 2 has it, and without effect: masked elements
            always get exactly 0.

    Shape:
        query: ``(batch, ..., features)``; value, key: the same with other lengths; key is value by
            default.
        query_mask, value_mask, key_mask: ``(batch, length)``.
        attention_mask: Broadcasts to ``(batch, heads, *query lengths, *key lengths)``, heads may be
            missing; False leaves a pair out. What a query without any key gets has no meaning.
            tf.keras has it as the fourth argument, where its number of axes tells it from
            ``query_mask``.
        output: as query; with ``return_attention_scores`` also the weights,
            ``(batch, heads, *query lengths, *key lengths)``.

    Weights:
        query, key, value: kernel ``(features, heads, dim)``, bias ``(heads, dim)``;
        attention_output: kernel ``(heads, value_dim, features)``, bias ``(features,)``.

    Raises:
        ValueError: an argument is out of range, or lengths of value and key differ.

    Source: Vaswani et al. 2017; Keras 3 ``MultiHeadAttention``;
        ``torch.nn.functional.scaled_dot_product_attention``.

    Example:
        >>> x = torch.zeros(2, 5, 8)
        >>> keras.layers.MultiHeadAttention(num_heads=2, key_dim=4)(x, x).shape
        torch.Size([2, 5, 8])
    """

    def __init__(
        self,
        num_heads: int,
        key_dim: int,
        value_dim: int | None = None,
        dropout: float = 0.0,
        use_bias: bool = True,
        output_shape: int | Sequence[int] | None = None,
        attention_axes: int | Sequence[int] | None = None,
        sliding_window: int | None = None,
        flash_attention: bool | None = None,
        kernel_initializer: InitializerLike = "glorot_uniform",
        bias_initializer: InitializerLike = "zeros",
        kernel_regularizer: RegularizerLike = None,
        bias_regularizer: RegularizerLike = None,
        activity_regularizer: RegularizerLike = None,
        kernel_constraint: ConstraintLike = None,
        bias_constraint: ConstraintLike = None,
        use_gate: bool = False,
        seed: SeedLike = None,
        softmax_robust_masking: bool = False,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        self.num_heads = self._positive("num_heads", num_heads)
        self.key_dim = self._positive("key_dim", key_dim)
        self.value_dim = (
            self.key_dim if value_dim is None else self._positive("value_dim", value_dim)
        )
        self._take_arguments(dropout, use_bias, sliding_window, flash_attention, use_gate, seed)
        self._take_rules(
            kernel_initializer,
            bias_initializer,
            kernel_regularizer,
            bias_regularizer,
            activity_regularizer,
            kernel_constraint,
            bias_constraint,
        )
        self.given_output_shape = self._axes_argument("output_shape", output_shape)
        self.attention_axes = self._axes_argument("attention_axes", attention_axes)

    def _axes_argument(self, name: str, value: Any) -> tuple[int, ...] | None:
        """One integer or several, as a tuple; None if there are none."""
        if value is None or isinstance(value, int):
            return None if value is None else (value,)
        if not isinstance(value, (list, tuple)):
            raise argument_error(
                self, name, value, "an integer, or a list or tuple of them", f"Invalid `{name}`."
            )
        return tuple(value) or None

    @property
    def head_dim(self) -> int:
        """Length of a head's queries and keys."""
        return self.key_dim

    @property
    def query_heads(self) -> int:
        """Number of heads."""
        return self.num_heads

    def _axes_of(self, rank: int) -> tuple[int, ...]:
        axes = self.attention_axes or tuple(range(1, rank - 1))
        return tuple(axis % rank for axis in axes)

    def build(self, query_shape: Shape, value_shape: Shape, key_shape: Shape | None = None) -> None:
        key_shape = value_shape if key_shape is None else key_shape
        self._check_lengths(value_shape, key_shape)
        self.axes = self._axes_of(len(query_shape))
        heads = self.num_heads
        self.query_dense = self._projection("query", query_shape, (heads, self.key_dim))
        self.key_dense = self._projection("key", key_shape, (heads, self.key_dim))
        if self.use_gate:
            lengths = (heads, self.value_dim)
            self._gate_dense = self._projection("gate", query_shape, lengths, activation="sigmoid")
        self.value_dense = self._projection("value", value_shape, (heads, self.value_dim))
        merged = (*query_shape[:-1], heads, self.value_dim)
        shape = self.given_output_shape or (query_shape[-1],)
        self.output_dense = self._projection("attention_output", merged, shape, summed=2)
        self._make_dropout()

    def compute_output_shape(
        self, query_shape: Shape, value_shape: Shape, key_shape: Shape | None = None
    ) -> Shape:
        self._check_lengths(value_shape, value_shape if key_shape is None else key_shape)
        return (*query_shape[:-1], *(self.given_output_shape or query_shape[-1:]))

    @generic
    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config["output_shape"] = self.given_output_shape
        config.pop("softmax_robust_masking", None)
        return config

"""Attention by several heads of which groups share keys and values."""

from typing_extensions import Unpack

from torchkeras.core import naming
from torchkeras.core.checks import argument_error
from torchkeras.core.typing import (
    ConstraintLike,
    InitializerLike,
    RegularizerLike,
    SeedLike,
    Shape,
)
from torchkeras.layers.base import LayerOptions
from torchkeras.layers.dense import EinsumDense
from torchkeras.layers.heads import HeadAttention


class GroupQueryAttention(HeadAttention):
    """Multi-head attention with fewer heads of keys and values than of queries.

    As many query heads, one after the other, share each head of keys and values.

    Args:
        head_dim: Length of a head's queries, keys and values, 1 or more.
        num_query_heads: Number of query heads, a multiple of the next one.
        num_key_value_heads: Number of heads of keys and values, 1 or more; 1 is multi-query
            attention.
        dropout, use_bias, sliding_window, flash_attention, use_gate, seed, kernel_*, bias_*,
            activity_regularizer: See ``MultiHeadAttention``.

    Shape:
        query: ``(batch, queries, features)``; value, key: ``(batch, keys, features)``; key is value
            by default.
        query_mask, value_mask, key_mask, attention_mask: See ``MultiHeadAttention``.
        output: as query; with ``return_attention_scores`` also the weights,
            ``(batch, num_query_heads, queries, keys)``.

    Weights:
        query, key, value: kernel ``(features, heads, head_dim)``, bias ``(heads, head_dim)``;
        attention_output: kernel ``(num_query_heads, head_dim, features)``, bias ``(features,)``.

    Raises:
        ValueError: an argument is out of range, the heads don't divide evenly, or lengths of value
            and key differ.

    Source: Ainslie et al. 2023; Keras 3 ``GroupQueryAttention``;
        ``torch.nn.functional.scaled_dot_product_attention``.

    Example:
        >>> x = torch.zeros(2, 5, 8)
        >>> layer = keras.layers.GroupQueryAttention(4, num_query_heads=4, num_key_value_heads=2)
        >>> layer(x, x).shape
        torch.Size([2, 5, 8])
    """

    def __init__(
        self,
        head_dim: int,
        num_query_heads: int,
        num_key_value_heads: int,
        dropout: float = 0.0,
        use_bias: bool = True,
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
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        self.head_dim = self._positive("head_dim", head_dim)
        self.num_query_heads = self._positive("num_query_heads", num_query_heads)
        self.num_key_value_heads = self._positive("num_key_value_heads", num_key_value_heads)
        if num_query_heads % num_key_value_heads:
            raise argument_error(
                self,
                "num_query_heads",
                num_query_heads,
                f"a multiple of num_key_value_heads, {num_key_value_heads}",
                "`num_query_heads` must be divisible by `num_key_value_heads`.",
            )
        self.num_repeats = num_query_heads // num_key_value_heads
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

    def _checked_name(self, name: str | None) -> str:
        # Keras makes names up from its own name of the class.
        return (
            naming.auto_name("GroupedQueryAttention")
            if name is None
            else super()._checked_name(name)
        )

    @property
    def query_heads(self) -> int:
        """Number of query heads."""
        return self.num_query_heads

    # Keras's files have the projections under private names, as attributes here are, too.

    @property
    def query_dense(self) -> EinsumDense:
        """Projection of the query."""
        return self._query_dense

    @property
    def key_dense(self) -> EinsumDense:
        """Projection of the key."""
        return self._key_dense

    @property
    def value_dense(self) -> EinsumDense:
        """Projection of the value."""
        return self._value_dense

    @property
    def output_dense(self) -> EinsumDense:
        """Projection of the heads' results."""
        return self._output_dense

    def build(self, query_shape: Shape, value_shape: Shape, key_shape: Shape | None = None) -> None:
        key_shape = value_shape if key_shape is None else key_shape
        self._check_lengths(value_shape, key_shape)
        self.feature_dim = query_shape[-1]
        of_queries = (self.num_query_heads, self.head_dim)
        of_keys = (self.num_key_value_heads, self.head_dim)
        self._query_dense = self._projection("query", query_shape, of_queries)
        self._key_dense = self._projection("key", key_shape, of_keys)
        if self.use_gate:
            self._gate_dense = self._projection(
                "gate", query_shape, of_queries, activation="sigmoid"
            )
        self._value_dense = self._projection("value", value_shape, of_keys)
        merged = (*query_shape[:-1], *of_queries)
        self._output_dense = self._projection(
            "attention_output", merged, (self.feature_dim,), summed=2
        )
        self._make_dropout()

    def compute_output_shape(
        self, query_shape: Shape, value_shape: Shape, key_shape: Shape | None = None
    ) -> Shape:
        if query_shape[-1] != value_shape[-1]:
            raise argument_error(
                self,
                "value shape",
                tuple(value_shape),
                f"the features of the query, {query_shape[-1]}",
                "The last dimension of `query_shape` and `value_shape` must be equal.",
            )
        self._check_lengths(value_shape, value_shape if key_shape is None else key_shape)
        return tuple(query_shape)

"""Attention by several heads."""

import math
import string
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from typing_extensions import Unpack

from torchkeras import constraints, initializers, regularizers
from torchkeras.core import serialization, settings
from torchkeras.core.checks import argument_error
from torchkeras.core.configurable import generic
from torchkeras.core.typing import (
    ConstraintLike,
    InitializerLike,
    RegularizerLike,
    SeedLike,
    Shape,
)
from torchkeras.layers.base import Layer, LayerOptions
from torchkeras.layers.dense import EinsumDense
from torchkeras.layers.dropout import Dropout
from torchkeras.nn import attention
from torchkeras.tracer import KerasTensor


class MultiHeadAttentionOptions(LayerOptions, total=False):
    """Options of every layer, and one of tf.keras.

    Keys:
        softmax_robust_masking: Accepted and without effect: masked elements always get exactly 0.
    """

    softmax_robust_masking: bool


class MultiHeadAttention(Layer):
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

    Shape:
        query: ``(batch, ..., features)``; value, key: the same with other lengths; key is value by
            default.
        query_mask, value_mask, key_mask: ``(batch, length)``.
        attention_mask: Broadcasts to ``(batch, heads, *query lengths, *key lengths)``, heads may be
            missing; False leaves a pair out. What a query without any key gets has no meaning.
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

    supports_masking = True

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
        **options: Unpack[MultiHeadAttentionOptions],
    ) -> None:
        options.pop("softmax_robust_masking", None)
        super().__init__(**options)
        self.num_heads = self._positive("num_heads", num_heads)
        self.key_dim = self._positive("key_dim", key_dim)
        self.value_dim = (
            self.key_dim if value_dim is None else self._positive("value_dim", value_dim)
        )
        if not 0 <= dropout <= 1:
            raise argument_error(self, "dropout", dropout, "a fraction in [0, 1]")
        self.dropout = dropout
        self.use_bias = use_bias
        shape = (output_shape,) if isinstance(output_shape, int) else output_shape
        self.given_output_shape = tuple(shape) if shape else None
        axes = (attention_axes,) if isinstance(attention_axes, int) else attention_axes
        self.attention_axes = tuple(axes) if axes else None
        if sliding_window is not None:
            self._positive("sliding_window", sliding_window)
        self.sliding_window = sliding_window
        if flash_attention and dropout > 0:
            raise argument_error(
                self,
                "dropout",
                dropout,
                "0, since flash_attention is True",
                "Dropout is not supported when flash attention is enabled.",
            )
        self.flash_attention = flash_attention
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.projection_regularizer = regularizers.get(activity_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.use_gate = use_gate
        self.seed = seed

    def _positive(self, argument: str, value: Any) -> int:
        if not isinstance(value, int) or value < 1:
            raise argument_error(self, argument, value, "a positive integer")
        return value

    # Building.

    def build(self, query_shape: Shape, value_shape: Shape, key_shape: Shape | None = None) -> None:
        key_shape = value_shape if key_shape is None else key_shape
        self._check_lengths(value_shape, key_shape)
        rank = len(query_shape)
        axes = self.attention_axes or tuple(range(1, rank - 1))
        self.axes = tuple(axis % rank for axis in axes)
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
        self._dropout_layer = Dropout(self.dropout, seed=self.seed, dtype=self.dtype_policy)

    def _check_lengths(self, value_shape: Shape, key_shape: Shape) -> None:
        if tuple(value_shape[1:-1]) != tuple(key_shape[1:-1]):
            raise argument_error(
                self,
                "key shape",
                tuple(key_shape),
                f"the lengths of the value, {tuple(value_shape)}",
                "All dimensions of `value` and `key`, except the last one, must be equal.",
            )

    def _projection(
        self, name: str, shape: Shape, lengths: Shape, summed: int = 1, activation: Any = None
    ) -> EinsumDense:
        """An affine map of the last axes of ``shape`` to axes of these lengths."""
        free = len(shape) - summed
        letters = string.ascii_lowercase
        kept, gone = letters[:free], letters[free : len(shape)]
        made = letters[len(shape) : len(shape) + len(lengths)]
        projection = EinsumDense(
            f"{kept}{gone},{gone}{made}->{kept}{made}",
            output_shape=(*(None,) * (free - 1), *lengths),
            activation=activation,
            bias_axes=made if self.use_bias else None,
            kernel_initializer=_twin(self.kernel_initializer),
            bias_initializer=_twin(self.bias_initializer),
            kernel_regularizer=self.kernel_regularizer,
            bias_regularizer=self.bias_regularizer,
            activity_regularizer=self.projection_regularizer,
            kernel_constraint=self.kernel_constraint,
            bias_constraint=self.bias_constraint,
            name=name,
            dtype=self.dtype_policy,
        )
        projection.build(shape)
        return projection

    # The call.

    def call(
        self,
        query: Tensor,
        value: Tensor,
        key: Tensor | None = None,
        query_mask: Tensor | None = None,
        value_mask: Tensor | None = None,
        key_mask: Tensor | None = None,
        attention_mask: Tensor | None = None,
        return_attention_scores: bool = False,
        training: bool | None = None,
        use_causal_mask: bool = False,
    ) -> Any:
        key = value if key is None else key
        others = (query_mask, value_mask, key_mask, attention_mask, self.sliding_window)
        # torch's kernels know the causal mask by themselves, if no length is unlike the other.
        native = (
            use_causal_mask
            and all(mask is None for mask in others)
            and not return_attention_scores
            and type(self)._compute_attention is MultiHeadAttention._compute_attention
        )
        mask = None
        if not native:
            mask = self._compute_attention_mask(
                query, value, query_mask, value_mask, key_mask, attention_mask, use_causal_mask
            )
        # The projections are to see no masks.
        query = query if query_mask is None else query.view_as(query)
        value = value if value_mask is None else value.view_as(value)
        key = key if key_mask is None and value_mask is None else key.view_as(key)
        gate = self._gate_dense(query) if self.use_gate else None
        extra = {"use_causal_mask": True} if native else {}
        y, scores = self._compute_attention(
            self.query_dense(query),
            self.key_dense(key),
            self.value_dense(value),
            mask,
            training,
            return_attention_scores,
            **extra,
        )
        y = self.output_dense(y if gate is None else y * gate)
        return (y, scores) if return_attention_scores else y

    def _compute_attention_mask(
        self,
        query: Tensor,
        value: Tensor,
        query_mask: Tensor | None = None,
        value_mask: Tensor | None = None,
        key_mask: Tensor | None = None,
        attention_mask: Tensor | None = None,
        use_causal_mask: bool = False,
    ) -> Tensor | None:
        """All masks in one, ``(batch, queries, keys)``; None if there are none."""
        masks = [] if attention_mask is None else [attention_mask.to(torch.bool)]
        if query_mask is not None:
            masks.append(query_mask.to(torch.bool).unsqueeze(-1))
        masks += [m.to(torch.bool).unsqueeze(-2) for m in (value_mask, key_mask) if m is not None]
        queries, keys = query.shape[1], value.shape[1]
        if use_causal_mask:
            masks.append(attention.causal_mask(queries, keys, query.device).unsqueeze(0))
        if self.sliding_window is not None:
            band = attention.band_mask(queries, keys, self.sliding_window, query.device)
            masks.append(band.unsqueeze(0))
        merged = None
        for mask in masks:
            merged = mask if merged is None else merged & mask
        return merged

    def _compute_attention(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        attention_mask: Tensor | None = None,
        training: bool | None = None,
        return_attention_scores: bool = False,
        use_causal_mask: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        """Attention between projected inputs, ``(batch, ..., heads, dim)``.

        Subclasses may override it.
        """
        if self.flash_attention and return_attention_scores:
            raise argument_error(
                self,
                "return_attention_scores",
                True,
                "False, since flash_attention is True",
                "Returning attention scores is not supported when flash attention is enabled.",
            )
        mask = self._with_heads(attention_mask, query.ndim)
        scale = 1 / math.sqrt(self.key_dim)
        dropped = bool(training) and self.dropout > 0
        if mask is not None and query.ndim == 4 and not (return_attention_scores or self.dropout):
            # As in Keras, a query without keys gets the values' mean here, and zeros elsewhere.
            mask = torch.where(mask, 0.0, attention.low(query.dtype)).to(query.dtype)
        if not return_attention_scores and not (dropped and self.seed is not None):
            dropout = self.dropout if dropped else 0.0
            y = attention.attend(
                query,
                key,
                value,
                self.axes,
                mask,
                use_causal_mask,
                scale,
                dropout,
                settings.uses_flash_attention(self.flash_attention),
            )
            return y, None
        if use_causal_mask:
            causal = attention.causal_mask(query.shape[1], key.shape[1], query.device)
            mask = causal if mask is None else mask & causal
        weights = attention.attention_weights(query, key, self.axes, mask, scale)
        kept = self._dropout_layer(weights, training=training) if dropped else weights
        return attention.weighted_values(kept, value, self.axes), weights

    def _with_heads(self, mask: Tensor | None, rank: int) -> Tensor | None:
        """The mask with axes for the heads and for what isn't attended over."""
        if mask is None:
            return None
        mask = mask.to(torch.bool)
        missing = rank - 1 + len(self.axes) - mask.ndim
        place = mask.ndim - 2 * len(self.axes)
        return mask.reshape(*mask.shape[:place], *(1,) * missing, *mask.shape[place:])

    # Shapes, configuration.

    def compute_output_shape(
        self, query_shape: Shape, value_shape: Shape, key_shape: Shape | None = None
    ) -> Shape:
        self._check_lengths(value_shape, value_shape if key_shape is None else key_shape)
        return (*query_shape[:-1], *(self.given_output_shape or query_shape[-1:]))

    def compute_output_spec(
        self,
        query: Any,
        value: Any,
        key: Any = None,
        return_attention_scores: bool = False,
        **others: Any,
    ) -> Any:
        shape = self.compute_output_shape(
            tuple(query.shape), tuple(value.shape), None if key is None else tuple(key.shape)
        )
        output = KerasTensor(shape, self.compute_dtype)
        if not return_attention_scores:
            return output
        rank = len(query.shape)
        axes = self.attention_axes or tuple(range(1, rank - 1))
        axes = tuple(axis % rank for axis in axes)
        rest = [n for axis, n in enumerate(query.shape[:-1]) if axis not in axes]
        lengths = [x.shape[axis] for x in (query, value) for axis in axes]
        return output, KerasTensor((*rest, self.num_heads, *lengths), self.compute_dtype)

    @generic
    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config["output_shape"] = self.given_output_shape
        regularizer = serialization.serialize_value(self.projection_regularizer)
        config["activity_regularizer"] = regularizer
        if self.flash_attention is None:
            config.pop("flash_attention", None)
        return config


def _twin(initializer: Any) -> Any:
    """Another initializer of the same kind, so that two weights don't begin alike."""
    config = getattr(initializer, "get_config", None)
    return initializer if config is None else type(initializer).from_config(config())

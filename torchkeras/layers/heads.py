"""What layers of attention by several heads share: projections, masks, kernels."""

import math
import re
import string
from typing import Any

import torch
from torch import Tensor

from torchkeras import constraints, initializers, regularizers
from torchkeras.core import serialization, settings
from torchkeras.core.checks import argument_error
from torchkeras.core.configurable import generic
from torchkeras.core.policies import DTypePolicyMap
from torchkeras.core.typing import Shape
from torchkeras.layers.base import Layer
from torchkeras.layers.dense import EinsumDense
from torchkeras.layers.dropout import Dropout
from torchkeras.layers.signature import argument_names
from torchkeras.nn import attention
from torchkeras.tracer import KerasTensor


class HeadAttention(Layer):
    """Scaled dot-product attention between projections of the inputs, in several heads.

    A subclass sets what ``_take_arguments`` names, and makes the projections in ``build``.
    """

    supports_masking = True
    axes: tuple[int, ...] = (1,)
    head_dim: int
    query_heads: int
    # Whether a subclass's `_compute_attention` wants to know if weights are asked for.
    _told_of_scores = True

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        names = argument_names(cls._compute_attention)
        cls._told_of_scores = "return_attention_scores" in names

    def _take_arguments(
        self,
        dropout: float,
        use_bias: bool,
        sliding_window: int | None,
        flash_attention: bool | None,
        use_gate: bool,
        seed: Any,
    ) -> None:
        if not 0 <= dropout <= 1:
            raise argument_error(self, "dropout", dropout, "a fraction in [0, 1]")
        if sliding_window is not None:
            self._positive("sliding_window", sliding_window)
        if flash_attention and dropout > 0:
            raise argument_error(
                self,
                "dropout",
                dropout,
                "0, since flash_attention is True",
                "Dropout is not supported when flash attention is enabled.",
            )
        self.dropout = dropout
        self.use_bias = use_bias
        self.sliding_window = sliding_window
        self.flash_attention = flash_attention
        self.use_gate = use_gate
        self.seed = seed

    def _take_rules(
        self,
        kernel_initializer: Any,
        bias_initializer: Any,
        kernel_regularizer: Any,
        bias_regularizer: Any,
        activity_regularizer: Any,
        kernel_constraint: Any,
        bias_constraint: Any,
    ) -> None:
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.projection_regularizer = regularizers.get(activity_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)

    def _positive(self, argument: str, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise argument_error(
                self,
                argument,
                value,
                "a positive integer",
                f"Received an invalid value for argument `{argument}`.",
            )
        return value

    # Building.

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

    def _make_dropout(self) -> None:
        self._dropout_layer = Dropout(self.dropout, seed=self.seed, dtype=self.dtype_policy)

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
        if query_mask is not None and query_mask.ndim >= query.ndim and attention_mask is None:
            # tf.keras has that mask here.
            query_mask, attention_mask = getattr(query, "_keras_mask", None), query_mask
        if isinstance(value_mask, bool) or isinstance(key_mask, bool):
            raise argument_error(
                self,
                "value_mask" if isinstance(value_mask, bool) else "key_mask",
                True,
                "a mask",
                "Pass return_attention_scores, training and use_causal_mask by name.",
            )
        key = value if key is None else key
        others = (query_mask, value_mask, key_mask, attention_mask, self.sliding_window)
        # torch's kernels know the causal mask by themselves, if no length is unlike the other.
        native = (
            use_causal_mask
            and all(mask is None for mask in others)
            and not return_attention_scores
            and type(self)._compute_attention is HeadAttention._compute_attention
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
        if self._told_of_scores:
            extra["return_attention_scores"] = return_attention_scores
        y, scores = self._compute_attention(
            self.query_dense(query),
            self.key_dense(key),
            self.value_dense(value),
            mask,
            training,
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
                "Returning attention scores is not supported when flash attention is enabled. "
                "Please disable flash attention to access attention scores.",
            )
        mask = self._with_heads(attention_mask, query.ndim)
        scale = 1 / math.sqrt(self.head_dim)
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

    def compute_output_spec(
        self,
        query: Any,
        value: Any,
        key: Any = None,
        query_mask: Any = None,
        value_mask: Any = None,
        key_mask: Any = None,
        attention_mask: Any = None,
        return_attention_scores: bool = False,
        training: bool | None = None,
        use_causal_mask: bool = False,
    ) -> Any:
        """Symbolic output, and weights if they are asked for."""
        shape = self.compute_output_shape(
            tuple(query.shape), tuple(value.shape), None if key is None else tuple(key.shape)
        )
        output = KerasTensor(shape, self.compute_dtype)
        if not return_attention_scores:
            return output
        axes = self._axes_of(len(query.shape))
        rest = [n for axis, n in enumerate(query.shape[:-1]) if axis not in axes]
        lengths = [x.shape[axis] for x in (query, value) for axis in axes]
        return output, KerasTensor((*rest, self.query_heads, *lengths), self.compute_dtype)

    def _axes_of(self, rank: int) -> tuple[int, ...]:
        """The axes attended over, of inputs of this rank."""
        return (1,)

    @generic
    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        regularizer = serialization.serialize_value(self.projection_regularizer)
        config["activity_regularizer"] = regularizer
        if self.flash_attention is None:
            config.pop("flash_attention", None)
        policies = self._policies_of_quantized()
        if policies is not None:
            config["dtype"] = serialization.serialize_keras_object(policies)
        return config

    def _policies_of_quantized(self) -> DTypePolicyMap | None:
        """The policies by path, if none were given and projections were quantized since.

        By them they are built as they are; Keras, which writes none, refuses its own files.
        """
        projections = [part for part in self._flatten_layers() if isinstance(part, EinsumDense)]
        policies = {
            f"(.*/)?{re.escape(f'{self.name}/{part.name}')}": part.policy_in_force()
            for part in projections
            if part.quantization_mode is not None
        }
        if self._policy_map is not None or not policies:
            return None
        return DTypePolicyMap(self._dtype_policy.name, policies)


def _twin(initializer: Any) -> Any:
    """Another initializer of the same kind, so that two weights don't begin alike."""
    config = getattr(initializer, "get_config", None)
    return initializer if config is None else type(initializer).from_config(config())

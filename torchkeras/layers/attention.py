"""Attention by one head, without projections."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from typing_extensions import Unpack

from torchkeras.core import seeds
from torchkeras.core.checks import argument_error
from torchkeras.core.configurable import generic
from torchkeras.core.typing import (
    SeedLike,
    Shape,
)
from torchkeras.layers.base import Layer, LayerOptions
from torchkeras.layers.signature import also_named
from torchkeras.nn import attention
from torchkeras.tracer import KerasTensor


class AttentionOptions(LayerOptions, total=False):
    """Options of every layer, and one of tf.keras.

    Keys:
        causal: Whether every call is one with ``use_causal_mask``.
    """

    causal: bool


class Attention(Layer):
    """Dot-product attention: ``softmax(query @ key) @ value``.

    It runs on torch's fused kernel unless the weights are asked for.

    Args:
        use_scale: Whether the scores are multiplied by a learned number.
        score_mode: "dot", or "concat" for ``weight * sum(tanh(scale * (query + key)))``.
        dropout: Fraction of the attention weights dropped in training, in [0, 1].
        seed: Integer for dropout of its own; None draws from torch's generator.
        **options: See ``AttentionOptions``.

    Shape:
        inputs: a list of query ``(batch, queries, dim)``, value ``(batch, keys, dim)`` and,
            optionally, key, which is value by default.
        mask: a list of ``(batch, queries)`` and ``(batch, keys)``, either may be None.
        output: ``(batch, queries, dim)``, 0 at masked queries; with ``return_attention_scores``
            also the weights, ``(batch, queries, keys)``.

    Weights:
        scale: ``()``, with ``use_scale``; concat_score_weight: ``()``, with "concat".

    Raises:
        ValueError: ``score_mode`` is another word, or inputs or mask is no list of 2 or 3.

    Source: Luong et al. 2015; Keras 3 ``Attention``;
        ``torch.nn.functional.scaled_dot_product_attention``.

    Example:
        >>> query, value = torch.zeros(2, 3, 8), torch.zeros(2, 5, 8)
        >>> keras.layers.Attention()([query, value]).shape
        torch.Size([2, 3, 8])
    """

    supports_masking = True
    # Whether the class computes scores and weights as this one does.
    _is_plain = False

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls._is_plain = all(
            getattr(cls, name) is getattr(Attention, name)
            for name in ("_calculate_scores", "_calculate_score_mask", "_apply_scores")
        )

    def __init__(
        self,
        use_scale: bool = False,
        score_mode: str = "dot",
        dropout: float = 0.0,
        seed: SeedLike = None,
        **options: Unpack[AttentionOptions],
    ) -> None:
        causal = bool(options.pop("causal", False))
        super().__init__(**options)
        if score_mode not in ("dot", "concat"):
            raise argument_error(
                self,
                "score_mode",
                score_mode,
                "'dot' or 'concat'",
                "Invalid value for argument score_mode. Expected one of {'dot', 'concat'}.",
            )
        self.use_scale = use_scale
        self.score_mode = score_mode
        if not 0 <= dropout <= 1:
            raise argument_error(self, "dropout", dropout, "a fraction in [0, 1]")
        self.dropout = dropout
        self.seed = seed
        self.causal = causal
        if dropout > 0:
            self.seed_generator = seeds.SeedGenerator(seed)

    def build(self, input_shape: list[Shape]) -> None:
        self._check_list("inputs", input_shape)
        self.scale = self.concat_score_weight = None
        if self.use_scale:
            self.scale = self.add_weight(name="scale", shape=(), initializer="ones")
        if self.score_mode == "concat":
            self.concat_score_weight = self.add_weight(
                name="concat_score_weight", shape=(), initializer="ones"
            )

    def _check_list(self, argument: str, value: Any) -> None:
        kind = type(self).__name__
        is_shape = isinstance(value, tuple) and all(n is None or type(n) is int for n in value)
        if is_shape or not isinstance(value, (list, tuple)):
            said = {
                "inputs": f"{kind} layer must be called on a list of inputs.",
                "mask": f"{kind} layer mask must be a list, namely [query_mask, value_mask].",
            }
            given, hint = type(value).__name__, said[argument]
        elif not 2 <= len(value) <= 3:
            given, hint = len(value), f"{kind} layer accepts {argument} list of length 2 or 3."
        else:
            return
        raise argument_error(
            self, argument, given, "a list of 2 or 3: [query, value] or [query, value, key]", hint
        )

    def call(
        self,
        inputs: Sequence[Tensor],
        mask: Sequence[Tensor | None] | None = None,
        training: bool | None = False,
        return_attention_scores: bool = False,
        use_causal_mask: bool = False,
    ) -> Any:
        self._check_list("inputs", inputs)
        query, value = inputs[0], inputs[1]
        key = inputs[2] if len(inputs) > 2 else value
        query_mask = value_mask = None
        if mask is not None:
            self._check_list("mask", mask)
            query_mask, value_mask = (None if m is None else m.to(torch.bool) for m in mask[:2])
        causal = use_causal_mask or self.causal
        drops = bool(training) and self.dropout > 0
        by_hand = drops and (self.seed is not None or self.dropout >= 1)
        fits = self._is_plain and self.score_mode == "dot" and not by_hand
        weights = None
        if fits and not return_attention_scores:
            y = self._attend(query, key, value, value_mask, causal, self.dropout if drops else 0.0)
        else:
            scores = self._calculate_scores(query, key)
            scores_mask = self._calculate_score_mask(scores, value_mask, causal)
            y, weights = self._apply_scores(scores, value, scores_mask, bool(training))
        if query_mask is not None:
            y = torch.where(query_mask.unsqueeze(-1), y, 0.0)
        return (y, weights) if return_attention_scores else y

    def _attend(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        value_mask: Tensor | None,
        causal: bool,
        dropout: float,
    ) -> Tensor:
        """What the scores come to, by the fused kernel."""
        query = query if self.scale is None else query * self.scale
        bias = None
        if value_mask is not None:
            if causal:
                triangle = attention.causal_mask(query.shape[-2], key.shape[-2], query.device)
                keep = value_mask.unsqueeze(-2) & triangle  # (b, queries, keys)
            else:
                keep = value_mask.unsqueeze(-2)
            low = torch.zeros((), dtype=query.dtype, device=query.device)
            bias = torch.where(keep, low, -_surplus(query.dtype))
            causal = False
        return attention.attend_once(query, key, value, bias, causal, dropout)

    def _calculate_scores(self, query: Tensor, key: Tensor) -> Tensor:
        """Scores ``(batch, queries, keys)``; subclasses may override it."""
        if self.score_mode == "dot":
            scores = torch.matmul(query, key.mT)
            return scores if self.scale is None else scores * self.scale
        pairs = query.unsqueeze(-2) + key.unsqueeze(-3)  # (b, queries, keys, dim)
        scaled = pairs if self.scale is None else self.scale * pairs
        return self.concat_score_weight * torch.tanh(scaled).sum(-1)

    def _calculate_score_mask(
        self, scores: Tensor, v_mask: Tensor | None, use_causal_mask: bool
    ) -> Tensor | None:
        """Which scores count, ``(batch, 1 or queries, keys)``; subclasses may override it."""
        keep = None if v_mask is None else v_mask.to(torch.bool).unsqueeze(-2)
        if use_causal_mask:
            triangle = attention.causal_mask(scores.shape[-2], scores.shape[-1], scores.device)
            keep = triangle.unsqueeze(0) if keep is None else keep & triangle
        return keep

    def _apply_scores(
        self,
        scores: Tensor,
        value: Tensor,
        scores_mask: Tensor | None = None,
        training: bool = False,
    ) -> tuple[Tensor, Tensor]:
        """The output and the weights; subclasses may override it."""
        if scores_mask is not None:
            keep = scores_mask.unsqueeze(-2) if scores_mask.ndim == 2 else scores_mask
            scores = torch.where(keep, scores, scores - _surplus(scores.dtype))
        weights = torch.softmax(scores, -1)
        if training and self.dropout > 0:
            weights = self._dropped(weights)
        return torch.matmul(weights, value), weights

    def _dropped(self, weights: Tensor) -> Tensor:
        if self.dropout >= 1:
            return torch.zeros_like(weights)
        kept = seeds.draw(
            "bernoulli",
            weights.shape,
            1 - self.dropout,
            dtype=weights.dtype,
            device=weights.device,
            seed=self.seed_generator,
        )
        return weights * kept / (1 - self.dropout)

    @also_named(previous_mask="mask")
    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """The query's mask."""
        return None if mask is None else mask[0]

    _passes_mask_only = True

    def compute_output_shape(self, input_shape: list[Shape]) -> Shape:
        self._check_list("inputs", input_shape)
        return (*input_shape[0][:-1], input_shape[1][-1])

    def compute_output_spec(
        self,
        inputs: Any,
        mask: Any = None,
        return_attention_scores: bool = False,
        training: bool | None = None,
        use_causal_mask: bool = False,
    ) -> Any:
        """Symbolic output, and weights if they are asked for."""
        self._check_list("inputs", inputs)
        shapes = [tuple(x.shape) for x in inputs]
        output = KerasTensor(self.compute_output_shape(shapes), self.compute_dtype)
        if not return_attention_scores:
            return output
        keys = shapes[-1][-2]
        return output, KerasTensor((*shapes[0][:-1], keys), self.compute_dtype)

    @generic
    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        return {**config, "causal": True} if self.causal else config


def _surplus(dtype: torch.dtype) -> float:
    """What is taken off a score to leave it out."""
    return 65504.0 if dtype is torch.float16 else 1e9


Attention._is_plain = True


class AdditiveOptions(AttentionOptions, total=False):
    """Options of ``Attention``.

    Keys:
        seed: See ``Attention``.
    """

    seed: SeedLike


class AdditiveAttention(Attention):
    """Attention with scores ``sum(scale * tanh(query + key))``.

    Args:
        use_scale: Whether ``scale`` is learned; else it is 1.
        dropout: Fraction of the attention weights dropped in training, in [0, 1].
        **options: See ``AdditiveOptions``.

    Weights:
        scale: ``(dim,)``.

    Source: Bahdanau et al. 2015; Keras 3 ``AdditiveAttention``.
    """

    def __init__(
        self, use_scale: bool = True, dropout: float = 0.0, **options: Unpack[AdditiveOptions]
    ) -> None:
        super().__init__(use_scale=use_scale, dropout=dropout, **options)

    def build(self, input_shape: list[Shape]) -> None:
        self._check_list("inputs", input_shape)
        self.scale = None
        if self.use_scale:
            shape = (input_shape[0][-1],)
            self.scale = self.add_weight(name="scale", shape=shape, initializer="glorot_uniform")

    def _calculate_scores(self, query: Tensor, key: Tensor) -> Tensor:
        sums = torch.tanh(query.unsqueeze(-2) + key.unsqueeze(-3))  # (b, queries, keys, dim)
        return sums.sum(-1) if self.scale is None else torch.matmul(sums, self.scale)

    @generic
    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "seed": self.seed}

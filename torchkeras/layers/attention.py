"""Attention by one head, without projections."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from typing_extensions import Unpack

from torchkeras.core import seeds
from torchkeras.core.checks import argument_error, nearest
from torchkeras.core.typing import (
    SeedLike,
    Shape,
)
from torchkeras.layers.base import Layer, LayerOptions
from torchkeras.nn import attention
from torchkeras.tracer import KerasTensor


class Attention(Layer):
    """Dot-product attention: ``softmax(query @ key) @ value``.

    Args:
        use_scale: Whether the scores are multiplied by a learned number.
        score_mode: "dot", or "concat" for ``weight * sum(tanh(scale * (query + key)))``.
        dropout: Fraction of the attention weights dropped in training, in [0, 1].
        seed: Integer for dropout of its own; None draws from torch's generator.

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

    Source: Luong et al. 2015; Keras 3 ``Attention``.
    """

    supports_masking = True

    def __init__(
        self,
        use_scale: bool = False,
        score_mode: str = "dot",
        dropout: float = 0.0,
        seed: SeedLike = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        if score_mode not in ("dot", "concat"):
            raise argument_error(
                self,
                "score_mode",
                score_mode,
                "'dot' or 'concat'",
                nearest(score_mode, ("dot", "concat")),
            )
        self.use_scale = use_scale
        self.score_mode = score_mode
        self.dropout = dropout
        self.seed = seed
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
        if not isinstance(value, (list, tuple)) or not 2 <= len(value) <= 3:
            raise argument_error(
                self,
                argument,
                value if isinstance(value, (list, tuple)) else type(value).__name__,
                "a list of 2 or 3: [query, value] or [query, value, key]",
                f"{type(self).__name__} layer must be called on a list of inputs.",
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
            query_mask, value_mask = mask[0], mask[1]
        scores = self._calculate_scores(query, key)
        scores = self._masked(scores, value_mask, use_causal_mask)
        weights = torch.softmax(scores, -1)
        y = torch.matmul(self._dropped(weights) if training else weights, value)
        if query_mask is not None:
            y = torch.where(query_mask.to(torch.bool).unsqueeze(-1), y, 0.0)
        return (y, weights) if return_attention_scores else y

    def _calculate_scores(self, query: Tensor, key: Tensor) -> Tensor:
        """Scores ``(batch, queries, keys)``; subclasses may override it."""
        if self.score_mode == "dot":
            scores = torch.matmul(query, key.mT)
            return scores if self.scale is None else scores * self.scale
        pairs = query.unsqueeze(-2) + key.unsqueeze(-3)  # (b, queries, keys, dim)
        scaled = pairs if self.scale is None else self.scale * pairs
        return self.concat_score_weight * torch.tanh(scaled).sum(-1)

    def _masked(self, scores: Tensor, value_mask: Tensor | None, causal: bool) -> Tensor:
        if value_mask is None and not causal:
            return scores
        low = 65504.0 if scores.dtype is torch.float16 else 1e9
        keep = None if value_mask is None else value_mask.to(torch.bool).unsqueeze(-2)
        if causal:
            triangle = attention.causal_mask(scores.shape[-2], scores.shape[-1], scores.device)
            keep = triangle if keep is None else keep & triangle
        return torch.where(keep, scores, scores - low)

    def _dropped(self, weights: Tensor) -> Tensor:
        if self.dropout == 0:
            return weights
        kept = seeds.draw(
            "bernoulli",
            weights.shape,
            1 - self.dropout,
            dtype=weights.dtype,
            device=weights.device,
            seed=self.seed_generator,
        )
        return weights * kept / (1 - self.dropout)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        return None if previous_mask is None else previous_mask[0]

    _passes_mask_only = True

    def compute_output_shape(self, input_shape: list[Shape]) -> Shape:
        self._check_list("inputs", input_shape)
        return (*input_shape[0][:-1], input_shape[1][-1])

    def compute_output_spec(
        self, inputs: Any, return_attention_scores: bool = False, **others: Any
    ) -> Any:
        shapes = [tuple(x.shape) for x in inputs] if isinstance(inputs, (list, tuple)) else inputs
        output = KerasTensor(self.compute_output_shape(shapes), self.compute_dtype)
        if not return_attention_scores:
            return output
        keys = shapes[-1][-2]
        return output, KerasTensor((*shapes[0][:-1], keys), self.compute_dtype)


class AdditiveAttention(Attention):
    """Attention with scores ``sum(scale * tanh(query + key))``.

    Args:
        use_scale: Whether ``scale`` is learned; else it is 1.
        dropout: Fraction of the attention weights dropped in training, in [0, 1].

    Weights:
        scale: ``(dim,)``.

    Source: Bahdanau et al. 2015; Keras 3 ``AdditiveAttention``.
    """

    def __init__(
        self, use_scale: bool = True, dropout: float = 0.0, **options: Unpack[LayerOptions]
    ) -> None:
        seed = options.pop("seed", None)
        super().__init__(use_scale=use_scale, dropout=dropout, seed=seed, **options)

    def build(self, input_shape: list[Shape]) -> None:
        self._check_list("inputs", input_shape)
        self.scale = None
        if self.use_scale:
            shape = (input_shape[0][-1],)
            self.scale = self.add_weight(name="scale", shape=shape, initializer="glorot_uniform")

    def _calculate_scores(self, query: Tensor, key: Tensor) -> Tensor:
        sums = torch.tanh(query.unsqueeze(-2) + key.unsqueeze(-3))  # (b, queries, keys, dim)
        return (sums if self.scale is None else self.scale * sums).sum(-1)

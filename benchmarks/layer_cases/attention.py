"""Attention, by one head and by several."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from layer_cases import Case, SpreadCase

PAIR = [(32, 100, 64), (32, 100, 64)]
SELF = [(32, 200, 64), (32, 200, 64)]
MASK = torch.arange(100) < torch.randint(
    30, 101, (32, 1), generator=torch.Generator().manual_seed(0)
)


def one_head(mask: Tensor | None = None) -> Callable[..., Any]:
    """The fused kernel, scores unscaled."""
    bias = None if mask is None else torch.where(mask, 0.0, -1e9)[:, None, None, :]

    def plain(layer: Any) -> Callable[[list[Tensor]], Tensor]:
        def run(inputs: list[Tensor]) -> Tensor:
            query, value = (x.unsqueeze(1) for x in inputs)
            y = F.scaled_dot_product_attention(query, value, value, bias, scale=1.0)
            return y.squeeze(1)

        return run

    return plain


def additive(layer: Any) -> Callable[[list[Tensor]], Tensor]:
    scale = nn.Parameter(torch.randn(64))

    def run(inputs: list[Tensor]) -> Tensor:
        query, value = inputs
        scores = torch.tanh(query.unsqueeze(-2) + value.unsqueeze(-3)) @ scale
        return scores.softmax(-1) @ value

    return run


class Heads(nn.Module):
    """Attention by heads, as one writes it by hand."""

    def __init__(self, features: int, dim: int, heads: int, groups: int) -> None:
        super().__init__()
        self.dim, self.heads, self.groups = dim, heads, groups
        self.query = nn.Linear(features, heads * dim)
        self.key, self.value = (nn.Linear(features, groups * dim) for _ in range(2))
        self.output = nn.Linear(heads * dim, features)

    def forward(self, query: Tensor, value: Tensor, causal: bool = False) -> Tensor:
        q = self.query(query).unflatten(-1, (self.heads, self.dim)).transpose(1, 2)
        k, v = (
            project(value).unflatten(-1, (self.groups, self.dim)).transpose(1, 2)
            for project in (self.key, self.value)
        )
        grouped = self.groups != self.heads
        y = F.scaled_dot_product_attention(q, k, v, is_causal=causal, enable_gqa=grouped)
        return self.output(y.transpose(1, 2).flatten(2))


def heads(*sizes: int, causal: bool = False) -> Callable[..., Any]:
    """``Heads`` on a list of inputs."""

    def plain(layer: Any) -> Callable[[list[Tensor]], Tensor]:
        module = Heads(*sizes)
        return lambda inputs: module(*inputs, causal=causal)

    return plain


MANY = {"num_heads": 4, "key_dim": 16}
GROUPED = {"head_dim": 16, "num_query_heads": 4, "num_key_value_heads": 2}
CASES = [
    Case("Attention", {}, PAIR, one_head()),
    Case("Attention", {}, PAIR, one_head(MASK), note="padded",
         options=lambda: {"mask": [None, MASK]}),
    Case("AdditiveAttention", {}, [(8, 50, 64), (8, 50, 64)], additive),
    SpreadCase("MultiHeadAttention", MANY, SELF, heads(64, 16, 4, 4)),
    SpreadCase("MultiHeadAttention", MANY, SELF, heads(64, 16, 4, 4, causal=True), note="causal",
               options=lambda: {"use_causal_mask": True}),
    SpreadCase("MultiHeadAttention", {"num_heads": 8, "key_dim": 32},
               [(8, 128, 256), (8, 128, 256)], heads(256, 32, 8, 8)),
    SpreadCase("GroupQueryAttention", GROUPED, SELF, heads(64, 16, 4, 2)),
]  # fmt: skip

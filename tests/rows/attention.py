"""Rows and argument changes of attention layers."""

from typing import Any

import torch
from influence import Change
from layer_arguments import called, constructed
from row import Row

PAIR = [(2, 3, 4), (2, 5, 4)]

TABLE = [
    Row("Attention", {}, PAIR),
    Row("Attention", {"use_scale": True}, PAIR),
    Row("Attention", {"score_mode": "concat"}, [*PAIR, (2, 5, 4)]),
    Row("Attention", {"dropout": 0.4}, PAIR, random=True),
    Row("Attention", {"causal": True}, PAIR, only_ours=True),
    Row("AdditiveAttention", {}, PAIR),
    Row("AdditiveAttention", {"use_scale": False, "dropout": 0.4}, PAIR, random=True),
]

QUERY_MASK = torch.tensor([[True, True, False]] * 2)
VALUE_MASK = torch.tensor([[True, False, True, True, True]] * 2)
CALLED = {
    "mask": Change([QUERY_MASK, VALUE_MASK]),
    "return_attention_scores": True,
    "use_causal_mask": True,
}
SEEDED = {"dropout": 0.5, "seed": Change(1, given={"dropout": 0.5}), "causal": True}


def _one_head(name: str, changes: dict[str, Any]) -> list[Any]:
    return [
        constructed(name, {**SEEDED, **changes}, {}, Row(name, {}, PAIR)),
        called(Row(name, {}, PAIR), CALLED),
        called(Row(name, {"dropout": 0.5}, PAIR), {"training": True}),
    ]


VALUE = torch.linspace(-1, 1, 48).reshape(2, 4, 6)
HEADS = {
    "dropout": 0.5,
    "seed": Change(1, given={"dropout": 0.5}),
    "use_gate": True,
    "sliding_window": 1,
    "flash_attention": Change(True, given={"dropout": 0.5}, raises=ValueError),
}
CALLED_WITH_HEADS = {
    "value": Change(VALUE * 2),
    "key": Change(VALUE.flip(0)),
    "query_mask": torch.tensor([[True, False, True]] * 2),
    "value_mask": torch.tensor([[True, False, True, True]] * 2),
    "key_mask": torch.tensor([[True, False, True, True]] * 2),
    "attention_mask": torch.rand(2, 3, 4, generator=torch.Generator().manual_seed(0)) > 0.4,
    "return_attention_scores": True,
    "use_causal_mask": True,
}


def _heads(name: str, changes: dict[str, Any], base: dict[str, Any]) -> list[Any]:
    row = Row(name, {}, (2, 3, 4), options={"value": VALUE})
    given = Row(name, base, (2, 3, 4))
    dropped = Row(name, {**base, "dropout": 0.5}, (2, 3, 4))
    return [
        constructed(name, {**HEADS, **changes}, base, row),
        called(given, CALLED_WITH_HEADS, value=VALUE),
        called(dropped, {"training": True}, value=VALUE),
    ]


def _over_axes(layer: Any) -> Any:
    x = torch.linspace(-1, 1, 48).reshape(2, 3, 2, 4)
    return layer(x, x).detach()


ARGUMENTS = [
    *_one_head("Attention", {"use_scale": True, "score_mode": "concat"}),
    *_one_head("AdditiveAttention", {"use_scale": False}),
    *_heads(
        "MultiHeadAttention",
        {
            "num_heads": 1,
            "key_dim": 2,
            "value_dim": 2,
            "output_shape": 5,
            "attention_axes": Change(2, outcome=_over_axes),
        },
        {"num_heads": 2, "key_dim": 3},
    ),
    *_heads(
        "GroupQueryAttention",
        {"head_dim": 2, "num_query_heads": 2, "num_key_value_heads": 4},
        {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2},
    ),
]

WITHOUT = {
    ("MultiHeadAttention", "softmax_robust_masking"): "what it asks for is always the case",
}

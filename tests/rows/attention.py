"""Rows and argument changes of attention layers."""

from row import Row

TABLE = [
    Row("Attention", {"use_scale": True}, [(2, 3, 4), (2, 5, 4)]),
    Row("Attention", {"score_mode": "concat"}, [(2, 3, 4), (2, 5, 4), (2, 5, 4)]),
    Row("AdditiveAttention", {}, [(2, 3, 4), (2, 5, 4)]),
]

ARGUMENTS = []

WITHOUT = {}

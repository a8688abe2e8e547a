"""Rows and argument changes of layers that merge inputs."""

import torch
from layer_arguments import called, constructed
from row import Row

TABLE = [
    Row("Add", {}, [(2, 3, 4), (2, 3, 1), (2, 4)]),
    Row("Subtract", {}, [(2, 4), (2, 4)]),
    Row("Multiply", {}, [(2, 4), (2, 4), (2, 1)]),
    Row("Average", {}, [(2, 4), (2, 4), (2, 4)]),
    Row("Maximum", {}, [(2, 4), (2, 4)]),
    Row("Minimum", {}, [(2, 4), (2, 4)]),
    Row("Concatenate", {"axis": 1}, [(2, 3, 4), (2, 1, 4)]),
    Row("Dot", {"axes": (2, 1), "normalize": True}, [(2, 3, 4), (2, 4, 5)]),
    Row("Dot", {"axes": 1}, [(2, 4), (2, 4)]),
]

PAIR = [(2, 3, 4), (2, 3, 4)]
MASKS = [torch.tensor([[True, False, True]] * 2), torch.tensor([[False, False, True]] * 2)]


def varied(name, changes, shape=PAIR, **base):
    return constructed(name, changes, base, Row(name, base, shape))


PLAIN = ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum")
ARGUMENTS = [
    *[varied(name, {}) for name in PLAIN],
    *[called(Row(name, {}, PAIR), {"mask": MASKS}) for name in ("Multiply", "Maximum", "Minimum")],
    varied("Concatenate", {"axis": 1}),
    varied("Dot", {"axes": 1, "normalize": True}, [(2, 4, 4), (2, 4, 4)], axes=2),
]

WITHOUT = {
    (f"{name}.call", "mask"): "makes the mask of the result, not the result"
    for name in ("Add", "Subtract", "Average")
}

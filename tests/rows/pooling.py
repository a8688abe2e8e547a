"""Rows and argument changes of pooling layers."""

import torch
from layer_arguments import called, constructed
from row import CLIPS, FIRST, IMAGES, VOLUMES, Row

TABLE = [
    Row("MaxPooling1D", {"pool_size": 3, "strides": 2, "padding": "same"}, CLIPS),
    Row("MaxPooling2D", {"pool_size": 2}, IMAGES),
    Row("MaxPooling2D", {"pool_size": (2, 3), "strides": 1, "padding": "same", **FIRST}, IMAGES),
    Row("MaxPooling3D", {"pool_size": 2, "padding": "same"}, VOLUMES),
    Row("AveragePooling1D", {"pool_size": 2, "strides": 1, "padding": "same"}, CLIPS),
    Row("AveragePooling2D", {"pool_size": 3, "strides": 2, "padding": "same"}, (2, 7, 5, 4)),
    Row("AveragePooling3D", {"pool_size": 2}, VOLUMES),
    Row("AdaptiveMaxPooling1D", {"output_size": 3}, CLIPS),
    Row("AdaptiveMaxPooling2D", {"output_size": (3, 2)}, IMAGES),
    Row("AdaptiveMaxPooling3D", {"output_size": (2, 3, 1), **FIRST}, VOLUMES),
    Row("AdaptiveAveragePooling1D", {"output_size": 3, **FIRST}, CLIPS),
    Row("AdaptiveAveragePooling2D", {"output_size": 4}, IMAGES),
    Row("AdaptiveAveragePooling3D", {"output_size": (2, 3, 1)}, VOLUMES),
    Row("GlobalMaxPooling1D", {"keepdims": True}, CLIPS),
    Row("GlobalMaxPooling2D", FIRST, IMAGES),
    Row("GlobalMaxPooling3D", {}, VOLUMES),
    Row("GlobalAveragePooling1D", FIRST, CLIPS),
    Row("GlobalAveragePooling2D", {"keepdims": True}, IMAGES),
    Row("GlobalAveragePooling3D", {}, VOLUMES),
]

SHAPES = {1: CLIPS, 2: IMAGES, 3: VOLUMES}
MASK = torch.tensor([[True] * 7, [True, True] + [False] * 5])


def _windows(name, rank):
    changes = {"pool_size": 3, "strides": 1, "padding": "same"}
    return constructed(name, changes, {}, Row(name, {}, SHAPES[rank]))


def _adaptive(name, rank):
    return constructed(name, {"output_size": 3}, {"output_size": 2}, Row(name, {}, SHAPES[rank]))


def _whole(name, rank):
    return constructed(name, {"keepdims": True}, {}, Row(name, {}, SHAPES[rank]))


RANKS = (1, 2, 3)
KINDS = ("Max", "Average")
ARGUMENTS = [
    *[_windows(f"{kind}Pooling{rank}D", rank) for kind in KINDS for rank in RANKS],
    *[_adaptive(f"Adaptive{kind}Pooling{rank}D", rank) for kind in KINDS for rank in RANKS],
    *[_whole(f"Global{kind}Pooling{rank}D", rank) for kind in KINDS for rank in RANKS],
    called(Row("GlobalAveragePooling1D", {}, CLIPS), {"mask": MASK}),
]

WITHOUT = {}

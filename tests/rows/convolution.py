"""Rows and argument changes of convolutions."""

from row import CLIPS, FIRST, IMAGES, VOLUMES, Row

TABLE = [
    Row("Conv1D", {"filters": 3, "kernel_size": 2, "padding": "causal", "dilation_rate": 2}, CLIPS),
    Row("Conv1D", {"filters": 3, "kernel_size": 4, "padding": "same", "strides": 3}, CLIPS),
    Row("Conv2D", {"filters": 4, "kernel_size": 3, "activation": "relu"}, IMAGES),
    Row("Conv2D", {"filters": 4, "kernel_size": (2, 3), "padding": "same", "groups": 2}, IMAGES),
    Row("Conv2D", {"filters": 4, "kernel_size": 2, "padding": "same", **FIRST}, IMAGES),
    Row("Conv3D", {"filters": 3, "kernel_size": 2, "strides": (1, 2, 1)}, VOLUMES),
]

ARGUMENTS = []

WITHOUT = {}

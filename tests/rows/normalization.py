"""Rows and argument changes of normalization layers."""

from row import IMAGES, VOLUMES, Row

TABLE = [
    Row("BatchNormalization", {"momentum": 0.7}, IMAGES),
    Row("BatchNormalization", {"axis": 1, "scale": False}, IMAGES),
    Row("BatchNormalization", {"axis": [-1], "center": False}, (5, 4), only_ours=True),
    Row("BatchNormalization", {"axis": 2}, VOLUMES),
    Row("LayerNormalization", {}),
    Row("LayerNormalization", {"axis": [1, 2], "scale": False}, IMAGES, only_ours=True),
    Row("LayerNormalization", {"axis": [2, 3], "center": False}, IMAGES),
    Row("LayerNormalization", {"axis": (-1, -2)}, IMAGES, only_ours=True),
    Row("GroupNormalization", {"groups": 2}, IMAGES),
    Row("GroupNormalization", {"groups": -1, "axis": 1}, IMAGES),
    Row("RMSNormalization", {}),
    Row("UnitNormalization", {"axis": [1, 2]}),
]

ARGUMENTS = []

WITHOUT = {}

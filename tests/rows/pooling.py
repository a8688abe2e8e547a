"""Rows and argument changes of pooling layers."""

from row import CLIPS, FIRST, IMAGES, VOLUMES, Row

TABLE = [
    Row("MaxPooling1D", {"pool_size": 3, "strides": 2, "padding": "same"}, CLIPS),
    Row("MaxPooling2D", {"pool_size": 2}, IMAGES),
    Row("MaxPooling2D", {"pool_size": (2, 3), "strides": 1, "padding": "same", **FIRST}, IMAGES),
    Row("MaxPooling3D", {"pool_size": 2, "padding": "same"}, VOLUMES),
    Row("AveragePooling1D", {"pool_size": 2, "strides": 1, "padding": "same"}, CLIPS),
    Row("AveragePooling2D", {"pool_size": 3, "strides": 2, "padding": "same"}, (2, 7, 5, 4)),
    Row("AveragePooling3D", {"pool_size": 2}, VOLUMES),
    Row("GlobalMaxPooling1D", {"keepdims": True}, CLIPS),
    Row("GlobalMaxPooling2D", FIRST, IMAGES),
    Row("GlobalMaxPooling3D", {}, VOLUMES),
    Row("GlobalAveragePooling1D", FIRST, CLIPS),
    Row("GlobalAveragePooling2D", {"keepdims": True}, IMAGES),
    Row("GlobalAveragePooling3D", {}, VOLUMES),
]

ARGUMENTS = []

WITHOUT = {}

"""Rows and argument changes of layers that reshape, pad, crop and repeat."""

from row import FIRST, IMAGES, VOLUMES, Row

TABLE = [
    Row("Flatten", {}, IMAGES),
    Row("Flatten", FIRST, IMAGES),
    Row("Reshape", {"target_shape": (3, -1)}),
    Row("Permute", {"dims": (2, 1)}),
    Row("RepeatVector", {"n": 3}, (2, 4)),
    Row("ZeroPadding1D", {"padding": (1, 2)}),
    Row("ZeroPadding2D", {"padding": ((1, 0), (2, 1)), **FIRST}, IMAGES),
    Row("ZeroPadding3D", {"padding": 1}, VOLUMES),
    Row("Cropping1D", {"cropping": 1}),
    Row("Cropping2D", {"cropping": ((1, 0), (2, 1))}, IMAGES),
    Row("Cropping3D", {"cropping": 1, **FIRST}, (2, 2, 5, 6, 4)),
    Row("UpSampling1D", {"size": 2}),
    Row("UpSampling2D", {"size": (2, 3), "interpolation": "bilinear"}, IMAGES),
    Row("UpSampling3D", {"size": 2}, VOLUMES),
]

ARGUMENTS = []

WITHOUT = {}

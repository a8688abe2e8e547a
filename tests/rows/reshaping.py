"""Rows and argument changes of layers that reshape, pad, crop and repeat."""

from layer_arguments import constructed
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

LARGE = (2, 5, 6, 7, 4)  # enough of every axis for either layout


def varied(name, changes, shape=(2, 6, 4), **base):
    return constructed(name, changes, base, Row(name, base, shape))


ARGUMENTS = [
    varied("Flatten", {}, IMAGES),
    varied("Reshape", {"target_shape": (4, -1)}, target_shape=(3, -1)),
    varied("Permute", {"dims": (1, 2)}, dims=(2, 1)),
    varied("RepeatVector", {"n": 2}, (2, 4), n=3),
    varied("ZeroPadding1D", {"padding": (1, 2)}),
    varied("ZeroPadding2D", {"padding": 2}, LARGE[:4]),
    varied("ZeroPadding3D", {"padding": 2}, LARGE),
    varied("Cropping1D", {"cropping": (1, 2)}),
    varied("Cropping2D", {"cropping": 2}, LARGE[:4], cropping=1),
    varied("Cropping3D", {"cropping": 0}, LARGE),
    varied("UpSampling1D", {"size": 3}),
    varied("UpSampling2D", {"size": 3, "interpolation": "bilinear"}, LARGE[:4]),
    varied("UpSampling3D", {"size": 3}, LARGE),
]

WITHOUT = {}

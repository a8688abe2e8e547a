"""Rows and argument changes of layers that regularize."""

from row import FIRST, IMAGES, VOLUMES, Row

TABLE = [
    Row("Dropout", {"rate": 0.4, "seed": 3}, random=True),
    Row("Dropout", {"rate": 0.4, "noise_shape": (None, 1, None)}, random=True),
    Row("SpatialDropout1D", {"rate": 0.4}, random=True),
    Row("SpatialDropout2D", {"rate": 0.4, **FIRST}, IMAGES, random=True),
    Row("SpatialDropout3D", {"rate": 0.4}, VOLUMES, random=True),
    Row("GaussianNoise", {"stddev": 0.3}, random=True),
    Row("GaussianDropout", {"rate": 0.3}, random=True),
    Row("AlphaDropout", {"rate": 0.3}, random=True),
    Row("ActivityRegularization", {"l1": 0.1}),
]

ARGUMENTS = []

WITHOUT = {}

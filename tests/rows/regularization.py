"""Rows and argument changes of layers that regularize."""

from layer_arguments import called, constructed
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

NOISY = (4, 6, 8)


def dropping(name, shape=NOISY, **changes):
    """A layer that drops, its constructor and its call."""
    base = {"rate": 0.4, "seed": 5}
    row = Row(name, base, shape)
    return [
        constructed(name, {"rate": 0.6, **changes}, base, row),
        called(row, {"training": True}),
    ]


ARGUMENTS = [
    *dropping("Dropout", noise_shape=(None, 1, None)),
    *dropping("SpatialDropout1D"),
    *dropping("SpatialDropout2D", (4, 5, 6, 8)),
    *dropping("SpatialDropout3D", (4, 3, 5, 6, 8)),
    *dropping("GaussianDropout"),
    *dropping("AlphaDropout", noise_shape=(None, 1, None)),
    constructed("GaussianNoise", {"stddev": 0.6}, {"stddev": 0.3, "seed": 5}, Row("GaussianNoise")),
    called(Row("GaussianNoise", {"stddev": 0.3}), {"training": True}),
    constructed(
        "ActivityRegularization", {"l1": 0.2, "l2": 0.3}, {}, Row("ActivityRegularization")
    ),
]

WITHOUT = {}

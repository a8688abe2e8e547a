"""Rows and argument changes of preprocessing of numbers."""

from row import Row

TABLE = [
    Row("Rescaling", {"scale": 0.5, "offset": [1.0, 2.0, 3.0, 4.0]}),
    Row("Normalization", {"mean": [1.0, 2.0, 3.0, 4.0], "variance": [1.0, 2.0, 0.0, 4.0]}),
    Row("Normalization", {"axis": (1, 2), "invert": True}),
]

ARGUMENTS = []

WITHOUT = {}

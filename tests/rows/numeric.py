"""Rows and argument changes of preprocessing of numbers."""

from influence import Change
from layer_arguments import constructed
from row import Row

TABLE = [
    Row("Rescaling", {"scale": 0.5, "offset": [1.0, 2.0, 3.0, 4.0]}),
    Row("Normalization", {"mean": [1.0, 2.0, 3.0, 4.0], "variance": [1.0, 2.0, 0.0, 4.0]}),
    Row("Normalization", {"axis": (1, 2), "invert": True}),
]

ARGUMENTS = [
    constructed("Rescaling", {"scale": 0.5, "offset": 1.0}, {"scale": 2.0}, Row("Rescaling")),
    constructed(
        "Normalization",
        {
            "axis": Change(None, given={"mean": None, "variance": None}),
            "mean": 1.0,
            "variance": 9.0,
            "invert": True,
        },
        {"mean": 0.5, "variance": 4.0},
        Row("Normalization"),
    ),
]

WITHOUT = {}

"""Rows and argument changes of activation layers."""

from row import Row

TABLE = [
    Row("Activation", {"activation": "gelu"}),
    Row("ReLU", {"max_value": 1.0, "negative_slope": 0.2, "threshold": 0.1}),
    Row("LeakyReLU", {"negative_slope": 0.2}),
    Row("PReLU", {"shared_axes": [1]}),
    Row("ELU", {"alpha": 0.7}),
    Row("Softmax", {"axis": (1, 2)}),
    Row("Softmax", {}),
    Row("ThresholdedReLU", {"theta": 0.5}, only_ours=True),
]

ARGUMENTS = []

WITHOUT = {}

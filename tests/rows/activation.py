"""Rows and argument changes of activation layers."""

import torch
from layer_arguments import called, constructed
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


def varied(name, changes, **base):
    return constructed(name, changes, base, Row(name, base))


ARGUMENTS = [
    varied("Activation", {}, activation="relu"),
    varied("ReLU", {"max_value": 0.5, "negative_slope": 0.2, "threshold": 0.3}),
    varied("LeakyReLU", {"negative_slope": 0.1, "alpha": 0.1}),
    varied("PReLU", {"shared_axes": [1], "alpha_constraint": "max_norm"}, alpha_initializer="ones"),
    varied("ELU", {"alpha": 0.5}),
    varied("Softmax", {"axis": 1}),
    called(Row("Softmax"), {"mask": torch.tensor([True, True, False, True])}),
    varied("ThresholdedReLU", {"theta": 0.5}),
]

WITHOUT = {
    ("Softmax", "robust_masking"): "of tf.keras: masked elements get exactly 0 either way",
}

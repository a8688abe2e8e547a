"""Networks that only tf.keras 2 has: ``python keras2_networks.py --all`` records them."""

import json
import sys

import numpy as np

# What a small image gives, with weights drawn anew.
SHOWN = {
    "RegNetX002": {"include_top": False},
    "RegNetY002": {"include_top": False, "pooling": "avg"},
    "ResNetRS50": {"include_top": False, "pooling": "max"},
}
PREPARED = {"RegNetX004": {}, "ResNetRS101": {"input_shape": (64, 64, 1)}}


def counted():
    """Names of all these networks."""
    costs = ["002", "004", "006", "008", "016", "032", "040", "064", "080", "120", "160", "320"]
    depths = (50, 101, 152, 200, 270, 350, 420)
    return [f"RegNet{kind}{cost}" for kind in "XY" for cost in costs] + [
        f"ResNetRS{depth}" for depth in depths
    ]


def layers_of(model):
    """Name, class and shapes of weights of the layers that are none of TensorFlow's own."""
    return [
        [layer.name, type(layer).__name__, [list(weight.shape) for weight in layer.weights]]
        for layer in model.layers
        if type(layer).__name__ not in ("TFOpLambda", "SlicingOpLambda", "InputLayer")
    ]


def output_of(model):
    """What the network makes of a small image, with weights drawn layer by layer."""
    draw = np.random.default_rng(0)
    for layer in model.layers:
        weights = []
        for weight in layer.get_weights():
            if weight.ndim > 1:
                scale = np.sqrt(2 / np.prod(weight.shape[:-1]))
                weights.append(draw.normal(0, scale, weight.shape))
            else:
                weights.append(draw.uniform(0.5, 1.5, weight.shape))
        if weights and type(layer).__name__ != "Normalization":
            layer.set_weights(weights)
    x = draw.uniform(0, 255, (1, 64, 64, 3)).astype("float32")
    return np.asarray(model.predict(x, verbose=0), dtype="float64").ravel()[::23].tolist()


def result(applications):
    """All of it from one library's ``applications``."""
    shown = {}
    for name, options in SHOWN.items():
        model = getattr(applications, name)(weights=None, **options)
        shown[name] = {"layers": layers_of(model), "output": output_of(model)}
    prepared = {
        name: layers_of(getattr(applications, name)(weights=None, **options))[-1]
        for name, options in PREPARED.items()
    }
    return {"shown": shown, "prepared": prepared}


def counts(applications, names):
    """Numbers of parameters, with and without those that are trained."""
    found = {}
    for name in names:
        model = getattr(applications, name)(weights=None)
        trained = sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
        found[name] = [model.count_params(), trained]
    return found


if __name__ == "__main__":
    from tf_keras import applications

    found = result(applications)
    if "--all" in sys.argv:
        found["counts"] = counts(applications, counted())
    json.dump(found, sys.stdout)

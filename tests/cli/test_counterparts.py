import inspect
import json

import pytest

import torchkeras as keras
from torchkeras.cli import run
from torchkeras.cli.counterparts import CALLS, VALUES, Counterpart, keras_path


def test_every_argument_is_one_of_the_counterparts_and_stands_in_its_place():
    for path, call in CALLS.items():
        if call.target == "torch.manual_seed":
            continue
        function = getattr(keras.ops, call.target.rpartition(".")[2])
        known = list(inspect.signature(function).parameters)
        assert set(call.parameters.values()) <= set(known), path
        assert list(call.order) == known[: len(call.order)], path


def test_how_arguments_are_passed_on():
    call = Counterpart("keras.ops.f", {"a": "x", "b": "axis", "c": "n"}, ("x", "n", "axis"))
    assert call.arguments(1, ("b", "name")) == ["", "axis", None]
    assert call.arguments(3, ()) == ["", "axis", "n"]
    assert call.arguments(1, ("other",)) is None
    assert call.arguments(4, ()) is None


@pytest.mark.parametrize(
    "path, expected",
    [
        ("tensorflow.optimizers.Adam", "tensorflow.keras.optimizers.Adam"),
        ("tensorflow.zeros_initializer", "tensorflow.keras.initializers.Zeros"),
        ("tensorflow.optimizers_of", "tensorflow.optimizers_of"),
        ("keras.Model", "keras.Model"),
    ],
)
def test_keras_under_tensorflows_names(path, expected):
    assert keras_path(path) == expected


COMPARE = """
import json, sys
import numpy as np
import tensorflow as tf, torch
import torchkeras as keras
calls, values = json.load(open(sys.argv[1]))
rng = np.random.default_rng(0)
x, y = (tf.constant(rng.uniform(0.1, 0.9, (2, 3)).astype("float32")) for _ in range(2))
true = x > 0.5
GIVEN = {"axis": -1, "keepdims": True, "dtype": tf.float64, "shape": (3, 2), "repeats": 2,
         "multiples": (1, 2), "perm": (1, 0), "alpha": 0.3, "values": [x, y], "a": x,
         "b": tf.transpose(y), "depth": 4, "indices": tf.constant([1, 2]), "y": y}
for path, (target, parameters, required, dtype) in calls.items():
    one, other = eval(path.replace("tensorflow", "tf", 1)), eval(target)
    takes_truth = "logical" in path or path.endswith(("reduce_all", "reduce_any"))
    names = list(parameters)
    for count in range(1, len(names) + 1):
        try:
            given = [GIVEN.get(n, x) for n in names[:count]]
            if path.endswith("squeeze"):
                given[0] = x[:, :1]
            if takes_truth:
                given = [true if g is x or g is y else g for g in given]
            if path.endswith("acosh"):
                given = [x + 1.0]
            if "expand" in path and count == 1 or "concat" in path and count == 1:
                continue
            wanted = one(*given)
        except TypeError:
            continue  # fewer arguments than it must have
        if required and count < len(names):
            continue
        found = other(**dict(zip(parameters.values(), given)))
        found = keras.ops.cast(found, dtype) if dtype else found
        assert found.dtype == wanted.dtype and found.shape == wanted.shape, (path, count)
        assert torch.equal(found, wanted), (path, count)
for path, target in values.items():
    assert eval(path.replace("tensorflow", "tf", 1)) is eval(target), path
print("alike")
"""


def test_each_counterpart_gives_what_the_drop_in_gives(tmp_path, carry_out):
    calls = {
        path: (call.target, dict(call.parameters), len(call.required), call.dtype)
        for path, call in CALLS.items()
        if not call.target.startswith("torch.")
    }
    (tmp_path / "calls.json").write_text(json.dumps([calls, VALUES]))
    place = tmp_path / "calls.json"
    done = carry_out("run", "-", place, folder=run.PACKAGE.parent, given=COMPARE)
    assert done.stdout == "alike\n", done.stderr

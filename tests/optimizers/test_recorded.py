"""20 steps recorded from Keras 3.15.1 on TensorFlow, and its schedules."""

import json
from pathlib import Path

import numpy as np
import pytest

import torchkeras as keras

HERE = Path(__file__).parent
RECORDED = json.loads((HERE / "recorded.json").read_text(encoding="utf-8"))
VALUES = dict(np.load(HERE / "recorded.npz"))
NAMES = ["w1", "b1", "w2", "b2"]
# TensorFlow's own float32 arithmetic is 1.1e-6 away from float64 in this case; ours 2e-7.
TOLERANCES = {"nadam_wd_clip": 1.5e-6}


def flat(variables):
    return np.concatenate([v.numpy().ravel() for v in variables])


@pytest.mark.parametrize("by_step", [False, True])
@pytest.mark.parametrize("case", RECORDED["optimizers"], ids=lambda case: case["name"])
def test_20_steps_are_those_recorded(case, by_step):
    optimizer = keras.saving.deserialize_keras_object(json.loads(json.dumps(case["config"])))
    variables = [keras.Variable(VALUES[f"init_{name}"], name=name) for name in NAMES]
    if "note" in case:
        optimizer.exclude_from_weight_decay(var_names=["b1", "b2"])
    optimizer.build(variables)
    assert [[v.path, list(v.shape), v.dtype] for v in optimizer.variables] == case["variables"]
    expected = VALUES[f"{case['name']}/fixed_grads"]
    tolerance = TOLERANCES.get(case["name"], 1e-6)
    for step in range(20):
        scale = getattr(optimizer, "dynamic_scale", 1.0)
        gradients = [VALUES[f"grad{step}_{name}"] * np.float32(scale) for name in NAMES]
        if by_step:
            for variable, gradient in zip(variables, gradients, strict=True):
                grad = variable.parameter.new_tensor(gradient)
                variable.parameter.grad = grad
            optimizer.step()
        else:
            optimizer.apply(gradients, variables)
        assert abs(flat(variables) - expected[step]).max() < tolerance
    if f"{case['name']}/finalized" in VALUES:
        optimizer.finalize_variable_values(variables)
        assert abs(flat(variables) - VALUES[f"{case['name']}/finalized"]).max() < tolerance


@pytest.mark.parametrize(
    "case", RECORDED["schedules"], ids=lambda case: case["config"]["class_name"]
)
def test_rates_are_those_recorded(case):
    schedule = keras.optimizers.schedules.deserialize(case["config"])
    rates = [float(schedule(step)) for step in case["steps"]]
    assert rates == pytest.approx(case["values"], rel=1e-5, abs=1e-7)

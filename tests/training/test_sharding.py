"""Processes that divide weights compute what one does. ``divided_runs.py`` says what."""

import importlib.util
import math
import os
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

import torchkeras as keras
from torchkeras import distribution, layers
from torchkeras.training import sharding

SCRIPT = Path(__file__).with_name("divided_runs.py")
ROOT = SCRIPT.parents[2]


def runs():
    spec = importlib.util.spec_from_file_location("divided_runs", SCRIPT)
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    folder = tmp_path_factory.mktemp("alone")
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        patch.setenv("FOLDER", str(folder))
        runs().main(folder / "found")
    return dict(np.load(folder / "found.alone.npz"))


@pytest.mark.slow
@pytest.mark.parametrize("grid", ["1x2", "2x1", "2x2"])
def test_processes_with_divided_weights_equal_one(alone, tmp_path, grid):
    number = math.prod(map(int, grid.split("x")))
    torchrun = [sys.executable, "-W", "ignore", "-m", "torch.distributed.run", "--standalone"]
    done = subprocess.run(
        [*torchrun, "--nproc-per-node", str(number), str(SCRIPT), str(tmp_path / "found")],
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "OMP_NUM_THREADS": "1",
            "GRID": grid,
            "FOLDER": str(tmp_path),
        },
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    for rank in range(number):
        found = dict(np.load(tmp_path / f"found.{rank}.npz"))
        assert found.keys() == alone.keys()
        for key, value in alone.items():
            tolerance = 0.03 if key.startswith("roughly") else 1e-5  # of half the digits
            np.testing.assert_allclose(
                found[key], value, rtol=tolerance, atol=tolerance, err_msg=f"{key} of {rank}"
            )
    for name in ("model.keras", "model.weights.h5", "model.safetensors"):
        model = runs().perceptron()
        model.load_weights(tmp_path / f"together.{name}")  # whole, for one process
        predicted = model.predict(runs().X, verbose=0)
        np.testing.assert_allclose(predicted, alone["files_and_copies/loaded"], atol=1e-5)


def test_a_layout_has_an_axis_for_each_of_the_variable():
    mesh = distribution.DeviceMesh((2,), ["model"], ["cpu:0", "cpu:1"])
    layouts = distribution.LayoutMap(mesh)
    layouts[".*kernel"] = ("model",)
    model = keras.Sequential([keras.Input((4,)), layers.Dense(2)])
    with pytest.raises(ValueError, match=r"the layout of '.*kernel' is .*each axis of \(4, 2\)"):
        sharding.shard(model, distribution.ModelParallel(layout_map=layouts))


def test_without_layouts_weights_stay_as_they_are():
    model = keras.Sequential([keras.Input((4,)), layers.Dense(2)])
    assert not sharding.shard(model, None)
    assert not sharding.shard(model, distribution.DataParallel(devices=["cpu:0"]))

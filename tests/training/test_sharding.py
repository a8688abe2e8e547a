"""Processes that divide weights compute what one does. ``divided_runs.py`` says what."""

import math
import warnings

import numpy as np
import pytest
from distribution import processes
from training import divided_runs

import torchkeras as keras
from torchkeras import distribution, layers
from torchkeras.training import sharding


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    folder = tmp_path_factory.mktemp("alone")
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        patch.setenv("FOLDER", str(folder))
        divided_runs.main(folder / "found")
    return dict(np.load(folder / "found.alone.npz"))


@pytest.mark.slow
@pytest.mark.parametrize("grid", ["1x2", "2x1", "2x2"])
def test_processes_with_divided_weights_equal_one(alone, tmp_path, grid):
    number = math.prod(map(int, grid.split("x")))
    command = (divided_runs.__file__, tmp_path / "found")
    done = processes.torchrun(number, *command, GRID=grid, FOLDER=str(tmp_path))
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
        model = divided_runs.perceptron()
        model.load_weights(tmp_path / f"together.{name}")  # whole, for one process
        predicted = model.predict(divided_runs.X, verbose=0)
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

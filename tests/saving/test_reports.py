"""What a report tells, in words and as data."""

import json

import pytest

import torchkeras
from torchkeras.saving import report
from torchkeras.saving.reports import Array, Report, part_beside_weights


def model_of(compiled=True):
    layers = [torchkeras.Input((4,)), torchkeras.layers.Dense(2, name="head")]
    model = torchkeras.Sequential(layers, name="small")
    if compiled:
        model.compile(torchkeras.optimizers.Adam(name="adam"), "mse")
        model.optimizer.build(model.trainable_variables)
    return model


def saved(model, path):
    if path.suffix == ".ckpt" or ".weights" in path.name:
        model.save_weights(path)
    else:
        model.save(path)
    return path


@pytest.mark.parametrize("name", ["m.keras", "m.weights.h5", "m.ckpt"])
def test_the_optimizer_s_arrays_are_told_where_they_go(name, tmp_path):
    path = saved(model_of(), tmp_path / name)
    found = report(path, model_of())
    assert (len(found.mapped), found.of_optimizer, found.optimizer) == (8, 6, "adam")
    assert all("head/" in variable for variable, _, _ in found.mapped[:2])
    assert not found.left
    text = str(found)
    assert "onto Sequential small: 2 arrays of weights and 6 of the optimizer have a place" in text
    assert "head_kernel_momentum\n" in text


@pytest.mark.parametrize("name", ["m.keras", "m.h5"])
def test_a_whole_model_s_optimizer_is_rebuilt(name, tmp_path):
    found = report(saved(model_of(), tmp_path / name))
    assert (found.of_optimizer, found.left, found.problems) == (6, [], [])


@pytest.mark.parametrize("name", ["m.weights.h5", "m.ckpt"])
def test_an_optimizer_s_arrays_may_be_left_over(name, tmp_path):
    found = report(saved(model_of(), tmp_path / name), model_of(compiled=False))
    assert len(found.left) == 6
    assert found.fits
    assert str(found).splitlines()[-1] == "    left over: 6 arrays of the optimizer"


def test_a_file_without_them_is_told(tmp_path):
    found = report(saved(model_of(compiled=False), tmp_path / "m.weights.h5"), model_of())
    assert found.fits
    assert str(found).splitlines()[-1] == "    nothing for the optimizer adam"


def test_the_optimizer_can_be_left_out_afterwards(tmp_path):
    found = report(saved(model_of(), tmp_path / "m.keras"))
    found.without_optimizer()
    assert (len(found.mapped), found.of_optimizer, len(found.left)) == (2, 0, 6)
    assert found.placed() == "2 arrays of weights"


def test_what_does_not_fit_is_no_fit():
    for name, value in {"problems": ["x"], "missing": [("a", (1,))]}.items():
        found = Report("m.keras", "some")
        assert found.fits
        setattr(found, name, value)
        assert not found.fits
    found = Report("m.keras", "some")
    found.left = [Array("/layers/dense/vars/0", (1,), "float32")]
    assert not found.fits
    assert list(found.unplaced()) == ["left over: /layers/dense/vars/0 (1,)"]


@pytest.mark.parametrize(
    "path, wanted",
    [
        ("/optimizer/vars/0", "optimizer"),
        ("/optimizer_weights/adam/iteration", "optimizer"),
        ("optimizer/_iterations/.ATTRIBUTES/VARIABLE_VALUE", "optimizer"),
        ("layer-1/kernel/.OPTIMIZER_SLOT/optimizer/m/.ATTRIBUTES/VARIABLE_VALUE", "optimizer"),
        ("/metrics/mean/vars/0", "metrics"),
        ("keras_api/metrics/0/count/.ATTRIBUTES/VARIABLE_VALUE", "metrics"),
        ("_all_variables/0/.ATTRIBUTES/VARIABLE_VALUE", "exported program"),
        ("metrics", None),
        ("/layers/optimizer/vars/0", None),
        ("/layers/dense/vars/0", None),
    ],
)
def test_what_is_beside_weights_is_known_by_its_path(path, wanted):
    assert part_beside_weights(path) == wanted


def test_a_report_is_plain_data(tmp_path):
    found = report(saved(model_of(), tmp_path / "m.keras"))
    data = json.loads(found.to_json())
    assert set(data) == {
        "path", "format", "versions", "model", "compile", "arrays", "assets", "onto", "optimizer",
        "mapped", "of_optimizer", "missing", "left", "problems",
    }  # fmt: skip
    assert data["arrays"][0].keys() == {"path", "shape", "dtype"}

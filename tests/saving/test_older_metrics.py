"""Compile configurations as tf.keras 2.21 wrote them; names as its ``evaluate`` gave them."""

import copy

import numpy as np
import pytest

import torchkeras as keras
from torchkeras.core import scopes
from torchkeras.saving import whole_h5

LOSSES = ["mse", "mse"]
NAMES = ["loss", "a_loss", "b_loss"]


def model_of(outputs=2):
    inputs = keras.Input((4,))
    made = [keras.layers.Dense(3, name=name)(inputs) for name in "ab"[:outputs]]
    return keras.Model(inputs, made if outputs > 1 else made[0])


def names_of(model):
    x, y = np.ones((2, 4)), [np.ones((2, 3))] * len(model.outputs)
    return set(model.evaluate(x, y if len(y) > 1 else y[0], verbose=0, return_dict=True))


def noted(name, fn="mean_absolute_error"):
    return {"class_name": "MeanMetricWrapper", "config": {"name": name, "fn": fn}}


def of_h5(given, outputs=2, release="2.21.0"):
    """A model compiled as an ``.h5`` or SavedModel says."""
    model = model_of(outputs)
    training = {"loss": LOSSES[:outputs], "optimizer_config": {"class_name": "SGD", "config": {}}}
    training = {**training, **given}
    before = copy.deepcopy(training)
    with scopes.keras_2_scope(release):
        model.compile_from_config(whole_h5.compile_config(training, model))
    assert training == before
    return model


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({"metrics": [[noted("a_mae")], [noted("b_mae"), noted("b_m")]]}, "a_mae b_mae b_m"),
        ({"metrics": [[None], [noted("b_mae")]]}, "b_mae"),
        ({"metrics": [noted("a_mae"), [noted("b_mae")]]}, "a_mae b_mae"),
        (
            {
                "metrics": [[noted("a_mae")], [noted("b_mae")]],
                "weighted_metrics": [[noted("a_weighted_mae")], [noted("b_weighted_mae")]],
            },
            "a_mae b_mae a_weighted_mae b_weighted_mae",
        ),
        ({"metrics": ["mae", "mse"]}, "a_mae a_mse b_mae b_mse"),
    ],
)
def test_names_from_h5_have_their_output_before_them_once(given, names):
    assert names_of(of_h5(given)) == {*NAMES, *names.split()}


def test_names_stay_when_the_model_is_saved_again(tmp_path):
    model = of_h5({"metrics": [[noted("a_mae")], [noted("b_mae")]]})
    for name in ("m.keras", "m.h5"):
        model.save(tmp_path / name)
        model = keras.models.load_model(tmp_path / name)
        assert names_of(model) == {*NAMES, "a_mae", "b_mae"}


def test_names_of_a_single_output_are_the_users():
    assert names_of(of_h5({"metrics": [[noted("a_mae")]]}, outputs=1)) == {"loss", "a_mae"}


def test_names_that_keras_3_wrote_are_the_users():
    given = {"metrics": [[noted("a_mae")], [noted("b_mae")]]}
    assert names_of(of_h5(given, release="3.15.1")) == {*NAMES, "a_a_mae", "b_b_mae"}


OBJECT = {
    "module": "keras.metrics",
    "class_name": "MeanAbsoluteError",
    "config": {"name": "z", "dtype": "float32"},
    "registered_name": None,
}


@pytest.mark.parametrize(
    ("metrics", "names"),
    [
        (["mae", "mse"], "a_mae a_mse b_mae b_mse"),
        ([None, "mae"], "a_mae b_mae"),
        ([OBJECT, "mse"], "a_z a_mse b_z b_mse"),
        (["mae", ["mse"]], "a_mae b_mse"),
        ({"b": "mae"}, "b_mae"),
    ],
)
def test_a_plain_list_in_an_archive_is_for_each_output(metrics, names):
    model = model_of()
    with scopes.keras_2_scope("2.15.0"):
        model.compile_from_config({"optimizer": "sgd", "loss": LOSSES, "metrics": metrics})
    assert names_of(model) == {*NAMES, *names.split()}


def test_a_plain_list_of_keras_3_is_for_one_output_after_the_other():
    model = model_of()
    model.compile_from_config({"optimizer": "sgd", "loss": LOSSES, "metrics": ["mae", "mse"]})
    assert names_of(model) == {*NAMES, "a_mae", "b_mse"}

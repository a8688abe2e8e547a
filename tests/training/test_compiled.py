"""Names and values of losses and metrics, beside real Keras."""

import copy
import pickle

import keras as real
import numpy as np
import pytest
import torch

import torchkeras
from torchkeras import losses, metrics
from torchkeras.training import CompiledLoss, CompiledMetrics

X = np.zeros((8, 3), "float32")
Y = np.linspace(0, 1, 8, dtype="float32")[:, None]


def list_of_outputs(keras):
    inputs = keras.Input((3,))
    outputs = [keras.layers.Dense(1, name=name)(inputs) for name in ("a", "b")]
    return keras.Model(inputs, outputs)


def dict_of_outputs(keras):
    inputs = keras.Input((3,))
    return keras.Model(inputs, {name: keras.layers.Dense(1, name=name)(inputs) for name in "ab"})


def one_output(keras):
    inputs = keras.Input((3,))
    return keras.Model(inputs, keras.layers.Dense(1, name="o")(inputs))


def subclass(keras):
    class Model(keras.Model):
        def __init__(self):
            super().__init__()
            self.first, self.second = keras.layers.Dense(1), keras.layers.Dense(1)

        def call(self, x):
            return [self.first(x), self.second(x)]

    return Model()


CASES = {
    "list": (list_of_outputs, [Y, Y], {"loss": ["mse", "mae"], "metrics": ["mae", "mse"]}),
    "one loss": (list_of_outputs, [Y, Y], {"loss": "mse", "metrics": [["mae"], ["mse", "mae"]]}),
    "dict": (
        list_of_outputs,
        {"a": Y, "b": Y},
        {"loss": {"a": "mse", "b": "mae"}, "metrics": {"a": "mae", "b": ["mse"]}},
    ),
    "dict, list": (list_of_outputs, [Y, Y], {"loss": {"a": "mse", "b": "mae"}}),
    "dict of outputs": (
        dict_of_outputs,
        {"a": Y, "b": Y},
        {"loss": {"a": "mse", "b": "mae"}, "metrics": {"a": "mae"}},
    ),
    "weighted": (
        dict_of_outputs,
        {"a": Y, "b": Y},
        {"loss": "mse", "weighted_metrics": {"a": "mae"}},
    ),
    "subclass": (subclass, [Y, Y], {"loss": ["mse", "mae"], "metrics": ["mae", "mse"]}),
    "in lists": (one_output, Y, {"loss": ["mse"], "metrics": [["mae"]]}),
    "in dicts": (one_output, Y, {"loss": {"o": "mse"}, "metrics": {"o": ["mae"]}}),
    "twice": (
        one_output,
        Y,
        {"loss": "mse", "metrics": ["mae", "mae"], "weighted_metrics": ["mae"]},
    ),
    "kinds": (
        one_output,
        np.round(Y),
        {"loss": "crossentropy", "metrics": ["accuracy", "acc", "AUC", "BinaryAccuracy"]},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_logs_have_the_names_and_values_of_keras(case):
    make, y, options = CASES[case]
    real.utils.set_random_seed(0)
    theirs, ours = make(real), make(torchkeras)
    for model in (theirs, ours):
        model(X)
        model.compile("sgd", **options)
    ours.set_weights(theirs.get_weights())
    expected = theirs.evaluate(X, y, verbose=0, return_dict=True)
    found = ours.evaluate(X, y, verbose=0, return_dict=True)
    assert found == pytest.approx(expected, rel=1e-5)


def test_names_follow_functions_and_objects():
    model = one_output(torchkeras)
    own = metrics.MeanAbsoluteError(name="mine")

    def difference(y_true, y_pred):
        return y_true - y_pred

    model.compile("sgd", "mse", metrics=[own, difference, losses.MeanSquaredError()])
    model.fit(X, Y, verbose=0)
    assert model.metrics_names == ["loss", "mine", "difference", "mean_squared_error"]
    assert model.metrics[1] is own
    assert own.result() > 0


@pytest.mark.parametrize(
    "shape, classes, expected",
    [
        ((4,), 3, metrics.SparseCategoricalAccuracy),
        ((4, 1), 3, metrics.SparseCategoricalAccuracy),
        ((4, 3), 3, metrics.CategoricalAccuracy),
        ((4, 1), 1, metrics.BinaryAccuracy),
        ((4,), 1, metrics.BinaryAccuracy),
    ],
)
def test_accuracy_is_of_the_kind_that_the_shapes_ask_for(shape, classes, expected):
    compiled = CompiledMetrics(["accuracy"])
    compiled.build(torch.zeros(shape), torch.zeros(4, classes))
    assert type(compiled.metrics[0]) is expected


def test_one_metric_object_for_several_outputs_is_copied():
    own = metrics.MeanAbsoluteError(name="mine")
    compiled = CompiledMetrics([own, "mse", "mape"], output_names=["a", "b"])
    ones, zeros = torch.ones(2, 1), torch.zeros(2, 1)
    compiled.update_state([ones, zeros], [ones, ones])
    assert compiled.names == ["a_mine", "a_mse", "a_mape", "b_mine", "b_mse", "b_mape"]
    assert own.result() == 0
    assert compiled.result()["b_mine"] == 1


def test_losses_of_one_output_are_added():
    loss = CompiledLoss(["mse", "mae"], [1.0, 10.0])
    assert loss(torch.zeros(2, 1), 2 * torch.ones(2, 1)) == 24


def test_outputs_without_a_loss_need_no_targets():
    for given, y in ((["mse", None], torch.zeros(2, 1)), ({"a": "mse"}, {"a": torch.zeros(2, 1)})):
        loss = CompiledLoss(given, output_names=["a", "b"])
        assert loss(y, [torch.ones(2, 1), torch.ones(2, 1)]) == 1


def test_weights_of_a_partial_loss_count_its_own_outputs():
    loss = CompiledLoss(["mse", None], [3.0], output_names=["a", "b"])
    ones = torch.ones(2, 1)
    assert loss([torch.zeros(2, 1), None], [ones, ones]) == 3


def test_a_number_of_weights_that_does_not_fit_is_refused():
    loss = CompiledLoss(["mse", "mae"], [1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="loss_weights"):
        loss([torch.zeros(2, 1)] * 2, [torch.ones(2, 1)] * 2)


def test_an_unknown_loss_or_metric_offers_the_nearest():
    model = one_output(torchkeras)
    model.compile("sgd", "mean_squared_eror")
    with pytest.raises(ValueError, match="mean_squared_error"):
        model.fit(X, Y, verbose=0)
    model.compile("sgd", "mse", metrics=["binary_acuracy"])
    with pytest.raises(ValueError, match="binary_accuracy"):
        model.fit(X, Y, verbose=0)


def test_metrics_are_a_list_or_a_dict():
    with pytest.raises(TypeError, match=r"a list, tuple, or dict\. Try \[\"mae\"\]"):
        CompiledMetrics("mae")


def test_a_missing_target_is_named():
    loss = CompiledLoss(["mse", "mae"], output_names=["a", "b"])
    ones = torch.ones(2, 1)
    with pytest.raises(ValueError, match="expected targets"):
        loss({"a": ones}, [ones, ones])


@pytest.mark.parametrize(
    "labels, message",
    [([0, 3], "labels from 0 to 3"), ([-1, 2], "labels from -1 to 2")],
)
def test_labels_that_are_no_class_are_refused(labels, message):
    loss = CompiledLoss("sparse_categorical_crossentropy")
    y, y_pred = torch.tensor(labels), torch.rand(2, 3)
    loss.build(y, y_pred)
    with pytest.raises(ValueError, match=message):
        loss.check_labels(y)


def test_an_ignored_class_is_no_wrong_label():
    loss = CompiledLoss(losses.SparseCategoricalCrossentropy(ignore_class=-1))
    y, y_pred = torch.tensor([-1, 2]), torch.rand(2, 3)
    loss.build(y, y_pred)
    loss.check_labels(y)


def test_masks_are_not_lost_when_metrics_wait():
    compiled = CompiledMetrics(["mae"])
    compiled.delays = True
    y_pred = torch.ones(2, 3, 1)
    y_pred._keras_mask = torch.tensor([[True, False, False], [True, True, False]])
    compiled.update_state(torch.zeros(2, 3, 1), y_pred)
    compiled.update_state(torch.zeros(2, 3, 1), torch.zeros(2, 3, 1))
    expected = metrics.MeanMetricWrapper(losses.mae)
    expected.update_state(torch.zeros(2, 3, 1), y_pred)
    expected.update_state(torch.zeros(2, 3, 1), torch.zeros(2, 3, 1))
    assert compiled.result()["mae"] == expected.result()


@pytest.mark.parametrize("copies", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_metrics_of_a_copy_are_its_own(copies):
    compiled = CompiledMetrics(["mae"])
    compiled.update_state(torch.zeros(2, 1), torch.ones(2, 1))
    twin = copies(compiled)
    twin.update_state(torch.zeros(2, 1), torch.full((2, 1), 3.0))
    assert float(compiled.result()["mae"]) == 1
    assert float(twin.result()["mae"]) == 2

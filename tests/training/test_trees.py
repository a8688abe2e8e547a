import keras as real
import numpy as np
import pytest
import torch

import torchkeras

X = np.ones((4, 2), "float32")


def fitted(keras):
    layers = [keras.Input((2,)), keras.layers.Dense(3, name="first")]
    layers += [keras.layers.BatchNormalization(name="norm"), keras.layers.Dense(1, name="last")]
    model = keras.Sequential(layers, name="stack")
    model.compile("adam", "mse", metrics=["mae"])
    model.fit(X, X[:, :1], verbose=0)
    return model


def paths(tree, path=""):
    if not isinstance(tree, dict):
        return {path: np.shape(tree)}
    found = {}
    for name, child in tree.items():
        found |= paths(child, f"{path}/{name}")
    return found


def test_the_tree_has_the_variables_of_keras():
    ours, theirs = [
        paths(fitted(keras).get_state_tree("numpy_array")) for keras in (torchkeras, real)
    ]
    assert ours == theirs


def test_what_was_given_can_be_set():
    model, other = fitted(torchkeras), fitted(torchkeras)
    assert isinstance(
        model.get_state_tree()["trainable_variables"]["stack"]["last"]["bias"], torch.Tensor
    )
    tree = model.get_state_tree("numpy_array")
    other.set_state_tree({name: tree[name] for name in tree if name != "optimizer_variables"})
    for mine, its in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, its)
    assert [float(m.result()) for m in other.metrics] == [float(m.result()) for m in model.metrics]


def test_unknown_names_offer_the_nearest():
    model = fitted(torchkeras)
    with pytest.raises(ValueError, match='Did you mean "trainable_variables"'):
        model.set_state_tree({"trainable_variable": {}})
    with pytest.raises(ValueError, match='path in trainable_variables is .*mean "stack/last/bias"'):
        model.set_state_tree({"trainable_variables": {"stack": {"last": {"bia": 0}}}})
    with pytest.raises(ValueError, match="expected one of"):
        model.get_state_tree("list")


def test_two_variables_of_one_path_are_refused():
    class Twins(torchkeras.layers.Layer):
        def build(self, shape):
            for _ in range(2):
                self.add_weight(name="w", shape=())

        def call(self, x):
            return x

    model = torchkeras.Sequential([torchkeras.Input((2,)), Twins()])
    with pytest.raises(ValueError, match="found twice in the model"):
        model.get_state_tree()


def test_a_model_that_is_not_compiled_has_a_tree_too():
    model = torchkeras.Sequential([torchkeras.Input((2,)), torchkeras.layers.Dense(1)])
    assert model.get_state_tree()["optimizer_variables"] == {}

import keras as real
import numpy as np
import pytest
import torch

import torchkeras as keras
from torchkeras import layers


class Nest(keras.Layer):
    """Weights of all kinds, in the order in which Keras lists them."""

    def __init__(self):
        super().__init__()
        self.blocks = [layers.Dense(2), layers.BatchNormalization()]
        self.named = {"one": layers.Dense(3)}
        self.counter = self.add_weight(
            shape=(), initializer="zeros", trainable=False, name="counter"
        )
        self.scale = self.add_weight(shape=(2,), initializer="ones", name="scale")

    def call(self, x):
        for block in self.blocks:
            x = block(x)
        return self.named["one"](x * self.scale)


class RealNest(real.Layer):
    call = Nest.call

    def __init__(self):
        super().__init__()
        self.blocks = [real.layers.Dense(2), real.layers.BatchNormalization()]
        self.named = {"one": real.layers.Dense(3)}
        self.counter = self.add_weight(
            shape=(), initializer="zeros", trainable=False, name="counter"
        )
        self.scale = self.add_weight(shape=(2,), initializer="ones", name="scale")


def pair():
    ours, theirs = Nest(), RealNest()
    x = np.ones((3, 4), "float32")
    ours(x)
    theirs(x)
    return ours, theirs


@pytest.mark.parametrize(
    "which",
    ["weights", "trainable_weights", "non_trainable_weights", "variables",
     "trainable_variables", "non_trainable_variables"],
)  # fmt: skip
@pytest.mark.parametrize("frozen", [None, "all", "block"])
def test_lists_of_weights_are_those_of_keras(which, frozen):
    ours, theirs = pair()
    for layer in (ours, theirs):
        if frozen == "all":
            layer.trainable = False
        elif frozen == "block":
            layer.blocks[0].trainable = False
    assert [(v.name, v.shape) for v in getattr(ours, which)] == [
        (v.name, tuple(v.shape)) for v in getattr(theirs, which)
    ]


def test_freezing_and_thawing_reaches_the_parameters():
    ours, _ = pair()
    ours.trainable = False
    assert not any(p.requires_grad for p in ours.parameters())
    ours.trainable = True
    assert all(p.requires_grad for p in ours.parameters())
    assert ours.counter.trainable is False


def test_weights_are_set_and_got_in_one_order():
    ours, theirs = pair()
    ours.set_weights(theirs.get_weights())
    for a, b in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert ours.count_params() == theirs.count_params()


def test_a_wrong_set_of_weights_changes_nothing():
    ours, _ = pair()
    before = ours.get_weights()
    with pytest.raises(ValueError, match="on a layer that expects"):
        ours.set_weights(before[1:])
    with pytest.raises(ValueError, match="Layer weight shape"):
        ours.set_weights([*before[:-1], np.ones(99)])
    for a, b in zip(before, ours.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("call", [
    lambda layer: layer.add_weight((2, 3), "ones"),
    lambda layer: layer.add_weight("w", (2, 3), initializer="ones"),
    lambda layer: layer.add_weight("w", shape=(2, 3), initializer="ones"),
    lambda layer: layer.add_weight(shape=[2, 3], initializer="ones", name="w"),
    lambda layer: layer.add_variable((2, 3), "ones"),
    lambda layer: layer.add_variable("w", [2, 3], initializer="ones"),
])  # fmt: skip
def test_weights_can_be_added_in_the_spellings_of_both_generations(call):
    variable = call(keras.Layer())
    assert variable.shape == (2, 3)
    assert variable.numpy().all()


def test_no_initializer_is_glorot_uniform():
    layer = keras.layers.Dense(400, bias_initializer=None)
    layer.build((None, 3))
    limit = (6 / 800) ** 0.5
    assert 0.9 * limit < abs(layer.bias.numpy()).max() <= limit


def test_a_weight_has_its_rules():
    layer = keras.Layer()
    variable = layer.add_weight(
        shape=(3,), initializer="zeros", regularizer="l2", constraint="non_neg", dtype="float64"
    )
    assert isinstance(variable.regularizer, keras.regularizers.L2)
    assert isinstance(variable.constraint, keras.constraints.NonNeg)
    assert variable.dtype == "float64"
    with pytest.raises(TypeError, match="unknown arguments"):
        layer.add_weight(shape=(3,), colour="red")
    with pytest.raises(ValueError, match="known sizes"):
        layer.add_weight(shape=(None, 3))


def test_weights_without_names_have_keys_by_number():
    layer = keras.Layer()
    layer.add_weight(shape=())
    layer.add_weight(shape=())
    layer.add_weight(shape=(), name="name")
    assert list(layer.state_dict()) == ["variable", "variable_1", "name_weight"]


def test_variables_and_parameters_given_as_attributes_are_weights():
    class Free(keras.Layer):
        def __init__(self):
            super().__init__()
            self.v = keras.Variable([1.0, 2.0])
            self.p = torch.nn.Parameter(torch.ones(3))
            self.listed = [keras.Variable(1.0)]
            self.bn = torch.nn.BatchNorm1d(2)

    layer = Free()
    assert sorted(v.shape for v in layer.trainable_weights) == [(), (2,), (2,), (2,), (3,)]
    assert len(layer.non_trainable_weights) == 3  # running mean, variance and count
    assert {"v", "p", "listed_items.0", "bn.weight"} <= set(layer.state_dict())
    layer.double()
    assert layer.v.dtype == layer.listed[0].dtype == "float64"
    del layer.v
    assert "v" not in layer.state_dict()


def test_an_attribute_can_be_replaced():
    layer = keras.Layer()
    layer.inner = layers.Dense(2)
    layer.inner = [layers.Dense(3), layers.Dense(4)]
    assert len(layer._layers) == 2
    layer.inner = layers.Dense(5)
    assert len(layer._layers) == 1
    layer.inner = None
    assert layer._layers == []


def test_metrics_and_seeds_are_found():
    class Noisy(keras.Layer):
        def __init__(self):
            super().__init__()
            self.seeds = keras.random.SeedGenerator(3)
            self.mean = keras.metrics.Mean()

    layer = Noisy()
    assert layer.metrics == [layer.mean]
    assert [v.name for v in layer.variables] == ["seed_generator_state"]
    assert layer.weights == []
    assert len(layer.metrics_variables) == 2


def test_own_variables_are_stored_by_number():
    ours, _ = pair()
    store = {}
    ours.save_own_variables(store)
    assert list(store) == ["0", "1"]
    store["1"] = store["1"] * 5
    ours.load_own_variables(store)
    assert ours.scale.numpy().tolist() == [5.0, 5.0]
    with pytest.raises(ValueError, match="expected 2 variables, but received 1"):
        ours.load_own_variables({"0": 1.0})

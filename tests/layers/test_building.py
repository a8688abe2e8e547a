import keras as real
import numpy as np
import pytest
import torch

import torchkeras as keras
from torchkeras import layers


class Scale(keras.Layer):
    """One weight of its own, one of a layer inside."""

    def __init__(self, start=2.0, **options):
        super().__init__(**options)
        self.start = start
        self.dense = layers.Dense(3)

    def build(self, input_shape):
        self.scale = self.add_weight(
            shape=(input_shape[-1],), initializer=keras.initializers.Constant(self.start), name="s"
        )
        self.dense.build(input_shape)

    def call(self, x):
        return self.dense(x * self.scale)


def test_a_layer_builds_from_a_shape_or_a_call_to_the_same_weights():
    built, called = Scale(), Scale()
    built.build((None, 4))
    called(torch.zeros(2, 4))
    assert [v.shape for v in built.weights] == [v.shape for v in called.weights]
    assert built.built
    assert called.built
    assert list(built.state_dict()) == ["s", "dense.linear.weight", "dense.linear.bias"]


def test_a_subclass_without_weights_of_its_own_builds_the_layers_inside():
    class Block(keras.Layer):
        def __init__(self):
            super().__init__()
            self.first, self.second = layers.Dense(3), layers.Dense(2)

        def call(self, x):
            return self.second(self.first(x))

    block = Block()
    block.build((None, 4))
    assert [v.shape for v in block.weights] == [(4, 3), (3,), (3, 2), (2,)]
    assert block.compute_output_shape((None, 4)) == (None, 2)


def one_hot(x, width):
    return torch.nn.functional.one_hot(x, width).float()


def composites(library):
    """By kind: a layer whose ``build`` ends in the default one, and what it is called with."""

    class Composite(library.layers.Layer):
        def __init__(self, **options):
            super().__init__(**options)
            self.dense = library.layers.Dense(2)

        def build(self, input_shape):
            self.own = self.add_weight(shape=(3,), name="own")
            super().build(input_shape)

    class Numbers(Composite):
        def call(self, x):
            return self.dense(one_hot(x, 3))

    class Several(Composite):
        def call(self, x, y):
            return self.dense(x) + y

    class Features(Composite):
        def call(self, x):
            return self.dense(x["floats"]) + one_hot(x["numbers"], 2)

    floats, numbers = np.ones((2, 3), "float32"), np.array([0, 1])
    return {
        "numbers": (Numbers, (numbers,)),
        "several": (Several, (floats, floats[:, :2])),
        "features": (Features, ({"floats": floats, "numbers": numbers},)),
    }


@pytest.mark.parametrize("symbolic", [False, True])
@pytest.mark.parametrize("kind", ["numbers", "several", "features"])
def test_a_build_that_ends_in_the_default_one_leaves_layers_inside_to_the_call(kind, symbolic):
    def paths(library):
        layer, arguments = composites(library)[kind]
        layer = layer(name="it")

        def given(x):
            return library.Input(x.shape[1:], dtype=str(x.dtype)) if symbolic else torch.tensor(x)

        y = layer(*keras.tree.map_structure(given, arguments))
        assert tuple(y.shape) == (None if symbolic else 2, 2)
        return [weight.path for weight in layer.weights]

    assert paths(keras) == paths(real) == ["it/own", "it/dense/kernel", "it/dense/bias"]


@pytest.mark.parametrize("kind", ["numbers", "several", "features"])
def test_what_the_build_configuration_cannot_build_is_left_to_a_call(kind):
    cls, arguments = composites(keras)[kind]
    layer, again = cls(), cls()
    x = keras.tree.map_structure(torch.tensor, arguments)
    layer(*x)
    again.build_from_config(layer.get_build_config())
    assert len(again.weights) == (1 if kind == "several" else 3)
    again(*x)
    assert [w.shape for w in again.weights] == [w.shape for w in layer.weights]


def test_building_tells_what_call_raises():
    cls, _ = composites(keras)["several"]
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'y'"):
        cls().build((2, 3))


def test_the_build_configuration_builds_again():
    layer = Scale()
    layer(torch.zeros(2, 4))
    again = Scale()
    again.build_from_config(layer.get_build_config())
    assert [v.shape for v in again.weights] == [v.shape for v in layer.weights]
    attention = layers.MultiHeadAttention(2, 3)
    attention(torch.zeros(1, 4, 5), torch.zeros(1, 6, 5))
    config = attention.get_build_config()
    assert set(config["shapes_dict"]) >= {"query_shape", "value_shape"}
    twin = layers.MultiHeadAttention(2, 3)
    twin.build_from_config(config)
    assert len(twin.weights) == len(attention.weights)

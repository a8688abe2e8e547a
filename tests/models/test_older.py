"""What tf.keras 2 gives every model; names and shapes are what tf.keras 2.21 says."""

import numpy as np
import pytest
import torch

import torchkeras as keras
from torchkeras import layers


class Lists(keras.Model):
    def __init__(self):
        super().__init__()
        self.d1 = layers.Dense(3)
        self.more = [layers.Dense(2), layers.Dense(2)]
        self.named = {"k": layers.Dense(1)}
        self.own = self.add_weight(name="own", shape=(2,))

    def call(self, x, training=None, extra=None):
        x = self.d1(x)
        for layer in self.more:
            x = layer(x)
        return self.named["k"](x) + self.own.sum()


def nested_model():
    inner = keras.Sequential(
        [layers.Input((3,)), layers.Dense(2, name="deep"), layers.BatchNormalization(name="bn")],
        name="inner",
    )
    x = keras.Input((4,), name="i")
    y = layers.Reshape((1, 2))(inner(layers.Dense(3, name="d1")(x)))
    return keras.Model(x, layers.Bidirectional(layers.LSTM(2, name="l"), name="bi")(y))


def test_weights_of_a_functional_model_go_by_the_names_of_its_layers():
    model = nested_model()
    paths = model.get_weight_paths()
    assert list(paths) == [
        "d1.kernel",
        "d1.bias",
        "inner.layer_with_weights-0.kernel",
        "inner.layer_with_weights-0.bias",
        "inner.layer_with_weights-1.gamma",
        "inner.layer_with_weights-1.beta",
        "inner.layer_with_weights-1.moving_mean",
        "inner.layer_with_weights-1.moving_variance",
        "bi.forward_layer.cell.kernel",
        "bi.forward_layer.cell.recurrent_kernel",
        "bi.forward_layer.cell.bias",
        "bi.backward_layer.cell.kernel",
        "bi.backward_layer.cell.recurrent_kernel",
        "bi.backward_layer.cell.bias",
    ]
    assert paths["d1.kernel"] is model.get_layer("d1").kernel


def test_weights_of_a_subclass_go_by_its_attributes():
    model = Lists()
    assert set(model.get_weight_paths()) == {"own"}
    model(torch.ones(2, 4))
    model.compile("adam", "mse", metrics=["mae"])
    model.train_on_batch(np.ones((2, 4)), np.ones((2, 1)))
    assert sorted(model.get_weight_paths()) == sorted(
        f"{path}.{name}"
        for path in ("d1", "more.0", "more.1", "named.k")
        for name in ("kernel", "bias")
    ) + ["own"]


def described(spec):
    args, kwargs = spec
    return (
        [(part.shape, part.dtype) for part in args],
        {name: (part.shape, part.dtype) for name, part in kwargs.items()},
    )


def test_the_arguments_that_a_model_is_called_with_are_told():
    model = nested_model()
    (argument,), named = model.save_spec(dynamic_batch=False)
    assert (argument.shape, argument.dtype, argument.name, named) == ((None, 4), "float32", "i", {})
    model = keras.Sequential([layers.Dense(3), layers.Dense(2)])
    assert model.save_spec() is None
    model(torch.ones(2, 4))
    assert described(model.save_spec()) == ([((None, 4), "float32")], {})
    assert described(model.save_spec(dynamic_batch=False)) == ([((2, 4), "float32")], {})
    model = Lists()
    model(torch.ones(2, 4), extra=torch.ones(2, 3, dtype=torch.int32))
    assert described(model.save_spec()) == (
        [((None, 4), "float32")],
        {"extra": ((None, 3), "int32")},
    )


def test_an_input_with_a_length_of_the_batch_keeps_it():
    x, y = keras.Input((4,), batch_size=8), keras.Input((2,), dtype="int32")
    spec = keras.Model([x, y], layers.Dense(1)(x)).save_spec()
    assert described(spec) == ([((8, 4), "float32"), ((None, 2), "int32")], {})


def test_what_concerns_tensorflow_alone_is_told_truly():
    model = Lists()
    assert (model.autotune_steps_per_execution, model.state_updates) == (False, [])
    model.autotune_steps_per_execution = True
    assert model.autotune_steps_per_execution
    model.distribute_reduction_method = "auto"
    assert model.distribute_reduction_method == "auto"
    with pytest.raises(ValueError, match="distribute_reduction_method is 'first'"):
        model.distribute_reduction_method = "first"
    with pytest.raises(RuntimeError, match="to_json"):
        model.to_yaml()

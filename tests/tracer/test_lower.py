"""Layers and models written down as plain torch."""

import copy
import pickle

import numpy as np
import pytest
import torch
from torch import nn

from torchkeras import Input, Model, Sequential, layers, ops
from torchkeras.tracer.lowered import Lowered


def small_model():
    inputs = Input((8, 8, 3))
    x = layers.Conv2D(4, 3, activation="relu", padding="same")(inputs)
    x = layers.BatchNormalization()(x)
    x = layers.Dropout(0.5)(x) + 1.0
    return Model(inputs, layers.Dense(2, activation="softmax")(layers.Flatten()(ops.abs(x))))


def test_a_model_becomes_torch_modules_and_functions():
    model = small_model()
    lowered = model.to_torch()
    assert isinstance(lowered, Lowered)
    assert {type(module).__module__.split(".")[0] for module in lowered.modules()} <= {
        "torch",
        "torchkeras",
    }
    assert type(lowered.conv2d.conv) is nn.Conv2d
    assert set(lowered.state_dict()) == set(model.state_dict())
    x = np.random.default_rng(0).normal(size=(5, 8, 8, 3)).astype("float32")
    with torch.no_grad():
        np.testing.assert_allclose(lowered(torch.tensor(x)), model.predict(x, verbose=0), 1e-6)


def test_its_source_reads_like_torch():
    model = Sequential([Input((4,), name="features"), layers.Dense(2, "relu", name="hidden")])
    code = model.to_torch().code
    assert "def forward(self, features)" in code
    assert "self.dense.linear(features)" in code
    assert "torch.relu" in code


def test_training_and_inference_differ_where_the_layers_do():
    lowered = Sequential([Input((64,)), layers.Dropout(0.5)]).to_torch()
    x = torch.ones(2, 64)
    torch.testing.assert_close(lowered(x), x)
    lowered.train()
    assert set(lowered(x).unique().tolist()) == {0.0, 2.0}


def test_statistics_move_in_training_only_and_are_the_models_own():
    model = small_model()
    lowered = model.to_torch()
    norm = model.layers[2]
    before = norm.moving_mean.numpy().copy()
    lowered(torch.randn(4, 8, 8, 3))
    np.testing.assert_array_equal(norm.moving_mean.numpy(), before)
    lowered.train()
    lowered(torch.randn(4, 8, 8, 3))
    assert not np.array_equal(norm.moving_mean.numpy(), before)


def test_lowering_leaves_the_model_as_it_was():
    model = small_model()
    state = copy.deepcopy(model.state_dict())
    model.train()
    model.to_torch()
    assert model.training
    assert all(torch.equal(value, state[key]) for key, value in model.state_dict().items())
    assert model.layers[1].losses == []


def test_frozen_normalization_stays_frozen_in_training():
    model = Sequential([Input((3,)), layers.BatchNormalization(trainable=False)])
    lowered = model.to_torch().train()
    lowered(torch.randn(8, 3))
    np.testing.assert_array_equal(model.layers[0].moving_mean.numpy(), np.zeros(3, "float32"))


def test_unknown_sizes_stay_open():
    inputs = Input((None, 4))
    model = Model(inputs, layers.LSTM(3, return_sequences=True)(layers.Dense(2)(inputs)))
    lowered = model.to_torch()
    for batch, steps in ((1, 1), (3, 7), (11, 13)):
        x = torch.randn(batch, steps, 4)
        torch.testing.assert_close(lowered(x), model(x))


def test_masks_are_computed_in_plain_torch():
    inputs = Input((5,), dtype="int32")
    x = layers.Embedding(9, 4, mask_zero=True)(inputs)
    model = Model(inputs, layers.GlobalAveragePooling1D()(layers.LSTM(3, return_sequences=True)(x)))
    ids = torch.tensor([[1, 2, 0, 0, 0], [3, 0, 4, 5, 6]], dtype=torch.int32)
    torch.testing.assert_close(model.to_torch()(ids), model(ids))


def test_several_inputs_and_outputs_keep_their_structure():
    a, b = Input((2,), name="a"), Input((3,), name="b")
    model = Model({"a": a, "b": b}, {"sum": layers.Dense(1)(a) + layers.Dense(1)(b), "a": a * 2.0})
    data = {"a": torch.randn(4, 2), "b": torch.randn(4, 3)}
    found, wanted = model.to_torch()(data), model(data)
    assert found.keys() == wanted.keys()
    for key in wanted:
        torch.testing.assert_close(found[key], wanted[key])


def test_copies_and_pickles_compute_the_same():
    lowered = small_model().to_torch()
    x = torch.randn(2, 8, 8, 3)
    for twin in (copy.deepcopy(lowered), pickle.loads(pickle.dumps(lowered))):
        torch.testing.assert_close(twin(x), lowered(x))
        assert twin.conv2d.conv.weight is not lowered.conv2d.conv.weight


def test_nested_and_shared_layers_are_kept_once():
    shared = layers.Dense(3)
    inner = Sequential([Input((3,)), shared, layers.ReLU()])
    inputs = Input((3,))
    model = Model(inputs, inner(shared(inputs)) + inner(inputs))
    lowered = model.to_torch()
    x = torch.randn(2, 3)
    torch.testing.assert_close(lowered(x), model(x))
    assert len(list(lowered.parameters())) == 2


def test_a_users_layer_is_looked_into():
    class Scaled(layers.Layer):
        def build(self, input_shape):
            self.scale = self.add_weight(shape=(input_shape[-1],), initializer="ones")
            self.inner = nn.Linear(input_shape[-1], 2)

        def call(self, inputs):
            batch = inputs.shape[0]
            return self.inner(inputs * self.scale).reshape(batch * 2, 1)

    model = Sequential([Input((3,)), Scaled()])
    x = torch.randn(5, 3)
    lowered = model.to_torch()
    torch.testing.assert_close(lowered(x), model(x))
    assert "inner(" in lowered.code


def test_a_layer_that_looks_at_values_is_an_error():
    class Looks(layers.Layer):
        def call(self, inputs):
            return inputs if inputs.sum() > 0 else -inputs

    layer = Looks()
    layer(torch.ones(2, 3))
    with pytest.raises(ValueError, match="depends on the values of its input"):
        layer.to_torch(torch.ones(2, 3))


def test_operators_and_methods_of_tensors_are_written_down():
    inputs = Input((4,))
    y = (1.0 - inputs**2) / (2.0 + abs(inputs)) - 3.0 // (inputs**2 + 1.0) + 2.0**inputs
    model = Model(inputs, layers.Lambda(lambda x: x.split(2, 1)[0] ** 3 % 2.0 - x.norm())(y))
    lowered = model.to_torch(torch.zeros(2, 4))
    x = torch.randn(3, 4)
    torch.testing.assert_close(lowered(x), model(x))


def test_an_unbuilt_layer_is_an_error():
    with pytest.raises(RuntimeError, match="isn't built.*Call it on data"):
        layers.Dense(2).to_torch()


def test_what_is_made_on_the_way_follows_the_input():
    lowered = Sequential([Input((6, 4)), layers.MaxPooling1D(2), layers.GaussianNoise(0.1)])
    assert "device(type" not in lowered.to_torch().train().code


class WithHead(Model):
    """A model with a second head that only training uses."""

    def __init__(self, head):
        super().__init__()
        self.main, self.head = layers.Dense(2, name="main"), head

    def call(self, x, training=False):
        return self.main(x) + self.head(x) if training else self.main(x)


def test_a_layer_that_only_training_would_build_is_named():
    model = WithHead(layers.Dense(2, name="aside"))
    model(torch.zeros(2, 3))
    with pytest.raises(RuntimeError, match=r'"aside": isn\'t built.*training=True'):
        model.to_torch()
    assert not model.head.built
    model(torch.zeros(2, 3), training=True)
    assert "head.linear.weight" in model.to_torch().state_dict()


def test_a_layer_without_weights_needs_no_building():
    model = WithHead(Sequential([layers.Activation("relu"), layers.Dropout(0.5, seed=1)]))
    model(torch.zeros(2, 2))
    assert "relu" in model.to_torch().train().code


def test_inputs_by_name_may_come_in_any_order():
    wide, deep = Input((5,), name="wide"), Input((6,), name="deep")
    x = layers.concatenate([wide, layers.Dense(3)(deep)])
    model = Model({"wide": wide, "deep": deep}, layers.Dense(1)(x))
    lowered = model.to_torch()
    given = {"wide": torch.randn(2, 5), "deep": torch.randn(2, 6)}
    wanted = model(given)
    torch.testing.assert_close(lowered(given), wanted)
    torch.testing.assert_close(lowered(dict(reversed(given.items()))), wanted)

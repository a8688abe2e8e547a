"""Torch modules as Keras models."""

import importlib.util
from collections import OrderedDict

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from torchkeras import Input, Model, Sequential, distribution, layers, saving
from torchkeras.losses import SparseCategoricalCrossentropy
from torchkeras.models.borrowing import from_torch


def network():
    return nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 1))


def data(rows=64):
    x = np.random.default_rng(0).normal(size=(rows, 4)).astype("float32")
    return x, x.sum(1, keepdims=True)


def test_a_module_predicts_as_it_computes():
    net = network()
    x, _ = data()
    found = from_torch(net, (4,)).predict(x, verbose=0)
    np.testing.assert_allclose(found, net.eval()(torch.tensor(x)).detach(), rtol=1e-5, atol=1e-6)


def test_fit_trains_the_module_itself():
    net = network()
    model = from_torch(net, (4,), name="net")
    before = {key: value.clone() for key, value in net.state_dict().items()}
    model.compile("adam", "mse")
    history = model.fit(*data(), epochs=5, verbose=0)
    assert history.history["loss"][-1] < history.history["loss"][0]
    assert all(not torch.equal(value, before[key]) for key, value in net.state_dict().items())
    assert len(model.trainable_weights) == 6


@pytest.mark.parametrize("suffix", [".weights.h5", ".safetensors"])
def test_weights_go_to_files_and_back(suffix, tmp_path):
    model, other = from_torch(network(), (4,)), from_torch(network(), (4,))
    x, y = data()
    model.compile("sgd", "mse")
    model.fit(x, y, verbose=0)
    model.save_weights(tmp_path / f"model{suffix}")
    other.load_weights(tmp_path / f"model{suffix}")
    np.testing.assert_array_equal(other.predict(x, verbose=0), model.predict(x, verbose=0))


def test_a_whole_model_asks_for_its_module(tmp_path):
    model = from_torch(network(), (4,), name="net")
    model.save(tmp_path / "model.keras")
    with pytest.raises(ValueError, match="Give the module itself"):
        saving.load_model(tmp_path / "model.keras")
    again = saving.load_model(tmp_path / "model.keras", custom_objects={"net": network()})
    x, _ = data()
    np.testing.assert_allclose(again.predict(x, verbose=0), model.predict(x, verbose=0))


class Sum(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(3))

    def forward(self, left, right):
        return left * self.scale + right


@pytest.mark.parametrize("shapes", [[(3,), (3,)], {"left": (3,), "right": (3,)}])
def test_several_arguments_are_several_inputs(shapes):
    model = from_torch(Sum(), shapes)
    arrays = [np.ones((2, 3), "float32")] * 2
    given = dict(zip(shapes, arrays, strict=True)) if isinstance(shapes, dict) else arrays
    np.testing.assert_array_equal(model.predict(given, verbose=0), np.full((2, 3), 2.0))


def test_types_may_be_given():
    model = from_torch(nn.Embedding(5, 2), (3,), input_dtype="int32")
    assert model.inputs[0].dtype == "int32"
    assert model.predict(np.ones((1, 3), "int32"), verbose=0).shape == (1, 3, 2)


def test_without_a_shape_it_is_a_layer():
    layer = from_torch(nn.Linear(4, 2))
    inputs = Input((4,))
    assert Model(inputs, layer(inputs)).output_shape == (None, 2)


def test_slips_are_errors():
    with pytest.raises(TypeError, match="module"):
        from_torch(lambda x: x, (3,))
    with pytest.raises(ValueError, match="expected a shape without the batch"):
        from_torch(nn.Linear(3, 2), 3)
    for lazy in (nn.LazyLinear(2), nn.Sequential(nn.LazyLinear(2))):
        with pytest.raises(ValueError, match="LazyModules"):
            from_torch(lazy, (3,))


def test_parameters_frozen_in_the_module_stay_so():
    net = network()
    net[0].requires_grad_(False)
    before = net[0].weight.clone()
    model = from_torch(net, (4,))
    model.compile("sgd", "mse")
    model.fit(*data(), verbose=0)
    assert torch.equal(net[0].weight, before)
    assert (len(model.trainable_weights), len(model.non_trainable_weights)) == (4, 2)
    model.trainable = False
    assert not model.trainable_weights
    model.trainable = True
    assert [p.requires_grad for p in net.parameters()] == [False, False, True, True, True, True]


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem, self.norm = nn.Conv2d(3, 4, 3, 2, 1, bias=False), nn.BatchNorm2d(4)
        self.deep, self.classes = nn.Conv2d(4, 4, 3, 1, 1), nn.Linear(4, 3)
        self.dropped = nn.Dropout(0.2)

    def forward(self, x):
        x = torch.relu(self.norm(self.stem(x)))
        x = torch.relu(x + self.deep(x)).mean((2, 3))
        return self.classes(self.dropped(x))


def images(rows=8):
    return np.random.default_rng(0).normal(size=(rows, 3, 8, 8)).astype("float32")


def test_a_frozen_backbone_stands_still_within_a_model():
    backbone = from_torch(Residual(), (3, 8, 8), name="backbone")
    image = Input((8, 8, 3))
    features = backbone(layers.Permute((3, 1, 2))(image))
    model = Model(image, layers.Dense(1)(features))
    net = backbone.layers[-1].module
    x = images().transpose(0, 2, 3, 1)

    def changed_by_fit():
        before = {key: value.clone() for key, value in net.state_dict().items()}
        model.compile("sgd", "mse")
        model.fit(x, np.ones((8, 1)), verbose=0)
        return {
            key for key, value in net.state_dict().items() if not torch.equal(value, before[key])
        }

    backbone.trainable = False
    assert changed_by_fit() == set()
    assert changed_by_fit() == set()
    assert len(model.trainable_weights) == 2
    backbone(torch.tensor(images()), training=True)
    assert (net.norm.training, net.dropped.training) == (False, True)
    backbone.trainable = True
    assert changed_by_fit() == set(net.state_dict())


def test_training_goes_on_from_a_file(tmp_path):
    model = from_torch(Residual(), (3, 8, 8), name="net")
    model.compile("adam", SparseCategoricalCrossentropy(from_logits=True))
    model.layers[-1].module.dropped.p = 0.0
    model.fit(images(), np.arange(8) % 3, verbose=0)
    model.save(tmp_path / "net.keras")
    other = Residual()
    other.dropped.p = 0.0
    again = saving.load_model(tmp_path / "net.keras", custom_objects={"net": other})
    losses = [
        m.fit(images(), np.arange(8) % 3, shuffle=False, verbose=0).history["loss"]
        for m in (model, again)
    ]
    np.testing.assert_allclose(*losses, rtol=1e-5)
    for ours, wanted in zip(again.optimizer.variables, model.optimizer.variables, strict=True):
        np.testing.assert_allclose(ours, wanted, rtol=1e-4, atol=1e-6)


def test_a_summary_counts_the_parameters_that_train():
    net = Residual()
    net.stem.requires_grad_(False)
    lines = []
    from_torch(net, (3, 8, 8), name="net").summary(print_fn=lines.append)
    text = "\n".join(lines)
    frozen = net.stem.weight.numel()
    total = sum(parameter.numel() for parameter in net.parameters())
    for wanted in (f"Total params: {total}", f"Trainable params: {total - frozen}"):
        assert wanted in text
    assert f"Non-trainable params: {frozen}" in text


def test_the_way_back_shares_the_parameters():
    net = Residual()
    model = from_torch(net, (3, 8, 8))
    assert model.layers[-1].module is net
    module = model.to_torch().eval()
    pairs = zip(module.parameters(), net.parameters(), strict=True)
    assert all(ours is theirs for ours, theirs in pairs)
    x = torch.tensor(images())
    torch.testing.assert_close(module(x), net.eval()(x))


class Outputs(OrderedDict):
    """Outputs by key and attribute, as libraries of language models give them."""

    def __getattr__(self, name):
        return self[name]


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(30, 8)
        self.layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
        self.classes = nn.Linear(8, 3)
        self.register_buffer("positions", torch.linspace(0, 1, 12).reshape(1, 12, 1))

    def forward(self, input_ids, attention_mask=None):
        padded = None if attention_mask is None else attention_mask == 0
        hidden = self.layer(self.embedding(input_ids) + self.positions, src_key_padding_mask=padded)
        return Outputs(logits=self.classes(hidden[:, 0]), hidden=hidden)


def test_encoders_take_and_give_by_name():
    shapes = {"input_ids": (12,), "attention_mask": (12,)}
    model = from_torch(Encoder(), shapes, input_dtype="int32")
    ids = np.arange(48).reshape(4, 12) % 30
    x = {"input_ids": ids, "attention_mask": (ids % 5 > 0).astype("int32")}
    model.compile("adam", {"logits": SparseCategoricalCrossentropy(from_logits=True)})
    before = model.layers[-1].module.classes.weight.clone()
    model.fit(x, {"logits": np.arange(4) % 3}, verbose=0)
    assert not torch.equal(model.layers[-1].module.classes.weight, before)
    found = model.predict(x, verbose=0)
    assert {key: value.shape for key, value in found.items()} == {
        "logits": (4, 3), "hidden": (4, 12, 8)
    }  # fmt: skip


@given(
    shape=st.lists(st.integers(1, 4), max_size=3),
    features=st.integers(1, 4),
    batch=st.integers(1, 5),
)
@settings(max_examples=25, deadline=None)
def test_shapes_are_those_of_the_module(shape, features, batch):
    net = nn.Linear(features, 3)
    model = from_torch(net, (*shape, features))
    x = torch.randn(batch, *shape, features)
    assert model.output_shape == (None, *shape, 3)
    torch.testing.assert_close(model(x), net(x))


def test_buffers_learn_in_fit_alone():
    net = Residual()
    model = from_torch(net, (3, 8, 8))
    x = np.random.default_rng(0).normal(size=(16, 3, 8, 8)).astype("float32")
    model.compile("adam", SparseCategoricalCrossentropy(from_logits=True))
    mean = net.norm.running_mean.clone()
    model.evaluate(x, np.zeros(16), verbose=0)
    assert torch.equal(net.norm.running_mean, mean)
    model.fit(x, np.arange(16) % 3, verbose=0)
    assert not torch.equal(net.norm.running_mean, mean)
    for found, wanted in zip(model.get_weights(), net.parameters(), strict=True):
        np.testing.assert_array_equal(found, wanted.detach())


def test_recurrent_modules_give_their_tuples():
    inputs = Input((6, 4))
    outputs, (h, _) = from_torch(nn.LSTM(4, 3, batch_first=True))(inputs)
    assert (outputs.shape, h.shape) == ((None, 6, 3), (1, None, 3))
    model = Model(inputs, layers.Dense(1)(outputs))
    model.compile("adam", "mse")
    model.fit(np.ones((8, 6, 4)), np.ones((8, 6, 1)), verbose=0)


class Named(nn.Module):
    def __init__(self):
        super().__init__()
        self.dense, self.embedding = nn.Linear(3, 2), nn.Embedding(7, 2)

    def forward(self, x, ids):
        found = self.embedding(ids)
        return {"sum": self.dense(x) + found.mean(1), "found": found}


def test_outputs_by_name_are_trained_by_name():
    model = from_torch(Named(), [(3,), (4,)], input_dtype=["float32", "int32"])
    x = [np.ones((5, 3), "float32"), np.ones((5, 4), "int32")]
    model.compile("adam", {"sum": "mse", "found": "mse"})
    model.fit(x, {"sum": np.zeros((5, 2)), "found": np.zeros((5, 4, 2))}, verbose=0)
    assert {k: v.shape for k, v in model.predict(x, verbose=0).items()} == {
        "sum": (5, 2), "found": (5, 4, 2)
    }  # fmt: skip


def test_outputs_by_name_stay_tensors_on_the_way_back():
    class Heads(nn.Module):
        def __init__(self):
            super().__init__()
            self.line = nn.Linear(4, 2)

        def forward(self, x):
            y = self.line(x)
            return {"all": y, "parts": {"first": y[:, :1], "rest": (y[:, 1:],)}}

    module, x = Heads(), torch.randn(3, 4)
    torch.testing.assert_close(from_torch(module, (4,)).to_torch()(x), module(x))


def test_transformers_fit_and_are_exported(tmp_path):
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    net = nn.TransformerEncoder(layer, 1, enable_nested_tensor=False)
    model = from_torch(net, (None, 8))
    model.compile("adam", "mse")
    x = np.random.default_rng(0).normal(size=(4, 5, 8)).astype("float32")
    model.fit(x, x, verbose=0)
    model.export(tmp_path / "model.pt2", verbose=False)
    program = torch.export.load(tmp_path / "model.pt2").module()
    longer = torch.randn(2, 9, 8)
    torch.testing.assert_close(program(longer), net.eval()(longer), rtol=1e-4, atol=1e-5)


def test_a_program_comes_back_as_a_model(tmp_path):
    stack = [layers.Dense(3, "relu"), layers.BatchNormalization(), layers.Dropout(0.5)]
    model = Sequential([Input((4,)), *stack])
    model.export(tmp_path / "model.pt2", verbose=False)
    x, y = data()
    program = torch.export.load(tmp_path / "model.pt2")
    for taken in (program, program.module()):
        served = from_torch(taken, (4,), name="served")
        np.testing.assert_allclose(served.predict(x, verbose=0), model.predict(x, verbose=0))
        assert len(served.trainable_weights) == len(model.trainable_weights)
    tuned = Sequential([Input((4,)), from_torch(program), layers.Dense(1)])
    tuned.compile("adam", "mse")
    losses = tuned.fit(x, y, epochs=5, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    tuned.export(tmp_path / "tuned.pt2", verbose=False)
    again = torch.export.load(tmp_path / "tuned.pt2").module()
    np.testing.assert_allclose(
        again(torch.tensor(x)).detach(), tuned.predict(x, verbose=0), rtol=1e-5, atol=1e-6
    )


def trained_weights():
    """Weights after a fit on all processes together."""
    distribution.start()
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1))
    model = from_torch(net, (4,))
    model.compile("sgd", "mse")
    model.fit(*data(), epochs=2, batch_size=16, shuffle=False, verbose=0)
    return [weight.tolist() for weight in model.get_weights()]


@pytest.mark.slow
def test_two_processes_train_a_module_together():
    first, second = distribution.launch(trained_weights, processes=2)
    (alone,) = distribution.launch(trained_weights, processes=1)
    for ours, other, wanted in zip(first, second, alone, strict=True):
        np.testing.assert_array_equal(ours, other)
        np.testing.assert_allclose(ours, wanted, rtol=1e-4, atol=1e-5)


def test_what_was_ejected_comes_back_and_learns(tmp_path):
    model = Sequential([Input((4,)), layers.Dense(8, "relu"), layers.Dropout(0.1), layers.Dense(1)])
    model.eject(tmp_path)
    spec = importlib.util.spec_from_file_location("ejected", tmp_path / "model.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    again = from_torch(module.load(), (4,))
    x, y = data()
    np.testing.assert_allclose(
        again.predict(x, verbose=0), model.predict(x, verbose=0), rtol=1e-5, atol=1e-6
    )
    again.compile("adam", "mse")
    losses = again.fit(x, y, epochs=5, verbose=0).history["loss"]
    assert losses[-1] < losses[0]


class OfDict(nn.Module):
    def __init__(self):
        super().__init__()
        self.one, self.other = nn.Linear(3, 2), nn.Linear(1, 2)

    def forward(self, batch):
        y = self.one(batch["x"]) + self.other(batch["y"])
        return {"sum": y, "largest": y.amax(-1, keepdim=True)}


def test_a_module_may_take_a_dict(tmp_path):
    net = OfDict()
    model = from_torch(net, {"x": (3,), "y": (1,)}, name="net")
    batch = {"x": np.ones((4, 3), "float32"), "y": np.ones((4, 1), "float32")}
    model.compile("sgd", "mse")
    model.fit(batch, {"sum": np.zeros((4, 2)), "largest": np.zeros((4, 1))}, verbose=0)
    model.save(tmp_path / "model.keras")
    again = saving.load_model(tmp_path / "model.keras", custom_objects={"net": net})
    for name, wanted in net({key: torch.tensor(x) for key, x in batch.items()}).items():
        found = again.predict(batch, verbose=0)[name]
        np.testing.assert_allclose(found, wanted.detach(), rtol=1e-5, atol=1e-6)


def test_a_module_that_takes_indices_says_so():
    net = nn.Sequential(nn.Embedding(9, 4), nn.Flatten(), nn.Linear(12, 2))
    with pytest.raises(ValueError, match="can be called on.*give input_dtype, such as 'int64'"):
        from_torch(net, (3,))
    model = from_torch(net, (3,), "int64")
    assert model.predict(np.ones((5, 3), "int64"), verbose=0).shape == (5, 2)

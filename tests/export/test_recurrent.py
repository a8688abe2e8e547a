"""Recurrent layers written as torch's modules."""

import copy
import re

import pytest
import torch

from torchkeras import Input, Model, layers
from torchkeras.export.ejection import Source


def ejected(model, x):
    """The source, and the module it describes."""
    source = Source(model, x.numpy())
    scope = {"__file__": "model.py", "__name__": "ejected"}
    exec(compile(source.text(), "model.py", "exec"), scope)
    module = scope[source.root.name]()
    module.load_state_dict(copy.deepcopy(source.state()))
    return source.text(), module.eval()


def agree(found, wanted):
    for one, other in zip(found, wanted, strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-5)


def all_kinds(x):
    y, h, c = layers.LSTM(4, return_sequences=True, return_state=True, name="first")(x)
    z, g = layers.GRU(4, return_state=True, name="second")(y, initial_state=h)
    last = layers.SimpleRNN(4, "relu", use_bias=False, name="third")(y, initial_state=g)
    both = layers.Bidirectional(layers.LSTM(3, return_state=True), name="both")(y)
    pair = layers.Bidirectional(layers.GRU(3, return_state=True), name="pair")(y)
    decoded = layers.LSTM(4, name="decoded")(y, initial_state=[h, c])
    return [z, last, c, decoded, *both, *pair]


@pytest.fixture(scope="module")
def model():
    x = Input((None, 3))
    model = Model(x, all_kinds(x))
    draw = torch.Generator().manual_seed(0)
    for weight in model.weights:
        weight.assign(torch.randn(tuple(weight.shape), generator=draw) / 3)
    return model


def test_they_compute_and_learn_the_same(model):
    x = torch.randn(2, 5, 3)
    text, module = ejected(model, x)
    assert "torch lacks" not in text
    with torch.no_grad():
        agree(module(x[:, :2]), model(x[:, :2], training=False))
    ways = [torch.optim.SGD(part.parameters(), 0.1) for part in (model, module.train())]
    for _ in range(3):
        for way, outputs in zip(ways, (model(x, training=True), module(x)), strict=True):
            way.zero_grad()
            sum(output.square().sum() for output in outputs).backward()
            way.step()
    with torch.no_grad():
        agree(module(x), model(x, training=False))


def test_the_second_bias_is_no_weight(model):
    text, module = ejected(model, torch.zeros(2, 5, 3))
    assert "self.first = nn.LSTM(3, 4, batch_first=True)" in text
    assert "self.first.bias_hh_l0.requires_grad_(False)" in text
    assert "self.second.bias_hh_l0" not in text  # Keras has both there, too
    assert re.search(r"self\.decoded\(\w+, \(\w+, \w+\)\)", text)
    trained = [weight for weight in module.parameters() if weight.requires_grad]
    assert sum(w.numel() for w in trained) == model.count_params()


@pytest.mark.parametrize(
    "layer",
    [
        layers.LSTM(2, activation="relu"),
        layers.GRU(2, reset_after=False),
        layers.LSTM(2, recurrent_dropout=0.1),
        layers.Bidirectional(layers.LSTM(2, dropout=0.1)),
        layers.SimpleRNN(2, dtype="mixed_bfloat16"),
    ],
    ids=lambda layer: layer.name,
)
def test_what_torchs_modules_cannot_do_keeps_a_module_of_its_own(layer):
    x = torch.randn(2, 5, 3)
    inputs = Input((5, 3))
    model = Model(inputs, layer(inputs))
    text, module = ejected(model, x)
    assert not re.search(r"nn\.(LSTM|GRU|RNN)\(", text)
    with torch.no_grad():
        torch.testing.assert_close(module(x), model(x, training=False))


def test_masks_keep_a_module_of_their_own():
    words = Input((5,), dtype="int32")
    x = layers.Embedding(9, 3, mask_zero=True)(words)
    ids = torch.tensor([[1, 2, 0, 3, 0]], dtype=torch.int32)
    model = Model(words, layers.LSTM(2)(x))
    text, module = ejected(model, ids)
    assert "nn.LSTM(" not in text
    with torch.no_grad():
        torch.testing.assert_close(module(ids), model(ids, training=False))

"""What is done several times in a row with the same weights."""

import importlib.util

import pytest
import torch

from torchkeras import Input, Model, layers
from torchkeras.export.drawing import draw_inputs
from torchkeras.export.ejection import Source, eject


def forward_of(model):
    text = Source(model, draw_inputs(model)).text()
    text = text[text.index("    def forward") :].split("\n\n\n")[0]
    return [line.removeprefix("        ") for line in text.splitlines()[1:]]


def repeated(times, *shared):
    inputs = x = Input((5, 4), name="inputs")
    for _ in range(times):
        for layer in shared:
            x = layer(x)
    return inputs, x


def test_a_layer_that_is_called_again_and_again_is_called_in_a_loop():
    inputs, x = repeated(12, layers.Dense(4, "relu", name="dense"))
    assert forward_of(Model(inputs, x)) == [
        "x = inputs",
        "for _ in range(12):",
        "    x = torch.relu(self.dense(x))",
        "return x",
    ]


def test_a_few_calls_stand_beside_each_other():
    inputs, x = repeated(3, layers.Dense(4, "relu", name="dense"))
    assert not any("range" in line for line in forward_of(Model(inputs, x)))


def encoder(x, mask, shared):
    y = shared["heads"](x, x, attention_mask=mask)
    x = shared["norm_1"](x + shared["dropped"](y))
    return shared["norm_2"](x + shared["down"](shared["up"](x)))


def albert(times=4):
    ids, mask = Input((5,), dtype="int32", name="ids"), Input((5, 5), dtype="bool", name="mask")
    x = first = layers.Dense(8, name="wide")(layers.Embedding(9, 4, name="words")(ids))
    shared = {
        "heads": layers.MultiHeadAttention(2, 4, name="heads"),
        "norm_1": layers.LayerNormalization(name="norm_1"),
        "norm_2": layers.LayerNormalization(name="norm_2"),
        "dropped": layers.Dropout(0.1, name="dropped"),
        "up": layers.Dense(16, "gelu", name="up"),
        "down": layers.Dense(8, name="down"),
    }
    for _ in range(times):
        x = encoder(x, mask, shared)
    return Model([ids, mask], layers.Dense(2, name="out")(x[:, 0] + first[:, 0]), name="albert")


def test_several_layers_make_a_round_and_what_is_needed_later_is_kept(tmp_path):
    model = albert()
    assert forward_of(model) == [
        "x = self.wide(self.words(ids))",
        "y = x",
        "for _ in range(4):",
        "    y = self.norm_1(y + self.dropped(self.heads(y, mask)))",
        "    z = F.gelu(self.up(y))",
        "    y = self.norm_2(y + self.down(z))",
        "y = y[:, 0]",
        "return self.out(y + x[:, 0])",
    ]
    eject(model, tmp_path)
    spec = importlib.util.spec_from_file_location("written_model", tmp_path / "model.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    x = [torch.randint(0, 9, (2, 5)), torch.rand(2, 5, 5) > 0.3]
    torch.testing.assert_close(module.load()(*x), model(x))


def looked_into(x, dense, times):
    found = [x]
    for _ in range(times):
        found.append(dense(found[-1]))
    return layers.add(found)


def with_others(x, dense, times):
    for _ in range(times):
        x = layers.Dense(4)(dense(x))
    return x


def with_numbers(x, dense, times):
    for number in range(times):
        x = dense(x * float(number + 1))
    return x


@pytest.mark.parametrize("way", [looked_into, with_others, with_numbers])
def test_rounds_that_differ_or_whose_results_are_needed_are_no_loop(way):
    inputs = Input((4,), name="inputs")
    model = Model(inputs, way(inputs, layers.Dense(4, name="shared"), 5))
    assert not any("range" in line for line in forward_of(model))

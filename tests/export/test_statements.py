"""Statements of classes."""

import re

import numpy as np
import torch

from torchkeras import Input, Model, Sequential, layers, ops
from torchkeras.export.drawing import draw_inputs
from torchkeras.export.ejection import Source


def forward_of(model, part=""):
    text = Source(model, draw_inputs(model)).text()
    begin = text.index("    def forward", text.index(part))
    return [line.strip() for line in text[begin:].split("\n\n\n")[0].splitlines()][1:]


def test_a_chain_is_one_variable():
    model = Sequential([Input((4,), name="features")])
    for units in (8, 8, 2):
        model.add(layers.Dense(units, "relu", name=f"dense_{units}_{len(model.layers)}"))
    assert forward_of(model) == [
        "x = torch.relu(self.dense_8_0(features))",
        "x = torch.relu(self.dense_8_1(x))",
        "return torch.relu(self.dense_2_2(x))",
    ]


def test_branches_are_named_after_their_layers():
    x = inputs = Input((4,), name="inputs")
    x = layers.Dense(4, "relu", name="stem")(x)
    left = layers.Dense(4, "tanh", name="left")(x)
    right = layers.Dense(4, "tanh", name="right")(x)
    assert forward_of(Model(inputs, layers.concatenate([left, right, x]))) == [
        "x = torch.relu(self.stem(inputs))",
        "left = torch.tanh(self.left(x))",
        "right = torch.tanh(self.right(x))",
        "return torch.cat((left, right, x), -1)",
    ]


def test_the_steps_of_a_branch_are_one_letter_whatever_their_layers_are_called():
    x = inputs = Input((4,), name="inputs")
    x = layers.Dense(4, "relu", name="stem")(x)
    for number in range(2):
        y = layers.Dense(8, "gelu", name=f"wide_{number}")(x)
        y = layers.Dense(4, "tanh", name=f"narrow_{number}")(y)
        x = layers.add([x, layers.LayerNormalization(name=f"norm_{number}")(y)])
    assert forward_of(Model(inputs, x)) == [
        "x = torch.relu(self.stem(inputs))",
        "y = F.gelu(self.wide_0(x))",
        "y = torch.tanh(self.narrow_0(y))",
        "x = x + self.norm_0(y)",
        "y = F.gelu(self.wide_1(x))",
        "y = torch.tanh(self.narrow_1(y))",
        "return x + self.norm_1(y)",
    ]


def test_a_logical_operator_changes_nothing():
    x = Input((4,), name="x", dtype="bool")
    y = Input((4,), name="y", dtype="bool")
    z = layers.Lambda(lambda pair: ((pair[0] & pair[1]) | pair[0]).permute(1, 0))([x, y])
    assert forward_of(Model([x, y], z)) == ["return (x & y | x).permute(1, 0)"]


def test_branches_without_names_are_letters():
    x = inputs = Input((4,), name="inputs")
    for _ in range(2):
        y = layers.Dense(4, "relu")(x)
        x = layers.add([x, layers.Dense(4)(y)])
    head, value = layers.Dense(2, name="head")(x), layers.Dense(1, name="value")(x)
    assert [
        re.sub(r"(dense)[_\d]*", r"\1", line) for line in forward_of(Model(inputs, [head, value]))
    ] == [
        "x = torch.relu(self.dense(inputs))",
        "x = inputs + self.dense(x)",
        "y = torch.relu(self.dense(x))",
        "x = x + self.dense(y)",
        "head = self.head(x)",
        "value = self.value(x)",
        "return [head, value]",
    ]


def test_a_variable_isnt_overwritten_while_it_is_needed():
    x = inputs = Input((None, 4), name="x")
    x = layers.Dense(4, name="dense")(x)
    y = layers.TimeDistributed(layers.Dense(3))(x)
    model = Model(inputs, [layers.Dense(2, name="late")(inputs), y, x])
    source = Source(model, draw_inputs(model))
    namespace = {"__file__": "model.py"}
    exec(compile(source.text(), "model.py", "exec"), namespace)
    written = namespace[source.root.name]()
    written.load_state_dict(source.state())
    given = np.random.default_rng(0).normal(size=(2, 5, 4)).astype("float32")
    for mine, other in zip(written(torch.tensor(given)), model(given), strict=True):
        torch.testing.assert_close(mine, other)


def test_mixed_precision_is_a_block():
    x = inputs = Input((4,), name="inputs")
    x = layers.Dense(3, "relu", name="dense", dtype="mixed_bfloat16")(x)
    model = Model(inputs, layers.Dense(2, name="logits", dtype="float32")(x))
    assert forward_of(model) == [
        "with torch.autocast(inputs.device.type, torch.bfloat16):",
        "x = torch.relu(self.dense(inputs.to(torch.bfloat16)))",
        "return self.logits(x.to(torch.float32))",
    ]


def test_masks_are_called_so():
    ids = Input((None,), dtype="int32", name="ids")
    x = layers.Embedding(9, 4, mask_zero=True, name="table")(ids)
    x = layers.Bidirectional(layers.GRU(3, return_sequences=True), name="first")(x)
    model = Model(ids, layers.Bidirectional(layers.GRU(3), name="second")(x))
    assert forward_of(model) == [
        "x = self.table(ids)",
        "mask = ids != 0",
        "return self.second(self.first(x, mask), mask)",
    ]


def test_a_change_of_form_stands_with_what_it_changes():
    inputs = Input((5, 4), name="inputs")
    heads = layers.MultiHeadAttention(2, 3, name="heads")
    heads.build((None, 5, 4), (None, 5, 4))
    assert "key = self.key(query).transpose(1, 2)" in forward_of(
        Model(inputs, heads(inputs, inputs), name="whole"), "class MultiHeadAttention"
    )


def test_what_makes_tensors_of_nothing_makes_them_where_the_input_lies():
    class Counted(layers.Layer):
        def call(self, x):
            return x + ops.arange(4, dtype="float32")

    inputs = Input((4,), name="inputs")
    lines = forward_of(Model(inputs, Counted()(inputs)))
    assert "device=inputs.device" in " ".join(lines)

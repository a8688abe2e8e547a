"""Classes as source."""

import re

import numpy as np

from torchkeras import Input, Model, Sequential, layers
from torchkeras.export.drawing import draw_inputs
from torchkeras.export.ejection import Source


def test_frozen_weights_say_so():
    model = Sequential([Input((4,)), layers.Dense(2, trainable=False, name="fixed")])
    assert "self.fixed.requires_grad_(False)" in Source(model, draw_inputs(model)).text()


def test_the_name_of_a_model_isnt_repeated():
    x = inputs = Input((4,), name="net_inputs")
    for number in range(2):
        x = layers.Dense(4, name=f"net_dense_{number}")(x)
    model = Model(inputs, x, name="net")
    text = Source(model, draw_inputs(model)).text()
    assert "self.dense_0 = nn.Linear(4, 4)" in text
    assert "net_dense" not in text


def test_the_only_input_is_called_inputs_unless_it_has_a_name():
    for name, wanted in ((None, "inputs"), ("image", "image")):
        inputs = Input((4,), name=name)
        source = Source(Model(inputs, layers.Dense(2)(inputs)), np.zeros((1, 4), "float32"))
        assert source.inputs == [wanted]
        assert f"def forward(self, {wanted}: Tensor)" in source.text()


def test_a_layer_whose_parts_are_used_apart_stays_in_line():
    ids = Input((3,), dtype="int32")
    table = layers.ReversibleEmbedding(7, 4, tie_weights=False, name="table")
    model = Model(ids, table(table(ids), reverse=True))
    table.enable_lora(2)
    text = Source(model, draw_inputs(model)).text()
    assert "self.table_reverse" in text
    assert "class ReversibleEmbedding" not in text


def test_a_frozen_normalization_is_a_line_and_needs_no_masks():
    x = inputs = Input((4, 4, 3))
    frozen = layers.BatchNormalization(name="frozen", trainable=False)
    x = frozen(layers.Conv2D(2, 1, name="conv")(x))
    model = Model(inputs, layers.BatchNormalization(name="kept")(x, training=False))
    text = Source(model, draw_inputs(model)).text()
    assert "x = self.frozen(self.conv(" in text
    assert "self.kept(x, training=False)" in text
    assert "class BatchNorm(" in text
    assert "Masked" not in text
    assert "if self.training" not in text.split("def load")[0]


def test_a_masked_normalization_keeps_its_mask():
    inputs = Input((None, 3), name="steps")
    model = Model(inputs, layers.BatchNormalization(name="norm")(layers.Masking()(inputs)))
    assert "self.norm = MaskedBatchNorm(3" in Source(model, draw_inputs(model)).text()


class Gate(layers.Layer):
    def __init__(self, **options):
        super().__init__(**options)
        self.one, self.other = layers.Dense(2), layers.Dense(2)

    def call(self, x):
        return self.one(x) * self.other(x)


def test_classes_say_whose_they_are():
    x = Input((4, 2))
    y = layers.MultiHeadAttention(2, 2)(x, x)
    twice = Model(x, layers.Dense(2)(x) + x, name="twice")
    model = Model(x, Gate()(twice(y)))
    text = Source(model, draw_inputs(model)).text()
    described = dict(re.findall(r'class (\w+)\(nn.Module\):\n    """(.*)"""', text))
    assert described == {
        "Model": "The model.",
        "Twice": "A model within the model.",
        "Gate": "What Gate computes.",
        "MultiHeadAttention": "What Keras's MultiHeadAttention computes.",
    }


def test_buffers_have_their_type():
    x = Input((1,))
    model = Model(x, layers.Discretization([0.2, 0.4], name="bin")(x))
    text = Source(model, draw_inputs(model)).text()
    assert '"""The model."""\n\n    bin_boundaries: Tensor\n\n    def __init__(self):' in text

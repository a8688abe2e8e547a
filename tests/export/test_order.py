"""The order in which functional models are written."""

import re

from torch import fx

from torchkeras import Input, Model, layers
from torchkeras.export.drawing import draw_inputs
from torchkeras.export.ejection import Source
from torchkeras.export.order import orders
from torchkeras.export.units import Step


def source(model):
    return Source(model, draw_inputs(model)).text()


def called(model):
    """The attributes of a model in the order in which ``forward`` first calls them."""
    return re.findall(r"self\.(\w+) = nn", source(model))


def dense(name, x):
    return layers.Dense(3, name=name)(x)


def test_each_branch_is_whole_before_the_next_one_begins():
    x = Input((3,))
    one = dense("c", dense("b", dense("a", x)))
    other = dense("f", dense("e", x))
    assert called(Model(x, layers.Add()([one, other]))) == ["a", "b", "c", "e", "f"]
    assert called(Model(x, [other, one])) == ["e", "f", "a", "b", "c"]


def test_calls_of_one_module_keep_their_order():
    graph = fx.Graph()
    x = graph.placeholder("x")
    first = graph.call_module("norm", (x,))
    second = graph.call_module("norm", (graph.call_module("linear", (x,)),))
    steps = [Step(node) for node in graph.nodes if node.op == "call_module"]
    for way in orders(steps, [second, first]):
        calls = [step.node for step in way if step.node.target == "norm"]
        assert calls == [first, second]


def test_branches_are_gathered_into_classes_of_their_kind():
    def small(x, units):
        return layers.LayerNormalization()(layers.Dense(units)(x))

    x = inputs = Input((3,))
    for _ in range(2):
        x = layers.Concatenate()([small(x, 4), small(small(x, 2), 5), layers.Dense(2)(x)])
    text = source(Model(inputs, small(x, 3)))
    assert text.count("nn.LayerNorm(") == 1
    assert text.count("Block(") == 8  # seven of them, and their class

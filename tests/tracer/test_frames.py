"""Lowered graphs that know their layers."""

import torch

from torchkeras import Input, Model, Sequential, layers
from torchkeras.tracer.frames import same, trace


def traced(model, training=False):
    return trace(
        model,
        *model._remembered_inputs(),
        is_layer=lambda m: isinstance(m, layers.Layer),
        training=training,
    )


def test_nodes_know_the_call_that_made_them():
    model = Sequential([Input((3,)), layers.Dense(2, "relu", name="a"), layers.Dense(2, name="b")])
    root = traced(model).root
    assert [child.module.name for child in root.children] == ["a", "b"]
    assert [str(node.target) for node in root.children[0].nodes if node.op == "call_module"] == [
        "dense.linear"
    ]


def test_what_a_layer_hands_on_unchanged_is_marked():
    model = Sequential([Input((3,)), layers.Dropout(0.5), layers.Dense(2)])
    dropout = traced(model).root.children[0]
    assert [node.target for node in dropout.nodes] == [same]
    assert traced(model, training=True).root.children[0].nodes[0].target is not same


def test_masks_are_arguments_and_results():
    ids = Input((5,), dtype="int32")
    x = layers.LSTM(3)(layers.Embedding(7, 4, mask_zero=True)(ids))
    embedding, lstm = traced(Model(ids, x)).root.children
    assert len(embedding.results) == 2
    assert embedding.masks == {embedding.results[1]}
    assert [name for name, _ in lstm.arguments][:2] == ["sequences", "sequences_mask"]


def test_sizes_are_read_off_the_layers_own_arguments():
    x = inputs = Input((None, 3))
    for _ in range(2):
        x = layers.TimeDistributed(layers.Dense(3))(x)
    second = traced(Model(inputs, x)).root.children[1]
    given = {node for _, node in second.arguments}
    sizes = [node for node in second.nodes if node.target == "size"]
    assert sizes
    assert all(node.args[0] in given for node in sizes)


def test_a_trace_leaves_the_model_as_it_was():
    model = Sequential([Input((3,)), layers.BatchNormalization(), layers.Dense(2)])
    before = [value.clone() for value in model.state_dict().values()]
    traced(model, training=True)
    assert all(map(torch.equal, before, model.state_dict().values()))
    assert not model.training


def test_nodes_know_their_sizes():
    inputs = Input((None, 4))
    trace = traced(Model(inputs, layers.Flatten()(layers.Dense(2)(inputs)[:, :3])))
    shapes = [node.meta["shape"] for node in trace.graph.nodes if "shape" in node.meta]
    assert shapes[:2] == [(None, None, 4), (None, None, 2)]


def test_modules_that_are_handed_over_are_weights_of_the_graph():
    inputs = Input((5, 4))
    trace = traced(Model(inputs, layers.Bidirectional(layers.GRU(3), name="both")(inputs)))
    (backward,) = [node for node in trace.graph.nodes if node.op == "get_attr"]
    assert backward.target == "bidirectional.backward_layer.cell.recurrence"
    assert trace.owners[backward.target].units == 3

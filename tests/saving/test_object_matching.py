import pytest
import tensorflow_files

import torchkeras as keras
from torchkeras.saving import object_graph
from torchkeras.saving.object_graph import Node
from torchkeras.saving.object_matching import below, child, own_pairs, part_pairs
from torchkeras.saving.tensor_bundle import Bundle


def variable(key):
    return Node(values={object_graph.VALUE: key})


def test_names_may_have_become_private_or_public():
    node = Node(children={"_kernel": variable("a"), "bias": variable("b")})
    assert child(node, "kernel").key == "a"
    assert child(node, "_bias").key == "b"
    assert child(node, "other") is None


@pytest.mark.parametrize("name", ["kernel", "depthwise_kernel", "something"])
def test_weights_are_known_by_name_by_an_older_name_or_by_being_left(name):
    layer = keras.layers.DepthwiseConv2D(2)
    layer.build((None, 4, 4, 3))
    node = Node(children={"bias": variable("b"), name: variable("k")})
    pairs = {v.name: found.key for v, found in own_pairs(layer, node)}
    assert pairs["bias"] == "b"
    assert set(pairs.values()) == {"k", "b"}


def test_layers_with_weights_are_counted(of_tensorflow):
    bundle = Bundle(of_tensorflow / "adam" / "w")
    root = object_graph.read(bundle)
    model = keras.Sequential([keras.layers.Rescaling(1.0), *tensorflow_files.network(keras).layers])
    model.build((None, 4))
    pairs = list(part_pairs(model, root, lambda key: bundle.entry(key).shape))
    assert [layer.name for layer, _ in pairs] == [layer.name for layer in model.layers[1:]]
    assert sum(1 for _ in below(root.children["layer_with_weights-1"])) == 4


def test_parts_with_new_names_are_known_by_their_shapes():
    class Holder(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.new_name = keras.layers.Dense(3)

    layer = Holder()
    layer.new_name.build((None, 2))
    shapes = {"wide": (5, 5), "kernel": (2, 3), "bias": (3,)}
    others = Node(children={"kernel": variable("wide"), "bias": variable("bias")})
    old = Node(children={"kernel": variable("kernel"), "bias": variable("bias")})
    node = Node(children={"other": others, "old_name": old})
    assert list(part_pairs(layer, node, shapes.get)) == [(layer.new_name, old)]

"""What scripts for tf.keras 2 read off layers."""

import copy
import pickle

import numpy as np
import pytest
import torch

import torchkeras
from torchkeras import layers


def test_calls_are_nodes():
    inputs = torchkeras.Input((3,))
    dense = layers.Dense(4)
    first, second = dense(inputs), dense(torchkeras.Input((3,), batch_size=2))
    y = layers.Add()([first, first])
    assert len(dense.inbound_nodes) == 2
    assert [node.outputs for node in dense.outbound_nodes] == [y, y]
    assert dense.get_input_shape_at(1) == (2, 3)
    assert dense.get_output_shape_at(1) == second.shape == (2, 4)
    for twin in (copy.deepcopy(dense), pickle.loads(pickle.dumps(dense))):
        assert twin.inbound_nodes == twin.outbound_nodes == []


def test_masks_of_calls_are_found():
    inputs = torchkeras.Input((3,), dtype="int32")
    embedding = layers.Embedding(5, 2, mask_zero=True)
    x = embedding(inputs)
    dense = layers.Dense(2)
    dense(x)
    assert embedding.get_input_mask_at(0) is embedding.input_mask is None
    assert embedding.output_mask is dense.input_mask is dense.get_input_mask_at(0)
    assert embedding.get_output_mask_at(0).shape == (None, 3)
    assert not hasattr(layers.Dense(2), "output_mask")


def test_signatures_go_in_and_come_out():
    signature = layers.Dense(4).compute_output_signature(torchkeras.Input((3,)))
    assert (signature.shape, signature.dtype) == ((None, 4), "float32")
    with pytest.raises(TypeError, match="something with a shape and a dtype"):
        layers.Dense(4).compute_output_signature((None, 3))


def test_updates_run_unless_the_layer_is_frozen():
    layer = layers.Layer()
    seen = []
    layer.add_update([lambda: seen.append(1), 3])
    layer.trainable = False
    layer.add_update(lambda: seen.append(2))
    assert seen == [1]
    assert layer.updates == []
    layer.finalize_state()


def test_conveniences_make_way_for_attributes():
    class Own(layers.Layer):
        """Uses the names for itself."""

        def __init__(self):
            super().__init__()
            self.updates, self.dynamic, self.stateful = 3, "yes", True

    own = Own()
    assert (own.updates, own.dynamic, own.stateful) == (3, "yes", True)
    plain = layers.Dense(2)
    assert (plain.dynamic, plain.stateful) == (False, False)
    assert layers.LSTM(2, stateful=True).stateful


def test_added_metrics_are_means_over_batches():
    class Watching(layers.Layer):
        """Reports how large its inputs are."""

        def build(self, input_shape):
            self.factor = self.add_weight(name="factor", shape=())

        def call(self, inputs):
            self.add_metric(inputs.abs(), name="size", aggregation="mean")
            return inputs * self.factor

    layer = Watching()
    model = torchkeras.Sequential([torchkeras.Input((2,)), layer])
    model(torch.tensor([[1.0, -3.0]]))
    model(torch.tensor([[4.0, 8.0]]))
    assert [metric.name for metric in layer.metrics] == ["size"]
    assert float(layer.metrics[0].result()) == 4.0
    model.compile("sgd", "mse")
    history = model.fit(np.ones((4, 2)), np.ones((4, 2)), verbose=0)
    assert history.history["size"] == [1.0]


def test_bad_metrics_are_named():
    layer = layers.Layer()
    with pytest.raises(ValueError, match="Please provide a name for your metric"):
        layer.add_metric(torch.ones(1))
    with pytest.raises(TypeError, match="Expected `aggregation`"):
        layer.add_metric(torch.ones(1), name="a", kind="mean")
    with pytest.raises(ValueError, match="aggregation is 'sum'"):
        layer.add_metric(torch.ones(1), name="a", aggregation="sum")
    with pytest.raises(TypeError, match="a tensor, made in `call`"):
        layer.add_metric(torchkeras.Input((2,)), name="a")


def test_names_begin_with_the_layer():
    class Scoped(layers.Layer):
        """Makes a variable in a method of its own."""

        @layers.Layer.with_name_scope
        def make(self):
            return torchkeras.Variable(1.0, name="mine")

    layer = Scoped(name="outer")
    assert layer.make().path == "outer/mine"
    with layer.name_scope() as name:
        assert name == "outer"


def test_modules_inside_are_listed():
    layer = layers.Dense(2)
    layer.build((None, 3))
    assert layer.submodules == (layer.linear,)

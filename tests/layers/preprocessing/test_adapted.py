"""Users' layers that look at data before training (tf.keras 2)."""

import numpy as np
import pytest
import torch

from torchkeras import layers
from torchkeras.layers.experimental.preprocessing import PreprocessingLayer


class Most(PreprocessingLayer):
    """Divides by the largest value seen."""

    def build(self, input_shape):
        self.most = self.add_weight(name="most", shape=(), initializer="zeros", trainable=False)
        self.sizes = []

    def update_state(self, data):
        self.sizes.append(len(data))
        self.most.assign(max(float(self.most.numpy()), float(np.max(data))))

    def reset_state(self):
        self.most.assign(0.0)

    def finalize_state(self):
        self.is_final = True

    def call(self, inputs):
        return inputs / self.most


def test_state_comes_from_batches():
    layer = Most()
    assert not layer.is_adapted
    layer.adapt(np.arange(1.0, 9.0)[:, None], batch_size=3)
    assert layer.sizes == [3, 3, 2]
    assert layer.is_adapted
    assert layer.is_final
    assert layer(torch.tensor([[4.0]])).item() == 0.5
    layer.adapt([np.ones((2, 1)), np.full((1, 1), 2.0), np.full((1, 1), 9.0)], steps=2)
    assert layer.most.numpy() == 2.0  # what was seen before is forgotten
    layer.reset_state()
    assert not layer.is_adapted
    layer.adapt(np.ones((40, 1)), steps=1)
    assert layer.sizes[-1] == 32


def test_several_batches_may_be_taken_at_once():
    layer = Most()
    layer.compile(steps_per_execution=2)
    take = layer.make_adapt_function()
    batches = iter([np.ones((1, 1)), np.full((1, 1), 5.0), np.full((1, 1), 7.0)])
    take(batches)
    assert layer.most.numpy() == 5.0
    with pytest.raises(ValueError, match="steps_per_execution is 0"):
        layer.compile(steps_per_execution=0)


def test_what_a_subclass_lacks_is_named():
    with pytest.raises(NotImplementedError, match="has no update_state"):
        PreprocessingLayer().update_state(1)
    with pytest.raises(NotImplementedError, match="has no reset_state"):
        PreprocessingLayer().reset_state()


@pytest.mark.parametrize(
    ("layer", "data"),
    [
        (layers.Normalization(), np.array([[1.0], [3.0]])),
        (layers.Discretization(num_bins=2), np.array([[1.0], [3.0]])),
        (layers.IntegerLookup(), np.array([[1], [3]])),
        (layers.StringLookup(), np.array([["a"], ["b"]])),
        (layers.TextVectorization(), np.array(["a", "b"])),
    ],
    ids=lambda value: type(value).__name__,
)
def test_layers_that_learn_from_data_are_of_its_kind_and_know_whether_they_have(layer, data):
    assert isinstance(layer, PreprocessingLayer)
    assert not layer.is_adapted
    layer.adapt(data)
    assert layer.is_adapted
    expected = layer(data)
    layer.reset_state()
    assert not layer.is_adapted
    for part in (data[:1], data[1:]):
        layer.update_state(part)
    layer.finalize_state()
    np.testing.assert_array_equal(layer(data), expected)
    assert not isinstance(layers.Rescaling(2.0), PreprocessingLayer)

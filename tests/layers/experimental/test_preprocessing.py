"""Names from before tf.keras 2.6."""

from torchkeras import layers
from torchkeras.layers import experimental


def test_names_are_those_of_today():
    for name in experimental.preprocessing.__all__:
        if name != "PreprocessingLayer":
            assert getattr(experimental.preprocessing, name) is getattr(layers, name)
    assert experimental.EinsumDense is layers.EinsumDense


def test_synchronized_normalization_says_so():
    layer = experimental.SyncBatchNormalization(momentum=0.5)
    assert layer.synchronized
    twin = type(layer).from_config(layer.get_config())
    assert (twin.synchronized, twin.momentum) == (True, 0.5)

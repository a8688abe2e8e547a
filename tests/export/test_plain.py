"""Modules of torch in the place of our own."""

import importlib.util

import pytest
import torch

from torchkeras import Input, Model, layers
from torchkeras.export.ejection import eject


def written(model, folder):
    """The text and the module that ``model`` is written as."""
    eject(model, folder)
    spec = importlib.util.spec_from_file_location("written_model", folder / "model.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return (folder / "model.py").read_text(), module.load()


ROWS = {
    "conv, even": ((8, 8, 2), layers.Conv2D(3, 3, strides=2, padding="same")),
    "conv, odd": ((7, 7, 2), layers.Conv2D(3, 3, strides=2, padding="same")),
    "conv, mixed": ((7, 8, 2), layers.Conv2D(3, (3, 5), strides=(2, 3), padding="same")),
    "conv, even window": ((6, 6, 2), layers.Conv2D(4, (2, 3), padding="same", groups=2)),
    "conv, dilated": ((9, 9, 2), layers.Conv2D(2, 2, padding="same", dilation_rate=2)),
    "conv of 1": ((5, 5, 2), layers.Conv2D(3, 1, strides=2, padding="same", use_bias=False)),
    "steps": ((9, 2), layers.Conv1D(3, 3)),
    "steps, causal": ((9, 2), layers.Conv1D(3, 3, padding="causal", dilation_rate=2)),
    "volume": ((4, 5, 6, 1), layers.Conv3D(2, 3, strides=2, padding="same")),
    "depthwise": ((8, 8, 2), layers.DepthwiseConv2D(3, strides=2, padding="same")),
    "transposed": ((4, 5, 2), layers.Conv2DTranspose(3, 3, strides=2, padding="same")),
    "transposed, 5": ((4, 5, 2), layers.Conv2DTranspose(3, 5, strides=2, padding="same")),
    "transposed, wide": ((4, 5, 2), layers.Conv2DTranspose(3, 2, strides=3)),
    "transposed, more": (
        (4, 5, 2),
        layers.Conv2DTranspose(3, 3, strides=2, padding="same", output_padding=1),
    ),
    "transposed steps": ((6, 2), layers.Conv1DTranspose(3, 4, strides=2, padding="same")),
    "largest": ((8, 8, 2), layers.MaxPooling2D(3, strides=2, padding="same")),
    "largest, odd": ((7, 9, 2), layers.MaxPooling2D(2, padding="same")),
    "mean": ((8, 7, 2), layers.AveragePooling2D(3, strides=2, padding="same")),
    "mean of steps": ((7, 2), layers.AveragePooling1D(2, padding="same")),
    "norm": ((5, 4), layers.LayerNormalization(epsilon=1e-6)),
    "norm over two": ((5, 4), layers.LayerNormalization(axis=(1, 2), center=False)),
    "root mean square": ((5, 4), layers.RMSNormalization()),
}


@pytest.mark.parametrize("row", ROWS)
def test_torch_has_a_module_for_it(row, tmp_path):
    shape, layer = ROWS[row]
    inputs = Input(shape)
    model = Model(inputs, layer(inputs))
    text, module = written(model, tmp_path)
    assert "Modules and functions that torch lacks" not in text
    x = torch.randn(3, *shape)
    for training in (False, True):
        torch.testing.assert_close(module.train(training)(x), model(x, training=training))
    assert module.state_dict().keys() >= {f"{layer.name}.weight"} or not layer.weights


def test_lengths_that_are_open_keep_the_module_that_looks_at_them(tmp_path):
    inputs = Input((None, None, 2))
    model = Model(inputs, layers.Conv2D(3, 3, strides=2, padding="same")(inputs))
    text, module = written(model, tmp_path)
    assert "PaddedConv2d(" in text
    for sizes in ((6, 7), (7, 8)):
        x = torch.randn(2, *sizes, 2)
        torch.testing.assert_close(module(x), model(x))


def test_a_subclass_doesnt_say_which_lengths_will_come(tmp_path):
    class Halves(Model):
        def __init__(self):
            super().__init__()
            self.conv = layers.Conv2D(3, 3, strides=2, padding="same")

        def call(self, x):
            return self.conv(x)

    model = Halves()
    model(torch.zeros(1, 6, 6, 1))
    _, module = written(model, tmp_path)
    x = torch.randn(2, 7, 7, 1)
    torch.testing.assert_close(module(x), model(x))


@pytest.mark.parametrize("length", [8, None])
def test_a_model_in_a_subclass_says_which_lengths_come(length, tmp_path):
    inputs = Input((length, 8, 1))
    inner = Model(inputs, layers.Conv2D(3, 3, strides=2, padding="same")(inputs))

    class Outer(Model):
        def __init__(self):
            super().__init__()
            self.inner = inner

        def call(self, x):
            return self.inner(x) * 2.0

    model = Outer()
    model(torch.zeros(1, 8, 8, 1))
    text, module = written(model, tmp_path)
    assert ("PaddedConv2d(" in text) is (length is None)
    x = torch.randn(2, length or 7, 8, 1)
    torch.testing.assert_close(module(x), model(x))


def test_a_layer_that_is_called_on_several_lengths_keeps_its_module(tmp_path):
    conv = layers.Conv2D(2, 3, strides=2, padding="same")
    inputs = Input((7, 7, 2))
    model = Model(inputs, conv(layers.ZeroPadding2D(((0, 0), (0, 1)))(conv(inputs))))
    text, module = written(model, tmp_path)
    assert "PaddedConv2d(" in text
    x = torch.randn(2, 7, 7, 2)
    torch.testing.assert_close(module(x), model(x))

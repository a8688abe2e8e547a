"""Permutations that undo each other."""

import pytest
import torch

from torchkeras import Input, Model, layers
from torchkeras.export.drawing import draw_inputs
from torchkeras.export.ejection import Source


def images(*blocks):
    x = inputs = Input((8, 8, 3), name="image")
    for block in blocks:
        x = block(x)
    return Model(inputs, x)


def source_of(model):
    source = Source(model, draw_inputs(model))
    namespace = {"__file__": "model.py"}
    exec(compile(source.text(), "model.py", "exec"), namespace)
    written = namespace[source.root.name]()
    written.load_state_dict(source.state())
    return source.text(), written


def conv(**options):
    return layers.Conv2D(4, 3, padding="same", **options)


def fork(x):
    return layers.concatenate([conv()(x), layers.MaxPooling2D(3, strides=1, padding="same")(x)])


def residual(x):
    return layers.ReLU()(layers.add([conv()(x), x]) * 0.5)


@pytest.mark.parametrize(
    "blocks",
    [
        [conv(activation="relu"), conv(activation="gelu"), layers.MaxPooling2D()],
        [conv(), layers.BatchNormalization(), layers.Activation("tanh"), conv()],
        [conv(), layers.Dropout(0.5), conv(), layers.GlobalAveragePooling2D()],
        [conv(), fork, conv()],
        [conv(), residual, residual, layers.GlobalMaxPooling2D()],
    ],
    ids=["activations", "normalization", "dropout", "branches", "residuals"],
)
def test_images_are_permuted_at_the_ends_alone(blocks):
    model = images(*blocks)
    text, written = source_of(model)
    assert text.split("class ")[1].count(".permute(") <= 2
    x = torch.randn(2, 8, 8, 3)
    torch.testing.assert_close(written.eval()(x), model(x))
    torch.testing.assert_close(written.train()(x).shape, model(x, training=True).shape)


def test_what_looks_at_axes_keeps_them():
    model = images(conv(), layers.Flatten(), layers.Dense(2))
    text, written = source_of(model)
    x = torch.randn(2, 8, 8, 3)
    torch.testing.assert_close(written(x), model(x))
    assert text.count("permute") == 2


def test_a_normalization_that_is_used_twice_stays():
    norm = layers.BatchNormalization()
    model = images(conv(), norm, conv(), norm)
    _, written = source_of(model)
    x = torch.randn(2, 8, 8, 3)
    torch.testing.assert_close(written.eval()(x), model(x))

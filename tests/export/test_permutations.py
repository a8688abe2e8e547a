"""Permutations that undo each other."""

import pytest
import torch

from torchkeras import Input, Model, layers, ops
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


def squeezed(x):
    factor = layers.Reshape((1, 1, x.shape[-1]))(layers.GlobalAveragePooling2D()(x))
    return x * layers.Conv2D(x.shape[-1], 1, activation="sigmoid")(factor)


def squeezed_at_once(x):
    factor = layers.GlobalAveragePooling2D(keepdims=True)(x)
    return x * layers.Conv2D(x.shape[-1], 1, activation="sigmoid")(factor)


@pytest.mark.parametrize(
    "blocks",
    [
        [conv(activation="relu"), conv(activation="gelu"), layers.MaxPooling2D()],
        [conv(), layers.BatchNormalization(), layers.Activation("tanh"), conv()],
        [conv(), layers.Dropout(0.5), conv(), layers.GlobalAveragePooling2D()],
        [conv(), fork, conv()],
        [conv(), residual, residual, layers.GlobalMaxPooling2D()],
        [conv(), layers.ZeroPadding2D(((0, 1), (2, 3))), conv()],
        [conv(), layers.SpatialDropout2D(0.5), layers.Dropout(0.5, (None, 1, 1, 1)), conv()],
        [conv(), squeezed, conv()],
        [conv(), squeezed_at_once, conv()],
    ],
    ids=[
        "activations",
        "normalization",
        "dropout",
        "branches",
        "residuals",
        "padding",
        "shared dropout",
        "squeeze and excite",
        "at once",
    ],
)
def test_images_are_permuted_at_the_ends_alone(blocks):
    model = images(*blocks)
    text, written = source_of(model)
    assert text.split("class ")[1].count(".permute(") <= 2
    x = torch.randn(2, 8, 8, 3)
    torch.testing.assert_close(written.eval()(x), model(x))
    torch.testing.assert_close(written.train()(x).shape, model(x, training=True).shape)


def test_a_pool_that_is_reshaped_keeps_its_axes():
    text, _ = source_of(images(conv(), squeezed))
    assert "x.mean((2, 3), keepdim=True)" in text
    assert ".reshape(" not in text.split("def load")[0]


def test_axes_of_shared_dropout_move_along():
    text, _ = source_of(images(conv(), layers.SpatialDropout2D(0.25), conv()))
    assert "SharedDropout(0.25, (2, 3))" in text


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


def test_a_mask_joined_with_itself_is_that_mask():
    ids, numbers = Input((4,), dtype="int32", name="ids"), Input((4,), name="numbers")
    x = layers.Embedding(5, 3, mask_zero=True)(ids)
    model = Model(ids, layers.GlobalAveragePooling1D()(layers.Add()([x, layers.ReLU()(x)])))
    assert "logical_or" not in source_of(model)[0]
    written = source_of(Model(numbers, ops.logical_or(numbers, numbers)))[1]
    assert written(torch.tensor([[0.0, 2.0]])).tolist() == [[False, True]]


def test_skips_around_convolutions_meet_them_with_the_channels_first():
    image = x = Input((8, 8, 4), name="image")
    for _ in range(2):
        y = layers.Conv2D(4, 3, padding="same", activation="relu")(x)
        x = layers.Add()([x, layers.Conv2D(4, 3, padding="same")(y)])
    model = Model(image, x)
    text, written = source_of(model)
    assert text.count("permute(") == 2
    images = torch.randn(2, 8, 8, 4)
    torch.testing.assert_close(written(images), model(images))


def test_what_is_permuted_in_one_way_twice_is_permuted_once():
    image = Input((8, 8, 4), name="image")
    model = Model(image, [layers.Conv2D(2, size)(image) for size in (1, 3)])
    text, written = source_of(model)
    assert text.count("permute(0, 3, 1, 2)") == 1
    images = torch.randn(2, 8, 8, 4)
    torch.testing.assert_close(written(images), model(images))


def test_skips_around_other_orders_stay():
    steps = Input((8, 4), name="steps")
    y = layers.Permute((2, 1))(layers.LayerNormalization()(steps))
    y = layers.Permute((2, 1))(layers.Dense(8)(y))
    model = Model(steps, layers.LayerNormalization()(layers.Add()([steps, y])))
    text, written = source_of(model)
    assert text.count("permute(") == 2
    x = torch.randn(2, 8, 4)
    torch.testing.assert_close(written(x), model(x))

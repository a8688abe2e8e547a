"""Parts of models that come again and again."""

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from torchkeras import Input, Model, Sequential, layers, mixed_precision
from torchkeras.export.drawing import draw_inputs
from torchkeras.export.ejection import Source, eject


def text_of(model):
    return Source(model, draw_inputs(model)).text()


def loaded(model, folder):
    """The ejected module, and what it makes of the inputs that were recorded."""
    scope = {"__file__": str(folder / "model.py"), "__name__": "ejected"}
    exec(compile((folder / "model.py").read_text(), "model.py", "exec"), scope)
    return scope["load"]()


def ejected(model, folder):
    """The source, which gives the predictions that were recorded with it."""
    eject(model, folder)
    recorded = load_file(folder / "predictions.safetensors")
    wanted = recorded.pop("output:0")
    torch.testing.assert_close(loaded(model, folder)(**recorded), wanted, rtol=1e-4, atol=1e-4)
    return (folder / "model.py").read_text()


def bottleneck(x, filters, width):
    y = layers.Conv2D(width, 1)(x)
    y = layers.ReLU()(layers.BatchNormalization()(y))
    y = layers.Conv2D(width, 3, padding="same")(y)
    y = layers.ReLU()(layers.BatchNormalization()(y))
    y = layers.BatchNormalization()(layers.Conv2D(filters, 1)(y))
    return layers.ReLU()(layers.Add()([x, y]))


def encoder(x, number=None, mask=None):
    def named(name):
        return None if number is None else f"encoder_{number}_{name}"

    y = layers.MultiHeadAttention(2, 4, name=named("attention"))(x, x, attention_mask=mask)
    x = layers.LayerNormalization(name=named("norm_1"))(layers.Add()([x, y]))
    y = layers.Dense(16, "gelu", name=named("hidden"))(x)
    y = layers.Dropout(0.1, name=named("dropped"))(layers.Dense(8, name=named("out"))(y))
    return layers.LayerNormalization(name=named("norm_2"))(layers.Add()([x, y]))


def repeated(block, count, shape):
    inputs = x = Input(shape, name="inputs")
    for _ in range(count):
        x = block(x)
    return Model(inputs, x, name="whole")


def test_residual_blocks_are_a_class_that_is_told_its_sizes(tmp_path):
    inputs = Input((8, 8, 3), name="image")
    x = layers.Conv2D(8, 3)(inputs)
    for filters, width in ((8, 4), (8, 4), (12, 6), (12, 6)):
        if x.shape[-1] != filters:
            x = layers.Conv2D(filters, 1, name="wider")(x)
        x = bottleneck(x, filters, width)
    model = Model(inputs, x, name="net")
    text = ejected(model, tmp_path)
    assert text.count("class Block") == 1
    assert "self.block_1 = Block(8, 4)" in text
    assert "self.block_4 = Block(12, 6)" in text
    assert "x = self.block_3(self.wider(self.block_2(x)))" in text
    assert "return torch.relu(x + self.batch_normalization_3(self.conv2d_3(y)))" in text
    names = load_file(tmp_path / "model.safetensors")
    assert names["block_3.conv2d_2.weight"].shape == (6, 6, 3, 3)


def test_blocks_and_what_is_in_them_have_the_names_that_somebody_gave():
    inputs = x = Input((5, 8), name="x")
    for number in range(3):
        x = encoder(x, number)
    text = text_of(Model(inputs, x, name="whole"))
    assert "self.encoder_2 = Encoder()" in text
    assert "self.attention = MultiHeadAttention()" in text
    assert "self.norm_2(x + self.dropped(self.out(y)))" in text


def test_blocks_take_masks_that_all_of_them_are_given(tmp_path):
    x, given = Input((5, 8), name="x"), Input((5, 5), dtype="bool", name="given")
    y = x
    for _ in range(2):
        y = encoder(y, mask=given)
    text = ejected(Model([x, given], y), tmp_path)
    assert "def forward(self, x: Tensor, mask: Tensor):" in text
    assert "self.block_2(self.block_1(x, given), given)" in text


def test_masks_that_layers_make_are_handed_to_blocks(tmp_path):
    ids = Input((5,), dtype="int32", name="ids")
    x = layers.Embedding(7, 8, mask_zero=True)(ids)
    for _ in range(3):
        x = encoder(x)
    text = ejected(Model(ids, x), tmp_path)
    assert "self.block_3(self.block_2(self.block_1(x, mask), mask), mask)" in text
    assert "logical_or" not in text


def test_skips_of_a_unet_go_past_blocks(tmp_path):
    def twice(x, filters):
        x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
        return layers.Conv2D(filters, 3, padding="same", activation="relu")(x)

    inputs = Input((8, 8, 1), name="image")
    first = twice(inputs, 2)
    second = twice(layers.MaxPooling2D()(first), 4)
    x = twice(layers.MaxPooling2D()(second), 8)
    x = twice(layers.Concatenate()([layers.UpSampling2D()(x), second]), 4)
    x = twice(layers.Concatenate()([layers.UpSampling2D()(x), first]), 2)
    text = ejected(Model(inputs, x), tmp_path)
    assert "self.block_5 = Block(6, 2)" in text
    assert "x = self.block_1(image.permute(0, 3, 1, 2))" in text


def test_branches_are_no_blocks():
    def block(x):
        y = layers.Dense(8)(layers.LayerNormalization()(layers.Dense(8)(x)))
        return layers.Dense(x.shape[-1])(layers.Add()([y, layers.Dense(8)(x)]))

    text = text_of(repeated(block, 3, (6,)))
    assert "self.block_1(inputs)" in text
    assert text.count("class ") == 2


def test_a_model_that_is_called_twice_has_its_blocks_once():
    tower = repeated(encoder, 3, (5, 8))
    left, right = Input((5, 8), name="left"), Input((5, 8), name="right")
    text = text_of(Model([left, right], layers.Subtract()([tower(left), tower(right)])))
    assert "self.whole = nn.Sequential(Block(), Block(), Block())" in text
    assert "self.whole(right)" in text
    assert text.count("class Block") == 1


def test_layers_that_are_shared_stay_where_they_are():
    dense, norm = layers.Dense(4), layers.LayerNormalization()
    text = text_of(repeated(lambda x: norm(layers.Dense(4)(dense(x))), 5, (4,)))
    assert "Block" not in text


def test_a_little_repetition_is_left_alone():
    text = text_of(Sequential([Input((4,)), *(layers.Dense(4, "relu") for _ in range(6))]))
    assert "Block" not in text
    text = text_of(repeated(lambda x: layers.ReLU()(layers.Dense(4)(x)), 2, (4,)))
    assert "Block" not in text


def test_blocks_that_are_frozen_differ_from_others(tmp_path):
    model = repeated(encoder, 4, (5, 8))
    for layer in model.layers[: len(model.layers) // 2 + 1]:
        layer.trainable = False
    ejected(model, tmp_path)
    module = loaded(model, tmp_path)
    trained = [weight.numel() for weight in module.parameters() if weight.requires_grad]
    assert sum(trained) == sum(int(np.prod(w.shape)) for w in model.trainable_weights)


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_blocks_train_as_the_model_does(tmp_path, policy):
    mixed_precision.set_global_policy(policy)
    try:
        model = repeated(encoder, 3, (5, 8))
    finally:
        mixed_precision.set_global_policy("float32")
    module = loaded(model, eject(model, tmp_path)).train()
    x = torch.randn(2, 5, 8)
    torch.manual_seed(0)
    module(x).float().square().sum().backward()
    torch.manual_seed(0)
    model(x, training=True).float().square().sum().backward()
    wanted = sorted(float(p.grad.norm()) for p in model.parameters())
    found = sorted(float(p.grad.norm()) for p in module.parameters())
    assert "class Block" in (tmp_path / "model.py").read_text()
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("padding", ["causal", "same"])
def test_blocks_are_told_how_far_they_reach(padding, tmp_path):
    def block(x, dilation):
        options = {"dilation_rate": dilation, "padding": padding, "activation": "relu"}
        y = layers.Conv1D(8, 3, **options)(x)
        y = layers.Conv1D(8, 3, **options)(layers.Dropout(0.1)(y))
        return layers.Add()([x, y])

    inputs = Input((16, 4), name="x")
    x = layers.Conv1D(8, 1)(inputs)
    for dilation in (1, 2, 4, 8):
        x = block(x, dilation)
    model = Model(inputs, x, name="tcn")
    text = (eject(model, tmp_path) / "model.py").read_text()
    assert "self.block_1 = Block(1, " in text
    assert "self.block_4 = Block(8, " in text
    assert ("F.pad(x, (self.padding, 0))" in text) == (padding == "causal")
    x = torch.randn(2, 16, 4)
    torch.testing.assert_close(loaded(model, tmp_path)(x), model(x))

"""Stacks of layers drawn at random: the source computes what the model computes, and learns it."""

import copy
from typing import NamedTuple

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given, settings

from torchkeras import Input, Model, Sequential, layers
from torchkeras.export.ejection import Source


def module_of(model, arrays):
    """The module that ``model`` is written as, without the way over files."""
    source = Source(model, arrays)
    namespace = {"__file__": "model.py", "__name__": "written_model"}
    exec(compile(source.text(), "model.py", "exec"), namespace)
    module = namespace[source.root.name]()
    for one, other in source.ties():
        owner, _, name = one.rpartition(".")
        setattr(module.get_submodule(owner), name, module.get_parameter(other))
    module.load_state_dict(copy.deepcopy(source.state()))
    return module.eval()


def agree(mine, other, **tolerance):
    torch.testing.assert_close(mine, other, equal_nan=True, **tolerance)


def check(model, x):
    """Predictions, three steps of SGD in training, and predictions after them."""
    module = module_of(model, x.numpy())
    with torch.no_grad():
        agree(module(x), model(x, training=False))
        agree(module(torch.cat([x, x])), model(torch.cat([x, x]), training=False))
    trained = list(model.parameters())
    if trained:
        ways = (torch.optim.SGD(trained, 0.01), torch.optim.SGD(module.parameters(), 0.01))
        module.train()
        for _ in range(3):
            losses = [model(x, training=True).square().mean(), module(x).square().mean()]
            agree(losses[1], losses[0], rtol=1e-4, atol=1e-5)
            for way, loss in zip(ways, losses, strict=True):
                way.zero_grad()
                loss.backward()
                way.step()
        module.eval()
    with torch.no_grad():  # with the statistics that training has moved
        agree(module(x), model(x, training=False), rtol=1e-3, atol=1e-4)


class Drawn(NamedTuple):
    """What one layer is made of, and where it stands."""

    kind: str
    way: str
    units: int
    kernel: tuple[int, int]
    strides: int
    padding: str
    activation: str | None
    bias: bool


IMAGES = {
    "conv": lambda d: layers.Conv2D(
        d.units, d.kernel, d.strides, d.padding, use_bias=d.bias, activation=d.activation
    ),
    "dilated": lambda d: layers.Conv2D(d.units, 2, padding="same", dilation_rate=2),
    "depthwise": lambda d: layers.DepthwiseConv2D(d.kernel[0], d.strides, d.padding),
    "separable": lambda d: layers.SeparableConv2D(d.units, d.kernel[0], d.strides, d.padding),
    "transposed": lambda d: layers.Conv2DTranspose(d.units, d.kernel, d.strides, d.padding),
    "largest": lambda d: layers.MaxPooling2D(d.kernel, d.strides, d.padding),
    "mean": lambda d: layers.AveragePooling2D(d.kernel, d.strides, d.padding),
    "batch norm": lambda d: layers.BatchNormalization(momentum=0.6, scale=d.bias),
    "layer norm": lambda d: layers.LayerNormalization(center=d.bias),
    "dense": lambda d: layers.Dense(d.units, d.activation),
    "zeros": lambda d: layers.ZeroPadding2D(((d.units, 0), (0, d.strides))),
    "larger": lambda d: layers.UpSampling2D(d.kernel),
    "turned": lambda d: layers.Permute((2, 1, 3)),
    "dropout": lambda d: layers.Dropout(0.0),
    "activation": lambda d: layers.Activation(d.activation or "gelu"),
}
SEQUENCES = {
    "lstm": lambda d: layers.LSTM(d.units, return_sequences=True, use_bias=d.bias),
    "gru": lambda d: layers.GRU(d.units, return_sequences=True, reset_after=d.bias),
    "rnn": lambda d: layers.SimpleRNN(d.units, return_sequences=True),
    "both": lambda d: layers.Bidirectional(layers.GRU(d.units, return_sequences=True)),
    "conv": lambda d: layers.Conv1D(d.units, d.kernel[0], padding="same"),
    "causal": lambda d: layers.Conv1D(d.units, d.kernel[0], padding="causal"),
    "largest": lambda d: layers.MaxPooling1D(2, 1, "same"),
    "dense": lambda d: layers.Dense(d.units, d.activation),
    "norm": lambda d: layers.LayerNormalization(center=d.bias),
    "root mean square": lambda d: layers.RMSNormalization(),
    "batch norm": lambda d: layers.BatchNormalization(momentum=0.6),
    "steps": lambda d: layers.TimeDistributed(layers.Dense(d.units, d.activation)),
    "dropout": lambda d: layers.SpatialDropout1D(0.0),
}
WAYS = ["plain", "plain", "part", "sum", "beside", "again"]


def plans(kinds):
    """Lists of what layers are made of."""
    size = st.integers(1, 3)
    return st.lists(
        st.builds(
            Drawn,
            kind=st.sampled_from(sorted(kinds)),
            way=st.sampled_from(WAYS),
            units=st.integers(1, 4),
            kernel=st.tuples(size, size),
            strides=st.integers(1, 2),
            padding=st.sampled_from(["same", "valid"]),
            activation=st.sampled_from([None, "relu", "tanh", "leaky_relu"]),
            bias=st.booleans(),
        ),
        min_size=1,
        max_size=5,
    )


def built(plan, kinds, shape, ends):
    """A model of some layers, with branches, sums and models within it."""
    x = inputs = Input(shape, name="inputs")
    part = None
    for number, drawn in enumerate(plan):
        if min(x.shape[1:-1]) < 3 and drawn.padding == "valid":
            break  # no window fits any more
        layer = kinds[drawn.kind](drawn)
        if drawn.way == "part":
            layer = part = Sequential([Input(x.shape[1:]), layer, layers.ReLU()], f"part_{number}")
        y = layer(x)
        if drawn.way == "sum" and y.shape == x.shape:
            y = layers.add([x, y])
        elif drawn.way == "beside" and y.shape[:-1] == x.shape[:-1]:
            y = layers.concatenate([x, y])
        elif drawn.way == "again" and part is not None and part.input_shape == y.shape:
            y = part(y)
        x = y
    return Model(inputs, layers.Dense(2, name="out")(layers.Flatten()(x)) if ends else x, "drawn")


def check_images(plan, sizes, ends):
    torch.manual_seed(0)
    model = built(plan, IMAGES, (*sizes, 2), ends)
    check(model, torch.randn(3, *sizes, 2))


def check_sequences(plan, is_masked, ends):
    torch.manual_seed(0)
    model = built(plan, SEQUENCES, (5, 3), ends)
    if is_masked:
        inputs = Input((5, 3), name="masked")
        model = Model(inputs, model(layers.Masking()(inputs)))
    x = torch.randn(3, 5, 3)
    x[0, 3:] = x[1, 1] = 0
    check(model, x)


of_images = given(plans(IMAGES), st.tuples(st.integers(4, 7), st.integers(4, 7)), st.booleans())
of_sequences = given(plans(SEQUENCES), st.booleans(), st.booleans())
masks_may_end = pytest.mark.filterwarnings("ignore:.*does not support masking")


@settings(max_examples=8)
@of_images
def test_images(plan, sizes, ends):
    check_images(plan, sizes, ends)


@pytest.mark.slow
@settings(max_examples=150)
@of_images
def test_many_images(plan, sizes, ends):
    check_images(plan, sizes, ends)


@masks_may_end
@settings(max_examples=6)
@of_sequences
def test_sequences(plan, is_masked, ends):
    check_sequences(plan, is_masked, ends)


@masks_may_end
@pytest.mark.slow
@settings(max_examples=150)
@of_sequences
def test_many_sequences(plan, is_masked, ends):
    check_sequences(plan, is_masked, ends)

"""Parts of models as ``nn.Sequential``."""

import importlib.util

import pytest
import torch

from torchkeras import Input, Model, Sequential, activations, layers
from torchkeras.export.drawing import draw_inputs
from torchkeras.export.ejection import Source, eject


def around(part, shape):
    inputs = Input(shape, name="x")
    return Model(inputs, part(inputs), name="whole")


def text_of(model):
    return Source(model, draw_inputs(model)).text()


def loaded(folder):
    spec = importlib.util.spec_from_file_location("written_model", folder / "model.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.load()


def test_a_straight_part_is_a_sequential_by_number(tmp_path):
    part = Sequential(
        [layers.Flatten(), layers.Dense(4, "relu"), layers.Dropout(0.5), layers.Dense(6),
         layers.Reshape((2, 3))], name="head",
    )  # fmt: skip
    model = around(part, (2, 2))
    text = " ".join((eject(model, tmp_path) / "model.py").read_text().split())
    assert (
        "self.head = nn.Sequential( nn.Flatten(), nn.Linear(4, 4), nn.ReLU(), nn.Dropout(), "
        "nn.Linear(4, 6), nn.Unflatten(1, (2, 3)), )" in text
    )


def test_names_that_somebody_gave_are_kept():
    part = Sequential(
        [Input((3,)), layers.Dense(4, "gelu", name="hidden"), layers.ReLU(name="rectified"),
         layers.Dense(2, "gelu", name="out")], name="head",
    )  # fmt: skip
    text = " ".join(text_of(around(part, (3,))).split())
    assert (
        "nn.Sequential(OrderedDict(hidden=nn.Linear(3, 4), gelu=nn.GELU(), rectified=nn.ReLU(), "
        "out=nn.Linear(4, 2), gelu_2=nn.GELU()))" in text
    )


def test_parts_within_parts_stand_inside():
    inner = Sequential([Input((3,)), layers.Dense(3), layers.ELU(0.5)])
    part = Sequential([Input((3,)), inner, layers.Dense(2, "softmax")], name="head")
    text = " ".join(text_of(around(part, (3,))).split())
    assert "nn.Sequential(nn.Sequential(nn.Linear(3, 3), nn.ELU(0.5)), nn.Linear(3, 2)" in text


def test_axes_are_put_in_keras_order_before_they_become_one(tmp_path):
    part = Sequential(
        [Input((6, 6, 3)), layers.Conv2D(4, 3), layers.Flatten(), layers.Dense(2)], name="tower"
    )
    model = around(part, (6, 6, 3))
    text = " ".join((eject(model, tmp_path) / "model.py").read_text().split())
    assert "Permute((0, 2, 3, 1)), nn.Flatten(), nn.Linear(64, 2)" in text
    assert "class Permute(nn.Module):" in text
    x = torch.randn(2, 6, 6, 3)
    torch.testing.assert_close(loaded(tmp_path)(x), model(x))


def test_zeros_around_a_window_are_a_module():
    part = Sequential([Input((6, 6, 1)), layers.Conv2D(2, 3, strides=2, padding="same")], name="c")
    text = text_of(around(part, (6, 6, 1)))
    assert "nn.Sequential(nn.ZeroPad2d((0, 1, 0, 1)), nn.Conv2d(1, 2, 3, stride=2))" in text


def test_frozen_parts_say_so():
    part = Sequential([Input((3,)), layers.Dense(4), layers.Dense(2)], name="head")
    part.trainable = False
    assert "self.head.requires_grad_(False)" in text_of(around(part, (3,)))


def shared_twice():
    inputs, dense = Input((3,)), layers.Dense(3)
    return Model(inputs, dense(dense(inputs)), name="head")


def half_frozen():
    return Sequential([Input((3,)), layers.Dense(3, trainable=False), layers.Dense(3)], name="head")


def with_two_ways():
    inputs = Input((3,))
    return Model(inputs, inputs + layers.Dense(3)(inputs), name="head")


@pytest.mark.parametrize("made", [shared_twice, half_frozen, with_two_ways])
def test_what_is_more_than_a_chain_is_a_class(made):
    assert "class Head(nn.Module)" in text_of(around(made(), (3,)))


NAMES = [
    "relu", "sigmoid", "tanh", "softmax", "log_softmax", "gelu", "leaky_relu", "elu", "selu",
    "silu", "mish", "relu6", "hard_sigmoid", "hard_silu", "softplus", "softsign", "log_sigmoid",
    "celu", "hard_shrink", "soft_shrink", "tanh_shrink",
]  # fmt: skip


def test_activations_become_modules_that_compute_the_same(tmp_path):
    inputs = Input((5,))
    chains = [
        Sequential([Input((5,)), layers.Activation(name)], name=f"of_{name}") for name in NAMES
    ]
    model = Model(inputs, [chain(inputs) for chain in chains])
    text = (eject(model, tmp_path) / "model.py").read_text()
    assert text.count("nn.Sequential(") == len(NAMES)
    x = torch.linspace(-4, 4, 20).reshape(4, 5)
    for name, found in zip(NAMES, loaded(tmp_path)(x), strict=True):
        torch.testing.assert_close(found, activations.get(name)(x))

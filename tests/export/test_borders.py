"""Permutations at the borders of classes."""

import pytest
import torch
from torch import fx

from torchkeras import Input, Model, layers
from torchkeras.export.borders import permutation
from torchkeras.export.drawing import draw_inputs
from torchkeras.export.ejection import Source


def images(name, *parts):
    """A model of images to images, of a class of its own."""
    x = inputs = Input((4, 4, 3), name=f"{name}_in")
    for part in parts:
        x = part(x)
    return Model(inputs, x * layers.Conv2D(3, 1, name="gate")(x), name=name)


def text_of(model):
    return Source(model, draw_inputs(model)).text()


def test_classes_that_follow_each_other_hand_over_what_torch_wants():
    first = images("first", layers.Conv2D(3, 3, padding="same"))
    second = images("second", layers.Conv2D(3, 3, padding="same"))
    inputs = Input((4, 4, 3), name="image")
    text = text_of(Model(inputs, second(first(inputs)), name="both"))
    assert "x = self.second(self.first(image.permute(0, 3, 1, 2)))" in text
    assert text.count(".permute(") == 2


def test_a_shared_class_leaves_them_to_each_of_its_callers():
    shared = images("shared", layers.Conv2D(3, 1), layers.BatchNormalization(momentum=0.5))
    left, right = Input((4, 4, 3), name="left"), Input((4, 4, 3), name="right")
    text = text_of(Model([left, right], shared(left) - shared(right), name="siamese"))
    assert "self.shared = Shared()" in text
    assert "BatchNorm(3, axis=1, momentum=0.5)" in text
    assert "x = self.shared(left.permute(0, 3, 1, 2))" in text


def test_what_is_used_in_its_own_order_too_stays_as_it_is():
    inputs = Input((4, 4, 3))
    inner = Model(inputs, layers.Dense(3)(inputs) + layers.Conv2D(3, 1)(inputs), name="inner")
    outer = Input((4, 4, 3), name="image")
    assert "return self.inner(image)" in text_of(Model(outer, inner(outer)))


@pytest.mark.parametrize(
    ("target", "args", "axes"),
    [
        ("permute", (0, 2, 1), (0, 2, 1)),
        ("permute", ((0, 2, 1),), (0, 2, 1)),
        ("permute", (0, -1, 1), None),
        ("transpose", (1, 2), None),
    ],
)
def test_permutations_are_known_by_their_axes(target, args, axes):
    graph = fx.Graph()
    x = graph.placeholder("x")
    assert permutation(graph.call_method(target, (x, *args))) == axes
    assert permutation(graph.call_function(torch.relu, (x,))) is None

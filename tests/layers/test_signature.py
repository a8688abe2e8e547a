import functools
import inspect

import pytest
import torch

from torchkeras.layers import Layer
from torchkeras.layers.signature import also_named, argument_names, make_forward, signature_of


class Calls:
    """Functions with all kinds of arguments, as methods ``call`` may have."""

    def plain(self, x):
        pass

    def usual(self, inputs, mask=None, training=None):
        pass

    def middle(self, x, training=False, mask=None):
        pass

    def keywords(self, query, value, key=None, query_mask=None, *, training=None, flag=True):
        pass

    def star(self, *inputs, **options):
        pass


@pytest.mark.parametrize("name", ["plain", "usual", "middle", "keywords", "star"])
def test_forward_hands_on_every_argument(name):
    forward = make_forward(getattr(Calls, name), "Calls")
    seen = {}

    class Target:
        def _enter_call(self, args, kwargs, training):
            seen.update(args=args, kwargs=kwargs, training=training)

    call = getattr(Calls, name)
    signature = signature_of(call)
    if name == "star":
        forward(Target(), 1, 2, other=3, training=True)
        assert seen == {"args": (1, 2), "kwargs": {"other": 3}, "training": True}
        return
    values = {n: object() for n in signature.names if n != "training"}
    forward(Target(), **values, training=True)
    positional = dict(zip(signature.positional, seen["args"], strict=True))
    assert {**positional, **seen["kwargs"]} == values
    assert seen["training"] is True


def test_forward_has_the_arguments_of_call():
    forward = make_forward(Calls.usual, "Calls")
    assert list(inspect.signature(forward).parameters) == ["self", "inputs", "mask", "training"]
    plain = make_forward(Calls.plain, "Calls")
    assert list(inspect.signature(plain).parameters) == ["self", "x", "training"]
    with pytest.raises(TypeError, match="nothing"):
        plain(None, 1, nothing=2)


def test_masks_belong_to_arguments():
    assert signature_of(Calls.usual).masks == {"inputs": "mask"}
    assert signature_of(Calls.keywords).masks == {"query": "query_mask"}
    assert signature_of(Calls.plain).masks == {}


def test_arguments_at_their_default_are_left_out():
    signature = signature_of(Calls.keywords)
    assert signature.bind((1, 2, None), {"query_mask": None}) == {"query": 1, "value": 2}


def test_names_of_arguments_are_read():
    assert argument_names(Calls.middle) == ("x", "training", "mask")
    assert argument_names(Calls.star) == ()


def test_arguments_have_the_names_of_other_releases_too():
    class Doubling(Layer):
        @also_named(inputs="sequences", scale="factor")
        def call(self, sequences, factor=2, **options):
            return sequences * factor

    layer, x = Doubling(), torch.ones(2)
    assert layer(inputs=x).tolist() == layer(sequences=x).tolist() == [2, 2]
    assert layer(x, scale=3).tolist() == layer.call(x, scale=3).tolist() == [3, 3]
    assert "inputs" in inspect.signature(layer.forward).parameters
    assert signature_of(Doubling.call).names == ["sequences", "factor"]
    with pytest.raises(TypeError, match="sequences"):
        layer(scale=3)


def test_a_layer_may_have_a_call_of_its_own():
    class Scaled(Layer):
        def __init__(self):
            super().__init__()
            self.supports_masking = True
            self.call = doubled(self.call)

        def call(self, x, mask=None, training=None):
            return x + (1 if training else 0) if mask is None else x * mask

    def doubled(call):
        @functools.wraps(call)
        def twice(x, **kwargs):
            return 2 * call(x, **kwargs)

        return twice

    layer = Scaled()
    x = torch.ones(2)
    assert layer(x).tolist() == [2, 2]
    assert layer(x, training=True).tolist() == [4, 4]
    assert layer(x, mask=torch.tensor([3.0, 0.0])).tolist() == [6, 0]

"""Values and calls as source."""

import math
import operator

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import fx
from torch.nn import functional as F

from torchkeras.export.expressions import (
    ATOM,
    Choice,
    Expression,
    Unwritable,
    constant,
    function_call,
    function_name,
    literal,
    method_call,
)

CONSTANTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.tuples(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(CONSTANTS)
def test_constants_read_back_as_they_were(given_value):
    assert eval(constant(given_value).text) == given_value


@given(st.text())
def test_texts_are_one_literal_whatever_they_say(text):
    source = literal(text)
    assert eval(source) == text
    assert source.isascii()
    assert "\n" not in source


def test_numbers_without_a_literal_are_calls():
    assert constant(float("-inf")).text == 'float("-inf")'
    assert math.isnan(eval(constant(float("nan")).text))


def test_objects_have_no_form():
    with pytest.raises(Unwritable, match="a value of object"):
        constant(object())


def nodes():
    graph = fx.Graph()
    return [graph.placeholder(name) for name in "abc"]


def shown(node):
    return Expression(node.name, ATOM)


def test_operators_have_brackets_where_they_need_them():
    a, b, c = nodes()
    texts = {a: Expression("a + b", 16), b: shown(b), c: shown(c)}
    assert function_call(operator.mul, (a, b), {}, texts.__getitem__).text == "(a + b) * b"
    assert method_call("sub", (b, a), {}, texts.__getitem__).text == "b - (a + b)"
    assert method_call("__rdiv__", (a, 1.0), {}, texts.__getitem__).text == "1.0 / (a + b)"
    assert method_call("pow", (b, 2), {}, texts.__getitem__).text == "b ** 2"
    assert method_call("neg", (a,), {}, texts.__getitem__).text == "-(a + b)"


def test_indices_are_written_as_slices():
    a, b, _ = nodes()
    index = (Ellipsis, slice(None, 3), slice(1, None, 2), None, b)
    found = function_call(operator.getitem, (a, index), {}, shown)
    assert found.text == "a[..., :3, 1::2, None, b]"


def test_functions_are_called_by_their_public_names():
    assert function_name(F.gelu) == "F.gelu"
    assert function_name(torch._C._linalg.linalg_vector_norm) == "torch.linalg.vector_norm"
    with pytest.raises(Unwritable, match="print"):
        function_name(print)


def test_defaults_are_left_out():
    (a, *_) = nodes()
    text = function_call(F.interpolate, (a,), {"size": (2, 2), "mode": "nearest"}, shown).text
    assert text == "F.interpolate(a, size=(2, 2))"


def test_attributes_of_tensors_are_attributes():
    (a, *_) = nodes()
    assert function_call(getattr, (a, "device"), {}, shown).text == "a.device"
    with pytest.raises(Unwritable, match="the name"):
        function_call(getattr, (a, "device; import os"), {}, shown)


def test_a_choice_asks_for_the_mode():
    assert constant([Choice(0.5, 0.0)]).text == "[0.5 if self.training else 0.0]"


def test_arguments_are_written_as_people_do():
    graph = fx.Graph()
    q, k, v = (graph.placeholder(name) for name in "qkv")
    for node in (q, k, v):
        node.meta["shape"] = (None, 2, 7, 16)

    def text(target, args, kwargs):
        made = function_call if callable(target) else method_call
        return made(target, args, kwargs, lambda node: Expression(node.name, ATOM)).text

    attention = F.scaled_dot_product_attention
    assert (
        text(attention, (q, k, v, None, Choice(0.2, 0.0), False), {"scale": 0.25})
        == "F.scaled_dot_product_attention(q, k, v, dropout_p=0.2 if self.training else 0.0)"
    )
    assert "scale=0.5)" in text(attention, (q, k, v, None, 0.0, True), {"scale": 0.5})
    assert text(F.interpolate, (q,), {"scale_factor": (2.0, 2.0)}) == (
        "F.interpolate(q, scale_factor=2)"
    )
    assert text("mean", (q, (2,)), {}) == "q.mean(2)"
    assert text("mul", (q, 1 / 255), {}) == "q * (1 / 255)"
    assert text(torch.sum, (q, (1,), True), {}) == "torch.sum(q, 1, keepdim=True)"
    assert text(torch.amax, (q, (1, 2)), {}) == "torch.amax(q, (1, 2))"
    assert text(operator.add, (q, -1.0), {}) == "q - 1.0"
    assert text("sub", (q, -2), {}) == "q + 2"

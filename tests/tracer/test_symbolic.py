import operator

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import torchkeras as keras
from torchkeras import tracer
from torchkeras.tracer import KerasTensor, traceable


def run(function, *shapes, dtypes=None):
    """Symbolic and eager shape and type of ``function``, the batch being 3 where None."""
    inputs = [keras.Input(batch_shape=s) for s in shapes]
    symbolic = function(*inputs)
    eager = function(*[torch.rand([3 if n is None else n for n in s]) + 0.5 for s in shapes])
    return symbolic, eager


@pytest.mark.parametrize(
    ("function", "shapes"),
    [
        (lambda a, b: torch.cat([a, b], -1), [(None, 4), (None, 2)]),
        (lambda a: a * 2 + 1, [(None, 4)]),
        (lambda a: 2 - a / 3, [(None, 4)]),
        (lambda a: 2**a, [(None, 4)]),
        (lambda a: -a, [(None, 4)]),
        (lambda a: abs(a), [(None, 4)]),
        (lambda a: a[:, 0], [(None, 4)]),
        (lambda a: a[..., None, 1:3], [(None, 4)]),
        (lambda a, b: a @ b, [(None, 4, 5), (5, 6)]),
        (lambda a, b: a + b, [(None, 1, 5), (4, 1)]),
        (lambda a: a > 0.7, [(None, 4)]),
        (lambda a: (a > 0.7) & (a < 0.9), [(None, 4)]),
        (lambda a: torch.where(a > 0.5, a, torch.zeros(())), [(None, 4)]),
        (lambda a: F.softmax(a, dim=-1).sum(dim=1, keepdim=True), [(None, 4)]),
        (lambda a: a.mean(dim=1), [(None, 4, 2)]),
        (lambda a: a.transpose(1, 2), [(None, 4, 2)]),
        (lambda a: torch.reshape(a, (-1, 8)), [(None, 4, 2)]),
        (lambda a: a.reshape(-1, 2, 4), [(None, 4, 2)]),
        (lambda a: a.reshape((-1, 8)), [(None, 4, 2)]),
        (lambda a: a.squeeze(1), [(None, 1, 2)]),
        (lambda a: torch.max(a, dim=1).values, [(None, 4)]),
        (lambda a: torch.split(a, 2, dim=1)[1], [(None, 4)]),
        (lambda a: a.to(torch.float64), [(None, 4)]),
    ],
)
def test_shape_and_type_are_those_of_a_run(function, shapes):
    symbolic, eager = run(function, *shapes)
    assert tuple(3 if n is None else n for n in symbolic.shape) == tuple(eager.shape)
    assert symbolic.dtype == str(eager.dtype).removeprefix("torch.")
    assert isinstance(symbolic, KerasTensor)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda x: x.add_(1), "in place"),
        (lambda x: torch.relu_(x), "in place"),
        (lambda x: operator.setitem(x, 0, 1.0), "item assignment"),
        (lambda x: torch.add(x, 1, out=torch.empty(1)), "out="),
        (lambda x: bool(x > 0), "torch.where"),
        (lambda x: float(x), "Python float"),
        (lambda x: int(x), "Python int"),
        (lambda x: __import__("numpy").asarray(x), "keras.ops"),
        (lambda x: list(x), "Iterating"),
        (lambda x: len(x), "first size"),
    ],
)
def test_what_a_symbol_cannot_do_says_what_to_do_instead(function, message):
    with pytest.raises(TypeError, match=message):
        function(keras.Input((4,)))


def test_a_wrong_attribute_is_said():
    with pytest.raises(AttributeError, match="'KerasTensor' object has no attribute 'nothing'"):
        _ = keras.Input((4,)).nothing


def test_a_symbol_describes_itself():
    x = keras.Input((4,), name="x")
    assert (x.shape, x.dtype, x.ndim, x.name) == ((None, 4), "float32", 2, "x")
    assert x.dim() == 2
    assert x.size(1) == 4
    assert x.is_floating_point()
    assert "shape=(None, 4)" in repr(x)
    operation, node, position = x._keras_history
    assert (type(operation).__name__, node, position) == ("InputLayer", 0, 0)


def test_symbols_are_found_in_nested_arguments():
    x = keras.Input((4,))
    assert tracer.any_symbolic([1, {"a": (x,)}])
    assert tracer.any_symbolic(slice(x, None))
    assert not tracer.any_symbolic([1, {"a": (2,)}])
    found = tracer.symbols_in({"a": [x], "b": slice(0, x)})
    assert [id(symbol) for symbol in found] == [id(x), id(x)]


def test_a_traceable_function_is_one_node():
    @traceable
    def head(x):
        return x[:, :2] if x.shape[1] > 2 else x

    x = keras.Input((4,))
    y = head(x)
    assert y.shape == (None, 2)
    assert y.call.operation is head
    assert head(torch.ones(3, 4)).shape == (3, 2)


def test_a_traceable_function_may_bring_its_shape_rule():
    @traceable(shape=lambda x: KerasTensor((7,), "int32"))
    def odd(x):
        return torch.zeros(7, dtype=torch.int32)

    y = odd(keras.Input((4,)))
    assert (y.shape, y.dtype) == ((7,), "int32")


def test_code_that_looks_at_values_is_run_on_zeros():
    def data_dependent(x):
        return x * 2 if bool((x.sum() >= 0).item()) else x

    y = tracer.record(data_dependent, (keras.Input((4,)),), {})
    assert y.shape == (None, 4)


def test_plain_modules_are_one_node_and_torch_is_left_without_hooks():
    linear = torch.nn.Linear(4, 3)
    x = keras.Input((4,))
    y = torch.nn.Sequential(linear, torch.nn.Dropout(0.5))(x)
    model = keras.Model(x, y)
    assert [node.op for node in model.graph_module.graph.nodes].count("call_module") == 1
    assert len(model.trainable_weights) == 2
    from torch.nn.modules import module as torch_module

    assert not torch_module._global_forward_hooks
    assert not torch_module._global_forward_pre_hooks
    data = torch.ones(2, 4)
    torch.testing.assert_close(model(data), linear(data))


def test_dropout_in_a_plain_module_follows_the_mode_of_the_model():
    x = keras.Input((64,))
    model = keras.Model(x, torch.nn.Dropout(0.5)(x))
    data = torch.ones(2, 64)
    assert torch.equal(model(data), data)
    model.train()
    assert not torch.equal(model(data), data)


def test_symbols_are_rounded():
    inputs = keras.Input((2,))
    model = keras.Model(inputs, [round(inputs), round(inputs, 1)])
    whole, tenths = model(torch.tensor([[1.26, 2.5]]))
    assert whole.tolist() == [[1.0, 2.0]]
    assert torch.equal(tenths, torch.tensor([[1.3, 2.5]]))


ROW = [1.5, -2.0]


@pytest.mark.parametrize(
    "operate",
    [
        lambda x: x - ROW,
        lambda x: ROW - x,
        lambda x: tuple(ROW) * x,
        lambda x: x / np.array(ROW),
        lambda x: np.array(ROW) * x,
        lambda x: np.float64(2.0) - x,
        lambda x: x ** [2, 3],
        lambda x: x == [0.5, -1.0],
        lambda x: [[1.0, 0.0], [0.0, 2.0]] @ x,
        lambda x: x[::-1],
        lambda x: x[..., 1::-1, None] * 2,
    ],
)
def test_lists_arrays_and_slices_are_taken_as_numpy_takes_them(operate):
    x = np.array([[0.5, -1.0], [2.0, 3.0]], "float32")
    inputs = keras.Input((2,), batch_size=2)
    outputs = operate(inputs)
    model = keras.Model(inputs, outputs)
    expected = operate(x)
    assert outputs.dtype == ("bool" if expected.dtype == bool else "float32")
    assert np.allclose(model(torch.as_tensor(x)), expected)
    assert np.allclose(keras.Model.from_config(model.get_config())(torch.as_tensor(x)), expected)

import copy
import pickle

import keras
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from torchkeras import layers
from torchkeras.core.layout import Permuted
from torchkeras.core.scopes import name_scope, shape_run_scope
from torchkeras.core.variable import Variable


@pytest.fixture
def dense():
    layer = layers.Dense(3, name="head")
    layer.build((None, 2))
    return layer


def test_it_has_the_attributes_of_a_keras_variable():
    ours = Variable([[1.0, 2.0]], name="scale")
    theirs = keras.Variable([[1.0, 2.0]], name="scale")
    for attribute in ("shape", "dtype", "name", "path", "ndim", "trainable", "aggregation"):
        assert getattr(ours, attribute) == getattr(theirs, attribute), attribute
    np.testing.assert_array_equal(ours.numpy(), theirs.numpy())


@pytest.mark.parametrize("value", [1, 1.5, True, [1, 2], np.arange(3), np.float64(2), (1.0, 2)])
def test_its_type_follows_the_value_as_in_keras(value):
    theirs = keras.Variable(value, trainable=False)
    assert Variable(value, trainable=False).dtype == theirs.dtype


def test_a_callable_is_called_with_shape_and_type():
    variable = Variable(lambda shape, dtype: torch.ones(shape), shape=(2, 3), dtype="float64")
    assert variable.shape == (2, 3)
    assert variable.dtype == "float64"
    with pytest.raises(ValueError, match="shape is None"):
        Variable(lambda shape, dtype: torch.ones(shape))


def test_it_compares_by_identity_and_can_be_a_key(dense):
    a, b = dense.kernel, dense.bias
    assert a == a
    assert a != b
    assert a in [b, a]
    assert b not in [a]
    assert {a: 1, b: 2}[a] == 1
    assert dense.kernel is a


def test_it_follows_the_parameter(dense):
    with torch.no_grad():
        dense.linear.weight.fill_(7.0)
    assert (dense.kernel.numpy() == 7).all()
    dense.to(torch.float64)
    assert dense.kernel.dtype == "float64"
    dense.load_state_dict({"linear.weight": torch.ones(3, 2), "linear.bias": torch.ones(3)})
    assert (dense.kernel.numpy() == 1).all()


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda v: pickle.loads(pickle.dumps(v))])
def test_a_copy_of_the_owner_has_variables_of_its_own(dense, duplicate):
    twin = duplicate(dense)
    assert twin.kernel is not dense.kernel
    assert twin.kernel.module is twin.linear
    twin.kernel.assign(np.ones((2, 3)))
    assert (twin.linear.weight == 1).all()
    assert not (dense.linear.weight == 1).all()


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda v: pickle.loads(pickle.dumps(v))])
def test_a_copy_of_a_variable_stands_alone(duplicate):
    variable = Variable([1.0, 2.0], name="v")
    twin = duplicate(variable)
    twin.assign([3.0, 4.0])
    assert variable.numpy().tolist() == [1.0, 2.0]
    assert twin.numpy().tolist() == [3.0, 4.0]


def test_assignment_goes_through_the_layout(dense):
    value = np.arange(6, dtype="float32").reshape(2, 3)
    assert dense.kernel.assign(value) is dense.kernel
    np.testing.assert_array_equal(dense.linear.weight.detach(), value.T)
    dense.kernel.assign_add(value)
    dense.kernel.assign_sub(np.ones((2, 3)))
    np.testing.assert_array_equal(dense.kernel.numpy(), 2 * value - 1)


def test_a_wrong_shape_is_refused_and_nothing_changes(dense):
    before = dense.kernel.numpy()
    with pytest.raises(ValueError, match=r"must match, so expected \(2, 3\)"):
        dense.kernel.assign(np.ones((3, 2)))
    np.testing.assert_array_equal(dense.kernel.numpy(), before)


def test_a_shape_run_assigns_nothing():
    variable = Variable(1.0)
    with shape_run_scope():
        variable.assign(5.0)
    assert float(variable) == 1.0


@given(st.sampled_from(["__add__", "__sub__", "__mul__", "__truediv__", "__pow__", "__matmul__",
                        "__lt__", "__ge__", "__mod__", "__floordiv__"]))  # fmt: skip
def test_operators_are_those_of_the_value(name):
    value = torch.rand(3, 3) + 0.5
    other = torch.rand(3, 3) + 0.5
    variable = Variable(value)
    assert torch.equal(getattr(variable, name)(other), getattr(value, name)(other))
    assert torch.equal(getattr(variable, name)(Variable(other)), getattr(value, name)(other))


@pytest.mark.parametrize(
    ("values", "operate"),
    [
        ([1.0, 2.0], lambda v: v * (1, 2)),
        ([1.0, 2.0], lambda v: [2.0, 3.0] ** v),
        ([1.0, 2.0], lambda v: v == [1.0, 3.0]),
        ([1.0, 2.0], lambda v: v != (1, 3)),
        ([1, 2], lambda v: v + [1, 2]),
        ([1, 2], lambda v: v + [1.5, 2]),
        ([1, 2], lambda v: v / [2, 2]),
        ([True, False], lambda v: v & [True, True]),
    ],
)
def test_lists_stand_beside_variables_as_in_keras(values, operate):
    found = operate(Variable(values, trainable=False))
    expected = operate(keras.Variable(values, trainable=False))
    assert found.tolist() == expected.tolist()
    assert found.dtype == expected.dtype


def test_torch_and_numpy_take_it_as_a_tensor():
    variable = Variable([1.0, 4.0])
    assert torch.sqrt(variable).tolist() == [1.0, 2.0]
    assert torch.stack([variable, variable]).shape == (2, 2)
    assert np.sqrt(variable).tolist() == [1.0, 2.0]
    assert np.asarray(variable, dtype="int64").tolist() == [1, 4]
    assert (2 + variable).tolist() == [3.0, 6.0]
    assert (np.ones(2, "float32") * variable).tolist() == [1.0, 4.0]
    assert variable.sum() == 5.0
    assert variable[0] == 1.0
    assert [float(v.detach()) for v in variable] == [1.0, 4.0]
    assert -variable[1] == -4.0
    assert len(variable) == 2


def test_scalars_turn_into_python_numbers():
    assert int(Variable(3)) == 3
    assert float(Variable(2.5)) == 2.5
    assert bool(Variable(True))
    assert [1, 2, 3][Variable(1)] == 2
    with pytest.raises(TypeError, match="only scalar arrays"):
        float(Variable([1.0, 2.0]))


def test_it_is_no_tensor_and_unknown_attributes_are_said():
    variable = Variable(1.0)
    assert not isinstance(variable, torch.Tensor)
    assert isinstance(variable.value, torch.nn.Parameter)
    with pytest.raises(AttributeError, match="'Variable' object has no attribute 'nothing'"):
        _ = variable.nothing


def test_gradients_can_be_taken_of_it_and_of_its_value(dense):
    x = torch.randn(4, 2)
    expected = torch.autograd.grad(dense(x).square().sum(), dense.linear.weight)[0].T
    for target in (dense.kernel, dense.kernel.value):
        (gradient,) = torch.autograd.grad(dense(x).square().sum(), [target])
        torch.testing.assert_close(gradient, expected)
    (single,) = torch.autograd.grad(dense(x).square().sum(), dense.kernel)
    torch.testing.assert_close(single, expected)


def test_a_value_in_keras_layout_is_a_plain_tensor_in_any_other_function(dense):
    assert type(dense.kernel.value + 1) is torch.Tensor
    assert type(dense.kernel.value.detach().clone() * 2) is torch.Tensor


def test_freezing_reaches_the_parameter_and_a_buffer_can_be_thawed():
    variable = Variable([1.0])
    variable.trainable = False
    assert not variable.parameter.requires_grad
    frozen = Variable([1.0], trainable=False)
    assert "value" in frozen.module._buffers
    frozen.trainable = True
    assert frozen.parameter.requires_grad
    assert isinstance(frozen.parameter, torch.nn.Parameter)


def test_a_layout_can_be_given():
    variable = Variable(np.arange(6.0).reshape(2, 3), layout=Permuted((1, 0)))
    assert variable.shape == (2, 3)
    assert variable.parameter.shape == (3, 2)


def test_names_and_paths_follow_the_scopes():
    with name_scope("outer"):
        assert Variable(1.0, name="v").path == "outer/v"
    with pytest.raises(ValueError, match="without '/'"):
        Variable(1.0, name="a/b")


def test_an_unknown_aggregation_is_refused():
    with pytest.raises(ValueError, match="aggregation is 'median'"):
        Variable(1.0, aggregation="median")


def test_it_compiles_and_exports():
    class Scale(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.store = torch.nn.Module()
            self.store.scale = torch.nn.Parameter(torch.full((3,), 2.0))
            self.variable = Variable.adopt(self.store, "scale")

        def forward(self, x):
            return x * self.variable + torch.sum(self.variable)

    module = Scale()
    x = torch.ones(3)
    compiled = torch.compile(module, fullgraph=True, backend="eager")
    torch.testing.assert_close(compiled(x), module(x))
    torch.testing.assert_close(torch.export.export(module, (x,)).module()(x), module(x))


def test_half_precision_is_shown_as_float():
    variable = Variable(torch.ones(2, dtype=torch.bfloat16))
    assert variable.numpy().dtype == np.float32
    assert variable.dtype == "bfloat16"
    assert "path=variable" in repr(variable)


def test_rounding_is_that_of_keras():
    values = [1.256, 2.5, -3.5]
    ours, theirs = Variable(values), keras.Variable(values)
    assert round(ours).tolist() == round(theirs).tolist()
    assert round(ours, 1).tolist() == round(theirs, 1).tolist()


@pytest.mark.parametrize("left", [np.float64(2.0), np.float32(2.0), np.array([2.0, 3.0])])
def test_numpy_on_the_left_leaves_the_operator_to_the_variable(left):
    variable = Variable([1.0, 4.0])
    for found, expected in (
        (left * variable, left * np.array([1.0, 4.0])),
        (left - variable, left - np.array([1.0, 4.0])),
        (left / variable, left / np.array([1.0, 4.0])),
    ):
        assert found.requires_grad
        np.testing.assert_allclose(found.detach(), expected)

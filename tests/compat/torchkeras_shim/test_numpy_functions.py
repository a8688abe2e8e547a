import operator

import numpy as np
import pytest
import torch

X = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
ARRAY = np.array([[2.0, 1.0], [1.0, 3.0]])
OPERATORS = ["add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul"]
COMPARISONS = ["gt", "ge", "lt", "le", "eq", "ne"]


@pytest.mark.parametrize("name", OPERATORS + COMPARISONS)
def test_an_operator_between_a_tensor_and_an_array_gives_a_tensor(name):
    compute = getattr(operator, name)
    for left, right in ((X, ARRAY), (ARRAY, X)):
        result = compute(left, right)
        assert isinstance(result, torch.Tensor)
        assert result.dtype is (torch.bool if name in COMPARISONS else torch.float32)
        np.testing.assert_allclose(result, compute(np.asarray(left), np.asarray(right)))


def test_gradients_flow_through_arithmetic_with_arrays():
    with torch.enable_grad():
        x = X.clone().requires_grad_()
        (ARRAY * x - ARRAY).sum().backward()
    assert x.grad.tolist() == ARRAY.tolist()


def test_fractions_stay_fractions_beside_whole_numbers():
    assert (torch.tensor([1, 2]) * np.array([0.5, 0.5])).tolist() == [0.5, 1.0]


@pytest.mark.parametrize(
    "name", ["mean", "sum", "max", "min", "std", "var", "any", "all", "prod", "argmax", "squeeze"]
)
def test_functions_of_numpy_take_tensors_and_give_arrays(name):
    function = getattr(np, name)
    result = function(X)
    assert isinstance(result, (np.ndarray, np.generic))
    np.testing.assert_array_equal(result, function(np.asarray(X)))


def test_functions_of_numpy_take_tensors_in_lists():
    assert np.concatenate([X, X]).shape == (4, 2)
    assert np.mean([X[0, 0], X[0, 1]]) == 1.5
    assert np.mean(X, axis=0, keepdims=True).tolist() == [[2.0, 3.0]]


def test_an_array_may_be_changed_by_a_tensor():
    total = np.zeros((2, 2))
    total += X
    assert total.tolist() == X.tolist()
    assert np.add.reduce(X).tolist() == [4.0, 6.0]

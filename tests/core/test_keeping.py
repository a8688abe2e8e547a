import gc

import pytest
import torch

import torchkeras as keras
from torchkeras.core import keeping


def gradient_after(change, compute, variable):
    """What torch gives for the variable if it changes between the computation and the gradient."""
    with keeping.as_recorded():
        y = compute(variable.parameter)
    change(variable)
    return torch.autograd.grad(y, variable.parameter)[0]


@pytest.mark.parametrize(
    "compute",
    [
        lambda w: (w * w).sum(),
        lambda w: (torch.nn.functional.linear(w, w.detach() * 2) ** 2).sum(),
        lambda w: (w.T @ w[:, 1:]).sin().sum(),
    ],
)
@pytest.mark.parametrize(
    "change",
    [
        lambda v: v.assign_add(torch.ones(2, 2)),
        lambda v: keras.optimizers.SGD(0.5).apply([torch.ones(2, 2)], [v]),
        lambda v: keras.optimizers.Adam(0.5).apply([torch.ones(2, 2)], [v]),
    ],
)
def test_gradients_are_those_of_what_was_recorded(compute, change):
    variable = keras.Variable([[1.0, 2.0], [3.0, 5.0]])
    expected = torch.autograd.grad(compute(variable.parameter), variable.parameter)[0]
    found = gradient_after(change, compute, variable)
    torch.testing.assert_close(found, expected)
    assert variable.numpy().tolist() != [[1.0, 2.0], [3.0, 5.0]]


def test_values_are_put_aside_once_and_only_while_they_are_needed():
    gc.collect()
    assert not keeping._recordings
    variable = keras.Variable([1.0, 2.0])
    with keeping.as_recorded():
        y = (variable.parameter**2).sum() * (variable.parameter**3).sum()
    ((kept,),) = [list(recording.values()) for recording in keeping._recordings]
    variable.assign([5.0, 5.0])
    first = kept.before
    variable.assign([6.0, 6.0])
    assert kept.before is first
    assert not any(keeping._recordings)
    (found,) = torch.autograd.grad(y, variable.parameter)
    assert found.tolist() == [2 * 9 + 5 * 3, 4 * 9 + 5 * 12]
    assert not keeping._recordings  # the computation is done with


def test_second_derivatives_are_of_the_recorded_values_too():
    variable = keras.Variable(2.0)
    with keeping.as_recorded():
        y = variable.parameter**3
        (first,) = torch.autograd.grad(y, variable.parameter, create_graph=True)
    variable.assign(7.0)
    (second,) = torch.autograd.grad(first, variable.parameter)
    assert float(second) == 12.0


def test_everything_is_put_aside_before_compiled_calls():
    first, second = keras.Variable([2.0]), keras.Variable([3.0])
    with keeping.as_recorded():
        y = (first.parameter * second.parameter).sum()
    keeping.anything_may_change()
    with torch.no_grad():
        first.parameter.mul_(5)
    assert torch.autograd.grad(y, second.parameter)[0].tolist() == [2.0]

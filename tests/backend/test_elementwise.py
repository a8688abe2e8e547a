"""``K.*`` functions under the argument names of tf.keras 2."""

import pytest
import torch

from torchkeras import Input, backend, ops

X, Y = torch.tensor([1.0, 2.0, 3.0]), torch.tensor([3.0, 2.0, 1.0])


@pytest.mark.parametrize(
    "name",
    ["equal", "not_equal", "greater", "greater_equal", "less", "less_equal", "maximum", "minimum"],
)
def test_two_tensors_are_compared_by_their_older_names(name):
    assert torch.equal(getattr(backend, name)(x=X, y=Y), getattr(ops, name)(X, Y))


def test_shapes_and_indices_have_their_older_names():
    assert backend.one_hot(indices=torch.tensor([1]), num_classes=3).tolist() == [[0.0, 1.0, 0.0]]
    assert backend.reshape(x=X, shape=(3, 1)).shape == (3, 1)
    assert backend.tile(x=X, n=2).shape == (6,)
    assert backend.tile(x=X[None], n=[2, 3]).shape == (2, 9)
    assert backend.is_keras_tensor(x=Input((2,)))
    assert not backend.is_keras_tensor(x=X)


def test_gradients_are_stopped_in_tensors_and_in_lists_of_them():
    x = X.clone().requires_grad_()
    assert not backend.stop_gradient(variables=x).requires_grad
    assert [v.requires_grad for v in backend.stop_gradient([x, x * 2])] == [False, False]

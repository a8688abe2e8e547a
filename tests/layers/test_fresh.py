import pytest
import torch

from torchkeras import activations, layers
from torchkeras.layers.fresh import activated


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (lambda: layers.Dense(4, activation="relu"), (3, 5)),
        (lambda: layers.Conv2D(4, 3, activation="relu"), (2, 6, 6, 3)),
        (lambda: layers.Conv2D(4, 3, padding="same", strides=2, activation="relu"), (2, 6, 6, 3)),
        (lambda: layers.Conv1D(4, 3, activation="relu", data_format="channels_first"), (2, 3, 6)),
    ],
)
def test_values_and_gradients_are_those_of_a_relu_behind_the_layer(layer, shape):
    layer = layer()
    x = torch.randn(shape, requires_grad=True)
    y = layer(x)
    ours = torch.autograd.grad(y.square().sum(), [x, *layer.parameters()])
    layer.activation = activations.linear
    behind = torch.relu(layer(x))
    theirs = torch.autograd.grad(behind.square().sum(), [x, *layer.parameters()])
    torch.testing.assert_close(y, behind)
    torch.testing.assert_close(ours, theirs)


def test_the_result_of_a_plain_module_is_overwritten():
    linear = torch.nn.Linear(3, 3)
    y = linear(torch.randn(2, 3))
    assert activated(activations.relu, y, linear).data_ptr() == y.data_ptr()


@pytest.mark.parametrize("kind", ["hook", "backward hook", "other module", "other activation"])
def test_what_somebody_may_hold_is_left_alone(kind):
    linear = torch.nn.Linear(3, 3)
    activation = activations.relu
    if kind == "hook":
        linear.register_forward_hook(lambda module, args, y: None)
    elif kind == "backward hook":
        linear.register_full_backward_hook(lambda module, before, after: None)
    elif kind == "other module":
        linear = torch.nn.Identity()
    else:
        activation = activations.tanh
    y = linear(torch.randn(2, 3))
    before = y.detach().clone()
    activated(activation, y, linear)
    assert torch.equal(y.detach(), before)


def test_an_exchanged_inner_module_leaves_the_input_alone():
    layer = layers.Dense(3, activation="relu")
    x = torch.tensor([[-1.0, 1.0, -2.0]])
    layer(x)
    layer.linear = torch.nn.Identity()
    assert layer(x).tolist() == [[0.0, 1.0, 0.0]]
    assert x.tolist() == [[-1.0, 1.0, -2.0]]

"""Rematerialization: equal results and gradients, fewer kept tensors, effects that happen once."""

import pytest
import torch

import torchkeras
from torchkeras import layers


def kept_bytes(run):
    """Bytes that autograd saves during ``run``."""
    saved = []

    def pack(tensor):
        saved.append(tensor.numel() * tensor.element_size())
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        run()
    return sum(saved)


def test_a_function_keeps_its_arguments_only_and_has_the_same_gradient():
    def f(x):
        for _ in range(5):
            x = (x * 1.1).sin()
        return x

    x = torch.randn(100, requires_grad=True)
    plain = torch.autograd.grad(f(x).sum(), x)[0]
    assert torch.equal(torch.autograd.grad(torchkeras.remat(f)(x).sum(), x)[0], plain)
    assert kept_bytes(lambda: torchkeras.remat(f)(x)) < kept_bytes(lambda: f(x))
    with torch.no_grad():
        assert torch.equal(torchkeras.remat(f)(x), f(x))


def block(name=None):
    return torchkeras.Sequential(
        [
            layers.Dense(8, activation="gelu"),
            layers.BatchNormalization(),
            layers.Dropout(0.5, seed=3),
            layers.Dense(8, activation="tanh"),
        ],
        name=name,
    )


def gradients(layer, x):
    y = layer(x, training=True)
    return [y.detach(), *torch.autograd.grad((y**2).sum(), list(layer.parameters()))]


def test_a_composite_layer_is_computed_again_in_the_same_mode_with_the_same_draws():
    plain, x = block(), torch.randn(6, 8)
    plain.build((None, 8))
    with torchkeras.RematScope("full"):
        again = block()
    again.build((None, 8))
    again.set_weights(plain.get_weights())
    for _ in range(2):  # the second step starts from what the first one changed
        for ours, wanted in zip(gradients(again, x), gradients(plain, x), strict=True):
            torch.testing.assert_close(ours, wanted)
    for ours, wanted in zip(again.get_weights(), plain.get_weights(), strict=True):
        assert (ours == wanted).all()
    dropouts = [
        layer for model in (again, plain) for layer in model.layers if "dropout" in layer.name
    ]
    states = [layer.seed_generator.state.numpy().tolist() for layer in dropouts]
    assert states[0] == states[1]


@pytest.mark.parametrize(
    "options, names",
    [
        ({"mode": "list_of_layers", "layer_names": ["small"]}, {"small"}),
        ({"mode": "larger_than", "output_size_threshold": 100}, {"large"}),
        ({"mode": "full"}, {"small", "large"}),
        ({"mode": None}, set()),
    ],
)
def test_the_mode_says_which_layers_are_computed_again(options, names):
    calls = {"small": 0, "large": 0}

    class Counted(layers.Dense):
        def call(self, x):
            calls[self.name] += 1
            return super().call(x).sin()

    with torchkeras.RematScope(**options):
        made = [Counted(3, name="small"), Counted(64, name="large")]
    x = torch.randn(4, 5)
    for layer in made:
        layer.build((None, 5))
        layer(x).sum().backward()
    assert {name for name, number in calls.items() if number == 2} == names


def test_activations_alone_are_computed_again():
    calls = []

    def activation(x):
        calls.append(x)
        return x.exp()

    with torchkeras.RematScope("activations"):
        layer = layers.Dense(3, activation=activation)
        linear = layers.Dense(3)
    x = torch.randn(4, 5)
    layer(x).sum().backward()
    assert len(calls) == 2
    assert layer.activation is activation
    assert linear(x).shape == (4, 3)


def test_inner_scopes_win_and_end():
    with torchkeras.RematScope("full"):
        with torchkeras.RematScope(None):
            off = layers.Dense(2)
        on = layers.Dense(2)
    assert (off._remat_scope, layers.Dense(2)._remat_scope) == (None, None)
    assert on._remat_scope.mode == "full"


def test_an_unknown_mode_is_named():
    with pytest.raises(ValueError, match="mode is 'some'; expected one of"):
        torchkeras.RematScope("some")


def test_a_layer_may_say_itself_how_it_is_computed_again():
    class Told(layers.Dense):
        calls = 0

        def rematerialized_call(self, layer_call, *args, **kwargs):
            type(self).calls += 1
            return super().rematerialized_call(layer_call, *args, **kwargs)

    Told(2)(torch.ones(1, 3))
    assert Told.calls == 0
    with torchkeras.RematScope("full"):
        layer = Told(2)
    layer(torch.ones(1, 3)).sum().backward()
    assert Told.calls == 1
    assert layers.Dense(2).rematerialized_call(len) is len

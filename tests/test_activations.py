"""Activation functions and their names."""

import keras
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import torchkeras
from torchkeras import activations
from torchkeras.core.scopes import keras_2_scope
from torchkeras.core.serialization import SafeModeScope

WITHOUT_OPTIONS = (
    *("celu", "elu", "exponential", "gelu", "hard_shrink", "hard_sigmoid", "hard_silu"),
    *("hard_swish", "hard_tanh", "leaky_relu", "linear", "log_sigmoid", "log_softmax", "mish"),
    *("relu", "relu6", "selu", "sigmoid", "silu", "soft_shrink", "softmax", "softplus", "softsign"),
    *("sparse_plus", "sparse_sigmoid", "squareplus", "swish", "tanh", "tanh_shrink"),
)


@pytest.mark.parametrize("name", WITHOUT_OPTIONS)
@given(seed=st.integers(0, 99), half=st.booleans())
def test_values_and_gradients_are_those_of_keras(name, seed, half):
    values = 3 * torch.randn(2, 6, generator=torch.Generator().manual_seed(seed))
    dtype = torch.bfloat16 if half else torch.float32
    ours, theirs = [values.to(dtype).requires_grad_() for _ in range(2)]
    y, expected = activations.get(name)(ours), getattr(keras.activations, name)(theirs)
    assert y.dtype == expected.dtype
    rough = {"rtol": 3e-2, "atol": 4e-3} if half else {"rtol": 1e-5, "atol": 1e-6}
    torch.testing.assert_close(y, expected, **rough)
    torch.autograd.backward([y.float().square().sum(), expected.float().square().sum()])
    torch.testing.assert_close(ours.grad, theirs.grad, **rough)


@given(
    slope=st.sampled_from([0.0, 0.3]),
    highest=st.sampled_from([None, 6, 2.0]),
    threshold=st.sampled_from([0.0, 1.0]),
)
def test_relu_with_options_is_that_of_keras(slope, highest, threshold):
    x = torch.linspace(-8, 8, 33)
    ours = activations.relu(x, slope, highest, threshold)
    torch.testing.assert_close(ours, keras.activations.relu(x, slope, highest, threshold))


def test_the_slope_has_an_older_name():
    x = torch.tensor([-1.0, 2.0])
    assert activations.relu(x, alpha=0.5).tolist() == [-0.5, 2.0]
    assert activations.leaky_relu(x, alpha=0.5).tolist() == [-0.5, 2.0]
    with pytest.raises(TypeError, match="unexpected keyword argument 'beta'"):
        activations.relu(x, beta=1)


def test_sparsemax_is_a_point_of_the_simplex():
    x = torch.randn(5, 7)
    for axis in (0, 1):
        y = activations.sparsemax(x, axis)
        assert (y >= 0).all()
        torch.testing.assert_close(y.sum(axis), torch.ones(x.shape[1 - axis]))
    assert activations.sparsemax(torch.tensor([3.0, 1.0, 0.0])).tolist() == [1.0, 0.0, 0.0]


@pytest.mark.parametrize("name", ["sigmoid", "softmax"])
def test_probabilities_remember_their_logits(name):
    x = torch.randn(2, 3)
    assert activations.get(name)(x)._keras_logits is x


def test_logits_are_remembered_inside_a_compiled_graph():
    def loss(x):
        y = activations.softmax(x * 2)
        return y._keras_logits.sum()

    x = torch.randn(2, 3)
    compiled = torch.compile(loss, fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(compiled(x), 2 * x.sum())


def test_softmax_takes_several_axes_as_one():
    x = torch.randn(2, 3, 4)
    torch.testing.assert_close(activations.softmax(x, (1, 2)).sum((1, 2)), torch.ones(2))


def test_names_callables_and_nothing_are_understood():
    assert activations.get(None) is activations.linear
    assert activations.get("swish") is activations.silu
    assert activations.get(torch.relu) is torch.relu


def test_every_name_of_keras_is_known():
    for name in keras.src.activations.ALL_OBJECTS_DICT:
        assert callable(activations.get(name))


def test_an_unknown_name_offers_the_nearest():
    with pytest.raises(ValueError, match='Did you mean "relu"'):
        activations.get("relyu")


@pytest.mark.parametrize("name", [n for n in WITHOUT_OPTIONS if n not in ("swish", "hard_swish")])
def test_serializing_gives_the_name_that_gets_it(name):
    assert activations.serialize(activations.get(name)) == name
    assert activations.deserialize(name) is activations.get(name)


def test_a_registered_function_comes_back():
    @torchkeras.saving.register_keras_serializable("tests")
    def cubed(x):
        return x**3

    config = activations.serialize(cubed)
    assert activations.deserialize(config) is cubed


@pytest.mark.usefixtures("written_elsewhere")
def test_a_lambda_is_read_only_if_its_author_is_trusted():
    layer = torchkeras.layers.Dense(2, activation=lambda x: x * 2)
    with pytest.warns(UserWarning, match="lambda"):
        config = layer.get_config()
    for read in (
        lambda: activations.get(config["activation"]),
        lambda: activations.deserialize(config["activation"]),
        lambda: torchkeras.layers.Dense.from_config(config),
    ):
        with pytest.raises(ValueError, match="lambda.*safe_mode=False"):
            read()
    with SafeModeScope(False):
        assert activations.deserialize(config["activation"])(3) == 6
        assert torchkeras.layers.Dense.from_config(config).activation(3) == 6


@pytest.mark.usefixtures("written_elsewhere")
def test_a_lambda_of_a_file_is_read_only_if_its_author_is_trusted(tmp_path):
    layers = [torchkeras.Input((2,)), torchkeras.layers.Dense(2, activation=lambda x: x * 2)]
    path = tmp_path / "model.keras"
    with pytest.warns(UserWarning, match="lambda"):
        torchkeras.Sequential(layers).save(path)
    with pytest.raises(ValueError, match="lambda.*safe_mode=False"):
        torchkeras.models.load_model(path)
    model = torchkeras.models.load_model(path, safe_mode=False)
    assert model.layers[0].activation(3) == 6


def test_symbolic_calls_are_recorded():
    x = torchkeras.Input((6,))
    for name in WITHOUT_OPTIONS:
        x = activations.get(name)(x)
    x = activations.relu(x, 0.1, 3.0, 0.2)
    assert x.shape == (None, 6)


def test_arrays_are_taken_too():
    np.testing.assert_allclose(activations.softmax(np.zeros((1, 4))), 0.25)


def test_an_activation_is_read_by_either_name():
    assert activations.deserialize(config="tanh") is activations.deserialize(name="tanh")


def test_files_of_tf_keras_2_mean_another_hard_sigmoid():
    with keras_2_scope("2.15.0"):
        older = activations.get("hard_sigmoid")
    with keras_2_scope("3.5.0"):
        assert activations.get("hard_sigmoid") is activations.hard_sigmoid
    assert older is activations.hard_sigmoid_of_keras_2
    assert activations.get(activations.serialize(older)) is older
    x = torch.linspace(-4, 4, 33)
    torch.testing.assert_close(older(x), (0.2 * x + 0.5).clamp(0, 1))
    theirs = keras.activations.get(activations.serialize(older))
    torch.testing.assert_close(older(x), theirs(x))

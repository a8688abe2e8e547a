"""Users' operations and functions made of calls, beside Keras."""

import keras
import numpy as np
import pytest
import torch

import torchkeras
from torchkeras import layers


def clipped(package):
    class Clipped(package.Operation):
        def __init__(self, highest=1.0, name=None):
            super().__init__(name=name)
            self.highest = highest

        def call(self, x, scale=1.0):
            return {"y": package.ops.minimum(x * scale, self.highest)}

    return Clipped


@pytest.mark.parametrize("package", [torchkeras, keras])
def test_an_operation_is_called_on_tensors_and_on_symbols(package):
    operation = clipped(package)(2.0, name="clipped")
    x = torch.tensor([[1.0, 3.0]])
    assert operation(x)["y"].tolist() == [[1.0, 2.0]]
    inputs = package.Input((2,))
    outputs = operation(inputs, scale=3.0)["y"]
    assert outputs.shape == (None, 2)
    assert package.Model(inputs, outputs)(x).tolist() == [[2.0, 2.0]]
    assert operation.input is inputs
    assert operation.output is outputs
    assert operation.compute_output_spec(inputs)["y"].shape == (None, 2)
    assert repr(operation) == "<Operation name=clipped>"


@pytest.mark.parametrize("package", [torchkeras, keras])
def test_operations_have_configurations_and_names(package):
    kind = clipped(package)
    first, second = kind(), kind(3.0)
    assert (first.name, second.name) == ("clipped", "clipped_1")
    assert kind.from_config(second.get_config()).highest == 3.0
    with pytest.raises(ValueError, match="name"):
        kind(name="a/b")
    with pytest.raises(AttributeError, match="has never been called"):
        first.output  # noqa: B018
    assert isinstance(package.layers.Dense(2), package.Operation)
    assert not isinstance(3, package.Operation)


def test_a_part_that_isnt_written_is_named():
    class Empty(torchkeras.Operation):
        pass

    with pytest.raises(RuntimeError, match="call isn't defined"):
        Empty()(torch.ones(1))
    operation = Empty()
    operation.quantization_mode = "int8"
    with pytest.raises(RuntimeError, match="quantized_call isn't defined"):
        operation(torch.ones(1))


def test_operations_follow_the_remat_scope():
    calls = []

    class Sine(torchkeras.Operation):
        def call(self, x):
            calls.append(x)
            return x.sin()

    x = torch.ones(3, requires_grad=True)
    with torchkeras.RematScope("larger_than", output_size_threshold=2):
        operation = Sine()
    operation(x).sum().backward()
    assert len(calls) >= 2  # beside the run that tells the size
    assert Sine().rematerialized_call(abs) is abs


def both_functions():
    for package in (torchkeras, keras):
        a, b = package.Input((3,), name="a"), package.Input((3,), name="b")
        hidden = package.ops.relu(a - b)
        yield package.Function({"a": a, "b": b}, [hidden * 2, package.ops.sum(hidden, axis=-1)])


def test_a_function_computes_what_keras_computes():
    ours, theirs = both_functions()
    x = {key: np.random.default_rng(0).normal(size=(4, 3)).astype("float32") for key in "ab"}
    x = {key: torch.from_numpy(value) for key, value in x.items()}
    for our, their in zip(ours(x), theirs(x), strict=True):
        torch.testing.assert_close(our, their)
    shapes = [{"a": (5, 3), "b": (5, 3)}, {"a": (None, 3), "b": (None, 3)}]
    for shape in shapes:
        assert ours.compute_output_shape(shape) == theirs.compute_output_shape(shape)
    assert len(ours.inputs) == len(theirs.inputs) == 2
    assert len(ours.outputs) == len(theirs.outputs) == 2
    assert len(ours.operations) == len(theirs.operations)


def test_a_function_of_layers_shares_their_weights_and_may_start_in_the_middle():
    x = torchkeras.Input((3,))
    hidden = layers.Dense(4)(x)
    outputs = layers.Dense(2, activation="softmax")(hidden)
    whole, second = torchkeras.Function(x, outputs), torchkeras.Function(hidden, outputs)
    first = torchkeras.Function(x, hidden)
    data = torch.randn(5, 3)
    torch.testing.assert_close(second(first(data)), whole(data))
    again = whole(torchkeras.Input((3,)))
    assert again.shape == (None, 2)
    assert whole.compute_output_shape((7, 3)) == (7, 2)


def test_what_doesnt_fit_a_function_is_named():
    function, _ = both_functions()
    with pytest.raises(ValueError, match="the structure"):
        function([torch.ones(1, 3)] * 2)
    with pytest.raises(ValueError, match=r"of shape \(1, 4\)"):
        function({"a": torch.ones(1, 3), "b": torch.ones(1, 4)})
    with pytest.raises(ValueError, match="one symbolic tensor or more"):
        torchkeras.Function([], [])
    with pytest.raises(ValueError, match="Graph disconnected"):
        torchkeras.Function(torchkeras.Input((2,)), torchkeras.Input((2,)))

"""What a model is called on."""

import pytest
import torch

from torchkeras import Input, InputSpec, Model, Sequential, layers
from torchkeras.core import nested
from torchkeras.export.signatures import arguments_of, as_symbol, joined

SPEC = InputSpec(shape=(None, 4), dtype="float32")


class Sum(Model):
    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(2)

    def call(self, a, b=None, training=False):
        return self.dense(a) if b is None else self.dense(a) + self.dense(b)


def test_a_functional_model_knows_its_inputs():
    a, b = Input((2,), name="a"), Input((None,), name="b", dtype="int32")
    arguments = arguments_of(Model([a, b], [a * 2.0, b]))
    (tensors,), (sizes,) = arguments.tensors, arguments.sizes
    assert [t.dtype for t in tensors] == [torch.float32, torch.int32]
    assert [s.sizes for s in sizes] == [(None, 2), (None, None)]
    assert arguments.names == ["a", "b"]


def test_the_batch_of_a_first_call_is_left_open_unless_states_have_its_length():
    class Called(Model):
        def __init__(self, stateful):
            super().__init__()
            self.cells = layers.LSTM(2, stateful=stateful)

        def call(self, x):
            return self.cells(x)

    for stateful, batch in ((False, None), (True, 2)):
        model = Called(stateful)
        model(torch.zeros(2, 5, 4))
        (sizes,) = arguments_of(model).sizes
        assert sizes.sizes == (batch, 5, 4)


@pytest.mark.parametrize("signature", [[SPEC, SPEC], [[SPEC, SPEC]]])
def test_a_list_is_the_inputs_of_a_functional_model(signature):
    a, b = Input((4,), name="a"), Input((4,), name="b")
    arguments = arguments_of(Model([a, b], a + b), signature)
    assert len(arguments.tensors) == 1
    assert arguments.names == ["a", "b"]


def test_a_list_is_the_arguments_of_other_models():
    model = Sum()
    model(torch.zeros(2, 4))
    arguments = arguments_of(model, [SPEC, SPEC])
    assert [t.shape[1] for t in arguments.tensors] == [4, 4]
    assert arguments.names == ["input_0", "input_1"]
    assert len(arguments_of(model, [SPEC, SPEC, SPEC]).tensors) == 1  # ``training`` is no input


def test_layers_are_built_before_they_are_written_down():
    inputs = Input((7, 6, 3))
    pipeline = layers.Pipeline([layers.RandomFlip(), layers.Resizing(4, 4)])
    model = Model(inputs, pipeline(inputs))
    arguments_of(model)
    assert all(part.built for part in model.modules() if isinstance(part, layers.Layer))


def test_tensors_leave_the_batch_open():
    assert as_symbol(torch.zeros(3, 4)).shape == (None, 4)
    assert as_symbol(torch.tensor(3)).shape == ()
    assert as_symbol(torch.tensor(3)).dtype == "int64"


def test_paths_become_names():
    found = [joined(path) for path, _ in nested.flatten_with_path({"a": 1, "b": [2, {"c": 3}]})]
    assert found == ["a", "b_0", "b_1_c"]
    assert joined((0, 1)) == ""


def test_texts_are_refused():
    model = Sequential([Input((), dtype="string"), layers.TextVectorization(vocabulary=["a"])])
    with pytest.raises(ValueError, match="Export the part behind TextVectorization"):
        arguments_of(model)
    with pytest.raises(ValueError, match="specifications with a shape"):
        arguments_of(Sequential([Input((4,))]), [3.0])

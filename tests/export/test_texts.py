"""What stands around the model."""

import ast

from torchkeras import Input, Sequential, layers
from torchkeras.export import texts


def test_only_imports_that_are_needed_are_there():
    text = texts.module("Net", ["class Net(nn.Module): ..."], "", {"import math"}, [])
    assert "import math" not in text
    assert "from torch import nn" in text
    assert "functional" not in text
    ast.parse(text)


def test_weights_that_are_one_are_tied_before_they_are_loaded():
    text = texts.module("Net", ["class Net: ..."], "", set(), [("b.weight", "a.weight")])
    assert text.index("model.b.weight = model.a.weight") < text.index("model.load_state_dict")


def test_models_without_a_name_of_their_own_are_called_model():
    assert texts.title(Sequential([Input((2,))], name="sequential_3")) == "model"
    assert texts.title(Sequential([Input((2,))], name="encoder")) == "encoder"
    assert texts.title(layers.Dense(2)) == "Dense"


def test_test_and_readme_name_the_inputs():
    assert 'load()(recorded["a"], recorded["b"])' in texts.test(["a", "b"], False, [])
    assert "predictions = model(a, b)" in texts.readme("Net", ["a", "b"])


def test_sparse_outputs_are_compared_without_gaps():
    assert "assert_close(output.to_dense(), wanted" in texts.test(["x"], True, [])


def test_outputs_that_are_drawn_are_named_in_the_test():
    text = texts.test(["a"], False, [0, 2])
    assert "if number in {0, 2}:" in text
    ast.parse(text)
    assert "if number" not in texts.test(["a"], False, [])

import keras as real
import pytest
import torch

import torchkeras as keras
from torchkeras.tracer import Graph


def two_towers(k):
    a, b = k.Input((4,), name="a"), k.Input((4,), name="b")
    shared = k.layers.Dense(3, name="shared")
    left = k.layers.Dense(5, name="left")(shared(a))
    right = shared(k.layers.Dense(4, name="right")(b))
    joined = k.layers.Concatenate(name="joined")([left, right])
    return [a, b], [k.layers.Dense(1, name="out")(joined), right]


def skip_connections(k):
    x = inputs = k.Input((4,), name="x")
    for number in range(3):
        y = k.layers.Dense(4, name=f"d{number}")(x)
        x = k.layers.Add(name=f"add{number}")([x, y])
    return inputs, k.layers.Dense(2, name="out")(x)


@pytest.mark.parametrize("build", [two_towers, skip_connections])
def test_layers_come_in_the_order_of_keras(build):
    ours, theirs = keras.Model(*build(keras)), real.Model(*build(real))
    assert [layer.name for layer in ours.layers] == [layer.name for layer in theirs.layers]
    assert [v.path for v in ours.weights] == [v.path for v in theirs.weights]


def test_the_code_can_be_read():
    x = keras.Input((4,), name="x")
    model = keras.Model(x, torch.relu(keras.layers.Dense(2)(x)) * 2)
    code = model.graph_module.code
    assert "self.dense(x)" in code
    assert "torch.relu" in code


def test_only_what_the_outputs_need_is_in_the_graph():
    x = keras.Input((4,))
    hidden = keras.layers.Dense(3)(x)
    keras.layers.Dense(7)(hidden)
    assert len(keras.Model(x, hidden).layers) == 2


def test_an_input_that_nothing_uses_is_kept():
    x, y = keras.Input((4,)), keras.Input((2,), name="unused")
    model = keras.Model([x, y], keras.layers.Dense(3)(x))
    assert "unused" in [layer.name for layer in model.layers]
    assert model([torch.ones(1, 4), torch.ones(1, 2)]).shape == (1, 3)


def test_an_output_out_of_reach_is_an_error():
    x, y = keras.Input((4,)), keras.Input((4,))
    with pytest.raises(ValueError, match="Graph disconnected"):
        keras.Model(x, keras.layers.Dense(3)(x + y))


def test_constants_and_free_variables_are_part_of_the_graph():
    x = keras.Input((3,))
    scale = keras.Variable([1.0, 2.0, 3.0], name="scale")
    model = keras.Model(x, x * scale + torch.ones(3))
    assert model(torch.ones(1, 3)).tolist() == [[2.0, 3.0, 4.0]]
    model.double()
    assert model(torch.ones(1, 3, dtype=torch.float64)).dtype == torch.float64


def test_several_outputs_of_one_call_are_taken_apart():
    class Split(keras.layers.Layer):
        def call(self, x):
            return {"first": x[:, :1], "rest": (x[:, 1:], x * 2)}

    x = keras.Input((3,))
    y = Split()(x)
    model = keras.Model(x, [y["rest"][1], y["first"]])
    both = model(torch.ones(2, 3))
    assert [tuple(part.shape) for part in both] == [(2, 3), (2, 1)]


def test_a_long_chain_needs_no_deep_recursion():
    x = inputs = keras.Input((2,))
    for _ in range(2000):
        x = x + 1
    graph = Graph(inputs, x)
    assert len(graph.calls) == 2001
    assert keras.Model(inputs, x)(torch.zeros(1, 2)).tolist() == [[2000.0, 2000.0]]


def test_the_graph_compiles_and_exports():
    model = keras.Model(*two_towers(keras))
    data = [torch.randn(2, 4), torch.randn(2, 4)]
    expected = model(data)
    compiled = torch.compile(model, fullgraph=True, backend="eager")
    torch.testing.assert_close(compiled(data), expected)
    exported = torch.export.export(model.graph_module, tuple(data)).module()
    torch.testing.assert_close(exported(*data), expected)


def test_layers_may_be_called_as_words_of_python_are():
    x = keras.Input((3,))
    double = keras.layers.Lambda(lambda t: t * 2)
    model = keras.Model(x, keras.layers.Lambda(lambda t: t + 1)(double(x)))
    assert model(torch.ones(1, 3)).tolist() == [[3.0] * 3]
    assert "self.lambda_(" in model.graph_module.code


@pytest.mark.parametrize("name", ["class", "self", "a b", "1", "forward"])
def test_inputs_may_be_called_as_words_of_python_are(name):
    x = keras.Input((3,), name=name)
    model = keras.Model(x, keras.layers.ReLU()(x) * 2.0)
    assert model(torch.ones(1, 3)).tolist() == [[2.0] * 3]
    assert model.graph_module(torch.ones(1, 3)).tolist() == [[2.0] * 3]
    assert model.to_torch()(torch.ones(1, 3)).tolist() == [[2.0] * 3]


def test_masks_have_no_calls_in_the_order_of_keras_2():
    x, y = keras.Input((3,)), keras.Input((3,))
    layers = keras.layers
    masked = layers.Embedding(4, 2, mask_zero=True)(x)
    plain = layers.Embedding(4, 2)(y)
    outputs = layers.LSTM(2)(layers.Concatenate()([plain, masked]))
    graph = Graph([x, y], outputs)
    kinds = [layer.mask_zero for layer in graph.modules if isinstance(layer, layers.Embedding)]
    older = [each for each in graph.operations_of_keras_2() if isinstance(each, layers.Embedding)]
    assert kinds == [True, False]
    assert [layer.mask_zero for layer in older] == [False, True]
    assert all(isinstance(each, layers.Layer) for each in graph.operations_of_keras_2())

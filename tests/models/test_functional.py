import keras as real
import numpy as np
import pytest
import torch

import torchkeras as keras


def shared_and_nested(k):
    inner_in = k.Input((3,), name="inner_in")
    inner = k.Model(inner_in, k.layers.Dense(3, name="inner_dense")(inner_in), name="inner")
    a, b = k.Input((3,), name="a"), k.Input((3,), name="b")
    both = k.layers.Concatenate(name="both")([inner(a), inner(b)])
    return k.Model([a, b], {"y": k.layers.Dense(2, name="y")(both), "z": both})


def operators(k):
    x = k.Input((4,), name="x")
    y = k.layers.Dense(4, name="d")(x * 2 + 1)
    return k.Model(x, k.ops.concatenate([y[:, :2], 2.0 / (y + 5.0), -x], axis=-1))


def masked(k):
    x = k.Input((5,), dtype="int32", name="x")
    h = k.layers.Embedding(7, 3, mask_zero=True, name="e")(x)
    h = k.layers.LSTM(4, return_sequences=True, name="l")(h)
    return k.Model(x, k.layers.Dense(2, name="d")(k.layers.LSTM(3, name="l2")(h)))


def stack(k):
    s = k.Sequential([k.Input((3,)), k.layers.Dense(2, name="s")], name="stack")
    x = k.Input((3,), name="x")
    return k.Model(x, [s(x), x])


MODELS = [shared_and_nested, operators, masked, stack]


def data_for(model):
    rng = np.random.default_rng(1)
    arrays = []
    for symbol in model.inputs:
        shape = (3, *symbol.shape[1:])
        if "int" in str(symbol.dtype):
            arrays.append(np.array([[1, 2, 0, 0, 0], [3, 4, 5, 6, 1], [2, 0, 3, 0, 0]], "int32"))
        else:
            arrays.append(rng.normal(size=shape).astype("float32"))
    return arrays[0] if len(arrays) == 1 else arrays


def flat(y):
    return [t.detach().numpy() for t in keras.tree.flatten(y)]


def same(ours, theirs, x):
    for a, b in zip(flat(ours(x)), flat(theirs(x)), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("build", MODELS)
def test_it_computes_what_keras_computes(build):
    ours, theirs = build(keras), build(real)
    assert [v.shape for v in ours.weights] == [tuple(v.shape) for v in theirs.weights]
    ours.set_weights(theirs.get_weights())
    same(ours, theirs, data_for(theirs))


@pytest.mark.parametrize("build", MODELS)
def test_the_configuration_makes_the_same_model_again(build):
    model = build(keras)
    again = model.__class__.from_config(model.get_config())
    assert again.get_config() == model.get_config()
    again.set_weights(model.get_weights())
    x = data_for(model)
    for a, b in zip(flat(again(x)), flat(model(x)), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("build", MODELS)
def test_keras_reads_our_configuration_and_we_read_its(build):
    ours, theirs = build(keras), build(real)
    x = data_for(theirs)
    read_by_keras = real.Model.from_config(ours.get_config())
    read_by_us = keras.Model.from_config(theirs.get_config())
    for model in (read_by_keras, read_by_us):
        model.set_weights(theirs.get_weights())
        same(model, theirs, x)


def test_an_inner_result_can_be_the_input():
    x = keras.Input((4,))
    h = keras.layers.Dense(3, name="h")(x)
    y = keras.layers.Dense(2, name="y")(torch.relu(h))
    tail = keras.Model(h, y)
    assert tail.input_shape == (None, 3)
    assert len(tail.weights) == 2
    data = torch.randn(2, 3)
    expected = keras.Model(x, y).get_layer("y")(torch.relu(data))
    torch.testing.assert_close(tail(data), expected)
    again = keras.Model.from_config(tail.get_config())
    assert again.output_shape == (None, 2)


def test_two_layers_of_one_name_are_refused():
    x = keras.Input((4,))
    y = keras.layers.Dense(2, name="a")(keras.layers.Dense(2, name="a")(x))
    with pytest.raises(ValueError, match='The name "a" is used several times'):
        keras.Model(x, y)


def test_inputs_have_to_be_symbolic():
    with pytest.raises(ValueError, match=r"Make them by keras\.Input"):
        keras.models.Functional(torch.ones(2), torch.ones(2))


@pytest.mark.parametrize("change", ["loop", "position", "layer"])
def test_a_wrong_graph_is_refused(change):
    x = keras.Input((4,), name="x")
    config = keras.Model(x, keras.layers.Dense(2, name="d")(x)).get_config()
    history = config["layers"][1]["inbound_nodes"][0]["args"][0]["config"]["keras_history"]
    if change == "loop":
        history[0] = "d"
    elif change == "position":
        history[2] = 5
    else:
        history[0] = "nobody"
    with pytest.raises(ValueError, match="expected"):
        keras.Model.from_config(config)


def test_features_of_an_inner_layer_can_be_taken():
    model = shared_and_nested(keras)
    features = keras.Model(model.inputs, model.get_layer("both").output)
    x = data_for(model)
    np.testing.assert_array_equal(flat(features(x))[0], flat(model(x))[1])


def test_freezing_a_nested_model_freezes_its_weights():
    model = shared_and_nested(keras)
    model.get_layer("inner").trainable = False
    assert [v.name for v in model.trainable_weights] == ["kernel", "bias"]
    assert len(model.non_trainable_weights) == 2


def twice_at_the_end(k):
    """Outputs are those of a nested model itself, called twice."""
    x = k.Input((3,))
    inner = k.Model(x, [k.layers.Dense(2)(x), k.layers.Dense(4)(x)], name="inner")
    left, right = k.Input((3,)), k.Input((3,))
    return k.Model([left, right], [inner(left)[1], inner(right)[0]])


def test_calls_of_a_nested_model_at_the_end_are_told_apart(tmp_path):
    theirs, ours = twice_at_the_end(real), twice_at_the_end(keras)
    inputs = [np.ones((2, 3), "float32"), np.full((2, 3), 2.0, "float32")]
    for model, library in ((theirs, keras), (ours, real), (ours, keras)):
        model.save(tmp_path / "x.keras")
        loaded = library.models.load_model(tmp_path / "x.keras")
        for one, other in zip(
            model.predict(inputs, verbose=0), loaded.predict(inputs, verbose=0), strict=True
        ):
            np.testing.assert_allclose(one, other, atol=1e-6)


def test_a_model_that_tf_keras_2_called_on_a_dict_is_read():
    def node(name):
        return [name, 0, 0, {}]

    def entry(class_name, name, nodes, **config):
        config = {"name": name, **config}
        return {"class_name": class_name, "name": name, "config": config, "inbound_nodes": nodes}

    def inputs(*names):
        return [entry("InputLayer", n, [], batch_input_shape=[None, 2]) for n in names]

    inner = {
        "layers": [*inputs("a", "b"), entry("Add", "sum", [[node("a"), node("b")]])],
        "input_layers": {"a": ["a", 0, 0], "b": ["b", 0, 0]},
        "output_layers": {"s": ["sum", 0, 0]},
    }
    outer = {
        "name": "outer",
        "layers": [
            *inputs("x", "y"),
            entry("Functional", "inner", [{"a": node("x"), "b": node("y")}], **inner),
        ],
        "input_layers": [["x", 0, 0], ["y", 0, 0]],
        "output_layers": [["inner", 1, 0]],
    }
    model = keras.Model.from_config(outer)
    found = model([torch.ones(1, 2), torch.full((1, 2), 2.0)])
    assert found.tolist() == [[3.0, 3.0]]

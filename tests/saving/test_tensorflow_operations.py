import inspect

import keras as real
import numpy as np
import pytest
import torch

import torchkeras as keras
from torchkeras.saving import tensorflow_operations
from torchkeras.saving.tensorflow_operations import FUNCTIONS

X = torch.tensor([[1.0, -2.0, 3.0], [4.0, 5.0, -6.0]])


def said(function, **config):
    entry = {"class_name": "TFOpLambda", "config": {"name": "x", "function": function, **config}}
    assert tensorflow_operations.is_operation(entry)
    return tensorflow_operations.read(entry)


@pytest.mark.parametrize(
    ("function", "args", "options", "expected"),
    [
        ("math.reduce_sum", [X], {"axis": [1], "keepdims": True, "name": None}, [[2.0], [3.0]]),
        ("math.reduce_mean", [X], {}, 5 / 6),
        ("math.argmax", [X], {}, [1, 1, 0]),
        ("linalg.matmul", [X, X], {"transpose_b": True}, [[14.0, -24.0], [-24.0, 77.0]]),
        ("compat.v1.transpose", [X], {"perm": [1, 0], "conjugate": False}, X.T.tolist()),
        ("math.divide_no_nan", [torch.ones(2), torch.tensor([0.0, 2.0])], {}, [0.0, 0.5]),
        ("math.add_n", [[X, X, X]], {}, (3 * X).tolist()),
        ("math.cumsum", [X], {"axis": 1, "reverse": True}, [[2.0, 1.0, 3.0], [3.0, -1.0, -6.0]]),
        ("nn.leaky_relu", [X[0]], {"alpha": 0.5}, [1.0, -1.0, 3.0]),
        ("gather", [X], {"indices": [2, 0], "axis": 1}, [[3.0, 1.0], [-6.0, 4.0]]),
        ("one_hot", [torch.tensor([1])], {"depth": 2, "on_value": 5.0}, [[0.0, 5.0]]),
        ("compat.v1.pad", [X[0]], {"paddings": [[1, 0]], "mode": "REFLECT"}, [-2.0, *X[0]]),
        ("reverse", [X], {"axis": [0]}, X.flip(0).tolist()),
        ("rank", [X], {}, 2),
        ("size", [X], {}, 6),
        ("fill", [[2]], {"value": 3.0}, [3.0, 3.0]),
        ("norm", [torch.tensor([3.0, 4.0])], {}, 5.0),
    ],
)  # fmt: skip
def test_functions_do_as_in_tensorflow(function, args, options, expected):
    found = said(function)(*args, **options)
    np.testing.assert_allclose(np.asarray(found), expected, rtol=1e-6)


def test_results_of_several_tensors_are_lists():
    assert [part.shape for part in said("split")(X, num_or_size_splits=[1, 2], axis=1)] == [
        (2, 1),
        (2, 2),
    ]
    assert len(said("unstack")(X, axis=1)) == 3
    assert said("compat.v1.shape")(X) == (2, 3)


def test_indices_are_read_in_each_form():
    get_item = FUNCTIONS["__operators__.getitem"]
    assert get_item((4, 5), 1) == 5
    every = {"start": None, "stop": None, "step": None}
    assert get_item(X, [every, None, {"class_name": "__ellipsis__"}]).shape == (2, 1, 3)
    noted = {"class_name": "__slice__", "config": {"start": 0, "stop": 1, "step": None}}
    assert get_item(X, [noted]).shape == (1, 3)


def test_an_unknown_function_is_refused():
    with pytest.raises(ValueError, match=r"'math.reduce_summ'.*Did you mean .math.reduce_sum"):
        said("math.reduce_summ")
    with pytest.raises(ValueError, match="options of tf.matmul"):
        said("linalg.matmul")(X, X.T, a_is_sparse=True)


@pytest.mark.parametrize("function", ["__operators__.ne", "__operators__.eq"])
def test_operands_that_the_file_lacks_are_named(function):
    """What tf_keras writes of ``x != x * 1``, and can't read either."""
    inputs = {"batch_input_shape": [None, 3], "dtype": "float32", "name": "x"}
    noted = {"name": "other", "dtype": "float32", "function": function}
    layers = [
        {"class_name": "InputLayer", "config": inputs, "name": "x", "inbound_nodes": []},
        {"class_name": "TFOpLambda", "config": noted, "name": "other"},
    ]
    layers[1]["inbound_nodes"] = [["x", 0, 0, {}]]
    config = {"name": "m", "layers": layers, "input_layers": [["x", 0, 0]]}
    config["output_layers"] = [["other", 0, 0]]
    with pytest.raises(ValueError, match=rf"tf\.{function} in the model.*'y'.* Write the model"):
        keras.Model.from_config(config)


@pytest.mark.parametrize(
    "name", [n for n, f in FUNCTIONS.items() if inspect.getfullargspec(f).varkw is None]
)
def test_arguments_are_compared_with_those_of_each_function(name):
    with pytest.raises(ValueError, match="load: call of tf"):
        said(name)(strange=1)


def test_a_custom_object_of_that_name_comes_first():
    entry = {"class_name": "TFOpLambda", "config": {"function": "x"}}
    with keras.utils.custom_object_scope({"TFOpLambda": keras.layers.Layer}):
        assert not tensorflow_operations.is_operation(entry)


def test_losses_and_metrics_at_the_side_are_kept(of_tensorflow, tmp_path):
    with np.load(of_tensorflow / "graph.npz") as known:
        model = keras.models.load_model(of_tensorflow / "graph.h5", compile=False)
        model.compile()
        made = model.evaluate([known["x0"], known["x1"]], verbose=0, return_dict=True)
        assert made == pytest.approx({name: float(known[name]) for name in ("loss", "height")})


def test_the_shape_of_a_tensor_may_be_that_of_another():
    other = torch.zeros(4, 2, 3)
    shape = said("shape")(other)
    assert said("broadcast_to")(X, shape=shape).shape == (4, 2, 3)
    assert said("fill")(shape, value=2.0).unique().tolist() == [2.0]
    assert said("ones")(shape, dtype="int32").dtype == torch.int32
    assert said("zeros")([2, 3]).tolist() == torch.zeros(2, 3).tolist()


def test_real_keras_reads_what_became_of_the_graph(of_tensorflow, tmp_path):
    model = keras.models.model_from_json((of_tensorflow / "graph.json").read_text())
    plain = keras.Model(model.inputs, model.outputs)  # Keras 3 has no losses at the side
    plain.save(tmp_path / "model.keras")
    theirs = real.models.load_model(tmp_path / "model.keras")
    with np.load(of_tensorflow / "graph.npz") as known:
        results = theirs([torch.tensor(known["x0"]), torch.tensor(known["x1"])])
        for number, result in enumerate(results):
            np.testing.assert_allclose(result.numpy(), known[f"y{number}"], atol=1e-5)


def test_parts_of_shapes_stand_beside_constants():
    """What tf_keras writes of ``tf.reshape(x, tf.concat([tf.shape(x)[:1], [6]], 0))``."""
    step = {"start": None, "stop": 1, "step": None}

    def noted(name, function, nodes):
        config = {"name": name, "trainable": True, "dtype": "float32", "function": function}
        kind = "SlicingOpLambda" if name == "some" else "TFOpLambda"
        return {"class_name": kind, "config": config, "name": name, "inbound_nodes": nodes}

    entry = {
        "class_name": "InputLayer",
        "config": {"batch_input_shape": [None, 2, 3], "dtype": "float32", "name": "x"},
        "name": "x",
        "inbound_nodes": [],
    }
    constant = ["_CONSTANT_VALUE", -1, 6, {"axis": 0}]
    layers = [
        entry,
        noted("sizes", "compat.v1.shape", [["x", 0, 0, {"out_type": "int32"}]]),
        noted("some", "__operators__.getitem", [["sizes", 0, 0, {"slice_spec": step}]]),
        noted("all", "concat", [[["some", 0, 0, {"axis": 0}], [constant]]]),
        noted("y", "reshape", [["x", 0, 0, {"shape": ["all", 0, 0]}]]),
    ]
    config = {"name": "m", "layers": layers, "input_layers": [["x", 0, 0]]}
    model = keras.Model.from_config({**config, "output_layers": [["y", 0, 0]]})
    assert model(torch.ones(5, 2, 3)).shape == (5, 6)


def test_sizes_of_shapes_are_compared_one_by_one():
    larger = said("math.greater")((4, 1, 6), 2)
    assert larger == (True, False, True)
    assert said("where")(larger, (4, 1, 6), said("ones_like")((4, 1, 6))) == (4, 1, 6)
    assert said("math.subtract")((4, 3), [1, 2]) == (3, 1)
    size = keras.Input((3,)).shape[0] or keras.ops.shape(keras.Input((3,)))[0]
    assert said("math.subtract")((size, 3), (size, 1)) == (0, 2)

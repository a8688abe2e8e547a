"""The program that runs a model in Keras itself."""

import json

import keras
import numpy as np
import pytest
import torch

from torchkeras.cli.oracle import Engine, engine_of, in_numpy, leaves, main, placed, unregistered


def carried_out(task, tmp_path, x):
    np.savez(tmp_path / "x.npz", input_0=x)
    places = {"model": "model.keras", "given": "x.npz", "target": "y.npz"}
    paths = {key: str(tmp_path / name) for key, name in places.items()}
    usual = {"oracle": "keras", "structure": 0, "custom": None, "gradients": False}
    main([json.dumps({**usual, **paths, **task})])
    with np.load(tmp_path / "y.npz") as file:
        return json.loads(str(file["order"])), {name: file[name] for name in file.files}


@pytest.fixture
def model(tmp_path):
    model = keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(2, name="a"), keras.layers.ReLU(name="b")]
    )
    model.save(tmp_path / "model.keras")
    return model


def test_it_writes_what_each_layer_gives(model, tmp_path):
    x = np.ones((2, 3), "float32")
    order, arrays = carried_out({}, tmp_path, x)
    assert order["oracle"] == f"Keras {keras.__version__} on torch"
    assert [call["name"] for call in order["layers"]][-3:] == ["a", "b", ""]
    last = arrays[str(order["layers"][-1]["outputs"][0])]
    np.testing.assert_allclose(last, model.predict(x, verbose=0), rtol=1e-6)


def test_it_writes_gradients_of_a_sum_in_which_each_output_counts_differently(model, tmp_path):
    x = np.ones((1, 3), "float32")
    model.set_weights([np.ones((3, 2)), np.ones(2)])
    model.save(tmp_path / "model.keras")
    order, arrays = carried_out({"gradients": True}, tmp_path, x)
    calls = {call["name"]: call for call in order["layers"] if call["class"] == "gradient"}
    assert set(calls) == {"sequential/a/kernel", "sequential/a/bias", "input 0"} or len(calls) == 3
    bias = next(call for name, call in calls.items() if name.endswith("bias"))
    np.testing.assert_allclose(arrays[str(bias["outputs"][0])], np.cos([0, 0.7]), rtol=1e-6)


def test_a_file_of_ones_own_classes_is_run_first(model, tmp_path):
    (tmp_path / "own.py").write_text("import keras; keras.of_verify = 1")
    carried_out({"custom": str(tmp_path / "own.py")}, tmp_path, np.ones((2, 3), "float32"))
    assert vars(keras).pop("of_verify") == 1


def test_inputs_are_structured_as_the_model_wants_them():
    found = placed({"a": 0, "b": [1]}, [np.zeros(1), np.ones(1)])
    assert sorted(found) == ["a", "b"]
    assert found["b"][0][0] == 1
    assert leaves({"b": (1, 2), "a": [3]}) == [3, 1, 2]


def test_numbers_of_few_bits_come_as_float32():
    assert in_numpy(torch.ones(2, dtype=torch.bfloat16, requires_grad=True)).dtype == np.float32


def test_a_backend_without_gradients_says_so():
    assert type(engine_of(keras)).__name__ == "TorchEngine"
    with pytest.raises(RuntimeError, match="no way to ask Keras .* on jax for gradients"):
        Engine(keras, "jax").gradients(None, 0, [])


def test_what_a_file_defines_itself_is_told_from_what_it_imports_and_registers():
    def here():
        pass

    names = {"__name__": __name__, "here": here, "np": np, "leaves": leaves, "COUNT": 3}
    assert unregistered(names, {}) == {"here": here}
    assert unregistered(names, {"own>here": here}) == {}

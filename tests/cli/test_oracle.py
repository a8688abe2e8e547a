"""The program that runs a model in Keras itself."""

import json

import keras
import numpy as np

from torchkeras.cli.oracle import main, structured


def test_it_writes_what_each_layer_gives(tmp_path):
    model = keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(2, name="a"), keras.layers.ReLU(name="b")]
    )
    model.save(tmp_path / "model.keras")
    x = np.ones((2, 3), "float32")
    np.savez(tmp_path / "x.npz", input_0=x)
    main([str(tmp_path / name) for name in ("model.keras", "x.npz", "y.npz")])
    with np.load(tmp_path / "y.npz") as file:
        order = json.loads(str(file["order"]))
        assert [call["name"] for call in order["layers"]][-3:] == ["a", "b", ""]
        last = file[str(order["layers"][-1]["outputs"][0])]
    np.testing.assert_allclose(last, model.predict(x, verbose=0), rtol=1e-6)


def test_inputs_are_structured_as_the_model_wants_them():
    a, b = keras.Input((2,), name="a"), keras.Input((2,), name="b")
    model = keras.Model({"a": a, "b": b}, keras.layers.add([a, b]))
    found = structured(keras, model, [np.zeros(1), np.ones(1)])
    assert sorted(found) == ["a", "b"]
    assert found["b"][0] == 1

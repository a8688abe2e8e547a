"""What lookups have in common; ``test_recorded`` has Keras's numbers."""

import json
import zipfile

import numpy as np
import pytest
import torch

import torchkeras
from torchkeras import Input, Model, layers, models, saving
from torchkeras.layers.preprocessing.index_lookup import FILE_NAME

WORDS = np.array([["b", "a", "b"], ["c", "b", "a"]], dtype=object)
MODES = ["int", "multi_hot", "count", "tf_idf"]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", ["StringLookup", "IntegerLookup", "TextVectorization"])
def test_what_was_learnt_is_saved_and_comes_back(tmp_path, name, mode):
    data = np.array([[5, 5, 1], [7, 5, 1]]) if name == "IntegerLookup" else WORDS
    data = data if name != "TextVectorization" else np.array([["b a b"], ["c b a"]], dtype=object)
    layer = getattr(layers, name)(output_mode=mode)
    layer.adapt(data)
    dtype = "int64" if name == "IntegerLookup" else "string"
    inputs = Input((data.shape[1],), dtype=dtype)
    model = Model(inputs, layer(inputs))
    model.save(tmp_path / "model.keras")
    with zipfile.ZipFile(tmp_path / "model.keras") as archive:
        assert f"assets/layers/{layer.name}/{FILE_NAME}" in archive.namelist()
        assert all("vocabulary" not in text for text in archive.read("config.json").splitlines()
                   if b'"b"' in text)  # fmt: skip
    loaded = models.load_model(tmp_path / "model.keras")
    torch.testing.assert_close(loaded(data), model(data))
    assert loaded.layers[1].get_vocabulary() == layer.get_vocabulary()


def test_a_vocabulary_of_the_constructor_is_in_the_configuration(tmp_path):
    layer = layers.StringLookup(vocabulary=np.array(["x", "y"]))
    config = layer.get_config()
    assert config["vocabulary"] == ["x", "y"]
    assert config["vocabulary_size"] == 3
    json.dumps(config)
    layer.save_assets(str(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_configurations_name_no_files(tmp_path):
    path = tmp_path / "secret.txt"
    path.write_text("a secret")
    for layer in (layers.StringLookup(), layers.IntegerLookup(), layers.TextVectorization()):
        serialized = saving.serialize_keras_object(layer)
        serialized["config"]["vocabulary"] = str(path)
        with pytest.raises(ValueError, match="outside of the model archive"):
            saving.deserialize_keras_object(serialized)
        with pytest.raises(ValueError, match="outside of the model archive"):
            type(layer).from_config(serialized["config"])
    serialized = saving.serialize_keras_object(layers.StringLookup())
    serialized["config"]["vocabulary"] = str(path)
    trusted = saving.deserialize_keras_object(serialized, safe_mode=False)
    assert trusted.get_vocabulary() == ["[UNK]", "a secret"]


def test_adapting_again_starts_anew():
    layer = layers.StringLookup()
    layer.adapt(["a", "a", "b"])
    layer.adapt(["c"])
    assert layer.get_vocabulary() == ["[UNK]", "c"]
    layer.update_state(np.array(["x"]))
    layer.update_state(np.array(["y", "y"]))
    layer.finalize_state()
    assert layer.get_vocabulary(include_special_tokens=False) == ["y", "x"]
    assert layer.vocabulary_size() == layer.vocab_size() == 3


def test_a_vocabulary_may_be_set_later():
    layer = layers.IntegerLookup(output_mode="tf_idf", pad_to_max_tokens=True, max_tokens=6)
    layer.set_vocabulary([3, 4], [1.0, 2.0])
    assert layer(torch.tensor([[3, 4, 4, 9]])).tolist() == [[1.5, 1, 4, 0, 0, 0]]
    layer.set_vocabulary(torch.tensor([-1, 9]), np.array([5.0, 1.0]))
    assert layer(torch.tensor([[3, 9]])).tolist() == [[5, 1, 0, 0, 0, 0]]
    assert layer.idf_weights_const is layer.idf_weights


def test_the_number_of_columns_stays():
    layer = layers.StringLookup(output_mode="count")
    layer.adapt(["a", "b"])
    with pytest.raises(RuntimeError, match="vocabulary size cannot be changed"):
        layer.adapt(["a"])


def test_symbols_have_the_shapes_of_results():
    layer = layers.StringLookup(vocabulary=["a"], output_mode="one_hot")
    y = layer(Input((1,), dtype="string"))
    assert (y.shape, y.dtype) == ((None, 2), "int64")
    back = layers.StringLookup(vocabulary=["a"], invert=True)(Input((3,), dtype="int64"))
    assert (back.shape, back.dtype) == ((None, 3), "string")


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="max_tokens is 1; expected None or an integer, 2 or more"):
        layers.StringLookup(max_tokens=1)
    with pytest.raises(ValueError, match="num_oov_indices is -1"):
        layers.StringLookup(num_oov_indices=-1)
    with pytest.raises(ValueError, match="since pad_to_max_tokens is True"):
        layers.StringLookup(pad_to_max_tokens=True)
    with pytest.raises(ValueError, match="expected 'int', since invert is True"):
        layers.StringLookup(invert=True, output_mode="count")
    with pytest.raises(ValueError, match="expected a token, since invert is True"):
        layers.StringLookup(invert=True, oov_token=None)
    with pytest.raises(ValueError, match="None unless output_mode is tf_idf"):
        layers.StringLookup(vocabulary=["a"], idf_weights=[1.0])
    with pytest.raises(ValueError, match="`idf_weights` must be set"):
        layers.StringLookup(vocabulary=["a"], output_mode="tf_idf")
    with pytest.raises(ValueError, match="sparse is True; expected False"):
        layers.StringLookup(sparse=True)
    with pytest.raises(RuntimeError, match="You must set the layer's vocabulary before calling"):
        layers.StringLookup()(["a"])
    with pytest.raises(RuntimeError, match="You must set the layer's vocabulary before calling"):
        layers.StringLookup(output_mode="count")(Input((1,), dtype="string"))
    with pytest.raises(ValueError, match="Cannot adapt a layer after setting a static vocabulary"):
        layers.StringLookup(vocabulary=["a"]).adapt(["b"])
    with pytest.raises(
        ValueError, match=r"inputs is \['q'\].*consider setting `num_oov_indices=1`"
    ):
        layers.StringLookup(vocabulary=["a"], num_oov_indices=0)(["a", "q"])
    with pytest.raises(ValueError, match=r"inputs is \[9\]; expected tokens of the vocabulary"):
        layers.IntegerLookup(vocabulary=[1], num_oov_indices=0)([1, 9])


def test_it_is_what_keras_calls_it():
    assert torchkeras.saving.get_registered_name(layers.StringLookup) == "StringLookup"

"""What a file holds, and what goes where."""

import json

import h5py
import keras
import numpy as np
import pytest
import tensorflow_files

import torchkeras
from torchkeras.saving import report


def model_of(library, units=2, compiled=True):
    layers = [library.layers.Dense(3, name="first"), library.layers.Dense(units, name="second")]
    model = library.Sequential([library.Input((4,)), *layers], name="small")
    if compiled:
        model.compile("sgd", "mse")
    return model


@pytest.mark.parametrize("library", [keras, torchkeras])
@pytest.mark.parametrize("name", ["m.keras", "m.h5"])
def test_whole_models_are_told(library, name, tmp_path):
    model_of(library).save(tmp_path / name)
    found = report(tmp_path / name)
    assert found.model["class"] == "Sequential"
    assert [layer["name"] for layer in found.model["layers"]][1:] == ["first", "second"]
    assert found.versions["keras_version"]
    assert "mse" in str(found.compile)
    assert sorted(shape for _, _, shape in found.mapped if shape) == [(2,), (3,), (3, 2), (4, 3)]
    assert not found.missing
    assert not found.left
    assert not found.problems
    assert [s for v, _, s in found.mapped if v.endswith("second/kernel")] == [(3, 2)]


@pytest.mark.parametrize("name", ["m.weights.h5", "m.safetensors", "m.weights.json"])
def test_weights_are_held_against_a_model(name, tmp_path):
    options = {"max_shard_size": 1} if name.endswith(".json") else {}
    model_of(torchkeras, compiled=False).save_weights(tmp_path / name, **options)
    alone = report(tmp_path / name)
    assert sorted(array.shape for array in alone.arrays if len(array.shape) == 1) == [(2,), (3,)]
    assert alone.model is None
    assert alone.onto is None
    fitting = report(tmp_path / name, model_of(torchkeras, compiled=False))
    assert (len(fitting.mapped), fitting.missing, fitting.left) == (4, [], [])
    other = model_of(torchkeras, 5, compiled=False)
    before = other.get_weights()
    found = report(tmp_path / name, other)
    assert found.problems
    assert len(found.mapped) == 2
    for now, then in zip(other.get_weights(), before, strict=True):
        assert np.array_equal(now, then)


def test_what_is_missing_and_left_over_is_told(tmp_path):
    model = model_of(torchkeras, compiled=False)
    model.save_weights(tmp_path / "m.weights.h5")
    bigger = torchkeras.Sequential([*model.layers, torchkeras.layers.Dense(1, name="third")])
    bigger.build((None, 4))
    found = report(tmp_path / "m.weights.h5", bigger)
    assert {name.rpartition("/")[2]: shape for name, shape in found.missing} == {
        "kernel": (2, 1),
        "bias": (1,),
    }
    smaller = torchkeras.Sequential([torchkeras.Input((4,)), model.layers[0]])
    found = report(tmp_path / "m.weights.h5", smaller)
    assert [array.path for array in found.left] == [
        "/layers/dense_1/vars/0",
        "/layers/dense_1/vars/1",
    ]


def test_vocabularies_are_told(tmp_path):
    layer = torchkeras.layers.StringLookup()
    layer.adapt(["a", "b"])
    inputs = torchkeras.Input((1,), dtype="string")
    torchkeras.Model(inputs, layer(inputs)).save(tmp_path / "m.keras")
    assert list(report(tmp_path / "m.keras").assets) == [
        "assets/layers/string_lookup/vocabulary.txt"
    ]


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({"class_name": "Sequential", "config": {"name": "s", "layers": []}}, ["no model_weights"]),
        ({"class_name": "ReLU", "config": {}}, ["no model_weights", "it is a ReLU, not a model"]),
    ],
)
def test_what_load_model_refuses_is_a_problem(tmp_path, config, told):
    with h5py.File(tmp_path / "m.h5", "w") as file:
        file.attrs["model_config"] = json.dumps(config)
    problems = report(tmp_path / "m.h5").problems
    assert all(word in problem for word, problem in zip(told, problems, strict=True))
    with pytest.raises(ValueError, match=r"The file is '.*m\.h5'"):
        torchkeras.models.load_model(tmp_path / "m.h5")


def test_errors_name_the_file(tmp_path):
    (tmp_path / "m.json").write_text("[1]")
    with pytest.raises(ValueError, match=r"a JSON list'.* The file is '.*m\.json'"):
        report(tmp_path / "m.json")


def test_weights_of_layers_without_any_are_keras_s(tmp_path):
    model = keras.Sequential([keras.Input((4,)), keras.layers.ReLU()])
    model.save_weights(tmp_path / "m.weights.h5")
    assert report(tmp_path / "m.weights.h5").format == "weights of Keras 3"


def test_a_vocabulary_that_keras_left_out_is_missed(tmp_path):
    """Keras writes an adapted layer to .h5 as one that wasn't adapted."""
    inputs = torchkeras.Input((1,), dtype="string")
    tokens = torchkeras.layers.TextVectorization(name="tokens")
    torchkeras.Model(inputs, tokens(inputs)).save(tmp_path / "m.h5")
    (problem,) = report(tmp_path / "m.h5").problems
    assert problem.startswith('TextVectorization "tokens": its vocabulary isn\'t in the file')
    tokens.adapt(["a", "b"])
    torchkeras.Model(inputs, tokens(inputs)).save(tmp_path / "m.h5")
    assert not report(tmp_path / "m.h5").problems


def test_unknown_classes_are_told_and_not_needed(tmp_path):
    class Own(torchkeras.layers.Dense):
        pass

    model = torchkeras.Sequential([torchkeras.Input((4,)), Own(3)])
    model.save(tmp_path / "m.keras")
    found = report(tmp_path / "m.keras")
    assert "Could not locate class 'Own'" in found.problems[0]
    assert len(found.arrays) == 2
    known = report(tmp_path / "m.keras", custom_objects={"Own": Own})
    assert len(known.mapped) == 2


def test_reports_are_text_and_json(tmp_path):
    model_of(torchkeras).save(tmp_path / "m.keras")
    found = report(tmp_path / "m.keras")
    told = json.loads(found.to_json(indent=1))
    assert told["arrays"][0].keys() == {"path", "shape", "dtype"}
    text = str(found)
    assert "/layers/dense_1/vars/0 (3, 2) float32 -> second/kernel" in text
    assert "4" in text


def test_files_that_are_none_are_told(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no file"):
        report(tmp_path / "m.keras")
    (tmp_path / "m.keras").write_bytes(b"no archive")
    with pytest.raises(ValueError, match="HDF5"):
        report(tmp_path / "m.keras")


def test_what_of_a_checkpoint_goes_where_is_told(of_tensorflow):
    model = tensorflow_files.network(torchkeras)
    found = report(of_tensorflow / "adam" / "w", model)
    assert len(found.mapped) == len(model.weights)
    assert not found.missing
    assert not found.problems
    assert any("optimizer" in array.path for array in found.left)
    model.add(torchkeras.layers.Dense(5, name="more"))
    assert [shape for _, shape in report(of_tensorflow / "adam" / "w", model).missing] == [
        (2, 5),
        (5,),
    ]


def test_a_saved_model_is_told_of_with_its_layers(of_tensorflow):
    found = report(of_tensorflow / "saved")
    assert found.format == "SavedModel of TensorFlow"
    assert found.model["class"] == "Sequential"
    assert len(found.model["layers"]) > 2
    assert found.mapped
    assert not found.missing
    text = str(found)
    assert "compile: " in text
    assert "kernel/.ATTRIBUTES/VARIABLE_VALUE (4, 3) float32 -> " in text


def test_text_of_a_model_is_told_of_without_weights(tmp_path):
    (tmp_path / "m.json").write_text(model_of(torchkeras).to_json())
    found = report(tmp_path / "m.json")
    assert [layer["name"] for layer in found.model["layers"]][-2:] == ["first", "second"]
    assert [shape for _, shape in found.missing] == [(4, 3), (3,), (3, 2), (2,)]


def test_snapshots_of_a_run_are_told_of(tmp_path):
    model = model_of(torchkeras)
    keeping = torchkeras.callbacks.BackupAndRestore(tmp_path / "kept", delete_checkpoint=False)
    model.fit(np.ones((4, 4)), np.ones((4, 2)), verbose=0, callbacks=[keeping])
    found = report(tmp_path / "kept")
    assert found.versions["newest"] == "snapshot-00000001"
    assert (3, 4) in [array.shape for array in found.arrays]


def test_what_an_export_wrote_fits_a_model_that_is_given(of_tensorflow):
    assert "make the model from its class" in report(of_tensorflow / "exported3").problems[0]
    found = report(of_tensorflow / "exported3", tensorflow_files.noisy(torchkeras))
    assert not found.problems
    assert not found.missing
    assert "    left over: 9 arrays of the exported program" in str(found).splitlines()


def test_a_given_model_needs_none_of_a_saved_model_s_classes(of_tensorflow):
    assert "can't be rebuilt" in report(of_tensorflow / "custom").problems[0]
    model = torchkeras.Sequential([torchkeras.Input((4,)), torchkeras.layers.Dense(3)])
    assert not any(
        "rebuilt" in problem for problem in report(of_tensorflow / "custom", model).problems
    )


def test_a_checkpoint_of_several_objects_is_told_with_the_name_of_the_model(of_tensorflow):
    model = tensorflow_files.network(torchkeras)
    (problem,) = report(of_tensorflow / "keras3" / "c-1", model).problems
    assert problem.startswith("it has the model under the name 'model': tf.train.Checkpoint(model=")


@pytest.mark.parametrize(
    ("name", "format"), [("masked.keras", "tf.keras 2.12"), ("m.keras", "Keras 3")]
)
def test_archives_of_either_generation_are_told_apart(of_tensorflow, tmp_path, name, format):
    model_of(torchkeras).save(tmp_path / "m.keras")
    folder = tmp_path if name == "m.keras" else of_tensorflow
    assert report(folder / name).format.startswith(f"model of {format}")


def test_a_folder_without_a_suffix_is_told_as_it_is_loaded(tmp_path):
    model_of(torchkeras).save(tmp_path / "folder")
    found = report(tmp_path / "folder")
    assert found.fits
    assert found.path.endswith("saved_model.keras")

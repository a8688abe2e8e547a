"""``KerasFileEditor`` beside Keras's own."""

import keras
import numpy as np
import pytest

import torchkeras
from torchkeras.saving.file_editor import KerasFileEditor


def model_of(library, units=2):
    layers = [library.layers.Dense(3, name="first"), library.layers.Dense(units, name="second")]
    return library.Sequential([library.Input((4,)), *layers])


@pytest.fixture(params=[".keras", ".weights.h5"])
def path(request, tmp_path):
    """A file that Keras wrote."""
    path = tmp_path / f"m{request.param}"
    model = model_of(keras)
    (model.save if request.param == ".keras" else model.save_weights)(path)
    return str(path)


def flat(group, place=""):
    found = {}
    for name, value in group.items():
        inner = f"{place}/{name}"
        found.update(flat(value, inner) if isinstance(value, dict) else {inner: value})
    return found


def test_weights_are_where_keras_s_editor_has_them(path):
    ours, theirs = KerasFileEditor(path), keras.saving.KerasFileEditor(path)
    mine, its = flat(ours.weights_dict), flat(theirs.weights_dict)
    assert sorted(mine) == sorted(its)
    for name, value in mine.items():
        assert np.array_equal(value, its[name])
    assert ours.config == theirs.config
    assert (ours.metadata or {}).keys() == (theirs.metadata or {}).keys()


def test_models_are_compared_and_each_weight_counts_once(path):
    """Keras counts those of groups within groups several times."""
    for units, errors in ((2, 0), (5, 2)):
        mine = KerasFileEditor(path).compare(model_of(torchkeras, units))
        its = keras.saving.KerasFileEditor(path).compare(model_of(keras, units))
        assert mine == {**its, "error_count": errors, "match_count": 4 - errors}


def test_differences_are_told(path, capsys):
    editor = KerasFileEditor(path)
    capsys.readouterr()
    assert editor.compare(model_of(torchkeras, 5))["error_count"] == 2
    told = capsys.readouterr().out
    assert "Weight shape mismatch for /layers/dense_1/0: (3, 5) in reference" in told
    bigger = torchkeras.Sequential([*model_of(torchkeras).layers, torchkeras.layers.Dense(1)])
    bigger.build((None, 4))
    assert editor.compare(bigger)["error_count"] == 1
    assert "Object /layers/dense_2 present in reference model" in capsys.readouterr().out


def test_what_is_edited_is_read_by_keras(path, tmp_path):
    editor = KerasFileEditor(path)
    editor.delete_object("dense_1")
    kernel = np.ones((3, 5), "float32")
    editor.add_object("layers/dense_1", {"0": kernel})
    editor.add_weights("layers/dense_1", {"1": np.zeros(5, "float32"), "2": kernel})
    editor.delete_weight("dense_1", "2")
    new = tmp_path / "new.weights.h5"
    editor.save(new)
    editor.resave_weights(new)
    for library in (keras, torchkeras):
        model = model_of(library, 5)
        model.load_weights(new)
        assert np.array_equal(np.asarray(model.layers[1].get_weights()[0]), kernel)
    assert KerasFileEditor(str(new)).object_metadata["/layers/dense"]["name"] == "first"


def test_objects_are_renamed(path, tmp_path):
    editor = KerasFileEditor(path)
    editor.rename_object("layers/dense_1", "dense_7")
    assert set(editor.weights_dict["layers"]) == {"dense", "dense_7"}
    editor.rename_object("dense_7", "dense_1")
    editor.save(tmp_path / "new.weights.h5")
    model_of(keras).load_weights(tmp_path / "new.weights.h5")


def nested_of(library):
    layers = library.layers
    inner = library.Sequential([library.Input((6,)), layers.Dense(4), layers.BatchNormalization()])
    steps = layers.Bidirectional(layers.LSTM(3), name="both")
    return library.Sequential([library.Input((5, 2)), steps, inner, layers.Dense(1)])


def test_groups_within_groups_are_kept(tmp_path):
    """Keras's editor leaves those of Bidirectional and of nested models out."""
    written = nested_of(keras)
    written.save(tmp_path / "m.keras")
    editor = KerasFileEditor(str(tmp_path / "m.keras"))
    assert editor.compare(nested_of(torchkeras))["status"] == "success"
    editor.resave_weights(tmp_path / "new.weights.h5")
    for library in (keras, torchkeras):
        model = nested_of(library)
        model.load_weights(tmp_path / "new.weights.h5")
        for mine, its in zip(model.get_weights(), written.get_weights(), strict=True):
            assert np.array_equal(mine, its)


def test_the_summary_shows_every_weight(path, capsys):
    KerasFileEditor(path).summary()
    told = capsys.readouterr().out
    assert "dense_1 ('second')" in told
    assert "0: shape=(4, 3), dtype=float32" in told


def test_slips_are_told(path, tmp_path):
    editor = KerasFileEditor(path)
    with pytest.raises(ValueError, match="Path 'layers/x' not found"):
        editor.delete_object("layers/x")
    with pytest.raises(ValueError, match="Path 'x/y/z' not found"):
        editor.add_object("x/y/z", {})
    with pytest.raises(ValueError, match="occurs more than once"):
        editor.delete_object("0")
    with pytest.raises(ValueError, match="should be a dict"):
        editor.add_weights("layers/dense", [1])
    with pytest.raises(ValueError, match="Weight 7 not found in object"):
        editor.delete_weight("layers/dense", "7")
    with pytest.raises(ValueError, match="not a full path"):
        editor.rename_object("layers/dense", "a/b")
    with pytest.raises(ValueError, match="Invalid `filepath`"):
        editor.save(tmp_path / "x.h5")
    with pytest.raises(ValueError, match="Invalid filename"):
        KerasFileEditor(str(tmp_path / "x.h5"))

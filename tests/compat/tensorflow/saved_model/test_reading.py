"""What ``tf.saved_model.load`` gives, as recorded from TensorFlow 2.21."""

import json

import numpy as np
import pytest
import tensorflow as tf


class Counter(tf.Module):
    def __init__(self):
        super().__init__()
        self.n = tf.Variable(0, trainable=False)
        self.parts = [tf.Variable(1.0), {"a": tf.Variable(2.0)}]
        self.child = tf.Module()
        self.child.v = tf.Variable(3.0)
        self.size = 4

    @tf.function
    def step(self, x, scale=2.0, flag=True):
        self.n.assign_add(1)
        y = x * scale
        return {"a": y, "b": (y + 1,)} if flag else y


@pytest.fixture
def folder(tmp_path):
    model = Counter()
    model.step(tf.constant([1.0, 2.0]))
    model.step(tf.constant([1.0, 2.0]), flag=False)
    tf.saved_model.save(model, tmp_path / "m")
    return tmp_path / "m"


def test_the_tree_of_variables_comes_back(folder):
    loaded = tf.saved_model.load(folder)
    assert (float(loaded.parts[1]["a"]), float(loaded.child.v)) == (2.0, 3.0)
    assert not loaded.n.trainable
    assert not hasattr(loaded, "size")
    assert len(loaded.variables) == 4


def test_functions_change_variables_and_keep_the_form_of_results(folder):
    loaded = tf.saved_model.load(folder)
    found = loaded.step(tf.constant([3.0, 4.0]))
    assert found["a"].numpy().tolist() == [6.0, 8.0]
    assert isinstance(found["b"], tuple)
    assert loaded.step(tf.constant([3.0, 4.0]), flag=False).numpy().tolist() == [6.0, 8.0]
    assert int(loaded.n) == 4


def test_calls_of_another_kind_are_refused(folder):
    loaded = tf.saved_model.load(folder)
    for arguments in ((tf.zeros(3),), (tf.zeros(2), 3.0), (), (tf.zeros(2), 2.0, True, 1)):
        with pytest.raises(ValueError, match="Could not find matching concrete function"):
            loaded.step(*arguments)
    with pytest.raises(TypeError, match=r"not callable.*\['step'\]"):
        loaded(1)


def test_signatures_check_their_arguments(tmp_path):
    double = tf.function(lambda x: 2 * x, input_signature=[tf.TensorSpec([None], tf.float32)])
    tf.saved_model.save(tf.Module(), tmp_path / "m", signatures=double)
    served = tf.saved_model.load(tmp_path / "m").signatures["serving_default"]
    assert list(served.structured_outputs) == ["output_0"]
    assert served(np.ones(2, "float32"))["output_0"].numpy().tolist() == [2.0, 2.0]
    with pytest.raises(TypeError, match=r"takes \['x'\]; given are \['y'\]"):
        served(y=1)
    with pytest.raises(ValueError, match="expected TensorSpec"):
        served(x=np.ones((2, 2), "float32"))


def test_folders_of_another_kind(tmp_path, folder):
    assert tf.saved_model.contains_saved_model(folder)
    assert not tf.saved_model.contains_saved_model(tmp_path)
    with pytest.raises(FileNotFoundError, match="there is no SavedModel"):
        tf.saved_model.load(tmp_path / "none")
    (tmp_path / "saved_model.pb").touch()
    with pytest.raises(ValueError, match="TensorFlow's own can't run here"):
        tf.saved_model.load(tmp_path)
    told = json.loads((folder / "saved_model.json").read_text())
    (folder / "saved_model.json").write_text(json.dumps({**told, "format": "torchkeras 9"}))
    with pytest.raises(ValueError, match="newer version"):
        tf.saved_model.load(folder)


def test_the_folder_of_a_keras_model_gives_the_model(tmp_path):
    model = tf.keras.Sequential([tf.keras.Input((2,)), tf.keras.layers.Dense(3)])
    model.save(tmp_path / "m")
    assert tf.saved_model.contains_saved_model(tmp_path / "m")
    x = tf.constant([[1.0, -2.0]])
    assert np.array_equal(tf.saved_model.load(tmp_path / "m")(x), model(x))


@pytest.mark.parametrize("name", ["os.system", "aten.from_file.default", "aten.nothing.default"])
def test_a_file_can_name_nothing_but_operations_on_tensors(folder, name):
    told = json.loads((folder / "saved_model.json").read_text())
    told["functions"]["0"]["step"][0]["program"]["steps"][0][0] = name
    (folder / "saved_model.json").write_text(json.dumps(told))
    with pytest.raises(ValueError, match="may have been made to run something else"):
        tf.saved_model.load(folder)

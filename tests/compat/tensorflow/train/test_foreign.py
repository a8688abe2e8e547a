"""Checkpoints that real TensorFlow wrote."""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_files


def network():
    model = tensorflow_files.network(tf.keras)
    model.compile(tf.keras.optimizers.Adam(0.5), "mse")
    return model


def predictions(model, folder):
    with np.load(folder / "keras3.npz") as known:
        return model.predict(known["x"], verbose=0), known["y"]


def test_models_optimizers_variables_and_lists_are_restored(of_tensorflow):
    path = tf.train.latest_checkpoint(of_tensorflow / "keras3")
    assert path.endswith("c-1")
    model, step, rows = network(), tf.Variable(0), [tf.Variable([0.0, 0.0])]
    checkpoint = tf.train.Checkpoint(model=model, optimizer=model.optimizer, step=step, rows=rows)
    status = checkpoint.restore(path)
    status.assert_nontrivial_match()
    np.testing.assert_allclose(*predictions(model, of_tensorflow), atol=1e-6)
    assert int(step) == 7
    assert rows[0].numpy().tolist() == [1.0, 2.0]
    assert int(model.optimizer.iterations) == 1
    assert float(model.optimizer.learning_rate) == pytest.approx(0.01)
    assert int(checkpoint.save_counter) == 1
    model.optimizer.build(model.trainable_variables)  # its slots come with the variables
    assert not any("optimizer" in key for key in status._restoration.unused())
    status.assert_existing_objects_matched()
    status.assert_consumed()


def test_what_is_missing_is_told(of_tensorflow):
    path = tf.train.latest_checkpoint(of_tensorflow / "keras3")
    status = tf.train.Checkpoint(other=tf.Variable(1.0)).restore(path)
    with pytest.raises(AssertionError, match="Unresolved object"):
        status.assert_consumed()
    with pytest.raises(AssertionError, match="not bound"):
        status.assert_existing_objects_matched()
    with pytest.raises(AssertionError, match="Nothing but the root"):
        tf.train.Checkpoint(other=tf.Variable(1.0)).read(path).assert_nontrivial_match()


def test_attributes_that_come_later_get_their_values(of_tensorflow):
    checkpoint = tf.train.Checkpoint()
    checkpoint.restore(tf.train.latest_checkpoint(of_tensorflow / "keras3"))
    checkpoint.step = tf.Variable(0)
    assert int(checkpoint.step) == 7


def test_a_model_may_be_the_root(of_tensorflow):
    model = tensorflow_files.network(tf.keras)
    tf.train.Checkpoint(model).restore(str(of_tensorflow / "adam" / "w"))
    with np.load(of_tensorflow / "adam.npz") as known:
        np.testing.assert_allclose(model.predict(known["x"], verbose=0), known["before"], atol=1e-5)


def test_values_are_read_by_name(of_tensorflow):
    path = str(of_tensorflow / "bundle")
    reader = tf.train.load_checkpoint(path)
    assert reader.has_tensor("floats")
    with np.load(of_tensorflow / "bundle.npz") as known:
        np.testing.assert_array_equal(reader.get_tensor("floats"), known["floats"])
        np.testing.assert_array_equal(tf.train.load_variable(path, "parts:0"), known["parts"])
    assert reader.get_tensor("text") == b"hello"
    assert reader.get_tensor("brain").tolist() == [0.5, -2.0]
    assert dict(tf.train.list_variables(path))["parts"] == [130, 3]
    types = reader.get_variable_to_dtype_map()
    assert (types["halves"], types["texts"]) == (tf.float16, tf.string)
    with pytest.raises(KeyError, match="no 'none'"):
        reader.get_tensor("none")

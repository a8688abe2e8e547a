"""``tf.train.CheckpointManager`` and readers, as recorded from TensorFlow 2.21."""

import os

import numpy as np
import pytest
import tensorflow as tf


@pytest.fixture
def checkpoint():
    return tf.train.Checkpoint(step=tf.Variable(1), v=tf.Variable([1.0, 2.0]))


def names(paths):
    return [os.path.basename(path) for path in paths]


def test_the_last_few_are_kept(tmp_path, checkpoint):
    manager = tf.train.CheckpointManager(checkpoint, tmp_path / "sub", max_to_keep=2)
    assert manager.latest_checkpoint is None
    assert manager.restore_or_initialize() is None
    for _ in range(3):
        checkpoint.step.assign_add(1)
        manager.save()
    assert names(manager.checkpoints) == ["ckpt-2", "ckpt-3"]
    assert sorted(file.name for file in (tmp_path / "sub").iterdir()) == [
        "checkpoint",
        *[f"ckpt-{n}.{part}" for n in (2, 3) for part in ("data-00000-of-00001", "index")],
    ]
    assert os.path.basename(manager.save(checkpoint_number=77)) == "ckpt-77"
    assert int(checkpoint.save_counter) == 4
    again = tf.train.CheckpointManager(checkpoint, tmp_path / "sub", max_to_keep=2)
    assert names(again.checkpoints) == ["ckpt-3", "ckpt-77"]
    checkpoint.step.assign(0)
    assert (
        again.restore_or_initialize()
        == again.latest_checkpoint
        == tf.train.latest_checkpoint(tmp_path / "sub")
    )
    assert int(checkpoint.step) == 4


def test_an_interval_of_steps(tmp_path, checkpoint):
    manager = tf.train.CheckpointManager(
        checkpoint, tmp_path, 1, checkpoint_name="x", step_counter=checkpoint.step,
        checkpoint_interval=2,
    )  # fmt: skip
    assert manager.save()
    assert manager.save() is None
    assert manager.save(check_interval=False)
    checkpoint.step.assign_add(2)
    assert names([manager.save()]) == ["x-3"]
    assert manager.checkpoint_interval == 2


def test_one_is_kept_for_good_after_some_hours(tmp_path, checkpoint):
    manager = tf.train.CheckpointManager(checkpoint, tmp_path, 1, keep_checkpoint_every_n_hours=0)
    for _ in range(3):
        manager.save()
    assert names(manager.checkpoints) == ["ckpt-3"]
    assert (tmp_path / "ckpt-1.index").exists()


def test_a_function_starts_where_there_is_nothing(tmp_path, checkpoint):
    manager = tf.train.CheckpointManager(
        checkpoint, tmp_path, 1, init_fn=lambda: checkpoint.step.assign(9)
    )
    manager.restore_or_initialize()
    assert int(checkpoint.step) == 9


def test_wrong_arguments(tmp_path, checkpoint):
    with pytest.raises(ValueError, match="max_to_keep is 0"):
        tf.train.CheckpointManager(checkpoint, tmp_path, 0)
    with pytest.raises(ValueError, match="step_counter is None"):
        tf.train.CheckpointManager(checkpoint, tmp_path, 1, checkpoint_interval=3)
    with pytest.raises(ValueError, match="expected a folder with a checkpoint"):
        tf.train.load_checkpoint(tmp_path)


def test_values_can_be_read_by_their_keys(tmp_path, checkpoint):
    checkpoint.save(tmp_path / "ck")
    reader = tf.train.load_checkpoint(tmp_path)
    key = "v/.ATTRIBUTES/VARIABLE_VALUE"
    assert np.array_equal(reader.get_tensor(key), [1, 2])
    assert reader.has_tensor(key)
    assert not reader.has_tensor("x")
    assert reader.get_variable_to_shape_map()[key] == [2]
    assert reader.get_variable_to_dtype_map()["step/.ATTRIBUTES/VARIABLE_VALUE"] == tf.int32
    assert np.array_equal(tf.train.load_variable(tmp_path, key), [1, 2])
    with pytest.raises(KeyError, match="has no 'x'"):
        reader.get_tensor("x")


def test_a_folder_without_checkpoints_has_no_last_one(tmp_path):
    assert tf.train.latest_checkpoint(tmp_path) is None


def small():
    model = tf.keras.Sequential([tf.keras.Input((2,)), tf.keras.layers.Dense(1)])
    model.compile("adam", "mse")
    return model


def test_weights_of_model_checkpoint_are_found(tmp_path):
    path = str(tmp_path / "training" / "cp-{epoch:04d}.ckpt")
    saving = tf.keras.callbacks.ModelCheckpoint(path, save_weights_only=True, save_freq=4)
    model = small()
    model.save_weights(path.format(epoch=0))
    x, y = np.eye(2).repeat(4, 0), np.ones((8, 1))
    model.fit(x, y, epochs=3, batch_size=4, callbacks=[saving], verbose=0)
    indices = sorted(name for name in os.listdir(tmp_path / "training") if name.endswith("index"))
    assert indices == ["cp-0000.ckpt.index", "cp-0002.ckpt.index"]
    found = tf.train.latest_checkpoint(os.path.dirname(path))
    assert os.path.basename(found) == "cp-0002.ckpt"
    assert os.path.exists(found + ".index")
    assert tf.train.load_variable(found, "optimizer/_iterations/.ATTRIBUTES/VARIABLE_VALUE") == 4
    twin = small()
    twin.load_weights(found).assert_nontrivial_match()
    assert twin.evaluate(x, y, verbose=0) != model.evaluate(x, y, verbose=0)  # two steps on
    shapes = dict(tf.train.list_variables(found))
    assert shapes["layer_with_weights-0/kernel/.ATTRIBUTES/VARIABLE_VALUE"] == [2, 1]


def test_the_newest_weights_of_earlier_releases_stand_for_a_checkpoint(tmp_path):
    model = small()
    for epoch in (1, 2):
        model.save_weights(tmp_path / f"cp-{epoch:04d}.ckpt.weights.h5")
    found = tf.train.latest_checkpoint(tmp_path)
    assert os.path.basename(found) == "cp-0002.ckpt"
    model.load_weights(found)


def test_an_iterator_gives_each_new_one(tmp_path, checkpoint):
    checkpoint.save(tmp_path / "ck")
    found = []
    for path in tf.train.checkpoints_iterator(tmp_path, timeout=0.01):
        found.append(os.path.basename(path))
        if len(found) < 2:
            checkpoint.save(tmp_path / "ck")
    assert found == ["ck-1", "ck-2"]

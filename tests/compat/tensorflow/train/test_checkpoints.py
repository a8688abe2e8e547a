"""``tf.train.Checkpoint``, as recorded from TensorFlow 2.21."""

import json
from pathlib import Path

import checkpoint_objects
import numpy as np
import oracle
import pytest
import tensorflow as tf


class Line(tf.Module):
    def __init__(self):
        super().__init__()
        self.weight = tf.Variable([[1.0]])
        self.parts = [tf.Variable(5.0), tf.Variable(6.0)]
        self.table = {"a": tf.Variable(7.0)}


def network(seed=0):
    tf.keras.utils.set_random_seed(seed)
    return tf.keras.Sequential([tf.keras.layers.Dense(3), tf.keras.layers.Dense(1)])


def train(model, optimizer):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(model(np.ones((4, 2), "float32")) ** 2)
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
    return float(loss)


def test_names_and_files_are_as_in_tensorflow(tmp_path):
    checkpoint = tf.train.Checkpoint(n=tf.Variable(3), line=Line())
    path = checkpoint.save(tmp_path / "ck")
    assert Path(path).name == "ck-1"
    names = ["checkpoint", "ck-1.data-00000-of-00001", "ck-1.index"]
    assert sorted(file.name for file in tmp_path.iterdir()) == names
    assert [name for name, _ in tf.train.list_variables(path)] == [
        "_CHECKPOINTABLE_OBJECT_GRAPH",
        "line/parts/0/.ATTRIBUTES/VARIABLE_VALUE",
        "line/parts/1/.ATTRIBUTES/VARIABLE_VALUE",
        "line/table/a/.ATTRIBUTES/VARIABLE_VALUE",
        "line/weight/.ATTRIBUTES/VARIABLE_VALUE",
        "n/.ATTRIBUTES/VARIABLE_VALUE",
        "save_counter/.ATTRIBUTES/VARIABLE_VALUE",
    ]
    assert checkpoint.write(str(tmp_path / "w")).endswith("w")
    assert int(checkpoint.save_counter) == 1


def test_values_come_back(tmp_path):
    line = Line()
    checkpoint = tf.train.Checkpoint(line=line)
    path = checkpoint.save(tmp_path / "ck")
    line.parts[1].assign(0.0)
    line.table["a"].assign(0.0)
    checkpoint.restore(path).assert_consumed()
    assert (float(line.parts[1]), float(line.table["a"])) == (6.0, 7.0)
    fresh = tf.train.Checkpoint(line=Line())
    fresh.restore(path)
    assert int(fresh.save_counter) == 1


def test_training_goes_on_where_it_stood(tmp_path):
    model, optimizer = network(), tf.keras.optimizers.Adam(0.1)
    train(model, optimizer)
    path = tf.train.Checkpoint(model=model, optimizer=optimizer).save(tmp_path / "ck")
    expected = [train(model, optimizer) for _ in range(2)]
    model, optimizer = network(1), tf.keras.optimizers.Adam(0.5)
    status = tf.train.Checkpoint(optimizer=optimizer, model=model).restore(path)
    assert int(optimizer.iterations) == 1  # known before the optimizer has its slots
    with pytest.raises(AssertionError, match="Unresolved object"):
        status.assert_consumed()
    np.testing.assert_allclose([train(model, optimizer) for _ in range(2)], expected, rtol=1e-6)
    status.assert_consumed()


def test_attributes_that_come_later_take_their_values(tmp_path):
    path = tf.train.Checkpoint(line=Line()).save(tmp_path / "ck")
    checkpoint = tf.train.Checkpoint()
    checkpoint.restore(path)
    checkpoint.line = tf.Module()
    checkpoint.line.parts = [tf.Variable(0.0), tf.Variable(0.0)]
    assert float(checkpoint.line.parts[1]) == 6.0


def test_a_root_lends_its_parts(tmp_path):
    line = Line()
    path = tf.train.Checkpoint(line, step=tf.Variable(4)).save(tmp_path / "ck")
    names = [name for name, _ in tf.train.list_variables(path)]
    assert "weight/.ATTRIBUTES/VARIABLE_VALUE" in names
    line.weight.assign([[9.0]])
    tf.train.Checkpoint(line).restore(path).expect_partial()
    assert float(line.weight[0, 0]) == 1.0


def test_what_does_not_match_is_told(tmp_path):
    path = tf.train.Checkpoint(a=tf.Variable(1.0), b=tf.Variable(2.0)).save(tmp_path / "ck")
    status = tf.train.Checkpoint(a=tf.Variable(0.0)).restore(path)
    status.assert_existing_objects_matched().assert_nontrivial_match()
    with pytest.raises(AssertionError, match="Unresolved object in checkpoint: b/"):
        status.assert_consumed()
    status = tf.train.Checkpoint(a=tf.Variable(0.0), c=tf.Variable(0.0)).restore(path)
    with pytest.raises(AssertionError, match="Found 1 Python objects"):
        status.assert_existing_objects_matched()
    with pytest.raises(AssertionError, match="Nothing but the root"):
        tf.train.Checkpoint(z=tf.Variable(0.0)).read(path).assert_nontrivial_match()


def test_iterators_and_generators_go_on(tmp_path):
    iterator = iter(tf.data.Dataset.range(10))
    generator = tf.random.Generator.from_seed(3)
    next(iterator)
    checkpoint = tf.train.Checkpoint(iterator=iterator, generator=generator)
    path = checkpoint.save(tmp_path / "ck")
    numbers = generator.normal([2]).numpy()
    next(iterator)
    checkpoint.restore(path)
    assert int(next(iterator)) == 1
    assert np.array_equal(generator.normal([2]).numpy(), numbers)


def test_nothing_to_restore():
    status = tf.train.Checkpoint(a=tf.Variable(1.0)).restore(None)
    assert status.expect_partial() is status
    with pytest.raises(AssertionError, match="nothing is being restored"):
        status.assert_consumed()


def test_wrong_arguments_and_files(tmp_path):
    with pytest.raises(ValueError, match="v is 3; expected a model, layer"):
        tf.train.Checkpoint(v=3)
    with pytest.raises(tf.errors.NotFoundError, match="there is no checkpoint"):
        tf.train.Checkpoint().restore(tmp_path / "none")
    for content in (b"\0\1leveldb", json.dumps({"format": "?"}).encode()):
        (tmp_path / "tf.index").write_bytes(content)
        with pytest.raises(ValueError, match="neither this package's nor TensorFlow's"):
            tf.train.Checkpoint().restore(tmp_path / "tf")
    path = tf.train.Checkpoint(v=tf.Variable([1.0, 2.0])).save(tmp_path / "ck")
    with pytest.raises(ValueError, match=r"is \(3,\); expected \(2,\)"):
        tf.train.Checkpoint(v=tf.Variable([0.0] * 3)).restore(path)


def test_options_call_back(tmp_path):
    seen = []
    options = tf.train.CheckpointOptions(
        experimental_write_callbacks=[seen.append, lambda: seen.append("done")]
    )
    path = tf.train.Checkpoint().save(tmp_path / "ck", options)
    assert seen == [path, "done"]


def test_objects_of_every_kind_come_back(tmp_path):
    written = checkpoint_objects.write(tf, tmp_path)
    found = checkpoint_objects.read(tf, tmp_path)
    assert (found["names"], found["saves"]) == (["ckpt-2", "ckpt-3"], 3)
    assert found["values"] == written["values"]
    np.testing.assert_allclose(found["losses"], written["losses"], atol=2e-5)


@pytest.mark.tensorflow
@pytest.mark.parametrize("legacy", ["0", "1"], ids=["keras_3", "tf_keras_2"])
@pytest.mark.parametrize("writer", ["ours", "tensorflow"])
def test_checkpoints_are_exchanged_with_tensorflow(tmp_path, writer, legacy):
    def of_tensorflow(action, folder):
        return json.loads(
            oracle.output_of(
                checkpoint_objects.__file__, action, folder,
                TF_USE_LEGACY_KERAS=legacy, KERAS_BACKEND="tensorflow",
            )
        )  # fmt: skip

    if writer == "ours":
        written = checkpoint_objects.write(tf, tmp_path)
        found = of_tensorflow("read", tmp_path)
    else:
        written = of_tensorflow("write", tmp_path)
        found = checkpoint_objects.read(tf, tmp_path)
    assert (found["names"], found["saves"]) == (["ckpt-2", "ckpt-3"], 3)
    assert found["values"] == written["values"]
    np.testing.assert_allclose(found["losses"], written["losses"], atol=2e-5)

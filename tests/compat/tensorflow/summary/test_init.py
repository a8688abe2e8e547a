"""``tf.summary``, as recorded from TensorFlow 2.21."""

import numpy as np
import pytest
import tensorflow as tf

loader = pytest.importorskip("tensorboard.backend.event_processing.event_file_loader")


def written(folder):
    """``(step, tag, plugin)`` of all that is in a folder."""
    return [
        (event.step, value.tag, value.metadata.plugin_data.plugin_name)
        for file in sorted(folder.glob("events*"))
        for event in loader.EventFileLoader(str(file)).Load()
        for value in event.summary.value
    ]


def test_each_kind_is_written_under_its_plugin(tmp_path):
    writer = tf.summary.create_file_writer(str(tmp_path), filename_suffix=".mine")
    with writer.as_default(step=7):
        assert tf.summary.scalar("a", tf.constant(1.0))
        assert tf.summary.histogram("h", [1.0, 2.0, 3.0], buckets=3)
        assert tf.summary.image("i", np.zeros((2, 4, 4, 3), "float32"))
        assert tf.summary.text("t", "hello", step=8)
        assert tf.summary.audio("s", np.zeros((1, 10, 1), "float32"), 8000)
        assert tf.summary.write("raw", lambda: np.arange(3.0))
    writer.close()
    assert written(tmp_path) == [
        (7, "a", "scalars"), (7, "h", "histograms"), (7, "i", "images"), (8, "t", "text"),
        (7, "s", "audio"), (7, "raw", ""),
    ]  # fmt: skip
    assert [file.suffix for file in tmp_path.iterdir()] == [".mine"]


def test_names_of_scopes_come_first(tmp_path):
    writer = tf.summary.create_file_writer(tmp_path)
    with writer.as_default(), tf.name_scope("scope"):
        tf.summary.scalar("a", 1.0, step=tf.Variable(3))
    writer.close()
    assert written(tmp_path) == [(3, "scope/a", "scalars")]


def test_nothing_is_written_without_a_writer_or_against_a_condition(tmp_path):
    assert not tf.summary.scalar("a", 1.0, step=0)
    with tf.summary.create_noop_writer().as_default():
        assert not tf.summary.scalar("a", 1.0, step=0)
    writer = tf.summary.create_file_writer(tmp_path)
    with tf.summary.record_if(lambda: False), writer.as_default(step=1):
        assert not tf.summary.should_record_summaries()
        assert not tf.summary.write("a", 1.0)
    writer.close()
    assert not list(tmp_path.iterdir())


def test_a_closed_writer_is_not_put_in_force(tmp_path):
    writer = tf.summary.create_file_writer(tmp_path)
    writer.init()
    writer.close()
    with pytest.raises(RuntimeError, match="already closed"), writer.as_default():
        pass
    with pytest.raises(RuntimeError, match="already closed"):
        writer.set_as_default()


def test_flushing_reaches_the_writer_in_force(tmp_path):
    writer = tf.summary.create_file_writer(tmp_path)
    tf.summary.flush()
    with writer.as_default(step=0):
        tf.summary.scalar("a", 1.0)
        tf.summary.flush()
        assert len(written(tmp_path)) == 1
    tf.summary.flush(writer)
    writer.close()


def test_images_need_four_axes(tmp_path):
    with (
        tf.summary.create_file_writer(tmp_path).as_default(step=0),
        pytest.raises(ValueError, match=r"shape of data is \(4, 4\); expected \(n, h, w, c\)"),
    ):
        tf.summary.image("i", np.zeros((4, 4)))


def test_a_custom_loop_writes_in_fit_with_the_callback(tmp_path):
    class Net(tf.keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = tf.keras.layers.Dense(1)

        def call(self, x):
            tf.summary.scalar("mean", tf.reduce_mean(x))
            return self.dense(x)

    model, x = Net(), np.ones((4, 2), "float32")
    model.compile("sgd", "mse")
    board = tf.keras.callbacks.TensorBoard(tmp_path, update_freq=1, write_graph=False)
    model.fit(x, x[:, :1], batch_size=2, verbose=0, callbacks=[board])
    assert [tag for _, tag, _ in written(tmp_path / "train")].count("mean") == 2

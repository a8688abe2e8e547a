import numpy as np
import pytest
import torch

import torchkeras as keras
from torchkeras.callbacks import summaries

EventAccumulator = pytest.importorskip(
    "tensorboard.backend.event_processing.event_accumulator"
).EventAccumulator


def read(folder):
    return EventAccumulator(str(folder)).Reload()


def test_what_is_written_goes_to_the_writer_in_force(tmp_path):
    writer = summaries.create_file_writer(tmp_path)
    assert not summaries.scalar("lost", 1.0, step=0)
    with writer.as_default(step=3):
        assert summaries.scalar("number", torch.tensor(2.5))
        assert summaries.histogram("spread", np.arange(9.0), step=4)
        assert summaries.image("picture", np.zeros((5, 4, 4, 1)), max_outputs=2)
        assert summaries.text("words", "hello")
        with summaries.record_if(False):
            assert not summaries.should_record_summaries()
            assert not summaries.scalar("left out", 1.0)
    writer.close()
    found = read(tmp_path)
    assert [(e.step, e.value) for e in found.Scalars("number")] == [(3, 2.5)]
    assert [e.step for e in found.Tensors("spread")] == [4]
    assert "left out" not in found.Tags()["scalars"]


def test_a_step_is_asked_for(tmp_path):
    with (
        summaries.create_file_writer(tmp_path).as_default(),
        pytest.raises(RuntimeError, match="there is no step"),
    ):
        summaries.scalar("number", 1.0)


def test_a_model_writes_in_fit_at_the_steps_asked_for(tmp_path):
    board = keras.callbacks.TensorBoard(tmp_path, update_freq=2, write_graph=False)

    class Model(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = keras.layers.Dense(1)

        def call(self, x):
            board.summary.scalar("mean", x.mean())
            return self.dense(x)

    model, x = Model(), np.ones((12, 3))
    model.compile("sgd", "mse")
    model.fit(x, x[:, :1], batch_size=3, epochs=2, verbose=0, callbacks=[board],
              validation_data=(x[:6], x[:6, :1]), validation_batch_size=3)  # fmt: skip
    assert [e.step for e in read(tmp_path / "train").Scalars("mean")] == [2, 4, 6, 8]
    assert [e.step for e in read(tmp_path / "validation").Scalars("mean")][-1] >= 2
    assert not summaries.should_record_summaries()

import threading

import numpy as np
import pytest

import torchkeras as keras
from torchkeras.callbacks import sidecar as room
from torchkeras.utils import SidecarEvaluator

X = np.ones((4, 3), "float32")


class Batches(keras.utils.PyDataset):
    """Twice the same batch."""

    def __len__(self):
        return 2

    def __getitem__(self, index):
        return X, X[:, :1]


def built(kernel=0.0):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, kernel_initializer="zeros")])
    model.layers[0].kernel.assign(np.full((3, 1), kernel))
    model.compile("sgd", "mse")
    return model


class Notes(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.losses = []

    def on_test_end(self, logs=None):
        self.losses.append(logs["loss"])


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(room, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(room, "PATIENCE_SECONDS", 0.05)


def test_the_newest_is_evaluated_until_the_last(tmp_path, capsys):
    for number in (2, 10):
        built(number).save_weights(tmp_path / f"ckpt-{number}.weights.h5")
    (tmp_path / "checkpoint").write_text("of another kind")
    notes = Notes()
    SidecarEvaluator(built(), Batches(), tmp_path, max_evaluations=10, callbacks=[notes]).start()
    assert notes.losses == [841.0]
    assert "2/2 - " in capsys.readouterr().out


def test_it_waits_for_what_training_saves(tmp_path, caplog):
    notes, trained = Notes(), built(1.0)
    save = keras.callbacks.ModelCheckpoint(str(tmp_path / "ckpt-{epoch}"), save_weights_only=True)
    sidecar = SidecarEvaluator(
        built(), Batches(), tmp_path, steps=1, max_evaluations=2, callbacks=[notes]
    )
    with caplog.at_level("INFO", "torchkeras"):
        beside = threading.Thread(target=sidecar.start, daemon=True)
        beside.start()
        while not any("no new checkpoint" in text for text in caplog.messages):
            pass
        trained.fit(X, X[:, :1], epochs=2, verbose=0, callbacks=[save])
        beside.join(20)
    assert not beside.is_alive()
    assert notes.losses[-1] == pytest.approx(trained.evaluate(X, X[:, :1], verbose=0))


def test_a_file_that_is_not_complete_yet_is_read_again(tmp_path, caplog):
    path = tmp_path / "ckpt-1.weights.h5"
    path.write_bytes(b"the first half")
    notes = Notes()
    sidecar = SidecarEvaluator(built(), Batches(), tmp_path, None, 1, [notes])
    with caplog.at_level("INFO", "torchkeras"):
        beside = threading.Thread(target=sidecar.start, daemon=True)
        beside.start()
        while not any("can't load" in text for text in caplog.messages):
            pass
        built(1.0).save_weights(path)
        beside.join(20)
    assert len(notes.losses) == 1


def test_it_wants_a_model(tmp_path):
    with pytest.raises(ValueError, match="expected a compiled model"):
        SidecarEvaluator("model", X, tmp_path)

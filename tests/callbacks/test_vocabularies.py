import numpy as np
import pytest

import torchkeras as keras
from torchkeras.callbacks.experimental import UpdateEmbeddingCallback

X = np.array([["h", "j"], ["j", "h"]] * 3, dtype=object)
Y = np.zeros((6, 1))


@pytest.fixture
def model():
    embedding = keras.layers.experimental.DynamicEmbedding(2, 3, initial_vocabulary=["a", "b"])
    made = keras.Sequential([embedding, keras.layers.Flatten(), keras.layers.Dense(1)])
    made.compile("adam", "mse")
    return made


class Hurry(keras.callbacks.Callback):
    """Lets ``update`` be due before the last step."""

    def __init__(self, update, model):
        super().__init__()
        self.update, self.embedding, self.before = update, model.layers[0], None

    def on_train_batch_end(self, batch, logs=None):
        if batch == 1:
            self.before = self.embedding.embedding_layer.embeddings.numpy()
            self.update.on_interval()


def test_the_vocabulary_is_renewed_between_steps(model):
    update = UpdateEmbeddingCallback(model.layers[0], interval=3600)
    hurry = Hurry(update, model)
    model.fit(X, Y, batch_size=3, verbose=0, shuffle=False, callbacks=[hurry, update])
    assert set(model.layers[0].get_vocabulary()) == {"h", "j"}
    slots = [v for v in model.optimizer.variables if v.path.endswith(("momentum", "velocity"))]
    of_table = [np.abs(slot.numpy()).sum() for slot in slots if "embedding" in slot.path]
    others = [np.abs(slot.numpy()).sum() for slot in slots if "embedding" not in slot.path]
    assert len(of_table) == 2
    assert of_table == [0, 0]
    assert all(others)


def test_nothing_happens_before_it_is_due(model):
    update = UpdateEmbeddingCallback(model.layers[0], interval=3600)
    model.fit(X, Y, batch_size=3, verbose=0, callbacks=[update])
    assert model.layers[0].get_vocabulary().tolist() == ["a", "b"]
    assert update.get_state() is None
    assert update.strategy is model._replica_group


def test_its_thread_makes_it_due(model):
    update = UpdateEmbeddingCallback(model.layers[0], interval=0.001)
    with update:
        while not update._is_due:
            pass
        model.fit(X, Y, verbose=0, callbacks=[update])
    update.thread.join(10)
    assert set(model.layers[0].get_vocabulary()) == {"h", "j"}

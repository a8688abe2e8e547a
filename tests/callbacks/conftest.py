"""A stand-in for a model: callbacks need no more of one than this."""

from types import SimpleNamespace

import numpy as np
import pytest


class StandIn:
    """Notes what callbacks do to it; its only weight is the number of the epoch."""

    def __init__(self, learning_rate=0.1):
        self.metrics = []
        self.layers = []
        self.optimizer = SimpleNamespace(learning_rate=learning_rate, iterations=0, name="sgd")
        self.stop_training = False
        self.epoch = 0
        self.restored = None
        self.saved = []

    def get_weights(self):
        return [np.array(self.epoch)]

    def set_weights(self, weights):
        self.restored = int(weights[0])

    def save(self, path, overwrite=True):
        self.saved.append(("model", str(path)))

    def save_weights(self, path, overwrite=True):
        self.saved.append(("weights", str(path)))

    def run(self, callback, epochs_of_logs, steps=0):
        """Call ``callback`` as ``fit`` would; the dicts of logs are changed in place."""
        callback.set_model(self)
        callback.set_params({"epochs": len(epochs_of_logs), "verbose": 0, "steps": steps})
        callback.on_train_begin({})
        for epoch, logs in enumerate(epochs_of_logs):
            self.epoch = epoch
            callback.on_epoch_begin(epoch, {})
            for step in range(steps):
                callback.on_train_batch_begin(step, {})
                callback.on_train_batch_end(step, logs)
            callback.on_epoch_end(epoch, logs)
            if self.stop_training:
                break
        callback.on_train_end({})
        return self


@pytest.fixture(scope="session")
def stand_in():
    return StandIn

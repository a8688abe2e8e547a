"""Snapshots of training as entry points. The thing is a function that spoils one's folder."""

import numpy as np
import torch
from security.entries import entry
from security.honest import base_model

import torchkeras as keras
from torchkeras.saving import snapshot


def _snapshot(spoil, work):
    model = base_model()
    state = {"weights": [torch.ones(3), np.arange(3)], "x": 1}
    snapshot.write(work / "backup", state)
    spoil(work / "backup" / "snapshot-00000001")
    return model


@entry("snapshot.read", "snapshot")
def read_snapshot(spoil, work):
    _snapshot(spoil, work)
    return lambda: snapshot.read(work / "backup")


@entry("BackupAndRestore", "snapshot")
def restore_snapshot(spoil, work):
    model = _snapshot(spoil, work)
    model.compile("sgd", "mse")
    backup = keras.callbacks.BackupAndRestore(work / "backup")
    x, y = np.ones((2, 4)), np.ones((2, 2))
    return lambda: model.fit(x, y, verbose=0, callbacks=[backup]) and None

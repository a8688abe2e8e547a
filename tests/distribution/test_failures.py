"""A process that is killed, raises or stalls ends all of them soon, and it is said why."""

import time

import pytest
from distribution import processes

SCRIPT = '''
import os
import signal
import time

import numpy as np
import torchkeras as keras
from torchkeras import distribution

X, Y = np.ones((40, 4)), np.ones((40, 1))


def here():
    """Whether this is the process and the moment in which something happens."""
    here.calls += 1
    if distribution.rank() == 1 and here.calls == 5:
        open("moment", "w").write(str(time.time()))
        return True
    return False


here.calls = 0


class Data(keras.utils.PyDataset):
    def __len__(self):
        return 10

    def __getitem__(self, place):
        if "data" in KIND and here():
            time.sleep(1000)  # for ever
        return X[:4], Y[:4]


class Model(keras.Model):
    def train_step(self, data):
        if KIND == "step" and here():
            raise ArithmeticError("a step of the second process")
        return super().train_step(data)


class Callback(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        if KIND == "killed" and here():
            os.kill(os.getpid(), signal.SIGKILL)
        if KIND == "callback" and here():
            raise OSError("the disk is full")
        if KIND == "exit" and here():
            raise SystemExit(3)


def generator():
    while True:
        if KIND == "generator" and here():
            time.sleep(1000)  # for ever
        yield X[:4], Y[:4]


inputs = keras.Input((4,))
model = (Model if KIND == "step" else keras.Model)(inputs, keras.layers.Dense(1)(inputs))
model.compile("sgd", "mse")
if KIND == "validation data":
    model.fit(X, Y, validation_data=Data(), verbose=0)
elif KIND == "predicted data":
    model.predict(Data(), verbose=0)
elif KIND == "data":
    model.fit(Data(workers=2), epochs=2, verbose=0)
elif KIND == "generator":
    model.fit(generator(), steps_per_epoch=20, verbose=0)
else:
    model.fit(X, Y, batch_size=4, epochs=2, verbose=0, callbacks=[Callback()])
'''

EXPECTED = {
    "killed": "Signal 9 (SIGKILL)",
    "callback": "OSError: the disk is full",
    "step": "ArithmeticError: a step of the second process",
    "exit": "exitcode  : 3",
    "generator": "time.sleep(1000)  # for ever",
    "data": "Process 1 computes nothing at batch",
    "validation data": "time.sleep(1000)  # for ever",
    "predicted data": "Process 1 computes nothing at batch",
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", EXPECTED)
def test_all_processes_end_soon_and_say_why(tmp_path, monkeypatch, kind):
    path = tmp_path / "script.py"
    path.write_text(f"KIND = {kind!r}\n{SCRIPT}")
    monkeypatch.chdir(tmp_path)
    done = processes.torchrun(2, path, TORCHKERAS_STALL_SECONDS="6")
    assert time.time() - float((tmp_path / "moment").read_text()) < 30
    assert done.returncode != 0
    assert EXPECTED[kind] in done.stderr
    assert "Connection closed" not in done.stderr  # of the others there is nothing to tell


BUSY = """
import sys
import torch
from torchkeras import distribution

distribution.start()
kept = torch.distributed.group.WORLD  # as a model keeps it
sys.setswitchinterval(100)  # seconds for which a thread may keep the others from Python's lock
for _ in range(200):
    torch.distributed.all_reduce(torch.ones(10))
"""


def test_processes_end_well_though_threads_still_hold_tensors(tmp_path):
    path = tmp_path / "busy.py"
    path.write_text(BUSY)
    processes.run(2, path)

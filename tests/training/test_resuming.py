"""Runs killed by SIGKILL and started again do what a run that was never killed does."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

import torchkeras as keras
from torchkeras.callbacks import BackupAndRestore, Callback
from torchkeras.training.resuming import get_callback_state, set_callback_state

SCRIPT = Path(__file__).with_name("killed_runs.py")
X = np.random.default_rng(0).normal(size=(20, 3)).astype("float32")


def differences(folder, kinds, points, seed, processes=1):
    command = [sys.executable, SCRIPT, folder / "runs", kinds, points, seed, processes]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_a_killed_run_ends_with_the_same_bits(tmp_path):
    assert differences(tmp_path, "half,sequence", 1, 2) == {}


def test_two_processes_that_were_killed_end_with_the_same_bits(tmp_path):
    assert differences(tmp_path, "arrays", 1, 2, 2) == {}


@pytest.mark.slow
@pytest.mark.parametrize(
    "kind",
    ["arrays", "half", "portions", "together", "own step", "loader", "workers", "sequence"]
    + ["threads", "processes", "generator", "function", "tf.data", "tf.data rows"],
)
def test_killed_at_twenty_random_points(tmp_path, kind):
    assert differences(tmp_path, kind, 20, 1) == {}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["arrays", "half", "loader", "sequence", "tf.data"])
def test_two_processes_killed_at_twenty_random_points(tmp_path, kind):
    assert differences(tmp_path, kind, 20, 2, 2) == {}


class Interrupt(Callback):
    """Ends the run by an exception after so many steps."""

    def __init__(self, after):
        super().__init__()
        self.after = after

    def get_state(self):
        return None

    def set_state(self, state):
        pass

    def on_train_batch_end(self, batch, logs=None):
        self.after -= 1
        if not self.after:
            raise KeyboardInterrupt


def trained(folder, *callbacks, units=2, build=True, save_freq=1, **options):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([*([keras.Input((3,))] if build else []), keras.layers.Dense(units)])
    model.compile("sgd", "mse")
    backup = BackupAndRestore(folder, save_freq=save_freq)
    return model.fit(
        X,
        X[:, :units],
        batch_size=4,
        epochs=3,
        verbose=0,
        callbacks=[backup, *callbacks],
        **options,
    )


def test_history_is_that_of_the_whole_run(tmp_path):
    whole = trained(tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        trained(tmp_path / "half", Interrupt(8))
    again = trained(tmp_path / "half")
    assert again.history == whole.history
    assert again.epoch == [0, 1, 2]


def test_another_model_is_refused(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        trained(tmp_path, Interrupt(3))
    with pytest.raises(ValueError, match="expected the one whose state was kept"):
        trained(tmp_path, units=1)


def test_callbacks_that_are_gone_are_named(tmp_path):
    class Note(Callback):
        def on_epoch_begin(self, epoch, logs=None):
            self.begun = epoch

    with pytest.raises(KeyboardInterrupt):
        trained(tmp_path, Note(), Interrupt(3))
    with pytest.warns(UserWarning, match="No callback of this run takes the state of Note"):
        trained(tmp_path, Interrupt(100))


def test_what_cannot_be_kept_is_named_once(tmp_path):
    class Note(Callback):
        def __init__(self):
            super().__init__()
            self.place = object()

    with pytest.warns(UserWarning, match=r"without Note\.place") as found:
        trained(tmp_path, Note())
    assert len(found) == 1


def test_arguments_of_callbacks_may_change_between_runs():
    class Counter(Callback):
        def __init__(self, limit):
            super().__init__()
            self.limit = limit
            self.counts = {}
            self.tensor = torch.zeros(2)
            self.scheduler = torch.optim.lr_scheduler.StepLR(
                torch.optim.SGD([torch.zeros(1)], 1.0), 1
            )

    old, new = Counter(3), Counter(5)
    old.counts["a"] = old.tensor[0] = 4
    old.scheduler.last_epoch = 9
    state, unkept = get_callback_state(old, {"limit": 3})
    set_callback_state(new, state)
    assert unkept == []
    assert (new.limit, new.counts, new.tensor.tolist()) == (5, {"a": 4}, [4, 0])
    assert new.scheduler.last_epoch == 9


def test_a_run_that_stopped_early_stays_stopped(tmp_path):
    class Halt(Callback):
        def get_state(self):
            return None

        def set_state(self, state):
            pass

        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = True

        def on_train_end(self, logs=None):
            if self.dies:
                raise KeyboardInterrupt

    first, second = Halt(), Halt()
    first.dies, second.dies = True, False
    with pytest.raises(KeyboardInterrupt):
        trained(tmp_path, first, save_freq="epoch")
    assert trained(tmp_path, second, save_freq="epoch").epoch == [0]
    assert not tmp_path.exists()


def test_ctrl_c_leaves_a_model_that_trains_on():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile("adam", "mse", metrics=["mae"])
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, X[:, :1], verbose=0, batch_size=4, callbacks=[Interrupt(3)])
    assert model._progress is None
    assert int(model.optimizer.iterations) == 3
    assert np.isfinite(model.predict(X, verbose=0)).all()
    assert len(model.fit(X, X[:, :1], verbose=0).history["mae"]) == 1

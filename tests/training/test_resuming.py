"""Runs killed by SIGKILL and started again do what a run that was never killed does."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, IterableDataset, TensorDataset
from training.after_steps import AfterSteps

import torchkeras as keras
from torchkeras.callbacks import BackupAndRestore, Callback

SCRIPT = Path(__file__).with_name("killed_runs.py")
X = np.random.default_rng(0).normal(size=(20, 3)).astype("float32")


def differences(folder, kinds, points, seed, processes=1):
    command = [sys.executable, SCRIPT, folder / "runs", kinds, points, seed, processes]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_a_killed_run_ends_with_the_same_bits(tmp_path):
    assert differences(tmp_path, "half,sequence,rivals", 1, 2) == {}


def test_two_processes_that_were_killed_end_with_the_same_bits(tmp_path):
    assert differences(tmp_path, "arrays", 1, 2, 2) == {}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["arrays", "half", "sequence"])
def test_killed_at_twenty_random_points(tmp_path, kind):
    assert differences(tmp_path, kind, 20, 1) == {}


@pytest.mark.slow
@pytest.mark.parametrize(
    "kind",
    ["bfloat16", "portions", "together", "averages", "boards", "torch optimizer", "own step"]
    + ["rivals", "stateful", "validated", "tensors", "dataset", "loader", "workers"]
    + ["lasting workers", "threads", "processes", "generator", "function", "tf.data"]
    + ["tf.data rows", "tf.data repeated", "tf.data parallel"],
)
def test_every_kind_of_run_killed_at_random_points(tmp_path, kind):
    assert differences(tmp_path, kind, 6, 3) == {}


@pytest.mark.slow
def test_compiled_steps_killed_at_random_points(tmp_path):
    assert differences(tmp_path, "compiled", 4, 3) == {}


@pytest.mark.slow
@pytest.mark.parametrize(
    "kind",
    ["arrays", "half", "together", "loader", "sequence", "tf.data", "in parts", "fully sharded"],
)
def test_two_processes_killed_at_random_points(tmp_path, kind):
    assert differences(tmp_path, kind, 5, 2, 2) == {}


class Interrupt(AfterSteps):
    """Ends the run by an exception."""

    def happen(self):
        raise KeyboardInterrupt


class Unsized(IterableDataset):
    """Batches of four rows."""

    def __init__(self, *tensors):
        self.tensors = tensors

    def __iter__(self):
        return zip(*[tensor.split(4) for tensor in self.tensors], strict=True)


def trained(folder, *callbacks, units=2, build=True, save_freq=1, x=None, **options):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([*([keras.Input((3,))] if build else []), keras.layers.Dense(units)])
    model.compile(
        options.pop("optimizer", "sgd"),
        "mse",
        metrics=options.pop("metrics", None),
        steps_per_execution=options.pop("steps_per_execution", 1),
    )
    data = {"x": X, "y": X[:, :units], "batch_size": 4} if x is None else {"x": x}
    backup = BackupAndRestore(folder, save_freq=save_freq)
    given = {**data, "epochs": 3, "verbose": 0, **options}
    return model.fit(**given, callbacks=[backup, *callbacks])


def test_history_is_that_of_the_whole_run(tmp_path):
    whole = trained(tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        trained(tmp_path / "half", Interrupt(8))
    again = trained(tmp_path / "half")
    assert again.history == whole.history
    assert again.epoch == [0, 1, 2]


@pytest.mark.parametrize("kind", ["arrays", "generator", "portions"])
def test_a_run_killed_behind_the_last_of_several_steps_at_once_goes_on(tmp_path, kind):
    def run(folder, *callbacks):
        options = {"steps_per_epoch": 5} if kind == "portions" else {}
        if kind == "generator":  # its length isn't known in the first epoch
            rows = Unsized(torch.as_tensor(X), torch.as_tensor(X[:, :2]))
            options["x"] = DataLoader(rows, batch_size=None)
        return trained(folder, *callbacks, steps_per_execution=2, **options)

    whole = run(tmp_path / "whole")
    for step in (3, 6):  # of three an epoch: two, two and one
        folder = tmp_path / f"half {step}"
        with pytest.raises(KeyboardInterrupt):
            run(folder, Interrupt(step))
        again = run(folder)
        assert again.history == whole.history
        assert again.model.get_weights()[0].tobytes() == whole.model.get_weights()[0].tobytes()


def test_a_run_killed_in_validation_goes_on_with_it(tmp_path):
    class Halt(Interrupt):
        def on_test_begin(self, logs=None):
            super().on_train_batch_end(0)

        def on_train_batch_end(self, batch, logs=None):
            pass

    validation = {"validation_data": (X, X[:, :2])}
    whole = trained(tmp_path / "whole", Halt(-1), **validation)
    with pytest.raises(KeyboardInterrupt):
        trained(tmp_path / "half", Halt(2), **validation)
    again = trained(tmp_path / "half", Halt(-1), **validation)
    assert again.history == whole.history


def test_another_model_is_refused(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        trained(tmp_path, Interrupt(3))
    with pytest.raises(ValueError, match="expected the one whose state was kept"):
        trained(tmp_path, units=1)


LOADER = DataLoader(TensorDataset(torch.tensor(X), torch.tensor(X[:, :2])), 4)
CHANGES = {
    "batch size": ({"batch_size": 5}, "batch_size=5, batches=4", "batch_size=4, batches=5"),
    "samples": (
        {"x": X[:9], "y": X[:9, :2], "batch_size": 4},
        "batches=3, samples=9",
        "batches=5, samples=20",
    ),
    "order": ({"shuffle": False}, "shuffle=False", "shuffle=True"),
    "steps": ({"steps_per_epoch": 5}, "steps_per_epoch=5", "steps_per_epoch=None"),
    "kind": ({"x": LOADER}, "kind=LoaderBatches", "kind=ArrayBatches"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_data_that_have_changed_within_an_epoch_are_refused(tmp_path, change):
    options, now, then = CHANGES[change]
    with pytest.raises(KeyboardInterrupt):
        trained(tmp_path, Interrupt(8))
    with pytest.raises(ValueError, match=f"x is '{now}'; expected {then}, as when the state"):
        trained(tmp_path, **options)


@pytest.mark.parametrize("change", CHANGES)
def test_data_may_change_between_two_epochs_aloud(tmp_path, change):
    options, now, then = CHANGES[change]
    with pytest.raises(KeyboardInterrupt):
        trained(tmp_path, Interrupt(8), save_freq="epoch")
    with pytest.warns(UserWarning, match=f"goes on with other data .*: {now}, not {then}"):
        history = trained(tmp_path, Interrupt(-1), save_freq="epoch", **options)
    assert history.epoch == [0, 1, 2]


@pytest.mark.parametrize(
    "options, message",
    [
        ({"metrics": ["mae"]}, r"metrics is \['mae'\]; expected \[\]"),
        ({"optimizer": "adam"}, "optimizer is 'Adam of 6 variables'; expected SGD of 2"),
    ],
    ids=["metrics", "optimizer"],
)
def test_another_compilation_within_an_epoch_is_refused(tmp_path, options, message):
    with pytest.raises(KeyboardInterrupt):
        trained(tmp_path, Interrupt(8))
    with pytest.raises(ValueError, match=message):
        trained(tmp_path, **options)


def test_other_values_of_the_same_shape_are_told(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        trained(tmp_path, Interrupt(8))
    with pytest.warns(UserWarning, match="other data .* the values differ"):
        trained(tmp_path, Interrupt(-1), y=X[:, 1:])


def test_metrics_may_change_between_two_epochs(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        trained(tmp_path, Interrupt(8), save_freq="epoch")
    history = trained(tmp_path, Interrupt(-1), save_freq="epoch", metrics=["mae"])
    assert [len(values) for values in history.history.values()] == [3, 2]


def test_an_epoch_that_was_to_end_goes_no_further(tmp_path):
    class Stop(Callback):
        steps = 0

        def __init__(self, dies):
            super().__init__()
            self.dies = dies

        def get_state(self):
            return self.steps

        def set_state(self, state):
            self.steps = state

        def on_train_batch_end(self, batch, logs=None):
            self.steps += 1
            self.model.stop_training = self.steps == 8

        def on_epoch_end(self, epoch, logs=None):
            if self.dies and epoch == 1:
                raise KeyboardInterrupt

    whole = trained(tmp_path / "whole", Stop(False))
    with pytest.raises(KeyboardInterrupt):
        trained(tmp_path / "half", Stop(True))
    again = trained(tmp_path / "half", Stop(False))
    assert again.history == whole.history
    np.testing.assert_array_equal(again.model.get_weights()[0], whole.model.get_weights()[0])


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

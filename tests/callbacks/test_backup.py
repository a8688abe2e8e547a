import os
import shutil
import signal

import keras
import numpy as np
import pytest

import torchkeras
from torchkeras.callbacks import BackupAndRestore, Callback

X = np.random.default_rng(0).normal(size=(20, 3)).astype("float32")


class Interrupt(Callback):
    """Ends the run by an exception in the epoch of this number."""

    def __init__(self, epoch):
        super().__init__()
        self.epoch = epoch

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == self.epoch:
            raise KeyboardInterrupt


def fit(package, *callbacks, epochs=5):
    package.utils.set_random_seed(0)
    model = package.Sequential(
        [package.Input((3,)), package.layers.Dense(1, kernel_initializer="ones")]
    )
    model.compile("adam", "mse")
    model.fit(X, X[:, :1] * 3, batch_size=4, epochs=epochs, verbose=0, shuffle=False,
              callbacks=list(callbacks))  # fmt: skip
    return model


@pytest.mark.parametrize("delete", [True, False])
def test_epochs_go_on_as_in_keras(tmp_path, delete):
    found = []
    for package in (keras, torchkeras):
        folder = tmp_path / package.__name__
        halt = type("Halt", (package.callbacks.Callback,), dict(vars(Interrupt)))
        halt.__init__ = lambda self, epoch: setattr(self, "epoch", epoch)

        def backup(package=package, folder=folder):
            return package.callbacks.BackupAndRestore(str(folder), delete_checkpoint=delete)

        with pytest.raises(KeyboardInterrupt):
            fit(package, backup(), halt(3))
        assert folder.exists()
        model = fit(package, backup())
        assert folder.exists() is not delete
        found.append(np.concatenate([w.ravel() for w in model.get_weights()]))
    np.testing.assert_allclose(found[0], found[1], rtol=1e-5)


@pytest.mark.parametrize(
    "arguments, message",
    [
        (("",), "Empty `backup_dir`"),
        (("x", "batch"), "either 'epoch' or an integer"),
        (("x", 0), "1 or more"),
        (("x", False), "save_before_preemption=True"),
    ],
)
def test_wrong_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        BackupAndRestore(*arguments)


def snapshots(folder):
    return sorted(name for name in os.listdir(folder) if name.startswith("snapshot-"))


def test_a_damaged_state_is_passed_over_aloud(tmp_path):
    def backup(double):
        return BackupAndRestore(tmp_path, double_checkpoint=double, delete_checkpoint=False)

    fit(torchkeras, backup(True), epochs=3)
    whole = fit(torchkeras)
    older, newest = snapshots(tmp_path)
    with open(tmp_path / newest / "tensors-0.safetensors", "r+b") as file:
        file.seek(-1, os.SEEK_END)
        byte = file.read(1)[0]
        file.seek(-1, os.SEEK_END)
        file.write(bytes([byte ^ 4]))
    with pytest.warns(UserWarning, match="checksum of tensors-0.safetensors differs"):
        model = fit(torchkeras, backup(True))
    np.testing.assert_array_equal(model.get_weights()[0], whole.get_weights()[0])
    for name in snapshots(tmp_path):
        (tmp_path / name / "state-0.json").unlink()
    with pytest.raises(ValueError, match="Remove the folder to train anew"):
        fit(torchkeras, backup(False))
    assert older != newest


def test_only_the_newest_state_is_left_and_no_litter(tmp_path):
    (tmp_path / ".snapshot-00000009.tmp").mkdir()
    fit(torchkeras, BackupAndRestore(tmp_path, save_freq=3, delete_checkpoint=False), epochs=3)
    assert os.listdir(tmp_path) == snapshots(tmp_path) == ["snapshot-00000005"]


def test_other_files_in_the_folder_are_left_alone(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    fit(torchkeras, BackupAndRestore(tmp_path), epochs=1)
    assert os.listdir(tmp_path) == ["notes.txt"]


def test_a_full_disk_leaves_the_state_before(tmp_path, monkeypatch):
    from torchkeras.saving import snapshot

    fit(torchkeras, BackupAndRestore(tmp_path, delete_checkpoint=False), epochs=2)

    def fail(folder, state):
        (folder / "state-0.json").write_text("half")
        raise OSError("No space left on device")

    monkeypatch.setattr(snapshot, "_write_part", fail)
    with pytest.raises(OSError, match="No space left"):
        fit(torchkeras, BackupAndRestore(tmp_path), epochs=4)
    assert os.listdir(tmp_path) == ["snapshot-00000002"]
    assert snapshot.read(tmp_path)["epoch"] == 2


def test_sigterm_keeps_the_state_and_takes_its_course(tmp_path):
    received = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: received.append(number))

    class Preempt(Callback):
        def get_state(self):
            return None

        def set_state(self, state):
            pass

        def on_train_batch_end(self, batch, logs=None):
            if batch == 2 and not received:
                os.kill(os.getpid(), signal.SIGTERM)

        def on_train_batch_begin(self, batch, logs=None):
            if received:
                raise KeyboardInterrupt

    try:
        backup = BackupAndRestore(tmp_path, save_freq=False, save_before_preemption=True)
        with pytest.raises(KeyboardInterrupt):
            fit(torchkeras, backup, Preempt())
        assert received == [signal.SIGTERM]
        assert snapshots(tmp_path)
    finally:
        signal.signal(signal.SIGTERM, before)
    whole = fit(torchkeras)
    model = fit(torchkeras, BackupAndRestore(tmp_path))
    np.testing.assert_array_equal(model.get_weights()[0], whole.get_weights()[0])
    shutil.rmtree(tmp_path, ignore_errors=True)

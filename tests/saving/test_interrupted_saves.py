"""Whatever happens while a file is written: the one before stays, and the error is raised."""

import errno
import json
import math
import os
import resource
import signal
import sys

import numpy as np
import pytest

import torchkeras as keras
from torchkeras.saving import files

NAMES = ("m.keras", "m.weights.h5", "m.h5", "m.safetensors", "m.weights.json", "m.ckpt", "folder")


def model_of(value):
    model = keras.Sequential([keras.Input((40,)), keras.layers.Dense(50), keras.layers.Dense(3)])
    model.set_weights([np.full(w.shape, value, "float32") for w in model.get_weights()])
    return model


def save(model, path):
    if path.name.endswith(".json"):
        model.save_weights(path, max_shard_size=1)
    elif path.name == "folder":
        model.save(path, zipped=False)
    elif path.name in ("m.keras", "m.h5"):
        model.save(path)
    else:
        model.save_weights(path)


def value_in(path):
    """The value that all weights of a sound file have."""
    model = model_of(0)
    model.load_weights(path)
    (value,) = {float(v) for w in model.get_weights() for v in np.unique(w)}
    return value


def litter(folder):
    return sorted(name for name in os.listdir(folder) if name.startswith("."))


@pytest.fixture(params=NAMES)
def path(request, tmp_path):
    """A file of weights that are all 1."""
    path = tmp_path / request.param
    save(model_of(1), path)
    return path


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EDQUOT])
def test_a_disk_that_fails_to_take_the_data_leaves_the_old_file(path, code, monkeypatch):
    def fail(descriptor):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match=os.strerror(code)):
        save(model_of(2), path)
    monkeypatch.undo()
    assert value_in(path) == 1
    assert not litter(path.parent)


def test_a_rename_that_fails_leaves_the_old_file(path, monkeypatch):
    def fail(old, new):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="Input/output"):
        save(model_of(2), path)
    monkeypatch.undo()
    assert value_in(path) == 1
    assert not litter(path.parent)


def test_a_folder_that_can_t_be_put_in_place_gives_way_to_the_old_one(tmp_path, monkeypatch):
    save(model_of(1), tmp_path / "folder")
    replace = os.replace

    def fail(old, new):
        if str(old).endswith(".tmp"):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        replace(old, new)

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match=f"Input/output.*{tmp_path / 'folder'}"):
        save(model_of(2), tmp_path / "folder")
    monkeypatch.undo()
    assert value_in(tmp_path / "folder") == 1
    assert not litter(tmp_path)


@pytest.mark.parametrize("name", ["m.keras", "m.weights.h5", "m.h5", "m.safetensors"])
def test_files_keep_their_rights_and_new_ones_follow_the_mask(name, tmp_path):
    before = os.umask(0o027)
    try:
        save(model_of(1), tmp_path / name)
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o640
        (tmp_path / name).chmod(0o604)
        save(model_of(2), tmp_path / name)
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o604
    finally:
        os.umask(before)


def test_the_first_epoch_s_nan_is_not_the_best(tmp_path):
    class Given(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs["val_loss"] = math.nan

    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    path = tmp_path / "best.weights.h5"
    checkpoint = keras.callbacks.ModelCheckpoint(path, save_best_only=True, save_weights_only=True)
    model.fit(np.ones((2, 2)), np.ones((2, 1)), verbose=0, callbacks=[Given(), checkpoint])
    assert not path.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="limits are those of Linux")
@pytest.mark.parametrize("limit", [0, 1, 100, 3000, 7000])
def test_a_full_disk_leaves_the_old_file(path, limit):
    """Files may get so long and no longer, which ``write`` tells as a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    model = model_of(2)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        with pytest.raises(OSError, match="."):
            save(model, path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert value_in(path) == 1
    assert not litter(path.parent)


@pytest.mark.skipif(sys.platform != "linux", reason="limits are those of Linux")
@pytest.mark.parametrize("limit", [1, 500, 3000, 6000, 8000])
def test_a_kill_at_any_byte_leaves_the_old_file(path, limit):
    model = model_of(2)
    child = os.fork()
    if child == 0:  # the signal that a byte too many brings kills
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        save(model, path)
        os._exit(0)
    assert os.waitpid(child, 0)[1] & 0x7F == signal.SIGXFSZ
    assert value_in(path) == 1
    save(model, path)
    assert value_in(path) == 2


def test_a_folder_that_can_t_be_written_to_is_told(path, monkeypatch):
    if os.geteuid() == 0:  # whom no rights keep from writing
        monkeypatch.setattr(files.secrets, "token_hex", lambda length: "x" * 300)
    path.parent.chmod(0o555)
    try:
        with pytest.raises(OSError, match="."):
            save(model_of(2), path)
    finally:
        monkeypatch.undo()
        path.parent.chmod(0o755)
    assert value_in(path) == 1


def test_a_link_stays_a_link(path):
    link = path.parent / "links" / path.name
    link.parent.mkdir()
    link.symlink_to(path)
    if path.name.endswith((".json", ".ckpt")):  # several files lie beside the link
        return
    save(model_of(2), link)
    assert link.is_symlink()
    assert value_in(path) == 2


@pytest.mark.parametrize("part", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_file_cut_off_is_named_as_damaged_and_changes_nothing(path, part):
    if path.name == "folder":
        path = path / "model.weights.h5"
    elif path.name.endswith(".json"):
        path = path.parent / "m_00000.weights.h5"
    cut = [path]
    if path.name.endswith(".ckpt"):
        cut = [path.with_name(f"m.ckpt{suffix}") for suffix in (".data-00000-of-00001", ".index")]
    for file in cut:
        os.truncate(file, int(file.stat().st_size * part))
        model = model_of(3)
        with pytest.raises(ValueError, match="expected"):
            model.load_weights(path)
        assert {float(v) for w in model.get_weights() for v in np.unique(w)} == {3}


@pytest.mark.parametrize("name", ["m.keras"])
def test_a_flipped_bit_is_named_as_damage(name, tmp_path):
    save(model_of(1), tmp_path / name)
    content = (tmp_path / name).read_bytes()
    for place in range(200, len(content) - 400, len(content) // 25):
        changed = bytearray(content)
        changed[place] ^= 4
        (tmp_path / name).write_bytes(changed)
        model = model_of(3)
        try:
            model.load_weights(tmp_path / name)
        except ValueError:
            assert {float(v) for w in model.get_weights() for v in np.unique(w)} == {3}
        else:  # in a part that says nothing of the weights
            assert {float(v) for w in model.get_weights() for v in np.unique(w)} == {1}


def test_nan_is_never_the_best(tmp_path):
    class Worse(keras.callbacks.Callback):
        """Gives out the losses 2, NaN, 3."""

        values = (2.0, math.nan, 3.0)

        def on_epoch_end(self, epoch, logs=None):
            logs["val_loss"] = self.values[epoch]
            self.model.set_weights([np.full_like(w, epoch) for w in self.model.get_weights()])

    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    path = tmp_path / "best.weights.h5"
    checkpoint = keras.callbacks.ModelCheckpoint(path, save_best_only=True, save_weights_only=True)
    stopping = keras.callbacks.EarlyStopping(patience=5, restore_best_weights=True)
    x, y = np.ones((2, 2)), np.ones((2, 1))
    model.fit(x, y, epochs=3, verbose=0, callbacks=[Worse(), checkpoint, stopping])
    assert not any(w.any() for w in model.get_weights())
    model.set_weights([np.ones_like(w) for w in model.get_weights()])
    model.load_weights(path)
    assert not any(w.any() for w in model.get_weights())
    assert json.dumps(checkpoint.best) == "2.0"

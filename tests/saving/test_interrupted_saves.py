"""Whatever happens while a file is written: the one before stays, and the error is raised."""

import errno
import itertools
import json
import math
import os
import random
import resource
import signal
import sys
import time

import numpy as np
import pytest
from forked import forked, status_of
from hypothesis import given, settings
from hypothesis import strategies as st
from writers import WAYS, model_of, value_of

import torchkeras as keras
from torchkeras.saving import files

STEPS = ((os, "fsync"), (os, "replace"), (files, "_exchange"))
FOLDERS = ("folder", "ejected", "backup", "together", "several")
SINGLE = [way for way in WAYS if way.name not in (*FOLDERS, "m.ckpt", "m.weights.json")]
MODELS = WAYS[:7]


def named(ways):
    slow = {"ejected": pytest.mark.slow}
    values = [pytest.param(way, id=way.name, marks=slow.get(way.name, ())) for way in ways]
    return pytest.mark.parametrize("way", values)


def litter(folder):
    return sorted(name for name in os.listdir(folder) if name.startswith("."))


@pytest.fixture
def path(way, tmp_path):
    """What a way has written, of the number 1, and before that of 2."""
    way.write(2, tmp_path / way.name)
    way.write(1, tmp_path / way.name)
    return tmp_path / way.name


class Interrupted:
    """Something happens in place of the n-th step on the disk, or of that and all after it.

    Args:
        patch: Pytest's ``monkeypatch``.
        number: n, from 1.
        happen: What happens.
        lasts: Whether it does so from there on.
    """

    def __init__(self, patch, number, happen, lasts=False):
        self.left, self.happen, self.lasts = number, happen, lasts
        for owner, name in STEPS:
            patch.setattr(owner, name, self._instead(getattr(owner, name)))

    @property
    def has_happened(self):
        return self.left <= 0

    def _instead(self, step):
        def call(*args):
            self.left -= 1
            if self.left == 0 or (self.lasts and self.left < 0):
                self.happen()
            return step(*args)

        return call


def failing(code):
    def fail():
        raise OSError(code, os.strerror(code))

    return fail


def error_of(way, path):
    """The error of the disk that writing 2 raises; None without."""
    try:
        way.write(2, path)
    except OSError as error:
        return error
    return None


@named(WAYS)
def test_a_step_that_fails_leaves_what_was_there(way, path, monkeypatch):
    """Each flush to the disk and each renaming fails once."""
    codes = itertools.cycle((errno.ENOSPC, errno.EIO, errno.EDQUOT))
    for number, code in zip(itertools.count(1), codes, strict=False):
        with monkeypatch.context() as patch:
            interrupted = Interrupted(patch, number, failing(code))
            error = error_of(way, path)
            if not interrupted.has_happened:
                break
        assert error is not None, number
        assert error.errno == code
        assert str(path) in str(error) or error.filename == str(path.parent / "checkpoint")
        expected = (1, 2) if error.filename.endswith("/checkpoint") else (1,)
        assert way.read(path) in expected, number
        way.write(1, path)
        assert not litter(path.parent)
    assert number > 2
    assert way.read(path) == 2


@named(WAYS)
def test_a_disk_that_fails_from_the_start_leaves_what_was_there(way, path, monkeypatch):
    code = errno.ENOSPC
    with monkeypatch.context() as patch:
        Interrupted(patch, 1, failing(code), lasts=True)
        with pytest.raises(OSError, match=f"{os.strerror(code)}; what was there stays as it was"):
            way.write(2, path)
    assert way.read(path) == 1
    assert not litter(path.parent)


@named(WAYS)
def test_what_is_written_first_is_whole_or_absent(way, tmp_path, monkeypatch):
    path = tmp_path / way.name
    for number in itertools.count(1):
        with monkeypatch.context() as patch:
            interrupted = Interrupted(patch, number, failing(errno.EIO))
            error_of(way, path)
            if not interrupted.has_happened:
                break
        assert not path.exists() or path.name == "backup"
        assert not litter(tmp_path)
    assert way.read(path) == 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes aren't copied here")
@named([way for way in WAYS if way.name not in ("ejected", "several")])
def test_a_kill_at_any_step_leaves_one_or_the_other(way, path, monkeypatch):
    """Killed before each step on the disk; then it is written as if nothing had been."""

    def write(number):
        Interrupted(monkeypatch, number, lambda: os.kill(os.getpid(), signal.SIGKILL))
        way.write(2, path)

    for number in itertools.count(1):
        status = status_of(forked(write, number))
        if status == 0:
            break
        assert status == -signal.SIGKILL
        assert way.read(path) in (1, 2), number
        way.write(1, path)
        assert way.read(path) == 1
        assert not litter(path.parent)
    assert number > 2
    assert way.read(path) == 2


@named(SINGLE)
def test_files_keep_their_rights_and_new_ones_follow_the_mask(way, tmp_path):
    path = tmp_path / way.name
    before = os.umask(0o027)
    try:
        way.write(1, path)
        assert path.stat().st_mode & 0o777 == 0o640
        path.chmod(0o604)
        way.write(2, path)
        assert path.stat().st_mode & 0o777 == 0o604
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
@named(WAYS)
@pytest.mark.parametrize("limit", [0, 100, 7000])
def test_a_full_disk_leaves_what_was_there(way, path, limit):
    """Files may get so long and no longer, which ``write`` tells as a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        expected = 2 if error_of(way, path) is None else 1
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert expected == 1 or limit > 0
    assert way.read(path) == expected
    assert not litter(path.parent)


@pytest.mark.skipif(sys.platform != "linux", reason="limits are those of Linux")
@named(WAYS)
@pytest.mark.parametrize("limit", [1, 6000])
def test_a_kill_at_any_byte_leaves_what_was_there(way, path, limit):
    def write():  # the signal that a byte too many brings kills
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        way.write(2, path)

    status = status_of(forked(write))
    assert status == -signal.SIGXFSZ or (status == 0 and limit > 1)
    assert way.read(path) == (1 if status else 2)
    way.write(2, path)
    assert way.read(path) == 2
    assert not litter(path.parent)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes aren't copied here")
@pytest.mark.slow
@named([way for way in WAYS if way.name not in ("ejected", "several")])
def test_a_kill_at_any_time_leaves_one_or_the_other(way, path):
    def write():
        for value in itertools.cycle((2, 1)):
            way.write(value, path)

    for _ in range(40):
        child = forked(write)
        time.sleep(random.uniform(0.0, 0.05))
        os.kill(child, signal.SIGKILL)
        assert status_of(child) == -signal.SIGKILL  # not an error before
        assert way.read(path) in (1, 2)
    way.write(3, path)
    assert way.read(path) == 3
    assert not litter(path.parent)


@named(WAYS)
def test_a_folder_that_can_t_be_written_to_is_told(way, path, monkeypatch):
    """By root, too, whom no rights keep from writing."""

    def refuse(*args):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(os, "open", refuse)
    monkeypatch.setattr(os, "mkdir", refuse)
    with pytest.raises(PermissionError, match=f"Get the right to write.*{path.parent}"):
        way.write(2, path)
    monkeypatch.undo()
    assert way.read(path) == 1


@named(SINGLE[:-1] + [WAYS[2]])
def test_a_link_stays_a_link(way, path):
    link = path.parent / "links" / path.name
    link.parent.mkdir()
    link.symlink_to(path)
    way.write(2, link)
    assert link.is_symlink()
    assert way.read(path) == 2


@named(SINGLE)
def test_a_folder_isn_t_replaced_by_a_file(way, tmp_path):
    path = tmp_path / way.name
    path.mkdir()
    (path / "mine").touch()
    with pytest.raises(OSError, match=f"older|file.*{path}"):
        way.write(1, path)
    assert os.listdir(path) == ["mine"]
    assert not litter(tmp_path)


@named([way for way in WAYS if way.name in FOLDERS])
def test_a_file_isn_t_replaced_by_a_folder(way, tmp_path):
    path = tmp_path / way.name
    path.write_text("mine")
    with pytest.raises(OSError, match=str(path)):
        way.write(1, path)
    assert path.read_text() == "mine"
    assert not litter(tmp_path)


def test_folders_keep_what_isn_t_theirs(tmp_path):
    way = next(way for way in WAYS if way.name == "ejected")
    way.write(1, tmp_path)
    (tmp_path / "mine").touch()
    way.write(2, tmp_path)
    assert way.read(tmp_path) == 2
    assert (tmp_path / "mine").exists()


@named(MODELS)
@pytest.mark.parametrize("part", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_file_cut_off_is_named_as_damaged_and_changes_nothing(way, path, part):
    if path.name == "folder":
        path = path / "model.weights.h5"
    elif path.name.endswith(".json"):
        path = next(path.parent.glob("m_00000*.weights.h5"))
    cut = [path]
    if path.name.endswith(".ckpt"):
        cut = [path.with_name(f"m.ckpt{suffix}") for suffix in (".data-00000-of-00001", ".index")]
    for file in cut:
        os.truncate(file, int(file.stat().st_size * part))
        model = model_of(3)
        with pytest.raises(ValueError, match="expected"):
            model.load_weights(path)
        assert {float(v) for w in model.get_weights() for v in np.unique(w)} == {3}


def damages(size):
    """Bytes that change, and where a file of this length is cut off."""
    places = st.lists(st.tuples(st.integers(0, size - 1), st.integers(1, 255)), max_size=3)
    return st.tuples(places, st.none() | st.integers(0, size - 1))


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A folder for each way, with what it has written, of the number 1."""
    folders = {}
    for way in MODELS:
        folders[way.name] = tmp_path_factory.mktemp("written")
        way.write(1, folders[way.name] / way.name)
    return folders


@named(MODELS)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
@pytest.mark.filterwarnings("ignore")  # of names in a damaged configuration
def test_damage_is_a_value_error_that_changes_nothing_or_does_no_harm(way, written, data):
    folder = written[way.name]
    found = sorted(file for file in folder.rglob("*") if file.is_file())
    file = data.draw(st.sampled_from(found))
    whole = file.read_bytes()
    places, end = data.draw(damages(len(whole)))
    content = bytearray(whole)
    for place, change in places:
        content[place] ^= change
    model = model_of(3)
    try:
        file.write_bytes(content[:end])
        model.load_weights(folder / way.name)
    except ValueError:
        assert value_of(model) == 3
    finally:
        file.write_bytes(whole)


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

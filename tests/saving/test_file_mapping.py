"""Bytes of a file are used where they are while nobody can take them away; else they are read."""

import contextlib
import mmap
import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import torchkeras as keras
from torchkeras.saving import file_mapping, layer_order, page_cache, transfer
from torchkeras.saving.file_mapping import unchanging
from torchkeras.saving.files import DamagedFileError

SIZE = 3 * 2**20
CONTENT = np.random.default_rng(0).bytes(SIZE)
# Cuts the file off, as whoever writes it anew does first.
_WRITER = "import sys; print('at it', flush=True); open(sys.argv[1], 'wb').close(); print('done')"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "bytes"
    path.write_bytes(CONTENT)
    descriptor = os.open(path, os.O_RDONLY)
    yield path, descriptor
    os.close(descriptor)


def is_possible(folder):
    """Whether this system, and the file system of this folder, have what it takes."""
    path = folder / "try"
    path.write_bytes(CONTENT)
    with open(path, "rb") as file, unchanging(file.fileno(), 0, SIZE) as memory:
        return memory is not None


@pytest.fixture
def possible(tmp_path):
    if not is_possible(tmp_path):
        pytest.skip("the system doesn't lease files")


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(start=st.integers(0, 2 * 2**20))
def test_the_bytes_are_those_of_the_file(file, possible, start):
    size = min(SIZE - start, 2**20 + start % 5000)
    with unchanging(file[1], start, size) as memory:
        assert bytes(memory) == CONTENT[start : start + size]


def test_nothing_written_to_the_memory_reaches_the_file(file, possible):
    with unchanging(file[1], 0, SIZE) as memory:
        memory[:5] = b"other"
    assert file[0].read_bytes() == CONTENT


def test_whoever_writes_to_it_waits(file, possible):
    path, descriptor = file
    with unchanging(descriptor, 0, SIZE) as memory:
        command = [sys.executable, "-S", "-c", _WRITER, str(path)]
        writer = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert writer.stdout.readline() == "at it\n"
        with pytest.raises(subprocess.TimeoutExpired):
            writer.wait(0.3)
        assert bytes(memory) == CONTENT
    assert writer.communicate(timeout=30)[0] == "done\n"
    assert path.stat().st_size == 0


def test_it_is_noticed_that_somebody_waits(file, possible):
    """The system lets them write after some time, though the block hasn't ended."""
    path, descriptor = file
    with unchanging(descriptor, 0, SIZE):
        assert file_mapping.is_leased(descriptor)
        opened = threading.Thread(target=lambda: path.open("ab").close())
        opened.start()
        while file_mapping.is_leased(descriptor):
            time.sleep(0.01)
        assert opened.is_alive()
    opened.join(30)
    assert not file_mapping.is_leased(descriptor)


def test_no_signal_disturbs_the_program(file, possible, monkeypatch):
    """The system's own choice would end it."""
    path, descriptor = file
    found = []
    monkeypatch.setattr(threading, "excepthook", found.append)
    with unchanging(descriptor, 0, SIZE):
        opened = threading.Thread(target=lambda: path.open("ab").close())
        opened.start()
        time.sleep(0.2)
        assert opened.is_alive()
    opened.join(30)
    assert not found
    assert signal.getsignal(signal.SIGURG) == signal.SIG_DFL


def test_afterwards_the_file_is_free(file, possible):
    with contextlib.suppress(KeyError), unchanging(file[1], 0, SIZE):
        raise KeyError
    os.close(os.open(file[0], os.O_RDWR | os.O_NONBLOCK))


def test_a_file_that_others_write_to_is_read(file):
    with open(file[0], "r+b"), unchanging(file[1], 0, SIZE) as memory:
        assert memory is None


def test_what_is_on_a_disk_alone_is_read(file, monkeypatch):
    monkeypatch.setattr(page_cache, "holds", lambda *place: False)
    with unchanging(file[1], 0, SIZE) as memory:
        assert memory is None


def test_a_few_bytes_are_read(file):
    with unchanging(file[1], 0, 1000) as memory:
        assert memory is None


@pytest.mark.parametrize("error", [OSError("no room"), ValueError("no such pages")])
def test_what_the_system_does_not_map_is_read(file, possible, monkeypatch, error):
    def refuse(*args, **kwargs):
        raise error

    monkeypatch.setattr(mmap, "mmap", refuse)
    with unchanging(file[1], 0, SIZE) as memory:
        assert memory is None


def test_other_systems_read(file, monkeypatch):
    monkeypatch.setattr(file_mapping, "fcntl", None)
    with unchanging(file[1], 0, SIZE) as memory:
        assert memory is None


# --- Models


@pytest.fixture(scope="module")
def model():
    layers = [keras.layers.Dense(700), keras.layers.Reshape((7, 100, 1)), keras.layers.Conv2D(9, 3)]
    return keras.Sequential([keras.Input((500,)), *layers])


@pytest.mark.parametrize("is_mapped", [True, False])
def test_weights_come_from_memory_as_from_the_file(model, tmp_path, monkeypatch, is_mapped):
    """They begin at any byte."""
    if not is_mapped:
        monkeypatch.setattr(file_mapping, "_lease", lambda descriptor: False)
    path, expected = tmp_path / "a.keras", model.get_weights()
    model.save(path)
    other = keras.models.clone_model(model)
    other.load_weights(path)
    for loaded in (other, keras.models.load_model(path)):
        for found, wanted in zip(loaded.get_weights(), expected, strict=True):
            assert np.array_equal(found, wanted)


@pytest.mark.skipif(not transfer.IS_POSSIBLE, reason="the system can't read at places")
@pytest.mark.parametrize(("is_mapped", "times"), [(True, (0, 0)), (False, (1, 2))])
def test_turned_weights_of_an_archive_are_not_read(
    possible, tmp_path, monkeypatch, is_mapped, times
):
    """Where they can't be used as they lie, a model that has weights reads them twice: once for
    the checksum alone, before it changes."""
    model = keras.Sequential([keras.Input((500,)), keras.layers.Dense(700, use_bias=False)])
    model.save(tmp_path / "a.keras")
    if not is_mapped:
        monkeypatch.setattr(file_mapping, "_lease", lambda descriptor: False)
    read = []
    real = os.preadv

    def note(descriptor, buffers, offset):
        read.append(sum(map(len, buffers)))
        return real(descriptor, buffers, offset)

    monkeypatch.setattr(os, "preadv", note)
    size = 500 * 700 * 4
    for load, count in zip((keras.models.load_model, model.load_weights), times, strict=True):
        read.clear()
        load(tmp_path / "a.keras")
        assert count * size <= sum(read) <= count * size + 20_000


@pytest.mark.skipif(not transfer.IS_POSSIBLE, reason="the system can't read at places")
@pytest.mark.parametrize("looks", [0, 1, 3, 5, 9])
def test_where_somebody_waits_to_write_the_file_is_read(
    possible, model, tmp_path, monkeypatch, looks
):
    """From any look on, since the bytes may be gone before the end."""
    model.save(tmp_path / "a.keras")
    other = keras.models.clone_model(model)
    left = iter([True] * looks)
    monkeypatch.setattr(file_mapping, "is_leased", lambda descriptor: next(left, False))
    for load in (lambda: other.load_weights(tmp_path / "a.keras"),
                 lambda: keras.models.load_model(tmp_path / "a.keras")):  # fmt: skip
        left = iter([True] * looks)
        for found, wanted in zip((load() or other).get_weights(), model.get_weights(), strict=True):
            assert np.array_equal(found, wanted)
    assert next(left, None) is None


def test_a_file_that_somebody_did_write_to_is_damaged(possible, model, tmp_path, monkeypatch):
    """As when they waited for as long as the system says."""
    path = tmp_path / "a.keras"
    model.save(path)
    real = layer_order.slots_of

    def write(model):
        file_mapping.fcntl.fcntl(leased[-1], file_mapping.fcntl.F_SETLEASE, fcntl_unlocked)
        path.write_bytes(bytes(path.stat().st_size // 2))
        return real(model)

    leased, fcntl_unlocked = [], file_mapping.fcntl.F_UNLCK
    lease = file_mapping._lease
    monkeypatch.setattr(
        file_mapping, "_lease", lambda descriptor: leased.append(descriptor) or lease(descriptor)
    )
    monkeypatch.setattr(layer_order, "slots_of", write)
    with pytest.raises(DamagedFileError):
        keras.models.load_model(path)


def test_a_loaded_model_does_not_change_with_its_file(model, tmp_path):
    path = tmp_path / "a.keras"
    model.save(path)
    loaded = keras.models.load_model(path)
    expected = [value.copy() for value in loaded.get_weights()]
    path.write_bytes(bytes(path.stat().st_size))
    for found, wanted in zip(loaded.get_weights(), expected, strict=True):
        assert np.array_equal(found, wanted)

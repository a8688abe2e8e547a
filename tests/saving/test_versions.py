"""What is replaced while it is read comes as one version; of two saved at once, one stays."""

import contextlib
import os
import random
import signal
import time

import numpy as np
import pytest
from forked import forked
from writers import WAYS, value_of

import torchkeras as keras
from torchkeras.saving import recognition, versions
from torchkeras.saving.files import DamagedFileError, damaged

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes aren't copied here")
MODELS = [way for way in WAYS if way.name in ("m.keras", "folder", "m.weights.h5", "m.h5")]
INDEXED = [way for way in WAYS if way.name in ("m.safetensors", "m.weights.json", "m.ckpt")]
BOTH = pytest.mark.parametrize("way", MODELS + INDEXED, ids=lambda way: way.name)


def test_what_stays_is_read_once(tmp_path):
    (tmp_path / "a").write_text("1")
    calls = []
    assert versions.of_one(tmp_path / "a", lambda: calls.append(1) or "read") == "read"
    assert calls == [1]


def test_an_error_about_what_stays_is_raised_at_once(tmp_path):
    (tmp_path / "a").write_text("1")
    calls = []

    def read():
        calls.append(1)
        raise ValueError("damaged")

    with pytest.raises(ValueError, match="damaged"):
        versions.of_one(tmp_path / "a", read)
    assert calls == [1]


def test_what_was_replaced_meanwhile_is_read_anew(tmp_path):
    path = tmp_path / "a.index"
    path.write_text("1")

    def read():
        found = path.read_text()
        if found != "333":
            (tmp_path / "new").write_text({"1": "22", "22": "333"}[found])
            os.replace(tmp_path / "new", path)
        if found == "22":
            raise ValueError("half old, half new")
        return found

    assert versions.of_one(path, read) == "333"


def test_what_never_stays_is_told(tmp_path):
    path = tmp_path / "a.index"

    def read():
        path.write_text("x" * random.randrange(10**4))
        os.utime(path, ns=(0, random.randrange(10**15)))

    with pytest.raises(OSError, match="was replaced 20 times"):
        versions.of_one(path, read)


@contextlib.contextmanager
def another(work):
    """A process that works until the block ends."""

    def work_on():
        while True:
            work()

    child = forked(work_on)  # it ends by an error alone
    try:
        yield
        assert os.waitpid(child, os.WNOHANG) == (0, 0), "the other process had an error"
    finally:
        with contextlib.suppress(ProcessLookupError, ChildProcessError):
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def read_for(seconds, way, path):
    """Versions that were read."""
    end = time.monotonic() + seconds
    found = []
    while time.monotonic() < end or len(found) < 3:
        found.append(way.read(path))
    return found


def saving(way, path, values, rest):
    turn = iter(range(10**9))

    def work():
        way.write(values[next(turn) % len(values)], path)
        time.sleep(rest)

    return work


@BOTH
@pytest.mark.parametrize("seconds", [0.3, pytest.param(8, marks=pytest.mark.slow)])
def test_a_reader_meets_whole_versions_while_another_process_saves(way, tmp_path, seconds):
    path = tmp_path / way.name
    way.write(1, path)
    with another(saving(way, path, (1, 2), 0.02)):
        assert {1, 2} >= set(read_for(seconds, way, path))


@BOTH
@pytest.mark.parametrize("seconds", [0.3, pytest.param(8, marks=pytest.mark.slow)])
def test_two_processes_that_save_at_once_give_one_of_both(way, tmp_path, seconds):
    path = tmp_path / way.name
    way.write(1, path)
    end = time.monotonic() + seconds
    with another(saving(way, path, (1, 2), 0)):
        while time.monotonic() < end:
            way.write(3, path)
    assert way.read(path) in (1, 2, 3)
    way.write(4, path)
    assert way.read(path) == 4
    assert not [name for name in os.listdir(tmp_path) if name.startswith(".")]


@pytest.mark.parametrize("name", ["m.keras", "m.h5", "m.weights.h5", "m.safetensors"])
@pytest.mark.parametrize("seconds", [0.5, pytest.param(8, marks=pytest.mark.slow)])
def test_a_reader_survives_one_who_writes_in_place(tmp_path, seconds, name):
    """As Keras does, which cuts the file off first; archives are used where they lie in memory."""
    is_whole, contents = name in ("m.keras", "m.h5"), []
    for value in (1.0, 2.0):
        model = keras.Sequential([keras.Input((600,)), keras.layers.Dense(600, use_bias=False)])
        model.set_weights([np.full((600, 600), value, "float32")])
        whole = tmp_path / f"whole_{name}"
        model.save(whole) if is_whole else model.save_weights(whole)
        contents.append(whole.read_bytes())
    path = tmp_path / name
    path.write_bytes(contents[0])
    turn = iter(range(10**9))

    def work():
        path.write_bytes(contents[next(turn) % 2])
        time.sleep(0.01)

    found, end = [], time.monotonic() + seconds
    with another(work):
        while time.monotonic() < end or len(found) < 3:
            loaded = []
            with contextlib.suppress(ValueError, OSError):  # half of a file, told as such
                model.load_weights(path)
                loaded = [model, keras.models.load_model(path)] if is_whole else [model]
            found += [value_of(one) for one in loaded]
    assert {1.0, 2.0} >= set(found)


@pytest.mark.parametrize("is_written", [False, True])
def test_what_was_written_to_while_it_was_read_is_no_version(tmp_path, is_written):
    path = tmp_path / "a"
    path.write_bytes(b"whole")
    os.utime(path, ns=(0, 0))
    expected = pytest.raises(DamagedFileError, match="written to while it was read")
    with (
        path.open("rb") as file,
        expected if is_written else contextlib.nullcontext(),
        versions.unchanged(file.fileno()),
    ):
        if is_written:
            path.write_bytes(b"other")


def test_errors_of_damage_name_the_file(tmp_path):
    path = tmp_path / "a.weights.h5"

    def fail():
        raise damaged("x", "y", "z")

    with pytest.raises(DamagedFileError, match=r"x is 'y'; expected z\. The file is '.*a\.wei"):
        versions.of_one(path, fail)

    def fail_and_tell():
        raise damaged(str(path), "y", "z")

    with pytest.raises(DamagedFileError) as error:
        versions.of_one(path, fail_and_tell)
    assert "The file" not in str(error.value)


@pytest.mark.parametrize("kind", [ValueError, TypeError])
def test_errors_of_what_is_in_a_file_name_it_too(tmp_path, kind):
    def fail():
        raise kind("no class 'Own'.")

    with pytest.raises(kind, match=r"^no class 'Own'\. The file is '.*a\.keras'\.$"):
        versions.of_one(tmp_path / "a.keras", fail)


def test_errors_with_parts_of_their_own_stay(tmp_path):
    with pytest.raises(UnicodeDecodeError, match="invalid start byte$") as error:
        versions.of_one(tmp_path / "a.keras", lambda: b"\xff".decode())
    assert len(error.value.args) == 5


@pytest.mark.parametrize("suffix", [".keras", ".weights.h5"])
@pytest.mark.parametrize("reader", [keras.saving.report, keras.saving.KerasFileEditor])
def test_reports_and_editors_read_anew_what_was_replaced_meanwhile(
    tmp_path, monkeypatch, suffix, reader
):
    """The first reading meets a damaged file, in whose place a whole one is put meanwhile."""
    path, whole = tmp_path / f"m{suffix}", tmp_path / f"whole{suffix}"
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    (model.save if suffix == ".keras" else model.save_weights)(whole)
    path.write_bytes(whole.read_bytes()[:500])
    with pytest.raises(DamagedFileError, match=rf"m{suffix}"):
        reader(path)
    told = recognition.told

    def replaced(name):
        found = told(name)
        os.replace(whole, path)
        return found

    monkeypatch.setattr(recognition, "told", replaced)
    found = reader(path)
    is_report = reader is keras.saving.report
    shapes = [array.shape for array in found.arrays] if is_report else [*leaves(found.weights_dict)]
    assert shapes == [(2, 1), (1,)]


def leaves(group):
    for value in group.values():
        yield from leaves(value) if isinstance(value, dict) else [value.shape]

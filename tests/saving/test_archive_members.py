"""A member of an archive is a file of its own, and a damaged one is told as such in time."""

import contextlib
import errno
import os
import struct
import threading
import zipfile

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import torchkeras as keras
from torchkeras.saving import archive_members, file_mapping, plan, transfer
from torchkeras.saving.files import DamagedFileError

CONTENT = np.arange(5000, dtype="uint16").tobytes()


@pytest.fixture
def path(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("before", b"other")
        archive.writestr("stored", CONTENT)
        archive.writestr("packed", CONTENT, zipfile.ZIP_DEFLATED)
    return tmp_path / "a.zip"


def spoil(path, content=CONTENT[100:120]):
    """Change a byte of a member that is stored."""
    whole = bytearray(path.read_bytes())
    whole[whole.index(content)] ^= 1
    path.write_bytes(whole)


@pytest.mark.parametrize("name", ["stored", "packed"])
@pytest.mark.parametrize("at_end", [False, True])
def test_members_are_read_from_anywhere(path, name, at_end):
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo(name)
        assert archive_members.bytes_of(archive, info) == CONTENT
        with archive_members.opened(archive, info, at_end) as file:
            assert file.readable()
            assert file.seekable()
            assert file.seek(-10, os.SEEK_END) == len(CONTENT) - 10
            assert file.read() == CONTENT[-10:]
            assert file.read(1) == b""
            file.seek(20)
            file.seek(10, os.SEEK_CUR)
            assert file.read(5) == CONTENT[30:35]
            assert file.tell() == 35
    assert file.closed


def test_a_member_that_is_damaged_is_never_handed_out(path):
    spoil(path)
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo("stored")
        with pytest.raises(DamagedFileError, match="Bad CRC-32"):
            archive_members.bytes_of(archive, info)
        member = archive_members.opened(archive, info)
        with pytest.raises(DamagedFileError, match="'stored' is 'Bad CRC-32'"):
            member.__enter__()


def no_more_threads(thread):
    raise RuntimeError("can't start new thread")


def test_an_archive_that_is_cut_off_while_it_is_open_is_damaged(path):
    with zipfile.ZipFile(path) as archive:
        opened = archive_members.opened(archive, archive.getinfo("stored"))
        with archive.open("stored"):  # which zipfile holds in memory now
            os.truncate(path, 10)
        with pytest.raises(DamagedFileError, match="'stored' is"):
            opened.__enter__()


def raising(archive, error):
    with archive_members.opened(archive, archive.getinfo("stored"), True) as file:
        assert file.read(3) == CONTENT[:3]
        if error is not None:
            raise error


@pytest.fixture
def in_memory(monkeypatch):
    """Whatever the size of a member, its bytes are used where they are."""

    @contextlib.contextmanager
    def held(descriptor, start, size):
        yield memoryview(os.pread(descriptor, size, start))

    monkeypatch.setattr(file_mapping, "unchanging", held)


@pytest.mark.skipif(not transfer.IS_POSSIBLE, reason="the system can't read at places")
@pytest.mark.parametrize("is_late", [False, True])
@pytest.mark.parametrize("is_read", [False, True])
@pytest.mark.parametrize("error", [None, KeyError("what came of it")])
def test_a_damaged_member_is_the_error_at_the_end(
    path, error, is_late, is_read, in_memory, monkeypatch
):
    spoil(path)
    if is_read:
        monkeypatch.undo()
    if is_late:  # when the interpreter ends there are no more threads
        monkeypatch.setattr(threading.Thread, "start", no_more_threads)
    with (
        zipfile.ZipFile(path) as archive,
        pytest.raises(DamagedFileError, match="Bad CRC") as found,
    ):
        raising(archive, error)
    assert found.value.__cause__ is error


@pytest.mark.skipif(not transfer.IS_POSSIBLE, reason="the system can't read at places")
def test_a_disk_that_fails_is_the_error_at_the_end(path, monkeypatch):
    def fail(descriptor, buffers, offset):
        raise OSError(errno.EIO, "the disk fails")

    monkeypatch.setattr(os, "preadv", fail)
    with zipfile.ZipFile(path) as archive, pytest.raises(OSError, match="the disk fails"):
        raising(archive, None)


@pytest.mark.parametrize("error", [KeyError, KeyboardInterrupt])
def test_other_errors_of_a_sound_member_stay(path, error, in_memory):
    with zipfile.ZipFile(path) as archive, pytest.raises(error):
        raising(archive, error())


def test_whoever_stops_it_does_not_wait_for_a_checksum(path, in_memory):
    spoil(path)
    with zipfile.ZipFile(path) as archive, pytest.raises(KeyboardInterrupt):
        raising(archive, KeyboardInterrupt())


def test_what_a_header_claims_is_not_believed(path):
    whole = bytearray(path.read_bytes())
    for place in (whole.index(b"stored") - 4, whole.rindex(b"PK\x01\x02")):
        struct.pack_into("<I", whole, place, 0xFFFF)
    path.write_bytes(whole)
    with pytest.raises((zipfile.BadZipFile, DamagedFileError)), zipfile.ZipFile(path) as archive:
        raising(archive, None)


# --- A model that is made for a file


def model_of(units=30):
    layers = [keras.layers.Dense(units, name="a"), keras.layers.Dense(20, name="b")]
    return keras.Sequential([keras.Input((40,)), *layers])


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    path = tmp_path_factory.mktemp("saved") / "a.keras"
    model = model_of()
    model.save(path)
    return path, model.get_weights()


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(where=st.floats(0, 1, exclude_max=True), flipped=st.integers(1, 255))
def test_no_model_comes_from_weights_that_are_damaged(saved, tmp_path, where, flipped):
    """Whichever byte it is: the model is the one that was saved, or there is none."""
    path, weights = saved
    content = bytearray(path.read_bytes())
    start = content.index(b"\x89HDF")
    content[start + int(where * (len(content) - start))] ^= flipped
    (tmp_path / "b.keras").write_bytes(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plan, "_LARGE", 1)
        try:
            model = keras.models.load_model(tmp_path / "b.keras")
        except ValueError:
            return
    for found, expected in zip(model.get_weights(), weights, strict=True):
        assert np.array_equal(found, expected)


@pytest.mark.parametrize("place", ["numbers", "structure"])
def test_damage_is_told_as_damage_wherever_it_is(saved, tmp_path, place):
    """Though the weights don't fit, or HDF5 can't read them, that is what came of it."""
    content = bytearray(saved[0].read_bytes())
    start = content.index(b"\x89HDF")
    first = saved[1][0].tobytes()[:40]
    at = content.index(first) if place == "numbers" else content.index(b"HEAP", start)
    content[at : at + 4] = b"\0\1\0\1"
    (tmp_path / "b.keras").write_bytes(content)
    with pytest.raises(DamagedFileError, match="Bad CRC-32"):
        keras.models.load_model(tmp_path / "b.keras")


def test_two_weights_may_lie_in_the_same_bytes(saved, tmp_path):
    """As hard links in a file have it."""

    class Two(keras.layers.Layer):
        def build(self, shape):
            self.first = self.add_weight(shape=(200, 100), name="first")
            self.second = self.add_weight(shape=(200, 100), name="second")

        def call(self, x):
            return x

    def model():
        return keras.Sequential([keras.Input((200,)), Two()])

    with keras.saving.CustomObjectScope({"Two": Two}):
        model().save(tmp_path / "a.keras")
        with zipfile.ZipFile(tmp_path / "a.keras") as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        (tmp_path / "w.h5").write_bytes(members["model.weights.h5"])
        with h5py.File(tmp_path / "w.h5", "r+") as file:
            group = file["layers/two/vars"]
            del group["1"]
            group["1"] = group["0"]
            value = group["0"][()]
        members["model.weights.h5"] = (tmp_path / "w.h5").read_bytes()
        with zipfile.ZipFile(tmp_path / "b.keras", "w") as archive:
            for name, content in members.items():
                archive.writestr(name, content)
        loaded = keras.models.load_model(tmp_path / "b.keras")
    for weight in loaded.get_weights():
        assert np.array_equal(weight, value)

"""HDF5 files are written past HDF5, and read by it."""

import errno
import io
import os
import tempfile
import zlib
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from torchkeras.saving import hdf5_writer, transfer, turning
from torchkeras.saving.hdf5_writer import Writer

KINDS = ("bool", "int8", "uint8", "int16", "int64", "float16", "float32", "float64", "complex64")


@st.composite
def tensors(draw):
    """Tensors of any shape, type and strides."""
    shape = draw(st.lists(st.integers(0, 9), max_size=4))
    axes = draw(st.permutations(range(len(shape))))
    kind = draw(st.sampled_from([*KINDS, "complex128"]))
    generator = torch.Generator().manual_seed(draw(st.integers(0, 99)))
    values = torch.randint(0, 100, [shape[axis] for axis in axes], generator=generator)
    return values.to(getattr(torch, kind)).permute(np.argsort(axes).tolist())


@settings(max_examples=60, deadline=None)
@given(
    values=st.lists(tensors(), max_size=5),
    least=st.sampled_from([1, 100, 2**16]),
    part=st.sampled_from([8, 100, 2**20]),
    is_inside=st.booleans(),
)
def test_h5py_reads_what_was_written(values, least, part, is_inside):
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(hdf5_writer, "_LARGE", least)
        patch.setattr(transfer, "_WRITTEN", part)
        patch.setattr(turning, "_PART", part)
        patch.setattr(turning, "_ALIASING", 8)
        path = Path(folder, "a.h5")
        with open(path, "wb") as file:
            file.write(b"before" * is_inside)
            with Writer(file if is_inside else path) as writer:
                writer.write("layer", {str(k): value for k, value in enumerate(values)}, "name")
        content = path.read_bytes()
    if is_inside:
        assert content.startswith(b"before")
        content = content[6:]
        assert writer.checksum == zlib.crc32(content)
    assert writer.size == len(content)
    with h5py.File(io.BytesIO(content)) as file:
        group = file["layer/vars"]
        assert group.attrs["name"] == "name"
        assert len(group) == len(values)
        for key, value in enumerate(values):
            found = group[str(key)][()]
            assert found.dtype == value.numpy().dtype
            assert np.array_equal(found, value.numpy())


def test_large_bfloat16_keeps_its_bits(tmp_path):
    value = torch.randn(300, 400).bfloat16().T
    with Writer(tmp_path / "a.h5") as writer:
        writer.write("", {"a": value})
    with h5py.File(tmp_path / "a.h5") as file:
        assert file["vars/a"].attrs["dtype"] == "bfloat16"
        assert (
            file["vars/a"][()].tobytes() == value.contiguous().view(torch.int16).numpy().tobytes()
        )


def test_many_groups_take_their_places(tmp_path):
    with Writer(tmp_path / "a.h5") as writer:
        for number in range(500):
            value = np.full(10 + 20_000 * (number % 50 == 0), number)
            writer.write(f"layers/dense_{number}", {"0": value})
    with h5py.File(tmp_path / "a.h5") as file:
        for number in range(500):
            assert (file[f"layers/dense_{number}/vars/0"][()] == number).all()


@pytest.mark.skipif(not hasattr(os, "pwritev"), reason="the system can't write at places")
@pytest.mark.parametrize("before", [0, 1, 3])
def test_a_full_disk_is_told(tmp_path, monkeypatch, before):
    real, calls = os.pwritev, []

    def fail(*arguments):
        calls.append(arguments)
        if len(calls) > before:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(*arguments)

    monkeypatch.setattr(os, "pwritev", fail)
    values = {str(k): np.zeros(30_000) for k in range(4)}
    with pytest.raises(OSError, match="No space"), Writer(tmp_path / "a.h5") as writer:
        writer.write("", values)


def test_what_a_system_writes_in_portions_is_written_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "pwritev", lambda fd, views, at: os.pwrite(fd, views[0][:9], at))
    value = np.arange(30_000.0).reshape(100, 300).T
    with Writer(tmp_path / "a.h5") as writer:
        writer.write("", {"a": value})
    with h5py.File(tmp_path / "a.h5") as file:
        assert np.array_equal(file["vars/a"], value)


def test_an_error_within_the_block_is_the_one_raised(tmp_path):
    with pytest.raises(KeyError, match="own"), Writer(tmp_path / "a.h5") as writer:
        writer.write("", {"a": np.zeros(90_000), "b": {}["own"]})

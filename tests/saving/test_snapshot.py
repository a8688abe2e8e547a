import json
import math
import os
import signal
from collections import deque

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from torchkeras.saving import snapshot
from torchkeras.saving.snapshot import CannotKeepError, Tensors, decode, encode

LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5))
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.lists(st.integers(), max_size=3).map(lambda items: deque(items, 5)),
        st.sets(st.integers(), max_size=3),
        st.dictionaries(st.one_of(st.text(max_size=3), st.integers()), inner, max_size=3),
    ),
    max_leaves=10,
)


def round_trip(value):
    tensors = Tensors()
    text = json.dumps(encode(value, tensors), allow_nan=False)
    return decode(json.loads(text), tensors.__getitem__)


def text_of(value):
    return repr(value)  # NaN, signs of zero, kinds of containers and their order included


@given(VALUES)
def test_plain_values_come_back_as_they_were(value):
    assert text_of(round_trip(value)) == text_of(value)


@pytest.mark.parametrize("dtype", ["float32", "uint32", "bool", "complex64", ">i2"])
@pytest.mark.parametrize("shape", [(), (0, 3), (2, 3)])
def test_arrays_keep_shape_type_and_bits(dtype, shape):
    array = np.arange(math.prod(shape)).reshape(shape).astype(dtype)
    found = round_trip(array)
    assert (found.dtype, found.shape) == (array.dtype, shape)
    assert found.tobytes() == array.tobytes()


def test_tensors_keep_bits_layout_and_ties(tmp_path):
    image = torch.randn(2, 3, 4, 5).to(memory_format=torch.channels_last)
    odd = torch.randn(3, 1, 3, 3).to(memory_format=torch.channels_last)
    nan = torch.tensor([math.nan, -0.0, math.inf])
    tied = torch.ones(4)
    state = {
        "image": image, "odd": odd, "nan": nan, "empty": torch.empty(0, 2), "part": tied[1:3],
        "tied": [tied, tied], "half": torch.ones(2, dtype=torch.bfloat16), "wide": nan.expand(2, 3),
    }  # fmt: skip
    snapshot.write(tmp_path, state)
    found = snapshot.read(tmp_path)
    for name in ("image", "odd", "nan", "empty", "part", "half", "wide"):
        before, after = state[name], found[name]
        assert (after.dtype, after.shape) == (before.dtype, before.shape)
        assert torch.equal(after.nan_to_num(9), before.nan_to_num(9))
        assert after.data_ptr() % 16 == 0  # what begins elsewhere rounds otherwise
    assert found["image"].stride() == image.stride()
    assert found["odd"].stride() == odd.stride()
    assert math.copysign(1, found["nan"][1]) == -1
    names = os.listdir(tmp_path / "snapshot-00000001")
    assert sorted(names) == ["manifest.json", "state-0.json", "tensors-0.safetensors"]


@pytest.mark.parametrize("value", [object(), len, {(1, 2): 3}, np.array(["a"]), 1j])
def test_other_things_are_refused(value):
    with pytest.raises(CannotKeepError):
        encode(value, Tensors())


def test_any_flipped_byte_is_found(tmp_path):
    snapshot.write(tmp_path, {"weights": torch.arange(50.0)})
    folder = tmp_path / "snapshot-00000001"
    for name in ("state-0.json", "tensors-0.safetensors"):
        content = (folder / name).read_bytes()
        for place in range(0, len(content), 37):
            damaged = bytearray(content)
            damaged[place] ^= 1
            (folder / name).write_bytes(damaged)
            with pytest.raises(ValueError, match=f"checksum of {name}"):
                snapshot.read(tmp_path)
        (folder / name).write_bytes(content[:-1])
        with pytest.raises(ValueError, match=f"checksum of {name}"):
            snapshot.read(tmp_path)
        (folder / name).write_bytes(content)
    assert torch.equal(snapshot.read(tmp_path)["weights"], torch.arange(50.0))


def test_a_manifest_cannot_lead_elsewhere(tmp_path):
    snapshot.write(tmp_path, 1)
    manifest = tmp_path / "snapshot-00000001" / "manifest.json"
    content = json.loads(manifest.read_text())
    content["sha256"]["../../outside"] = "0"
    manifest.write_text(json.dumps(content))
    with pytest.raises(ValueError, match="outside"):
        snapshot.read(tmp_path)


def test_another_number_of_processes_is_said(tmp_path, monkeypatch):
    snapshot.write(tmp_path, 1)
    monkeypatch.setattr(snapshot, "world_size", lambda: 2)
    with pytest.raises(ValueError, match="number of processes is 2; expected 1"):
        snapshot.read(tmp_path)


def test_nothing_is_read_where_nothing_was_written(tmp_path):
    assert snapshot.read(tmp_path / "none") is None
    snapshot.remove(tmp_path / "none")


@pytest.mark.parametrize("place", ["_write_part", "_complete"])
def test_a_full_disk_is_an_os_error_and_leaves_the_snapshot_before(tmp_path, monkeypatch, place):
    resource = pytest.importorskip("resource")  # a limit on files' sizes stands in for the disk's
    snapshot.write(tmp_path, {"a": torch.ones(3)})
    before, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.SIG_IGN
    handler = signal.signal(signal.SIGXFSZ, handler)
    work = getattr(snapshot, place)

    def limited(*arguments):
        limit = 20_000 if place == "_write_part" else 10
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
        try:
            return work(*arguments)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)

    monkeypatch.setattr(snapshot, place, limited)
    try:
        with pytest.raises(OSError, match="File too large"):
            snapshot.write(tmp_path, {"a": torch.zeros(10_000)})
    finally:
        signal.signal(signal.SIGXFSZ, handler)
    assert os.listdir(tmp_path) == ["snapshot-00000001"]
    assert snapshot.read(tmp_path)["a"].tolist() == [1, 1, 1]


def test_a_failure_in_another_process_is_raised_in_this_one(tmp_path, monkeypatch):
    monkeypatch.setattr(snapshot, "gathered_objects", lambda told: [told, ("disk full", None)])
    with pytest.raises(OSError, match="Process 1 can't write its part .*: disk full"):
        snapshot.write(tmp_path, 1)


@pytest.mark.parametrize("shape", [[2**31, "__tensor__"], [2**31, [0]], [2.5], [True, 3]])
def test_shapes_are_made_of_integers(shape):
    """A number times a text is a text as long as that."""
    with pytest.raises(ValueError, match="expected integers"):
        decode({"array": "0", "shape": shape, "type": "<f4"}, {"0": torch.zeros(3)}.__getitem__)

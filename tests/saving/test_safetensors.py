"""``.safetensors``: torch's names and layout, readable without torchkeras."""

import errno
import json
import os
import struct
import sys
import tempfile
import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import _SIZE as types_of_package
from safetensors.torch import load_file
from safetensors.torch import save as bytes_by_package

import torchkeras
from torchkeras.saving import row_writer, safetensors, transfer, turning

_TEXTS = st.text(st.characters(codec="utf-8"), max_size=3)
HAS_LEASES = sys.platform == "linux"


def make(units=3):
    layers = torchkeras.layers
    return torchkeras.Sequential(
        [torchkeras.Input((4,)), layers.Dense(units), layers.BatchNormalization(), layers.Dense(2)]
    )


def test_weights_come_back(tmp_path):
    ours, other = make(), make()
    ours.save_weights(tmp_path / "a.safetensors")
    other.load_weights(tmp_path / "a.safetensors")
    for a, b in zip(ours.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_file_is_the_state_dict(tmp_path):
    model = make()
    model.save_weights(tmp_path / "a.safetensors")
    tensors = load_file(tmp_path / "a.safetensors")
    assert tensors.keys() == model.state_dict().keys()
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensors[name], tensor)


_WIDTHS = {1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}


@st.composite
def numbers(draw):
    """Integers of any shape and strides, and a type of the package that has their width."""
    kind = draw(st.sampled_from([kind for kind in types_of_package if kind is not None]))
    fewest = int("x2" in str(kind))  # two numbers in a byte
    shape = draw(st.lists(st.integers(0, 9), min_size=fewest, max_size=4))
    axes = draw(st.permutations(range(len(shape))))
    generator = torch.Generator().manual_seed(draw(st.integers(0, 99)))
    sizes = [shape[axis] for axis in axes]
    values = torch.randint(0, 2 if kind == torch.bool else 100, sizes, generator=generator)
    return values.to(_WIDTHS[kind.itemsize]).permute(np.argsort(axes).tolist()), kind


@settings(max_examples=60, deadline=None)
@given(
    values=st.dictionaries(_TEXTS, numbers(), max_size=5),
    # Of an empty dictionary and no tensors the package makes what isn't JSON.
    metadata=st.none() | st.dictionaries(_TEXTS, _TEXTS, min_size=1, max_size=1),
    large=st.sampled_from([1, 100, 2**16]),
    share=st.sampled_from([500, 2**22]),
)
def test_files_are_those_of_the_package(values, metadata, large, share):
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(row_writer, "_LARGE", large)
        patch.setattr(transfer, "SHARE", share)
        patch.setattr(turning, "_PART", share)
        patch.setattr(turning, "_ALIASING", 8)
        path = Path(folder, "a.safetensors")
        safetensors.write({k: v.view(kind) for k, (v, kind) in values.items()}, path, metadata)
        content = path.read_bytes()
    plain = {k: v.contiguous().view(kind) for k, (v, kind) in values.items()}
    assert content == bytes_by_package(plain, metadata)


def test_every_type_of_the_package_is_written():
    known = {str(kind).removeprefix("torch.") for kind in types_of_package if kind is not None}
    assert known <= safetensors._TYPES.keys()


def test_weights_that_are_channels_last_are_written_in_plain_order(tmp_path):
    model = torchkeras.Sequential([torchkeras.Input((8, 8, 40)), torchkeras.layers.Conv2D(50, 3)])
    model.save_weights(tmp_path / "a.safetensors")
    ((name, weight),) = [each for each in model.state_dict().items() if each[1].dim() == 4]
    assert not weight.is_contiguous()
    assert torch.equal(load_file(tmp_path / "a.safetensors")[name], weight)


def test_tensors_that_share_memory_are_each_written(tmp_path):
    values = torch.arange(40_000.0).reshape(100, 400)
    parts = {
        "whole": values,
        "turned": values.T,
        "row": values[1],
        "many": values[:1].expand(9, 400),
    }
    safetensors.write(parts, tmp_path / "a.safetensors")
    found = load_file(tmp_path / "a.safetensors")
    assert all(torch.equal(found[name], part) for name, part in parts.items())


def test_numbers_that_torch_conjugates_late_are_written_as_they_are(tmp_path):
    value = torch.complex(torch.ones(3), torch.arange(3.0))
    parts = {"conjugate": value.conj(), "negative": value.conj().imag}
    safetensors.write(parts, tmp_path / "a.safetensors")
    found = load_file(tmp_path / "a.safetensors")
    assert found["conjugate"].tolist() == [1, 1 - 1j, 1 - 2j]
    assert found["negative"].tolist() == [0, -1, -2]


def test_what_files_cannot_hold_is_named(tmp_path):
    path, one = tmp_path / "a.safetensors", torch.ones(1)
    with pytest.raises(
        ValueError, match="layout of 'a' is torch.sparse_coo; expected a dense tensor"
    ):
        safetensors.write({"a": one.to_sparse()}, path)
    with pytest.raises(
        ValueError, match="type of 'a' is 'complex128'; expected one of uint64, int64"
    ):
        safetensors.write({"a": one.to(torch.complex128)}, path)
    with pytest.raises(ValueError, match="is '__metadata__'; expected another name"):
        safetensors.write({"__metadata__": one}, path)
    assert not path.exists()


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
    monkeypatch.setattr(transfer, "SHARE", 2**16)
    with pytest.raises(OSError, match="No space"):
        safetensors.write({str(k): torch.zeros(30_000) for k in range(4)}, tmp_path / "a")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no pipes with names")
def test_pipes_get_what_a_file_would(tmp_path):
    values = {"a": torch.randn(90, 300).T, "b": torch.ones(3)}
    os.mkfifo(tmp_path / "pipe.safetensors")
    found = []
    reader = threading.Thread(
        target=lambda: found.append((tmp_path / "pipe.safetensors").read_bytes()), daemon=True
    )
    reader.start()
    safetensors.write(values, tmp_path / "pipe.safetensors")
    reader.join(10)
    safetensors.write(values, tmp_path / "a.safetensors")
    assert found == [(tmp_path / "a.safetensors").read_bytes()]


def test_tied_tensors_are_written_once(tmp_path):
    class Tied(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.a = torch.nn.Linear(3, 3)
            self.b = torch.nn.Linear(3, 3)
            self.b.weight = self.a.weight

    ours, other = Tied(), Tied()
    safetensors.save(ours, tmp_path / "a.safetensors")
    assert sorted(load_file(tmp_path / "a.safetensors")) == ["a.bias", "a.weight", "b.bias"]
    safetensors.load(other, tmp_path / "a.safetensors")
    assert torch.equal(other.b.weight, ours.a.weight)
    assert other.b.weight is other.a.weight


def test_differences_are_named_or_skipped(tmp_path):
    make().save_weights(tmp_path / "a.safetensors")
    other = make(units=5)
    before = other.layers[2].get_weights()
    with pytest.raises(ValueError, match=r"has shape \(3, 4\), expected \(5, 4\)"):
        other.load_weights(tmp_path / "a.safetensors")
    np.testing.assert_array_equal(other.layers[2].get_weights()[1], before[1])
    with pytest.warns(UserWarning, match="left as they were"):
        other.load_weights(tmp_path / "a.safetensors", skip_mismatch=True)


def test_missing_and_surplus_names_are_told(tmp_path):
    torchkeras.Sequential([torchkeras.Input((4,)), torchkeras.layers.Dense(3)]).save_weights(
        tmp_path / "a.safetensors"
    )
    with pytest.raises(ValueError, match="is missing"):
        make().load_weights(tmp_path / "a.safetensors")


@pytest.mark.parametrize("content", [b"", b"\xff" * 100, b"\x10" + b"\0" * 7 + b"{" * 16])
def test_other_files_are_refused(tmp_path, content):
    (tmp_path / "a.safetensors").write_bytes(content)
    with pytest.raises(ValueError, match="expected a safetensors file"):
        make().load_weights(tmp_path / "a.safetensors")


def test_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no file"):
        safetensors.load(make(), tmp_path / "none.safetensors")


def test_what_somebody_has_open_for_writing_is_not_mapped(tmp_path, monkeypatch):
    path, opened = tmp_path / "a.safetensors", []
    ours, other = make(), make()
    ours.save_weights(path)
    package = safetensors._package()
    real = package.safe_open
    monkeypatch.setattr(
        package, "safe_open", lambda path, framework: opened.append(path) or real(path, framework)
    )
    other.load_weights(path)
    with open(path, "r+b"):
        other.load_weights(path)
        assert len(safetensors.contents(path)) == len(ours.state_dict())
    for a, b in zip(ours.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert opened[0] == str(path)
    assert [one == str(path) for one in opened[1:]] == [not HAS_LEASES] * 2


@pytest.mark.parametrize("name", ["dense.linear.weight", "dense.linear.bias"])
def test_numbers_of_half_a_byte_do_not_leave_a_model_half_changed(tmp_path, name):
    """Torch can't make others of them, and has two in each element."""
    path = tmp_path / "a.safetensors"
    model = torchkeras.Sequential(
        [torchkeras.Input((4,)), torchkeras.layers.Dense(3), torchkeras.layers.Dense(3)]
    )
    shapes = {key: tuple(value.shape) for key, value in model.state_dict().items()}
    entries, end = {}, 0
    for key, shape in shapes.items():
        kind, size = ("F4", np.prod(shape) // 2) if key == name else ("F32", 4 * np.prod(shape))
        offsets = [end, end := end + int(size)]
        entries[key] = {"dtype": kind, "shape": shape, "data_offsets": offsets}
    text = json.dumps(entries).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + bytes(end))
    before = model.get_weights()
    with pytest.raises(ValueError, match="a\\.safetensors"):
        model.load_weights(path)
    for now, then in zip(model.get_weights(), before, strict=True):
        assert np.array_equal(now, then)

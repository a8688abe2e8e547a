"""What is written is read back, to the bit, by the reader and, byte for byte, as TensorFlow's."""

import errno
import itertools
import os
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from torchkeras.saving import bundle_writer, sstable
from torchkeras.saving.tensor_bundle import Bundle

NUMBERS = (
    "float32", "float64", "float16", "int8", "int16", "int32", "int64", "uint8", "uint16",
    "uint32", "uint64", "bool", "complex64", "complex128",
)  # fmt: skip


values = st.sampled_from(NUMBERS).flatmap(
    lambda name: arrays.arrays(name, arrays.array_shapes(min_dims=0, min_side=0, max_side=4))
)
texts = arrays.arrays(object, arrays.array_shapes(min_dims=0, max_side=3), elements=st.binary())
names = st.text(min_size=1, max_size=30).filter(lambda name: name[0] != "\0")
names = names.filter(lambda name: not any("\ud800" <= c <= "\udfff" for c in name))


@given(tensors=st.dictionaries(names, values | texts, max_size=12))
def test_what_was_written_is_read(tmp_path_factory, tensors):
    prefix = tmp_path_factory.mktemp("written") / "x"
    bundle_writer.write(prefix, tensors)
    bundle = Bundle(prefix)
    assert bundle.keys() == sorted(tensors)
    for name, value in tensors.items():
        found = bundle.read(name)
        assert (found.shape, found.dtype) == (value.shape, value.dtype)
        if value.dtype == object:
            assert found.tolist() == value.tolist()
        else:
            assert found.tobytes() == value.tobytes()  # NaN and -0 are the same, too


@pytest.mark.parametrize(
    "dtype", [torch.bfloat16, torch.float16, torch.float8_e5m2, torch.float8_e4m3fn, torch.bool]
)
def test_types_of_torch_keep_their_bits(tmp_path, dtype):
    value = torch.tensor([[0.0, -0.0, float("nan")], [1.5, 300.0, -2.0]]).to(dtype)
    bundle_writer.write(tmp_path / "x", {"a": value, "turned": value.T})
    bundle = Bundle(tmp_path / "x")
    assert bundle.entry("a").dtype == str(dtype).removeprefix("torch.")
    for name, expected in (("a", value), ("turned", value.T.contiguous())):
        found = torch.as_tensor(bundle.read(name))
        assert torch.equal(found.view(torch.uint8), expected.view(torch.uint8))


def test_what_lies_otherwise_in_memory_is_written_in_order(tmp_path):
    value = torch.arange(24.0).reshape(2, 3, 4)
    odd = {
        "turned": value.permute(2, 0, 1),
        "steps": value[:, ::2],
        "conjugate": torch.tensor([1 + 2j]).conj(),
        "big": np.arange(3, dtype=">i4"),
    }
    bundle_writer.write(tmp_path / "x", odd)
    for name, expected in odd.items():
        expected = expected.resolve_conj() if isinstance(expected, torch.Tensor) else expected
        np.testing.assert_array_equal(Bundle(tmp_path / "x").read(name), expected)


def test_large_tensors_are_read_with_their_checksums(tmp_path):
    value = torch.randn(300, 1024)
    large = {
        "plain": value,
        "turned": value.T,
        "half": value.bfloat16().T,
        "kernel": value.view(3, 100, 32, 32).permute(2, 3, 1, 0),
    }
    bundle_writer.write(tmp_path / "x", {"small": np.ones(3), **large})
    bundle = Bundle(tmp_path / "x")
    for name, expected in large.items():
        assert torch.equal(torch.as_tensor(bundle.read(name)), expected)


def test_texts_may_be_text_or_bytes(tmp_path):
    bundle_writer.write(tmp_path / "x", {"a": b"\0\xff", "b": np.array(["ü", ""])})
    assert Bundle(tmp_path / "x").read("a").item() == b"\0\xff"
    assert Bundle(tmp_path / "x").read("b").tolist() == ["ü".encode(), b""]


def test_values_are_asked_for_one_by_one(tmp_path):
    asked = []
    tensors = {name: lambda name=name: asked.append(name) or torch.ones(2) for name in "ba"}
    bundle_writer.write(tmp_path / "x", tensors)
    assert asked == ["b", "a"]


@pytest.mark.parametrize(
    "name", ["adam/w", "older_adam/w", "keras3/c-1", "subclass/w", "saved/variables/variables"]
)
def test_files_are_those_of_tensorflow_to_the_byte(of_tensorflow, tmp_path, name):
    bundle = Bundle(of_tensorflow / name)
    order = sorted(bundle, key=lambda key: (bundle.entry(key).offset, bundle.entry(key).size))
    bundle_writer.write(tmp_path / "x", {key: bundle.read(key) for key in order})
    for suffix in (".index", ".data-00000-of-00001"):
        theirs = Path(f"{of_tensorflow / name}{suffix}").read_bytes()
        assert Path(f"{tmp_path / 'x'}{suffix}").read_bytes() == theirs


def test_a_type_that_tensorflow_lacks_is_refused(tmp_path):
    with pytest.raises(ValueError, match="type of 'a' is 'datetime64"):
        bundle_writer.write(tmp_path / "x", {"a": np.zeros(2, "datetime64[s]")})
    assert os.listdir(tmp_path) == []


def test_what_is_there_is_replaced_only_if_it_may(tmp_path):
    bundle_writer.write(tmp_path / "x", {"a": np.ones(2)})
    with pytest.raises(FileExistsError, match="overwrite=True"):
        bundle_writer.write(tmp_path / "x", {"a": np.zeros(2)}, overwrite=False)
    assert Bundle(tmp_path / "x").read("a").tolist() == [1.0, 1.0]


class Killed(Exception):
    """Stands for the end of the process."""


def kill_at(number):
    """Functions that change files, of which one doesn't come back."""
    counted = itertools.count()

    def guarded(function):
        def call(*args, **kwargs):
            if next(counted) == number:
                raise Killed
            return function(*args, **kwargs)

        return call

    names = ("replace", "link", "fsync", "unlink")
    return mock.patch.multiple(os, **{name: guarded(getattr(os, name)) for name in names})


def test_a_checkpoint_of_the_same_name_is_whole_at_any_moment(tmp_path):
    for number in itertools.count():
        folder = tmp_path / str(number)
        bundle_writer.write(folder / "x", {"a": np.zeros(3), "b": b"old"})
        try:
            with kill_at(number):
                bundle_writer.write(folder / "x", {"a": np.ones(3), "b": b"new"})
        except Killed:
            pass
        else:
            break
        bundle = Bundle(folder / "x")
        found = (bundle.read("a").tolist(), bundle.read("b").item())
        assert found in (([0.0] * 3, b"old"), ([1.0] * 3, b"new"))
        bundle_writer.write(folder / "x", {"a": np.full(3, 2.0), "b": b"last"})
        assert Bundle(folder / "x").read("a").tolist() == [2.0] * 3
        files = [file for file in os.listdir(folder) if not file.startswith(".")]
        assert sorted(files) == ["x.data-00000-of-00001", "x.index"]
    assert number > 8


def test_a_disk_without_links_serves(tmp_path):
    bundle_writer.write(tmp_path / "x", {"a": np.zeros(3)})
    with mock.patch("os.link", side_effect=OSError):
        bundle_writer.write(tmp_path / "x", {"a": np.ones(3)})
    assert Bundle(tmp_path / "x").read("a").tolist() == [1.0] * 3


def test_shards_of_an_older_checkpoint_go_and_others_stay(tmp_path):
    for name in ("x.data-00001-of-00003", "xy.data-00001-of-00003", "x.data-1"):
        (tmp_path / name).touch()
    bundle_writer.write(tmp_path / "x", {"a": np.zeros(3)})
    left = ["x.data-00000-of-00001", "x.data-1", "x.index", "xy.data-00001-of-00003"]
    assert sorted(os.listdir(tmp_path)) == left


def test_the_index_of_many_tensors_has_several_blocks(tmp_path):
    tensors = {f"layer_{n:05}/a_long_name/kernel": np.float32(n) for n in range(9000)}
    bundle_writer.write(tmp_path / "x", tensors)
    assert len(sstable.read((tmp_path / "x.index").read_bytes())) == 9001
    assert float(Bundle(tmp_path / "x").read("layer_08999/a_long_name/kernel")) == 8999.0


def test_a_disk_that_takes_nothing_is_told_by_the_name_of_the_checkpoint(tmp_path, monkeypatch):
    make = Path.mkdir

    def refuse(path, *args, **kwargs):
        if path.suffix == ".tmp":
            raise OSError(errno.EROFS, "Read-only file system", str(path))
        make(path, *args, **kwargs)

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(OSError, match="what was there stays as it was") as raised:
        bundle_writer.write(tmp_path / "x", {"a": np.ones(2)})
    assert raised.value.filename == str(tmp_path / "x.index")

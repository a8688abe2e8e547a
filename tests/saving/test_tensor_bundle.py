import shutil

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from torchkeras.saving import bundle_writer, page_cache
from torchkeras.saving.tensor_bundle import Bundle, StoredTensor, _ordered, exists


@pytest.fixture
def copied(of_tensorflow, tmp_path):
    for name in ("bundle.index", "bundle.data-00000-of-00001"):
        shutil.copy(of_tensorflow / name, tmp_path / name)
    return tmp_path / "bundle"


def test_tensors_of_every_kind_are_read(of_tensorflow):
    bundle = Bundle(of_tensorflow / "bundle")
    with np.load(of_tensorflow / "bundle.npz") as known:
        for name in known:
            np.testing.assert_array_equal(bundle.read(name), known[name])
    assert bundle.read("brain").tolist() == [0.5, -2.0]
    assert bundle.read("brain").dtype == torch.bfloat16
    assert bundle.read("columns").tolist() == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]
    assert bundle.read("truths").tolist() == [True, False]
    assert bundle.read("texts").tolist() == [[b"a", b""], [b"\0\xff", b"xyz" * 100]]
    assert bundle.read("text").item() == b"hello"
    assert bundle.read("empty").shape == (0, 3)
    assert float(bundle.read("layer_149/with_a_long_name/kernel")) == 149.0


def test_the_index_tells_types_and_shapes(of_tensorflow):
    bundle = Bundle(of_tensorflow / "bundle")
    assert len(bundle.keys()) == len(list(bundle)) == 161
    assert (bundle.entry("parts").dtype, bundle.entry("parts").shape) == ("float32", (130, 3))
    assert bundle.entry("brain").dtype == "bfloat16"
    assert bundle.entry("texts").dtype == "string"
    assert "floats" in bundle
    assert "other" not in bundle


def test_prefixes_are_told_from_other_files(of_tensorflow, tmp_path):
    assert exists(of_tensorflow / "bundle")
    assert not exists(of_tensorflow / "other")
    (tmp_path / "json.index").write_text("{}")
    assert not exists(tmp_path / "json")
    with pytest.raises(ValueError, match="sorted table"):
        Bundle(tmp_path / "json")
    with pytest.raises(FileNotFoundError, match=r"other\.index"):
        Bundle(tmp_path / "other")


def test_a_name_that_is_not_there_is_refused(of_tensorflow):
    with pytest.raises(ValueError, match="missing in the index"):
        Bundle(of_tensorflow / "bundle").read("other")


@pytest.mark.parametrize("dtype", ["float32", "bool", "complex64", "uint16"])
def test_large_tensors_stay_in_the_file_until_they_are_used(tmp_path, monkeypatch, dtype):
    monkeypatch.setattr(page_cache, "holds", lambda *place: True)
    tensors = {"large": np.arange(2**20).astype(dtype), "small": np.arange(3)}
    bundle_writer.write(tmp_path / "w", tensors)
    keys = ["large", "small", "large"]
    with Bundle(tmp_path / "w").stored(keys) as found:
        assert [isinstance(value, StoredTensor) for value in found] == [True, False, True]
        for key, value in zip(keys, found, strict=True):
            assert (value.shape, value.dtype) == (tensors[key].shape, tensors[key].dtype)
            np.testing.assert_array_equal(np.asarray(value), tensors[key])


def test_large_tensors_that_are_not_in_memory_are_read(tmp_path, monkeypatch):
    monkeypatch.setattr(page_cache, "holds", lambda *place: False)
    bundle_writer.write(tmp_path / "w", {"large": np.arange(2**20)})
    with Bundle(tmp_path / "w").stored(["large"]) as (found,):
        np.testing.assert_array_equal(found, np.arange(2**20))


def read_all(prefix):
    bundle = Bundle(prefix)
    return [bundle.read(key) for key in bundle]


def test_a_data_file_that_is_cut_short_is_refused(copied):
    data = copied.with_name("bundle.data-00000-of-00001")
    data.write_bytes(data.read_bytes()[:100])
    with pytest.raises(ValueError, match="past the end"):
        read_all(copied)
    data.unlink()
    with pytest.raises(ValueError, match="which there isn't"):
        read_all(copied)


@given(place=st.integers(0, 1800), change=st.integers(1, 255))
def test_a_changed_byte_of_the_data_is_noticed(of_tensorflow, tmp_path_factory, place, change):
    folder = tmp_path_factory.mktemp("changed")
    data = bytearray((of_tensorflow / "bundle.data-00000-of-00001").read_bytes())
    data[place] ^= change
    (folder / "bundle.data-00000-of-00001").write_bytes(data)
    shutil.copy(of_tensorflow / "bundle.index", folder / "bundle.index")
    with pytest.raises(ValueError, match="checkpoint"):
        read_all(folder / "bundle")


@given(st.integers(-(2**62), 2**62), st.integers(-(2**62), 2**62))
def test_numbers_in_names_of_parts_sort_like_numbers(a, b):
    assert (_ordered(a) < _ordered(b)) == (a < b)

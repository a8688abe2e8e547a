"""Weights files that point elsewhere, lie about their size, or need plug-ins are refused."""

import h5py
import numpy as np
import pytest
import torch

from torchkeras.saving import hdf5, hdf5_writer


@pytest.fixture
def path(tmp_path):
    return tmp_path / "x.h5"


def read(path, name="a"):
    with hdf5.open_group(path) as root:
        return root[name].read()


def test_arrays_come_back(path):
    arrays = {str(k): np.random.rand(k + 1, 2).astype("float32") for k in range(12)}
    with hdf5_writer.Writer(path) as writer:
        writer.write("layers/dense", arrays, name="head")
        writer.write("", {}, name="model")
    with hdf5.open_group(path) as root:
        values = root.group("layers").group("dense").values_of("vars")
        assert sorted(values, key=int) == list(arrays)
        assert len(values) == 12
        for key, array in arrays.items():
            np.testing.assert_array_equal(values[key], array)
        assert root.group("layers/dense/vars").attributes["name"] == "head"
        assert len(root.values_of("vars")) == 0
        assert root.group("layers/other") is None
        assert root.group("layers/dense/vars/0/deeper") is None


@pytest.mark.parametrize(
    "kind", [bool, "int8", "uint8", "int64", "float16", "float64", "complex64"]
)
def test_number_types_are_kept(path, kind):
    array = np.array([0, 1, 1]).astype(kind)
    with hdf5_writer.Writer(path) as writer:
        writer.write("", {"a": array, "scalar": array[1]})
    with hdf5.open_group(path) as root:
        values = root.values_of("vars")
        assert values["a"].dtype == array.dtype
        np.testing.assert_array_equal(values["a"], array)
        assert values["scalar"].shape == ()


def test_bfloat16_keeps_its_bits(path):
    tensor = torch.randn(3, 4).bfloat16()
    with hdf5_writer.Writer(path) as writer:
        writer.write("", {"0": tensor, "1": torch.ones(2)})
    with hdf5.open_group(path) as root:
        back = root.values_of("vars")["0"]
        assert back.dtype is torch.bfloat16
        assert torch.equal(back, tensor)


def test_compressed_data_are_read(path):
    array = np.zeros((1000, 10), "float32")
    with h5py.File(path, "w") as file:
        file.create_dataset("a", data=array, compression="gzip", shuffle=True, chunks=(100, 10))
    np.testing.assert_array_equal(read(path), array)


def test_external_data_are_refused(path, tmp_path):
    secret = tmp_path / "secret"
    secret.write_bytes(b"\0" * 64)
    with h5py.File(path, "w") as file:
        file.create_dataset("a", (16,), "float32", external=[(str(secret), 0, 64)])
    with pytest.raises(ValueError, match="data kept in other files"):
        read(path)


def test_virtual_datasets_are_refused(path, tmp_path):
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["secret"] = np.arange(4.0)
    layout = h5py.VirtualLayout((4,), "float64")
    layout[:] = h5py.VirtualSource(tmp_path / "other.h5", "secret", (4,))
    with h5py.File(path, "w") as file:
        file.create_virtual_dataset("a", layout)
    with pytest.raises(ValueError, match="data kept in other files"):
        read(path)


@pytest.mark.parametrize("link", [h5py.SoftLink("/b"), h5py.ExternalLink("other.h5", "/secret")])
@pytest.mark.parametrize("depth", ["a", "g/a"])
def test_soft_and_external_links_are_refused(path, tmp_path, link, depth):
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["secret"] = np.arange(4.0)
    with h5py.File(path, "w") as file:
        file["b"] = np.arange(3.0)
        file[depth] = link
    with pytest.raises(ValueError, match="Link'; expected plain data stored in the file itself"):
        read(path, depth)


def test_shape_bomb_is_refused_before_memory_is_taken(path):
    with h5py.File(path, "w") as file:
        file.create_dataset("a", (2**40,), "float32")
        file.create_dataset("b", (2**40,), "float32", chunks=(2**20,), compression="gzip")
    assert path.stat().st_size < 2**15
    for name in "ab":
        with pytest.raises(ValueError, match="4398046511104 bytes declared, 0 stored"):
            read(path, name)


def test_chunk_bomb_is_refused(path):
    with h5py.File(path, "w") as file:
        file.create_dataset("a", (1,), "float32", maxshape=(None,), chunks=(2**28,))
        file["a"].id.write_direct_chunk((0,), b"x" * 64)
    with pytest.raises(ValueError, match="chunks of 1073741824 bytes for 4 bytes"):
        read(path)


def test_filters_that_need_plug_ins_are_refused(path):
    with h5py.File(path, "w") as file:
        file.create_dataset("a", data=np.zeros(1000), compression="lzf")
    with pytest.raises(ValueError, match="compressed by filters"):
        read(path)


def test_objects_and_references_are_refused(path):
    with h5py.File(path, "w") as file:
        file["s"] = np.array(["a", "b"], dtype=h5py.string_dtype())
        file["r"] = np.array([file["s"].ref], dtype=h5py.ref_dtype)
        file["v"] = np.zeros(2, "V8")
        file["t"] = np.dtype("f4")
    for name in "srv":
        with pytest.raises(ValueError, match="of type"):
            read(path, name)
    with pytest.raises(ValueError, match="neither a group nor a dataset"):
        read(path, "t")


def test_other_files_are_named(path):
    path.write_bytes(b"no hdf5 at all")
    with pytest.raises(ValueError, match="expected an HDF5 file"), hdf5.open_group(path):
        pass
    missing = hdf5.open_group(path.with_name("missing.h5"))
    with pytest.raises(FileNotFoundError, match="there is no file"), missing:
        pass


@pytest.mark.parametrize("is_tracked", [True, False])
def test_members_are_in_the_order_that_h5py_has(path, is_tracked):
    with h5py.File(path, "w", track_order=is_tracked) as file:
        for name in ("c", "ä", "b"):
            file.create_group(name)
    with h5py.File(path) as file, hdf5.open_group(path) as root:
        assert list(root) == list(file)


def test_names_together_are_no_longer_than_the_file(path):
    """Members' names may all be the same long one, which would be copied for each."""
    with h5py.File(path, "w") as file:
        for number in range(40):
            file.create_group(f"{number:02d}" + "x" * (2**19 if number == 39 else 0))
    data = bytearray(path.read_bytes())
    place = -1
    while (place := data.find(b"SNOD", place + 1)) >= 0:
        number = int.from_bytes(data[place + 6 : place + 8], "little")
        places = [place + 8 + 40 * entry for entry in range(number)]
        longest = max(int.from_bytes(data[p : p + 8], "little") for p in places)
        for p in places:
            data[p : p + 8] = longest.to_bytes(8, "little")
    path.write_bytes(data)
    with hdf5.open_group(path) as root, pytest.raises(hdf5.DamagedFileError, match="longer than"):
        list(root)


def test_two_bytes_without_a_name_are_bfloat16(tmp_path):
    """As tf.keras 2 wrote them."""
    numbers = torch.tensor([1.5, -2.0], dtype=torch.bfloat16)
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["a"] = numbers.view(torch.int16).numpy().view("V2")
    with hdf5.open_group(tmp_path / "x.h5") as root:
        assert torch.equal(root["a"].read(), numbers)


@pytest.mark.parametrize("kind", [">f4", ">f2", ">i8", ">c8", ">u2"])
def test_numbers_in_the_other_order_of_bytes_are_those_of_this_machine(path, kind):
    with h5py.File(path, "w") as file:
        file["x"] = np.arange(6).reshape(2, 3).astype(kind)
    with hdf5.open_group(path) as root:
        found = root["x"].read()
    assert found.dtype == np.dtype(kind).newbyteorder("=")
    assert found.dtype.isnative
    assert found.tolist() == [[0, 1, 2], [3, 4, 5]]

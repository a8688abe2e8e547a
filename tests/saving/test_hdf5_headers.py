"""Lengths of texts are read from headers of both forms, wherever the headers go on."""

import struct

import h5py
import pytest

from torchkeras.saving.files import DamagedFileError
from torchkeras.saving.hdf5_guard import Guard

FORMS = [{}, {"libver": "latest"}, {"libver": "v108"}, {"userblock_size": 512}]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "x.h5"


def written(path, number, **options):
    """A file whose attributes are ``number`` texts and lists of texts of known lengths."""
    with h5py.File(path, "w", **options) as file:
        inner = file.create_group("inner")
        for owner in (file, inner, file.create_dataset("data", data=1.0)):
            for index in range(number):
                owner.attrs[f"text ä {index}"] = "ü" * index
                owner.attrs[f"list {index}"] = ["x" * index, "", "yz"]
            owner.attrs["numbers"] = [1, 2]
    return path


def check(path, owner, name, number):
    with Guard(path) as guard, h5py.File(guard, "r") as file:
        guard.check_texts(h5py.h5o.get_info(file[owner].id).addr, name, number)


@pytest.mark.parametrize("owner", ["/", "inner", "data"])
@pytest.mark.parametrize("options", FORMS)
@pytest.mark.parametrize("number", [3, 60])
def test_lengths_are_what_was_written(path, owner, options, number):
    from torchkeras.saving import hdf5_headers

    is_dense = number > 3 and "libver" in options
    written(path, number, **options)
    with Guard(path) as guard, h5py.File(guard, "r") as file:
        place = h5py.h5o.get_info(file[owner].id).addr
        for index in range(number):
            known = {f"text ä {index}": [2 * index], f"list {index}": [index, 0, 2]}
            for name, expected in known.items():
                arguments = guard._at, guard._start, place, name, len(expected)
                if is_dense:
                    with pytest.raises(DamagedFileError, match="not in the header"):
                        hdf5_headers.lengths(*arguments)
                else:
                    assert hdf5_headers.lengths(*arguments) == expected


@pytest.mark.parametrize("options", [{}, {"userblock_size": 512}])
def test_texts_longer_than_the_file_are_refused(path, options):
    """The library makes room for 4 GB, and sets them to zero."""
    data = bytearray(written(path, 4, **options).read_bytes())
    old = struct.pack("<I", 3)
    heap = data.index(b"GCOL") - options.get("userblock_size", 0)
    place = data.index(old + struct.pack("<Q", heap))
    data[place : place + 4] = b"\xff\xff\xff\xf0"
    path.write_bytes(data)
    with pytest.raises(DamagedFileError, match="texts of 4[0-9]+ bytes in 'list 3'"):
        check(path, "/", "list 3", 3)


def test_attributes_that_are_not_there_are_refused(path):
    written(path, 1)
    with pytest.raises(DamagedFileError, match="not in the header"):
        check(path, "/", "none", 1)


@pytest.mark.parametrize("size", [0, 2**20, 2**32 - 1])
def test_headers_of_another_size_end(path, size):
    """One that leads back to itself too."""
    data = bytearray(written(path, 2).read_bytes())
    with h5py.File(path) as file:
        root = h5py.h5o.get_info(file.id).addr
    struct.pack_into("<HHB", data, root + 16, 0x10, 16, 0)
    struct.pack_into("<QQ", data, root + 24, root + 16, size)
    path.write_bytes(data)
    with Guard(path) as guard, pytest.raises(DamagedFileError):
        guard.check_texts(root, "none", 1)


def test_headers_past_the_end_are_refused(path):
    written(path, 1)
    for place in (path.stat().st_size - 2, 2**40, 2**63):
        with Guard(path) as guard, pytest.raises(DamagedFileError, match="ends too early"):
            guard.check_texts(place, "none", 1)

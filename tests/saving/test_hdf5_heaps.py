"""Texts are read from heaps that are sound; others are refused before the library walks them."""

import io
import struct

import h5py
import numpy as np
import pytest

from torchkeras.saving import hdf5
from torchkeras.saving.hdf5_heaps import _Heaps

TEXTS = {"one": "a", "two": "ä\u2028", "three": "x" * 9000, "list": ["p", "q" * 40, ""]}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "x.h5"


def written(path, texts=None, **options):
    with h5py.File(path, "w", **options) as file:
        file.attrs.update(TEXTS if texts is None else texts)
        file.create_dataset("inner/a", data=np.arange(3.0)).attrs["name"] = "deep"
    return path


def read(source, *names):
    with hdf5.open_group(source) as root:
        return [root.attributes[name] for name in names or root.attributes]


def changed(path, place, content):
    data = bytearray(path.read_bytes())
    data[place : place + len(content)] = content
    path.write_bytes(data)
    return path


def heap_of(path):
    """Where the heap begins, and where its objects do."""
    data = path.read_bytes()
    place = data.index(b"GCOL")
    objects, position = [], place + 16
    while position < place + struct.unpack_from("<Q", data, place + 8)[0]:
        objects.append(position)
        index, size = struct.unpack_from("<H6xQ", data, position)
        position += size if index == 0 else 16 + -(-size // 8) * 8
    return place, objects


@pytest.mark.parametrize("options", [{}, {"libver": "latest"}, {"userblock_size": 512}])
@pytest.mark.parametrize("of", [str, lambda path: io.BytesIO(path.read_bytes())])
def test_texts_are_read(path, options, of):
    *others, several = read(of(written(path, **options)), *TEXTS)
    assert [*others, several.tolist()] == list(TEXTS.values())


def test_texts_of_members_are_read(path):
    with hdf5.open_group(written(path)) as root:
        assert root["inner"]["a"]._dataset.attrs["name"] == "deep"
        assert root.group("inner").attributes.get("name") is None


def test_the_library_reads_a_heap_from_its_first_byte_on(path):
    """What the walk before it rests on."""
    places = []

    class Noting(io.BytesIO):
        def readinto(self, buffer):
            places.append(self.tell())
            return super().readinto(buffer)

    written(path)
    with h5py.File(Noting(path.read_bytes()), "r") as file:
        dict(file.attrs)
    assert heap_of(path)[0] in places


@pytest.mark.parametrize("size", [0, 1, 15, 2**62, 2**64 - 16])
def test_an_object_that_leads_nowhere_is_refused(path, size):
    _, objects = heap_of(written(path, {"one": "a", "two": "b"}))
    number = 0 if size < 16 else 1
    changed(path, objects[1], struct.pack("<HHIQ", number, 0, 0, size))
    with pytest.raises(hdf5.DamagedFileError, match="an object of [0-9]+ bytes"):
        read(path)


def test_free_space_of_size_0_would_hold_the_library_for_ever(path):
    _, objects = heap_of(written(path, {"one": "a"}))
    changed(path, objects[-1] + 8, bytes(8))
    with pytest.raises(hdf5.DamagedFileError, match="an object of 0 bytes"):
        read(path)


@pytest.mark.parametrize("size", [0, 15, 10**6, 2**64 - 1])
def test_a_heap_of_another_size_is_refused(path, size):
    place, _ = heap_of(written(path))
    changed(path, place + 8, struct.pack("<Q", size))
    with pytest.raises(hdf5.DamagedFileError, match=f"a heap of {size} bytes"):
        read(path)


def test_many_texts_cannot_be_the_same_large_one(path):
    texts = {"large": "x" * 2**20, "list": [f"{number:03d}" for number in range(900)]}
    data = written(path, texts).read_bytes()
    place, _ = heap_of(path)
    large = struct.pack("<IQI", 2**20, place, 1)
    assert large in data
    small = struct.pack("<I", 3)
    starts = [k for k in range(len(data)) if data.startswith(small, k)]
    start = next(k for k in starts if {k + 16 * n for n in range(900)} <= set(starts))
    changed(path, start, large * 900)
    with pytest.raises(hdf5.DamagedFileError, match="900 texts of up to 1048576 bytes"):
        read(path, "list")


def test_heaps_within_each_other_are_refused():
    """They would be walked again and again."""
    heaps = bytearray(8192)
    for place in range(0, 4096, 1024):
        struct.pack_into("<4sB3xQ", heaps, place, b"GCOL", 1, 4096)
        struct.pack_into("<HHIQ", heaps, place + 16, 1, 1, 0, 4096 - 32)
    file = _Heaps(io.BytesIO(heaps), is_own=False)
    for place in (0, 1024, 0):
        file.seek(place)
        assert file.read(4) == b"GCOL"
    file.seek(2048)
    assert file.read(4) == bytes(4)
    assert file.problem == "heaps that are larger than the file"


def test_sizes_of_another_width_are_refused(path):
    plan = h5py.h5p.create(h5py.h5p.FILE_CREATE)
    plan.set_sizes(8, 4)
    with h5py.File(h5py.h5f.create(str(path).encode(), fcpl=plan)) as file:
        file.attrs["one"] = "a"
    with pytest.raises(hdf5.DamagedFileError, match="sizes that aren't of 8 bytes"):
        read(path)


def test_references_are_refused(path):
    with h5py.File(path, "w") as file:
        file.attrs["one"] = file.ref
    with pytest.raises(hdf5.DamagedFileError, match="neither numbers nor texts"):
        read(path)

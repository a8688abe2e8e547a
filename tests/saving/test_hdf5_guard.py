"""What would lead the HDF5 library astray is refused before the library follows it."""

import contextlib
import io
import math
import struct

import h5py
import numpy as np
import pytest

from torchkeras.saving.files import DamagedFileError
from torchkeras.saving.hdf5_guard import Guard

TEXTS = {"one": "a", "two": "ä\u2028", "three": "x" * 9000, "list": ["p", "q" * 40, ""]}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "x.h5"


def written(path, texts=None, **options):
    with h5py.File(path, "w", **options) as file:
        file.attrs.update(TEXTS if texts is None else texts)
        file.create_dataset("inner/a", data=np.arange(3.0)).attrs["name"] = "deep"
    return path


@contextlib.contextmanager
def opened(source):
    """The file as the library has it behind a guard, and the guard."""
    with Guard(source) as guard, h5py.File(guard, "r") as file:
        yield file, guard


def read(source, *names):
    with opened(source) as (file, guard):
        found = []
        for name in names or file.attrs:
            place = h5py.h5o.get_info(file.id).addr
            guard.check_texts(place, name, math.prod(file.attrs.get_id(name).shape))
            found.append(file.attrs[name])
        return found


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


@pytest.mark.parametrize("options", [{}, {"libver": "latest"}, {"userblock_size": 512}])
def test_the_library_reads_structures_from_their_first_byte_on(path, options):
    """What the guard rests on."""
    heads = set()

    class Noting(io.BytesIO):
        def readinto(self, buffer):
            done = super().readinto(buffer)
            heads.add(bytes(buffer[:4]))
            return done

    written(path, **options)
    with h5py.File(path, "r+", libver=options.get("libver")) as file:
        for number in range(100):
            file.create_dataset(f"many/{number}", data=np.zeros(3))
    with h5py.File(Noting(path.read_bytes()), "r") as file:
        dict(file.attrs)
        assert len([file["many"][name][()] for name in file["many"]]) == 100
    newer = {b"GCOL", b"BTHD"} if "libver" in options else {b"GCOL", b"HEAP", b"TREE"}
    assert newer <= heads


@pytest.mark.parametrize("size", [0, 1, 15, 2**62, 2**64 - 16])
def test_an_object_that_leads_nowhere_is_refused(path, size):
    _, objects = heap_of(written(path, {"one": "a", "two": "b"}))
    number = 0 if size < 16 else 1
    changed(path, objects[1], struct.pack("<HHIQ", number, 0, 0, size))
    with pytest.raises(DamagedFileError, match="a text of [0-9]+ bytes"):
        read(path)


def test_free_space_of_size_0_would_hold_the_library_for_ever(path):
    _, objects = heap_of(written(path, {"one": "a"}))
    changed(path, objects[-1] + 8, bytes(8))
    with pytest.raises(DamagedFileError, match="a text of 0 bytes"):
        read(path)


@pytest.mark.parametrize("size", [10**6, 2**63, 2**64 - 1])
def test_a_heap_past_the_end_is_refused(path, size):
    place, _ = heap_of(written(path))
    changed(path, place + 8, struct.pack("<Q", size))
    with pytest.raises(DamagedFileError, match="past the end"):
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
    with pytest.raises(DamagedFileError, match="texts of 943718400 bytes in 'list'"):
        read(path, "list")


def test_heaps_within_each_other_are_refused():
    """They would be walked again and again."""
    heaps = bytearray(8192)
    for place in range(0, 4096, 1024):
        struct.pack_into("<4sB3xQ", heaps, place, b"GCOL", 1, 4096)
        struct.pack_into("<HHIQ", heaps, place + 16, 1, 1, 0, 4096 - 32)
    guard = Guard(io.BytesIO(heaps))
    for place in (0, 1024, 0):
        guard.seek(place)
        assert guard.read(4) == b"GCOL"
    guard.seek(2048)
    with pytest.raises(DamagedFileError, match="within each other"):
        guard.read(4)


# --- Groups


def grouped(path, number=3, **options):
    """A file with ``number`` members in a group; its bytes."""
    with h5py.File(path, "w", **options) as file:
        for member in range(number):
            file.create_dataset(f"group/{member}", data=np.ones((3, 2), "float32"))
        wide = np.arange(20000.0).reshape(2000, 10)
        file.create_dataset("chunked", data=wide, chunks=(10, 10), compression="gzip")
    return bytearray(path.read_bytes())


def places(data, signature):
    """Where structures with that signature lie."""
    found = -1
    while (found := data.find(signature, found + 1)) >= 0:
        yield found


def listed(data):
    """All that a file holds, read behind a guard."""
    with opened(io.BytesIO(data)) as (file, _):
        found = []
        file.visititems(lambda name, item: found.append((name, dict(item.attrs))))
        return found, file["chunked"][()].sum()


@pytest.mark.parametrize("number", [1, 40, 3000])
@pytest.mark.parametrize("options", [{}, {"libver": "latest"}, {"userblock_size": 1024}])
def test_members_are_listed(path, number, options):
    found, total = listed(grouped(path, number, **options))
    assert len(found) == number + 2
    assert total == np.arange(20000.0).sum()


def test_free_names_that_lead_back_are_refused(path):
    """The library would note them again and again, until no memory is left."""
    for place in list(places(grouped(path), b"HEAP")):
        data = grouped(path)
        size, _, names = struct.unpack_from("<QQQ", data, place + 8)
        last = (size - 16) // 8 * 8
        struct.pack_into("<Q", data, place + 16, last)
        struct.pack_into("<QQ", data, names + last, last, 16)
        with pytest.raises(DamagedFileError, match="free names at [0-9]+ without an end"):
            listed(data)


def test_free_names_past_the_end_are_refused(path):
    data = grouped(path)
    place = next(places(data, b"HEAP"))
    struct.pack_into("<Q", data, place + 16, 2**40)
    with pytest.raises(DamagedFileError, match="free names"):
        listed(data)


@pytest.mark.parametrize("level", [1, 200])
def test_a_group_whose_tree_is_within_itself_is_refused(path, level):
    """The library would take all of the stack."""
    for place in list(places(grouped(path), b"TREE")):
        data = grouped(path)
        data[place + 5] = level
        kind = data[place + 4]
        struct.pack_into("<Q", data, place + 24 + (32 if kind else 8), place)
        with pytest.raises(DamagedFileError, match="two ways|a node of level"):
            listed(data)


def test_a_tree_two_of_whose_nodes_are_the_same_is_refused(path):
    """Trees of such nodes would be walked as often as there are ways."""
    data = grouped(path, 3000)
    root = next(p for p in places(data, b"TREE") if data[p + 4] == 0 and data[p + 5] > 0)
    first = struct.unpack_from("<Q", data, root + 24 + 8)
    struct.pack_into("<Q", data, root + 24 + 8 + 16, *first)
    with pytest.raises(DamagedFileError, match="two ways"):
        listed(data)


def test_a_node_of_another_level_is_refused(path):
    data = grouped(path, 3000)
    root = next(p for p in places(data, b"TREE") if data[p + 4] == 0 and data[p + 5] > 0)
    (child,) = struct.unpack_from("<Q", data, root + 24 + 8)
    data[child + 5] = data[root + 5]
    with pytest.raises(DamagedFileError, match="a node of level"):
        listed(data)


@pytest.mark.parametrize(("node", "depth"), [(512, 65535), (512, 5), (2**31, 1), (65536, 2)])
def test_a_newer_tree_that_may_be_endless_is_refused(path, node, depth):
    data = grouped(path, 60, libver="latest")
    for place in places(data, b"BTHD"):
        struct.pack_into("<IHH", data, place + 6, node, 11, depth)
    with pytest.raises(DamagedFileError, match=f"a tree of depth {depth}"):
        listed(data)


# --- Files


def test_what_lies_behind_the_end_is_zero(path):
    path.write_bytes(b"abc")
    with Guard(path) as guard:
        guard.seek(1)
        assert guard.read(5) == b"bc\0\0\0"


def test_sizes_of_another_width_are_refused(path):
    plan = h5py.h5p.create(h5py.h5p.FILE_CREATE)
    plan.set_sizes(8, 4)
    with h5py.File(h5py.h5f.create(str(path).encode(), fcpl=plan)) as file:
        file.attrs["one"] = "a"
    with pytest.raises(DamagedFileError, match="sizes that aren't of 8 bytes"):
        read(path)

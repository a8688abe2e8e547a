import io
import os
import pickle
import zipfile

import numpy as np
import pytest

from torchkeras.datasets import source


def test_plain_arrays_are_read(tmp_path):
    arrays = {
        "a": np.arange(6, dtype="uint8").reshape(2, 3),
        "b": np.asfortranarray(np.ones((2, 3))),
        "c": np.float32(3.0),
    }
    np.savez(tmp_path / "x.npz", **arrays)
    read = source.load_npz(tmp_path / "x.npz")
    for name, array in arrays.items():
        assert np.array_equal(read[name], array)
        assert read[name].dtype == array.dtype


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_lists_of_numbers_in_object_arrays_are_read(tmp_path, protocol):
    words = np.empty(3, dtype=object)
    words[:] = [[1, 2], [], [3]]
    path = tmp_path / "x.npz"
    with zipfile.ZipFile(path, "w") as archive, archive.open("x.npy", "w") as file:
        header = {"descr": "|O", "fortran_order": False, "shape": (3,)}
        np.lib.format.write_array_header_1_0(file, header)
        file.write(pickle.dumps(words, protocol))
    read = source.load_npz(path)["x"]
    assert read.dtype == object
    assert read.tolist() == [[1, 2], [], [3]]


@pytest.mark.parametrize("protocol", [2, 3])
def test_dicts_of_arrays_are_read(protocol):
    data = {b"data": np.arange(6, dtype=">i4").reshape(2, 3), b"labels": [1, 2]}
    read = source.load_pickle(io.BytesIO(pickle.dumps(data, protocol)))
    assert np.array_equal(read["data"], data[b"data"])
    assert read["labels"] == [1, 2]


class Runs:
    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize(
    "value",
    [
        Runs(os.system, "exit 1"),
        Runs(eval, "1"),
        Runs(np.load, "/etc/passwd"),
        Runs(getattr, "a", "upper"),
        [Runs(os.getpid)],
        {"a": Runs(print)},
        np.array([Runs(os.getpid)], dtype=object),
        np.zeros(1, dtype="M8[s]"),
        object(),
    ],
    ids=lambda value: type(value).__name__,
)
def test_code_and_other_objects_are_refused(value):
    with pytest.raises(pickle.UnpicklingError, match=r"Refusing to deserialize|expected numbers"):
        source.load_pickle(io.BytesIO(pickle.dumps(value)))


def test_a_code_of_a_dtype_is_no_expression():
    content = pickle.dumps(np.zeros(1, "i4"), 2).replace(b"i4", b"os")
    with pytest.raises(pickle.UnpicklingError, match="expected numbers"):
        source.load_pickle(io.BytesIO(content))


def test_idx_files_are_read():
    content = b"\0\0\x08\x02" + bytes([0, 0, 0, 2, 0, 0, 0, 3]) + bytes(range(6))
    assert source.idx_array(content, "x").tolist() == [[0, 1, 2], [3, 4, 5]]
    endless = b"\0\0\x08\x02" + bytes([128, 0, 0, 0, 128, 0, 0, 0])
    for damaged in (content[:-1], b"\1" + content[1:], content[:3], content[:7], b"", endless):
        with pytest.raises(ValueError, match="an IDX file of uint8"):
            source.idx_array(damaged, "x")


def test_splitting_is_that_of_keras():
    (x, y), (x_test, y_test) = source.shuffled_split(np.arange(10), np.arange(10) * 2, 0.25, 7)
    assert x.tolist() == [8, 5, 0, 2, 1, 9, 7]
    assert (x * 2).tolist() == y.tolist()
    assert sorted([*x, *x_test]) == list(range(10))
    assert len(y_test) == 3
    with pytest.raises(ValueError, match="Invalid `test_split`"):
        source.shuffled_split(x, y, 1.0, 7)


def test_a_pickle_cannot_ask_for_more_memory_than_its_size():
    with pytest.raises(pickle.UnpicklingError, match="numbers an object"):
        source.load_pickle(io.BytesIO(b"]r\0\0\0\x80."))


def test_an_archive_that_names_a_place_before_its_start_is_damaged(tmp_path):
    path = tmp_path / "x.npz"
    np.savez(path, x=np.arange(3))
    data = bytearray(path.read_bytes())
    end = data.rindex(b"PK\5\6")
    data[end + 16 : end + 20] = (len(data) - 40).to_bytes(4, "little")  # of the list of members
    path.write_bytes(data)
    with pytest.raises(ValueError, match="is damaged"):
        source.load_npz(path)
    with pytest.raises(FileNotFoundError):
        source.load_npz(tmp_path / "none.npz")


def test_an_encrypted_archive_is_refused(tmp_path):
    path = tmp_path / "x.npz"
    np.savez(path, x=np.arange(3))
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\1\2") + 8] |= 1
    data[6] |= 1
    path.write_bytes(data)
    with pytest.raises(ValueError, match="is damaged.*encrypted"):
        source.load_npz(path)

import numpy as np
import pandas
import pytest
import scipy.sparse
import torch

from torchkeras.core.settings import set_floatx
from torchkeras.data import rows


def test_a_numpy_array_shares_its_memory():
    array = np.zeros((3, 2), "float32")
    tensor = rows.as_rows(array)
    array[1, 1] = 5
    assert tensor[1, 1] == 5


@pytest.mark.parametrize("dtype", ["float64", "float16"])
def test_floating_types_become_floatx(dtype):
    assert rows.as_rows(np.zeros(3, dtype)).dtype == torch.float32
    assert rows.as_rows(torch.zeros(3, dtype=getattr(torch, dtype))).dtype == torch.float32


def test_floatx_decides_which_type_that_is():
    set_floatx("float64")
    try:
        assert rows.as_rows(np.zeros(3, "float32")).dtype == torch.float64
    finally:
        set_floatx("float32")


@pytest.mark.parametrize(
    "dtype, expected",
    [("uint8", torch.uint8), ("int64", torch.int64), ("bool", torch.bool), ("uint16", torch.int32)],
)
def test_integers_keep_a_type_that_holds_them(dtype, expected):
    assert rows.as_rows(np.ones(3, dtype)).dtype == expected


def test_read_only_backward_and_foreign_endian_arrays_are_read():
    frozen = np.arange(3.0, dtype="float32")
    frozen.flags.writeable = False
    assert rows.as_rows(frozen).tolist() == [0, 1, 2]
    assert rows.as_rows(np.arange(3, dtype="int32")[::-1]).tolist() == [2, 1, 0]
    assert rows.as_rows(np.arange(3, dtype=">i4")).tolist() == [0, 1, 2]


def test_a_pandas_frame_is_a_matrix_and_a_series_one_column():
    frame = pandas.DataFrame({"a": [1, 2], "b": [0.5, 1.5]})
    assert rows.as_rows(frame).tolist() == [[1, 0.5], [2, 1.5]]
    assert rows.as_rows(frame["a"]).tolist() == [[1], [2]]


def test_numbers_in_an_object_array_are_numbers():
    assert rows.as_rows(np.array([1, 2.5], dtype=object)).tolist() == [1, 2.5]


def test_text_stays_in_numpy_and_is_cut_by_index():
    text = rows.as_rows(np.array(["a", "b", "c"]))
    assert rows.take(text, torch.tensor([2, 0])).tolist() == ["c", "a"]
    assert rows.cut(text, 1, 3).tolist() == ["b", "c"]


def test_a_sparse_matrix_becomes_dense_by_batch():
    sparse = rows.as_rows(scipy.sparse.coo_matrix(np.eye(3)))
    assert rows.take(sparse, torch.tensor([1])).tolist() == [[0, 1, 0]]
    assert rows.cut(sparse, 0, 2).shape == (2, 3)


def test_lists_of_numbers_count_as_one_array():
    assert rows.standardize([[1.0, 2.0], [3.0, 4.0]], "x").shape == (2, 2)
    assert [t.shape[0] for t in rows.standardize([np.zeros(3), np.zeros(3)], "x")] == [3, 3]


def test_different_sample_counts_are_named():
    with pytest.raises(ValueError, match=r"Data cardinality is ambiguous") as caught:
        rows.count({"x": torch.zeros(3), "y": torch.zeros(4)})
    assert "{'x': 3, 'y': 4}" in str(caught.value)


def test_dates_are_refused():
    with pytest.raises(TypeError, match="numbers, truth values or strings"):
        rows.as_rows(np.array(["2020-01-01"], dtype="datetime64[D]"))


def test_a_scalar_has_no_samples():
    with pytest.raises(ValueError, match="at least one axis"):
        rows.as_rows(np.float32(1))


class Halves:
    """Rows of a kind of its own."""

    def __init__(self, numbers):
        self.numbers = numbers
        self.shape = (len(numbers),)

    def rows_at(self, places):
        return Halves([self.numbers[place] for place in places.tolist()])


def test_rows_of_a_kind_of_its_own_are_cut_by_their_places():
    values = Halves([1, 2, 3, 4, 5])
    assert rows.is_array(values)
    (found,) = [rows.standardize(values, "x")]
    assert rows.count(found) == 5
    assert rows.take(found, torch.tensor([4, 0])).numbers == [5, 1]
    assert rows.cut(found, 3, 9).numbers == [4, 5]
    assert rows.as_rows(found) is found

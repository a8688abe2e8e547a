import pytest
from torchkeras_shim.shapes import TensorShape


def test_shapes_are_tuples_with_more_words():
    shape = TensorShape([None, 3])
    assert shape == (None, 3) == shape
    assert shape == [None, 3]
    assert shape.as_list() == shape.dims == [None, 3]
    assert (shape.rank, shape.ndims) == (2, 2)
    assert shape.num_elements() is None
    assert TensorShape([2, 3]).num_elements() == TensorShape([2, 3]).numel() == 6
    assert not shape.is_fully_defined()
    assert str(shape) == "(None, 3)"
    assert repr(shape) == "TensorShape([None, 3])"
    assert TensorShape(4) == (4,)


def test_joining_and_cutting_give_shapes():
    shape = TensorShape([2, 3])
    assert shape[:1] + [5] == TensorShape([2, 5])
    assert [1] + shape == (1, 2, 3)
    assert shape.concatenate([4]) == (2, 3, 4)
    assert isinstance(shape[1:], TensorShape)


def test_shapes_that_fit():
    shape = TensorShape([None, 3])
    assert shape.is_compatible_with([5, 3])
    assert shape.merge_with([5, None]) == (5, 3)
    assert shape.with_rank(2) is shape
    for broken in (lambda: shape.merge_with([5, 4]), lambda: shape.with_rank(3)):
        with pytest.raises(ValueError, match="Shape"):
            broken()
    with pytest.raises(ValueError, match="dims"):
        TensorShape(None)

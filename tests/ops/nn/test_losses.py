"""Cross-entropies and codes: what the table of parity leaves out."""

import keras
import pytest
import torch

from torchkeras import ops


def test_shapes_that_differ_are_named():
    with pytest.raises(ValueError, match="must have the same shape"):
        ops.binary_crossentropy(torch.ones(2), torch.ones(3))
    with pytest.raises(ValueError, match="must have the same shape"):
        ops.categorical_crossentropy(torch.ones(2, 3), torch.ones(2, 4))
    with pytest.raises(ValueError, match="at least rank 1"):
        ops.categorical_crossentropy(torch.tensor(1.0), torch.tensor(1.0))
    with pytest.raises(ValueError, match="least rank 1"):
        ops.sparse_categorical_crossentropy(torch.tensor(1), torch.tensor(1.0))
    with pytest.raises(ValueError, match="up until the last dimension"):
        ops.sparse_categorical_crossentropy(torch.zeros(3), torch.ones(2, 3))
    with pytest.raises(ValueError, match="must match for PSNR"):
        ops.psnr(torch.ones(2), torch.ones(3), 1.0)


def test_classes_stand_along_any_axis():
    output, target = torch.rand(2, 4, 3), torch.randint(0, 4, (2, 3))
    torch.testing.assert_close(
        ops.sparse_categorical_crossentropy(target, output, axis=1),
        keras.ops.sparse_categorical_crossentropy(target, output, axis=1),
    )


def test_a_class_that_does_not_exist_is_an_error():
    with pytest.raises(IndexError, match="Target 3 is out of bounds"):
        ops.sparse_categorical_crossentropy([3], torch.ones(1, 3) / 3)


def test_a_number_without_a_class_has_an_empty_code():
    assert ops.one_hot([-1, 1, 7], 3).tolist() == [[0, 0, 0], [0, 1, 0], [0, 0, 0]]
    with pytest.raises(ValueError, match="sparse is True"):
        ops.one_hot([1], 3, sparse=True)


def test_several_classes_may_be_set():
    assert ops.multi_hot([0, 2], 4, dtype="int32").tolist() == [1, 0, 1, 0]
    assert ops.multi_hot([0, 2], num_tokens=4).tolist() == [1, 0, 1, 0]
    with pytest.raises(ValueError, match="Argument `num_classes` must be specified"):
        ops.multi_hot([0, 2])

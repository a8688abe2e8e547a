"""Shapes that need no run: they are what a run gives.

``test_parity`` holds each rule against an eager call; here are the cases with unknown sizes.
"""

import pytest
import torch

import torchkeras
from torchkeras import ops


@pytest.fixture(autouse=True)
def no_runs(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("a run on fake tensors")

    monkeypatch.setattr("torchkeras.tracer.shapes.infer", refuse)


def symbol(*shape, dtype="float32"):
    return torchkeras.KerasTensor((None, *shape), dtype)


@pytest.mark.parametrize(
    "call, shape, dtype",
    [
        (lambda x: ops.exp(x), (None, 4, 6), "float32"),
        (lambda x: ops.add(x, 1), (None, 4, 6), "float32"),
        (lambda x: ops.less(x, 0.5), (None, 4, 6), "bool"),
        (lambda x: ops.sum(x, axis=-1), (None, 4), "float32"),
        (lambda x: ops.mean(x, axis=(1, 2), keepdims=True), (None, 1, 1), "float32"),
        (lambda x: ops.argmax(x, axis=1), (None, 6), "int32"),
        (lambda x: ops.transpose(x, (0, 2, 1)), (None, 6, 4), "float32"),
        (lambda x: ops.expand_dims(x, (1, -1)), (None, 1, 4, 6, 1), "float32"),
        (lambda x: ops.reshape(x, (-1, 24)), (None, 24), "float32"),
        (lambda x: ops.reshape(x, (-1, 2, 6)), (None, 2, 6), "float32"),
        (lambda x: ops.softmax(x), (None, 4, 6), "float32"),
        (lambda x: ops.relu(ops.cast(x, "int32")), (None, 4, 6), "int32"),
        (lambda x: ops.exp(ops.cast(x, "int32")), (None, 4, 6), "float32"),
    ],
)
def test_unknown_sizes_stay_unknown(call, shape, dtype):
    result = call(symbol(4, 6))
    assert (result.shape, result.dtype) == (shape, dtype)


def test_sizes_that_do_not_fit_are_left_to_a_run():
    with pytest.raises(AssertionError, match="a run on fake tensors"):
        ops.add(symbol(4), symbol(5))
    assert ops.reshape(symbol(5), (-1, 4)).shape == (None, 4)  # the batch may well be four
    with pytest.raises(AssertionError, match="a run on fake tensors"):
        ops.add(symbol(4), torch.ones(4))

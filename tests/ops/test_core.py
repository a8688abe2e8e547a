"""Conversion, types, and blocks of tensors."""

import numpy as np
import pytest
import torch

import torchkeras
from torchkeras import ops


def test_conversion_takes_a_type():
    assert ops.convert_to_tensor([1, 2], "float16").dtype == torch.float16
    assert ops.convert_to_tensor(torch.ones(2), "int32").dtype == torch.int32


def test_conversion_of_symbols_is_symbolic():
    x = torchkeras.Input((3,))
    assert ops.convert_to_tensor(x) is x
    assert ops.convert_to_tensor(x, "float16").dtype == "float16"
    assert ops.convert_to_tensor([x, x]).shape == (2, None, 3)


def test_sparse_tensors_are_refused():
    with pytest.raises(ValueError, match="sparse is True"):
        ops.convert_to_tensor([1], sparse=True)


def test_numpy_arrays_come_without_gradient():
    x = torch.ones(2, requires_grad=True)
    assert ops.convert_to_numpy(x * 2).tolist() == [2.0, 2.0]
    assert ops.convert_to_numpy([x, x]).shape == (2, 2)
    assert ops.convert_to_numpy(torchkeras.Variable([1.0])).tolist() == [1.0]
    assert ops.convert_to_numpy(torch.ones(1, dtype=torch.bfloat16)).dtype == np.float32


def test_only_torch_tensors_are_tensors():
    assert ops.is_tensor(torch.ones(1))
    assert not ops.is_tensor(np.ones(1))


def test_unknown_sizes_are_symbolic_integers():
    x = torchkeras.Input((3, 4))
    batch, *rest = ops.shape(x)
    assert rest == [3, 4]
    y = ops.reshape(x, (batch, 12))
    z = ops.zeros((batch, 2))
    model = torchkeras.Model(x, [y, z])
    assert [t.shape for t in model(torch.ones(5, 3, 4))] == [(5, 12), (5, 2)]


def test_types_are_named():
    assert ops.dtype(torch.ones(1)) == "float32"
    assert ops.dtype(1) == "int32"


def test_casting_keeps_within_range_if_asked():
    x = torch.tensor([-5.0, 3.7, 300.0])
    assert ops.saturate_cast(x, "uint8").tolist() == [0, 3, 255]
    assert ops.saturate_cast(torch.tensor([1e12]), "int32").tolist() == [2**31 - 128]


def test_no_gradient_passes_stop_gradient():
    x = torch.ones(2, requires_grad=True)
    assert not ops.stop_gradient(x).requires_grad


def test_a_function_may_say_its_own_gradient():
    @ops.custom_gradient
    def doubled(x, y):
        return x * y, lambda x, y, upstream: (upstream * 100, upstream * 10)

    x, y = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
    doubled(x, y).sum().backward()
    assert (x.grad.tolist(), y.grad.tolist()) == ([100.0] * 2, [10.0] * 2)


def test_blocks_are_cut_and_replaced_also_at_places_in_tensors():
    x = torch.arange(20.0).reshape(4, 5)
    start = torch.tensor([1, 2])
    assert torch.equal(ops.slice(x, start, (2, 2)), x[1:3, 2:4])
    assert torch.equal(ops.slice(x, (1, 0), (-1, 5)), x[1:])
    y = ops.slice_update(x, start, torch.zeros(2, 2))
    assert y[1:3, 2:4].eq(0).all()
    assert torch.equal(y, ops.slice_update(x, (1, 2), torch.zeros(2, 2)))


def test_scattering_adds_up_and_lets_gradients_through():
    values = torch.ones(3, requires_grad=True)
    y = ops.scatter([[0], [2], [2]], values, (4,))
    assert y.tolist() == [1.0, 0.0, 2.0, 0.0]
    y.sum().backward()
    assert values.grad.tolist() == [1.0] * 3


def test_an_update_may_replace_or_be_of_an_unknown_kind():
    x = torch.zeros(3)
    assert ops.scatter_update(x, [[1]], [5.0]).tolist() == [0.0, 5.0, 0.0]
    assert x.tolist() == [0.0] * 3
    with pytest.raises(ValueError, match="Unsupported reduction"):
        ops.scatter_update(x, [[1]], [5.0], reduction="median")

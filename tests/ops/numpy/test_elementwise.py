"""Functions of one tensor: what the table of parity leaves out."""

import torch

import torchkeras
from torchkeras import ops


def test_real_numbers_have_no_imaginary_part():
    assert ops.imag(torch.ones(2)).tolist() == [0.0, 0.0]
    assert ops.imag(torch.tensor([1 + 2j])).tolist() == [2.0]


def test_numbers_are_rounded_before_the_point_too():
    assert ops.round(torch.tensor([12, 17]), -1).tolist() == [10, 20]


def test_nan_and_infinities_are_replaced():
    x = torch.tensor([float("nan"), float("inf"), float("-inf")])
    assert ops.nan_to_num(x, 1.0, 2.0, 3.0).tolist() == [1.0, 2.0, 3.0]


def test_truth_values_pass_where_there_is_nothing_to_do():
    x = torch.tensor([True, False])
    assert ops.abs(x) is x
    assert ops.trunc(x) is x
    assert ops.square(x).dtype == torch.int32


def test_python_names_are_not_shadowed_outside():
    assert torchkeras.ops.abs(-2).item() == 2
    assert abs(-2) == 2


def test_ops_compile_without_a_break():
    def f(x, y):
        z = ops.exp(ops.add(x, 1)) * ops.maximum(x, 0.0)
        return ops.mean(ops.concatenate([z, ops.cast(y, "float32")], axis=-1), axis=-1)

    x, y = torch.randn(2, 3), torch.arange(6).reshape(2, 3)
    compiled = torch.compile(f, fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(compiled(x, y), f(x, y))

"""Modules with weights of few bits; ``tests/layers/test_quantized.py`` compares with Keras."""

import pytest
import torch
from parity import numbers

from torchkeras.nn.products import Affine
from torchkeras.nn.quantized import (
    Int4Product,
    Int4Table,
    Int8Product,
    Int8Table,
    are_blocks,
    from_blocks,
    from_groups,
    unpack_halves,
)

FORM = Affine((4,), (3,))
WEIGHT = torch.tensor([[1, -2, 3, 4], [5, 6, -7, 8], [9, -10, 11, 12]], dtype=torch.int8)
SCALE = torch.tensor([2.0, 4.0, 8.0])


def halves(x, axis=None):
    """A quantizer of inputs: two levels per unit."""
    return (x * 2).round().to(torch.int8), torch.full((*x.shape[:-1], 1), 2.0)


def test_halves_of_bytes_come_in_order():
    packed = torch.tensor([[0x21, -1], [0x78, 0x0F]], dtype=torch.int8)
    assert unpack_halves(packed, 3, 1, signed=True).tolist() == [[1, 2, -1], [-8, 7, -1]]
    unsigned = packed.view(torch.uint8)
    assert unpack_halves(unsigned, 4, 0, signed=False)[:, 0].tolist() == [1, 2, 8, 7]


def test_groups_have_scales_and_zero_points():
    levels = torch.tensor([[1.0, 2.0, 3.0]])
    scale, zero = torch.tensor([[10.0, 100.0]]), torch.tensor([[1.0, 0.0]])
    groups = torch.tensor([0.0, 0.9, 1.0])
    assert from_groups(levels, scale, zero, groups, 1).tolist() == [[0.0, 10.0, 300.0]]


def test_blocks_of_one_length_need_no_gathering():
    levels = torch.randint(-8, 8, (6, 4), dtype=torch.int8)
    scale, zero = torch.rand(3, 4), torch.randint(-8, 8, (3, 4), dtype=torch.int8)
    groups = torch.tensor([0.0, 0.5, 1.0, 1.5, 2.0, 2.5])
    assert are_blocks(groups, 3)
    assert not are_blocks(torch.tensor([0.0, 0, 0, 0, 1, 1]), 2)
    assert not are_blocks(torch.arange(5.0) // 2, 3)
    wanted = from_groups(levels, scale, zero, groups, 0)
    torch.testing.assert_close(from_blocks(levels, scale, zero, 0), wanted)
    turned = from_blocks(levels.t(), scale.t(), zero.t(), -1)
    torch.testing.assert_close(turned, wanted.t())


@pytest.mark.parametrize("quantizer", [None, halves])
def test_int8_gives_the_product_of_what_the_levels_stand_for(quantizer):
    bias = torch.nn.Parameter(torch.ones(3))
    module = Int8Product(FORM, WEIGHT, SCALE, bias, quantizer)
    x = torch.tensor([[1.0, 0.5, -1.5, 2.0]], requires_grad=True)
    weight = WEIGHT / SCALE[:, None]
    torch.testing.assert_close(module(x), x @ weight.T + 1)
    module(x).sum().backward()
    torch.testing.assert_close(x.grad[0], weight.sum(0))
    torch.testing.assert_close(module.float_weight(), weight)


def test_int4_gives_the_product_of_what_the_levels_stand_for():
    packed = torch.tensor([[0x21, 0x03], [0x54, 0x06]], dtype=torch.int8)
    module = Int4Product(
        packed, SCALE, None, None, 3, form=Affine((2,), (3,)), shape=(2, 3), quantizer=halves
    )
    kernel = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]) / SCALE
    x = torch.tensor([[0.5, 1.0]])
    torch.testing.assert_close(module(x), x @ kernel)
    assert "groups" not in dict(module.named_buffers())


@pytest.mark.parametrize("quantizer", [None, halves])
def test_tables_are_looked_up_and_multiplied_with(quantizer):
    ids = torch.tensor([[2, 0], [1, 1]])
    table = Int8Table(WEIGHT, SCALE, quantizer)
    weight = WEIGHT / SCALE[:, None]
    torch.testing.assert_close(table(ids), weight[ids])
    x = torch.tensor([[1.0, 0.5, -1.5, 2.0]])
    torch.testing.assert_close(table.project(x), x @ weight.T)
    packed = torch.tensor([[0x21], [0x43], [-1]], dtype=torch.int8)
    small = Int4Table(packed, SCALE, None, None, 2, quantizer)
    weight = torch.tensor([[1.0, 2.0], [3.0, 4.0], [-1.0, -1.0]]) / SCALE[:, None]
    torch.testing.assert_close(small(ids), weight[ids])
    torch.testing.assert_close(small.project(x[:, :2]), x[:, :2] @ weight.T)


def test_numbers_of_a_random_table_survive_rounding():
    weight = torch.tensor(numbers((6, 8)))
    scale = 127 / weight.abs().amax(1)
    table = Int8Table((weight * scale[:, None]).round().to(torch.int8), scale)
    torch.testing.assert_close(table.float_weight(), weight, rtol=0, atol=0.02)

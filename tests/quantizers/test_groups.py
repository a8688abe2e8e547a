"""Unsigned levels of matrices, beside Keras."""

import pytest
import torch
from keras.src.quantizers.quantizers import compute_quantization_parameters
from parity import numbers

from torchkeras.quantizers.groups import fit_levels, group_numbers


@pytest.mark.parametrize("symmetric", [False, True])
@pytest.mark.parametrize(("per_channel", "size"), [(True, -1), (True, 16), (True, 24), (False, -1)])
@pytest.mark.parametrize("bits", [2, 4, 8])
def test_scales_and_zero_points_are_those_of_keras(bits, per_channel, size, symmetric):
    x = torch.tensor(numbers((5, 40)))
    found = fit_levels(x, bits, symmetric, per_channel, size)
    scale, zero, most = compute_quantization_parameters(
        x, bits=bits, symmetric=symmetric, per_channel=per_channel, group_size=size
    )
    torch.testing.assert_close(found.scale, scale)
    assert torch.equal(found.zero.to(torch.uint8), zero)
    assert found.most == int(most)


def test_a_range_that_lies_on_one_side_still_has_a_zero_point():
    for x in (torch.linspace(5, 6, 8), torch.linspace(-900, -899, 8)):
        found = fit_levels(x[None], 8)
        assert ((found.zero >= 0) & (found.zero <= 255)).all()
        back = found.back(found.of(x[None]))
        torch.testing.assert_close(back[0], x, rtol=0, atol=float(found.scale))


def test_columns_without_a_range_are_kept():
    found = fit_levels(torch.full((2, 4), 0.5), 4)
    assert torch.isfinite(found.back(found.of(torch.full((2, 4), 0.5)))).all()


def test_columns_belong_to_groups_in_order():
    assert group_numbers(5, 2, torch.device("cpu")).long().tolist() == [0, 0, 1, 1, 2]
    assert group_numbers(3, -1, torch.device("cpu")).long().tolist() == [0, 0, 0]

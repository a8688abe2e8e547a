"""Pooling: what the table of parity leaves out."""

import pytest
import torch
from torch.nn import functional

from torchkeras import ops


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("layout", ["channels_first", "channels_last"])
def test_padding_takes_no_part_in_a_mean(rank, layout):
    shape = (1, 2, *[5] * rank) if layout == "channels_first" else (1, *[5] * rank, 2)
    x = torch.ones(shape)
    y = ops.average_pool(x, 2, padding="same", data_format=layout)
    assert torch.equal(y, torch.ones_like(y))
    assert y.shape[2 if layout == "channels_first" else 1] == 3


def test_padding_takes_no_part_in_a_maximum():
    assert ops.max_pool(-torch.ones(1, 3, 1), 2, padding="same").max() == -1


def test_windows_of_nearly_equal_length_cover_an_axis():
    x = torch.randn(2, 7, 3)
    expected = functional.adaptive_avg_pool1d(x.mT, 3).mT
    torch.testing.assert_close(ops.adaptive_average_pool(x, 3), expected)
    expected = functional.adaptive_max_pool1d(x.mT, 3).mT
    torch.testing.assert_close(ops.adaptive_max_pool(x, 3), expected)


def test_sizes_that_do_not_fit_are_named():
    with pytest.raises(ValueError, match="`pool_size` argument must be a tuple of 2 integers"):
        ops.max_pool(torch.ones(1, 4, 4, 1), (2, 2, 2))
    with pytest.raises(ValueError, match="1 or more"):
        ops.average_pool(torch.ones(1, 4, 4, 1), 0)

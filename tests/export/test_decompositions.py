"""Operations that ONNX lacks."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from torchkeras.export import decompositions


def drawn(shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("dtype", [torch.float32, torch.int64, torch.uint8, torch.bool])
def test_sorting_gives_the_values_in_order(dtype, descending):
    x = (drawn((3, 9)) * 2 + 4).to(dtype)
    values, places = decompositions.sort(x, dim=1, descending=descending)
    wanted = torch.sort(x.to(torch.float32), dim=1, descending=descending)[0]
    assert values.dtype == dtype
    torch.testing.assert_close(values.to(torch.float32), wanted)
    torch.testing.assert_close(x.gather(1, places), values)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 11), st.integers(1, 9), st.integers(1, 11), st.integers(1, 9))
def test_adaptive_pools_are_torchs(height, down, width, across):
    x = drawn((2, 3, height, width))
    found, places = decompositions.adaptive_max(x, [down, across])
    wanted, wanted_places = torch.nn.functional.adaptive_max_pool2d(x, (down, across), True)
    torch.testing.assert_close(found, wanted)
    torch.testing.assert_close(places, wanted_places)
    found = decompositions.adaptive_average(x, [down, across])
    wanted = torch.nn.functional.adaptive_avg_pool2d(x, (down, across))
    torch.testing.assert_close(found, wanted)


def test_extremes_of_all_axes_name_them():
    x = drawn((3, 4))
    torch.testing.assert_close(decompositions.largest(x), x.amax())
    torch.testing.assert_close(decompositions.smallest(x, keepdim=True), x.amin((0, 1), True))
    assert decompositions.largest(x, (1,)) is NotImplemented


def test_shifts_to_the_left_wrap_around():
    x = torch.tensor([1, -3, 2**62])
    torch.testing.assert_close(decompositions.left_shift(x, 3), x << 3)

"""Histograms and what is made of them."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from torchkeras.nn.histograms import adaptively_equalized, counts, equalized, mirrored_places


@given(rows=st.integers(0, 4), length=st.integers(1, 30), bins=st.integers(1, 9))
def test_each_row_is_counted_by_itself_compiled_or_not(rows, length, bins):
    places = torch.randint(0, bins, (2, rows, length))
    expected = torch.stack([(places == n).sum(-1) for n in range(bins)], -1).float()
    torch.testing.assert_close(counts(places, bins), expected)


def test_counting_compiles_without_a_break():
    places = torch.randint(0, 5, (3, 20))
    compiled = torch.compile(lambda x: counts(x, 5), fullgraph=True, backend="eager")
    torch.testing.assert_close(compiled(places), counts(places, 5))


def test_equalized_levels_are_spread_evenly():
    channel = (128 + 30 * torch.randn(50, 100)).clamp(0, 255)
    levels = equalized(channel, 256).flatten().sort().values
    assert (levels - torch.linspace(0, 255, 5000)).abs().max() < 8
    still = torch.full((1, 9), 7.0)
    assert torch.equal(equalized(still, 256), still)


def test_places_are_mirrored_with_the_edge():
    assert mirrored_places(3, 8, torch.device("cpu")).tolist() == [0, 1, 2, 2, 1, 0, 0, 1]
    assert mirrored_places(1, 3, torch.device("cpu")).tolist() == [0, 0, 0]


def test_one_tile_without_a_limit_is_plain_equalization():
    images = torch.randint(0, 256, (2, 3, 16, 16)).float()
    levels = adaptively_equalized(images, (1, 1), 0.0)
    for image, result in zip(images.flatten(0, 1), levels.flatten(0, 1), strict=True):
        plain = equalized(image, 256)
        assert (plain - result).abs().max() <= 1.0  # which rounds, and leaves out the lowest


def test_a_limit_keeps_contrast_down():
    images = 100 + torch.randint(0, 4, (1, 1, 32, 32)).float()
    free, bounded = (adaptively_equalized(images, (2, 2), limit) for limit in (0.0, 2.0))
    assert bounded.max() - bounded.min() < (free.max() - free.min()) / 4

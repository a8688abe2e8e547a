"""Axes rearranged by a pattern."""

import pytest
import torch

from torchkeras import ops


@pytest.mark.parametrize(
    "pattern, lengths, expected",
    [
        ("b t c -> t b c", {}, (4, 2, 6)),
        ("b t c -> (b t) c", {}, (8, 6)),
        ("b t (h d) -> b h t d", {"h": 3}, (2, 3, 4, 2)),
        ("b (t 1) c -> b t 1 c", {}, (2, 4, 1, 6)),
        ("b ... -> ... b", {}, (4, 6, 2)),
    ],
)
def test_axes_go_where_the_pattern_says(pattern, lengths, expected):
    x = torch.randn(2, 4, 6)
    y = ops.rearrange(x, pattern, **lengths)
    assert y.shape == expected
    assert y.sum().item() == pytest.approx(x.sum().item(), rel=1e-4)


@pytest.mark.parametrize(
    "pattern, lengths, message",
    [
        ("a b c", {}, "two sides"),
        ("a b -> b a", {}, "expected 2 axes"),
        ("a b c -> a b d", {}, "the same names"),
        ("a b (c d) -> a b c d", {}, "all but one"),
        ("a b (c d) -> a b c d", {"c": 4}, "expected 4"),
        ("a ... -> a", {}, "on both sides"),
    ],
)
def test_patterns_that_do_not_fit_are_named(pattern, lengths, message):
    with pytest.raises(ValueError, match=message):
        ops.rearrange(torch.zeros(2, 4, 6), pattern, **lengths)


def test_a_pattern_that_only_reorders_is_the_same_each_time():
    x = torch.arange(24).reshape(2, 3, 4)
    for _ in range(2):
        assert torch.equal(ops.rearrange(x, "a b c -> c a b"), x.permute(2, 0, 1))
        assert torch.equal(
            ops.rearrange(x[..., None], "a ... -> ... a"), x[..., None].permute(1, 2, 3, 0)
        )
    with pytest.raises(ValueError, match="expected 3 axes"):
        ops.rearrange(x[0], "a b c -> c a b")

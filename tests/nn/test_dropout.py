"""Dropout along axes together."""

import pytest
import torch

from torchkeras.nn.dropout import SharedDropout


def test_elements_along_shared_axes_are_dropped_together():
    torch.manual_seed(0)
    y = SharedDropout(0.5, (1, 2))(torch.ones(64, 3, 4))
    assert set(y.unique().tolist()) == {0.0, 2.0}
    assert torch.equal(y, y[:, :1, :1].expand_as(y))


@pytest.mark.parametrize("p, training", [(0.0, True), (0.5, False)])
def test_nothing_is_dropped_without_a_rate_or_in_inference(p, training):
    x = torch.randn(2, 3)
    assert torch.equal(SharedDropout(p, (1,)).train(training)(x), x)


def test_everything_is_dropped_at_a_rate_of_one():
    assert not SharedDropout(1.0, (0,))(torch.ones(2, 3)).any()

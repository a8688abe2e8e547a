"""Orders of gates as bijections."""

import pytest
import torch

from torchkeras.layers.recurrent.layouts import GateBlocks


@pytest.mark.parametrize("transposed", [True, False])
def test_there_and_back_is_the_identity(transposed):
    layout = GateBlocks((1, 0, 2), transposed)
    shown = torch.randn(4, 9)
    stored = layout.from_keras(shown)
    assert torch.equal(layout.to_keras(stored), shown)
    assert layout.keras_shape(tuple(stored.shape)) == (4, 9)
    assert not layout.is_identity
    assert "GateBlocks" in repr(layout)


def test_blocks_change_places():
    layout = GateBlocks((1, 2, 0), transposed=False)
    stored = torch.tensor([0, 0, 1, 1, 2, 2])
    assert layout.to_keras(stored).tolist() == [1, 1, 2, 2, 0, 0]

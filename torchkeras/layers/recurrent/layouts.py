"""How the gates of a Keras weight lie in torch's parameters."""

import torch
from torch import Tensor

from torchkeras.core.layout import Layout


class GateBlocks(Layout):
    """Blocks of gates along the last axis in another order, and a matrix transposed.

    Args:
        order: For each block that Keras shows, which of the stored blocks it is.
        transposed: Whether the stored matrix is Keras's, transposed.
    """

    is_identity = False

    def __init__(self, order: tuple[int, ...], transposed: bool) -> None:
        self.order = tuple(order)
        self.inverse = tuple(self.order.index(block) for block in range(len(self.order)))
        self.transposed = transposed

    def to_keras(self, stored: Tensor) -> Tensor:
        blocks = (stored.mT if self.transposed else stored).chunk(len(self.order), -1)
        return torch.cat([blocks[block] for block in self.order], -1)

    def from_keras(self, shown: Tensor) -> Tensor:
        blocks = shown.chunk(len(self.order), -1)
        stored = torch.cat([blocks[block] for block in self.inverse], -1)
        return stored.mT if self.transposed else stored

    def keras_shape(self, stored_shape: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(reversed(stored_shape)) if self.transposed else tuple(stored_shape)

    def __repr__(self) -> str:
        return f"GateBlocks({self.order}, transposed={self.transposed})"

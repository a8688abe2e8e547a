"""Several cells in one."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from typing_extensions import Unpack

from torchkeras.core import nested, serialization
from torchkeras.core.checks import argument_error
from torchkeras.core.dtypes import torch_dtype
from torchkeras.core.typing import Shape
from torchkeras.layers.base import Layer, LayerOptions


class StackedRNNCells(Layer):
    """Cells of which each takes the output of the one before, at every step.

    Args:
        cells: The cells, from input to output.

    Raises:
        ValueError: a cell has no ``call`` or no ``state_size``.

    Source: Keras 3 ``StackedRNNCells``.
    """

    def __init__(self, cells: Sequence[Any], **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        cells = [
            serialization.deserialize_keras_object(cell) if isinstance(cell, dict) else cell
            for cell in cells
        ]
        for cell in cells:
            for member in ("call", "state_size"):
                if not hasattr(cell, member):
                    raise argument_error(
                        self, "cells", cell, f"cells with a `{member}`, as all cells must have"
                    )
        self.cells = cells

    @property
    def state_size(self) -> list[Any]:
        """The cells' state sizes."""
        return [cell.state_size for cell in self.cells]

    @property
    def output_size(self) -> int:
        """Length of the last cell's output."""
        return output_size_of(self.cells[-1])

    def get_initial_state(self, batch_size: int | None = None) -> list[Any]:
        """The cells' initial states, by default zeros."""
        dtype = torch_dtype(self.compute_dtype)
        device = self._weights_device()
        states = []
        for cell in self.cells:
            make = getattr(cell, "get_initial_state", None)
            if make is not None:
                states.append(make(batch_size=batch_size))
            else:
                states.append(
                    nested.map_leaves(
                        lambda size: torch.zeros(batch_size, size, dtype=dtype, device=device),
                        cell.state_size,
                    )
                )
        return states

    def build(self, input_shape: Shape) -> None:
        for cell in self.cells:
            if isinstance(cell, Layer) and not cell.built:
                cell.build(input_shape)
            input_shape = (input_shape[0], output_size_of(cell))

    def call(
        self, inputs: Tensor, states: Any, training: bool | None = None
    ) -> tuple[Tensor, list[Any]]:
        """Output and new states after one step."""
        new_states = []
        for cell, state in zip(self.cells, states, strict=True):
            takes = isinstance(cell, Layer) and cell._signature.takes_training
            options = {"training": training} if takes else {}
            many = isinstance(state, (list, tuple))
            inputs, new = cell(inputs, list(state) if many else [state], **options)
            bare = not many and isinstance(new, (list, tuple))
            new_states.append(new[0] if bare else new)
        return inputs, new_states


def output_size_of(cell: Any) -> int:
    """Length of a cell's output: its ``output_size``, or that of its first state."""
    size = getattr(cell, "output_size", None)
    if size is not None:
        return size
    return cell.state_size if isinstance(cell.state_size, int) else cell.state_size[0]

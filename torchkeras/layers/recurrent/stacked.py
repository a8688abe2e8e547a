"""Several cells in one."""

from collections.abc import Sequence
from typing import Any

from torch import Tensor
from typing_extensions import Unpack

from torchkeras.core import nested, serialization
from torchkeras.core.checks import argument_error
from torchkeras.core.configurable import generic, is_builtin
from torchkeras.core.typing import Shape
from torchkeras.layers.base import Layer, LayerOptions
from torchkeras.layers.recurrent.cell import Cell, zeros_for
from torchkeras.layers.signature import argument_names
from torchkeras.nn.recurrent import Result


class StackedOptions(LayerOptions, total=False):
    """Options of every layer, and one of tf.keras.

    Keys:
        reverse_state_order: Whether states are listed from the last cell to the first.
    """

    reverse_state_order: bool


class StackedRNNCells(Layer):
    """Cells of which each takes the output of the one before, at every step.

    Args:
        cells: The cells, from input to output.
        **options: See ``StackedOptions``.

    Raises:
        ValueError: a cell has no ``call`` or no ``state_size``.

    Source: Keras 3 ``StackedRNNCells``.

    Example:
        >>> cells = keras.layers.StackedRNNCells([keras.layers.LSTMCell(4) for _ in range(2)])
        >>> keras.layers.RNN(cells)(torch.zeros(2, 5, 3)).shape
        torch.Size([2, 4])
    """

    def __init__(self, cells: Sequence[Any], **options: Unpack[StackedOptions]) -> None:
        reverse_state_order = bool(options.pop("reverse_state_order", False))
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
        self.reverse_state_order = reverse_state_order

    def in_order(self, of_cells: Sequence[Any]) -> list[Any]:
        """From the cells' order to that of the states, or back."""
        return list(reversed(of_cells)) if self.reverse_state_order else list(of_cells)

    @property
    def state_size(self) -> list[Any]:
        """The cells' state sizes."""
        return self.in_order([cell.state_size for cell in self.cells])

    @property
    def output_size(self) -> int:
        """Length of the last cell's output."""
        return output_size_of(self.cells[-1])

    def get_initial_state(
        self, batch_size: int | None = None, inputs: Any = None, dtype: Any = None
    ) -> list[Any]:
        """The cells' initial states, by default zeros.

        Args:
            batch_size: Number of samples.
            inputs: Inputs to take it from instead.
            dtype: Number type; None is each cell's own.
        """
        if isinstance(batch_size, Tensor) and batch_size.ndim:
            inputs, batch_size = batch_size, None  # tf.keras 2 takes the inputs first
        batch_size = inputs.shape[0] if inputs is not None else batch_size
        return self.in_order([initial_state_of(cell, batch_size, dtype) for cell in self.cells])

    def build(self, input_shape: Shape) -> None:
        for cell in self.cells:
            if isinstance(cell, Layer) and not cell.built:
                cell.build(input_shape)
            input_shape = (input_shape[0], output_size_of(cell))

    def call(
        self,
        inputs: Tensor,
        states: Any,
        training: bool | None = None,
        constants: Any = None,
        **options: Any,
    ) -> tuple[Tensor, Any]:
        """Output and new states after one step; constants go to the cells that take them."""
        new_states = []
        for cell, state in zip(self.cells, self.in_order(states), strict=True):
            many = nested.is_nested(state)
            given = cell_options(cell, training, constants)
            kept = list(state) if isinstance(state, (list, tuple)) else state
            inputs, new = called(cell)(inputs, kept if many else [state], **options, **given)
            bare = not many and isinstance(new, (list, tuple))
            new_states.append(new[0] if bare else new)
        new_states = self.in_order(new_states)
        return inputs, new_states[0] if len(new_states) == 1 else new_states

    def run(
        self,
        x: Tensor,
        state: Any,
        mask: Tensor | None,
        training: bool,
        sequences: bool,
        finals: bool,
        fused: bool = True,
    ) -> Result:
        """As ``Cell.run``, each cell over the whole sequence before the next one."""
        states = [None] * len(self.cells) if state is None else self.in_order(state)
        outputs, last, new_states = x, x, []
        for cell, begin in zip(self.cells, states, strict=True):
            bare = isinstance(begin, Tensor)
            begin = None if begin is None else tuple(nested.flatten(begin))
            wanted = sequences or cell is not self.cells[-1]
            outputs, last, new = cell.run(outputs, begin, mask, training, wanted, finals, fused)
            new_states.append(new[0] if bare else list(new))
        return outputs, last, tuple(self.in_order(new_states))

    @generic
    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        return {**config, "reverse_state_order": True} if self.reverse_state_order else config


def output_size_of(cell: Any) -> int:
    """Length of a cell's output: its ``output_size``, or that of its first state."""
    size = getattr(cell, "output_size", None)
    if size is not None:
        return size
    return cell.state_size if isinstance(cell.state_size, int) else cell.state_size[0]


def runs_whole(cell: Any, dtype: str) -> bool:
    """Whether ``run`` of a cell computes what its calls at each step would, in ``dtype``."""
    if type(cell) is StackedRNNCells:
        return all(type(inner) is not StackedRNNCells and runs_whole(inner, dtype)
                   for inner in cell.cells)  # fmt: skip
    return (
        isinstance(cell, Cell)
        and is_builtin(type(cell))
        and cell.compute_dtype == dtype
        and not (cell._forward_hooks or cell._forward_pre_hooks)
    )


def called(cell: Any) -> Any:
    """What is called at each step: the cell, or its ``call`` if it can't be called itself."""
    return cell if callable(cell) else cell.call


def cell_options(cell: Any, training: Any, constants: Any = None) -> dict[str, Any]:
    """Of ``training`` and ``constants``, those that the call of ``cell`` takes."""
    if not isinstance(cell, Layer):
        return {} if constants is None else {"constants": constants}
    options: dict[str, Any] = {}
    if cell._call_signature.takes_training:
        options["training"] = training
    if constants is not None and takes_constants(cell):
        options["constants"] = constants
    return options


def takes_constants(cell: Any) -> bool:
    """Whether the call of ``cell`` takes constants."""
    if not isinstance(cell, Layer):
        return "constants" in argument_names(type(cell).call)
    return "constants" in cell._call_signature.names


def initial_state_of(cell: Any, batch_size: Any, dtype: Any = None) -> Any:
    """What ``get_initial_state`` of a cell gives, whichever arguments it takes; by default zeros.

    tf.keras 2 calls it with ``inputs``, ``batch_size`` and ``dtype``, Keras 3 with ``batch_size``.
    """
    make = getattr(type(cell), "get_initial_state", None)
    if make is None:
        states = zeros_for(cell, batch_size, dtype=dtype)
        return states if nested.is_nested(cell.state_size) else states[0]
    given = {"inputs": None, "batch_size": batch_size, "dtype": dtype}
    names = argument_names(make)
    if "dtype" in names and dtype is None and not isinstance(cell, (Cell, StackedRNNCells)):
        given["dtype"] = getattr(cell, "compute_dtype", "float32")
    return cell.get_initial_state(**{k: v for k, v in given.items() if k in names})

"""Recurrent layers with a cell of their own, whose arguments they take."""

from typing import Any

from torch import Tensor

from torchkeras.core.checks import argument_error
from torchkeras.core.configurable import generic
from torchkeras.layers.recurrent.cell import Cell
from torchkeras.layers.recurrent.rnn import RNN, RNNOptions


def from_cell(name: str) -> property:
    """A property that shows the cell's attribute ``name``."""

    def show(self: RNN) -> Any:
        return getattr(self.cell, name)

    return property(show, doc=f"The cell's ``{name}``.")


class ShowsCell(RNN):
    """``RNN`` over a cell of its own, some of whose attributes it has, too: those ``shown``."""

    shown: tuple[str, ...] = ()

    def __init_subclass__(cls, **options: Any) -> None:
        for name in cls.__dict__.get("shown", ()):
            setattr(cls, name, from_cell(name))
        super().__init_subclass__(**options)


class CellRNNOptions(RNNOptions, total=False):
    """Options of every layer, and some of recurrent ones.

    Keys:
        zero_output_for_mask: Whether the outputs at masked steps are 0.
        implementation: See ``CellOptions``.
    """

    zero_output_for_mask: bool
    implementation: int


class CellRNN(ShowsCell):
    """``RNN`` over a cell of its own, run by torch's fused kernel where that computes the same.

    Args:
        cell: The cell.
        return_sequences, return_state, go_backwards, stateful, unroll: See ``RNN``.
        **options: See ``CellRNNOptions``.
    """

    cell: Cell
    cell_name = "cell"

    def cell_options(self, options: dict[str, Any]) -> dict[str, Any]:
        """What of a layer's options goes to its cell: name, number types, ``trainable``, ..."""
        kept = {key: options[key] for key in ("dtype", "trainable") if key in options}
        if "implementation" in options:
            kept["implementation"] = options.pop("implementation")
        return {**kept, "name": self.cell_name}

    def checked_use_cudnn(self, value: bool | str) -> bool | str:
        """``value``, which must not ask for a kernel that computes something else.

        Raises:
            ValueError: it does, or it is another word.
        """
        if value not in ("auto", True, False):
            raise argument_error(self, "use_cudnn", value, "'auto', True or False")
        if value is True and not (self.cell.make(1).is_fused and not self.cell.recurrent_dropout):
            raise argument_error(
                self,
                "use_cudnn",
                value,
                "'auto' or False, since the fused kernel has tanh, sigmoid, no recurrent dropout "
                "and, for a GRU, reset_after=True",
            )
        return value

    def get_dropout_mask_for_cell(self, inputs: Tensor, training: Any, count: int = 1) -> Any:
        """The cell's; see ``DropoutRNNCell``."""
        return self.cell.get_dropout_mask_for_cell(inputs, training, count)

    def get_recurrent_dropout_mask_for_cell(
        self, inputs: Tensor, training: Any, count: int = 1
    ) -> Any:
        """The cell's; see ``DropoutRNNCell``."""
        return self.cell.get_recurrent_dropout_mask_for_cell(inputs, training, count)

    def reset_dropout_mask(self) -> None:
        """Draw the mask of the inputs anew at the next step."""
        self.cell.reset_dropout_mask()

    def reset_recurrent_dropout_mask(self) -> None:
        """Draw the mask of the state anew at the next step."""
        self.cell.reset_recurrent_dropout_mask()

    @generic
    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        return {**config, "zero_output_for_mask": True} if self.zero_output_for_mask else config

"""The loop over time: any cell over the steps of a sequence."""

from typing import Any

import torch
from torch import Tensor
from typing_extensions import Unpack

from torchkeras.core import nested, serialization
from torchkeras.core.checks import argument_error
from torchkeras.core.configurable import generic
from torchkeras.core.dtypes import torch_dtype
from torchkeras.core.typing import Shape
from torchkeras.core.variable import Variable
from torchkeras.layers.base import Layer, LayerOptions
from torchkeras.layers.recurrent.cell import Cell, DropoutRNNCell
from torchkeras.layers.recurrent.stacked import StackedRNNCells, output_size_of
from torchkeras.nn.sequences import scan


class RNNOptions(LayerOptions, total=False):
    """Options of every layer, and one of tf.keras.

    Keys:
        time_major: Whether sequences, outputs and masks are ``(steps, batch, ...)``.
    """

    time_major: bool


class RNN(Layer):
    """Runs a cell over the steps of a sequence.

    A masked step leaves the state as it is and repeats the output before it.

    Args:
        cell: A cell, a list of cells (see ``StackedRNNCells``), or any object with ``call(inputs,
            states)`` and ``state_size``.
        return_sequences: Whether to give the outputs at all steps instead of the last.
        return_state: Whether to give the final states, too.
        go_backwards: Whether to begin at the last step; the outputs are in the order of the run.
        stateful: Whether a batch continues where the last one ended, sample by sample; needs a
            fixed batch size. ``reset_state`` begins anew.
        unroll: Needs a known number of steps; the loop is the same on torch.
        zero_output_for_mask: Whether the outputs at masked steps are 0.
        **options: See ``RNNOptions``.

    Shape:
        sequences: ``(batch, steps, ...)``.
        initial_state: each ``(batch, size)``, by default zeros.
        mask: ``(batch, steps)``, False where a step is left out.
        output: ``(batch, steps, units)`` or ``(batch, units)``; with ``return_state``, a tuple of
            it and the states.

    Raises:
        ValueError: the cell has no ``call`` or ``state_size``, the batch size or the number of
            steps is unknown where it is needed, or the batch size has changed while stateful.

    Source: Keras 3 ``RNN``.
    """

    supports_masking = True
    _passes_mask_only = True

    def __init__(
        self,
        cell: Any,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        zero_output_for_mask: bool = False,
        **options: Unpack[RNNOptions],
    ) -> None:
        time_major = bool(options.pop("time_major", False))
        super().__init__(**options)
        cell = serialization.deserialize_keras_object(cell) if isinstance(cell, dict) else cell
        if isinstance(cell, (list, tuple)):
            cell = StackedRNNCells(cell)
        for member, what in (("call", "a `call` method"), ("state_size", "a `state_size`")):
            if not hasattr(cell, member):
                raise argument_error(self, "cell", cell, f"an object with {what}")
        self.cell = cell
        self.return_sequences = return_sequences
        self.return_state = return_state
        self.go_backwards = go_backwards
        self.stateful = stateful
        self.unroll = unroll
        self.zero_output_for_mask = zero_output_for_mask
        self.time_major = time_major
        size = cell.state_size
        self.single_state = isinstance(size, int)
        self.state_size = [size] if isinstance(size, int) else list(size)
        self.states = None
        self._fixed_batch: int | None = None

    # Building, states between batches.

    def build(self, sequences_shape: Shape, initial_state_shape: Any = None) -> None:
        batch, steps = self._batch_and_steps(sequences_shape)
        if isinstance(self.cell, Layer) and not self.cell.built:
            self.cell.build((batch, *sequences_shape[2:]))
        if self.unroll and steps is None:
            raise argument_error(
                self,
                "input shape",
                tuple(sequences_shape),
                "a known number of steps",
                "Cannot unroll a RNN if the time dimension is undefined.",
            )
        if self.stateful:
            self._make_states(batch, sequences_shape)

    def _batch_and_steps(self, shape: Shape) -> tuple[int | None, int | None]:
        return (shape[1], shape[0]) if self.time_major else (shape[0], shape[1])

    def _make_states(self, batch: int | None, shape: Shape) -> None:
        if batch is None:
            raise argument_error(
                self,
                "input shape",
                tuple(shape),
                "a fixed batch size, since stateful is True",
                "When using `stateful=True` in a RNN, the batch size must be static: give Input a "
                "batch_shape.",
            )
        self._fixed_batch = int(batch)
        initial = self.get_initial_state(self._fixed_batch)
        dtype = torch_dtype(self.variable_dtype)
        handles = []
        for number, value in enumerate(nested.flatten(initial)):
            key = f"rnn_state_{number}"
            self.register_buffer(key, value.detach().to(dtype).clone(), persistent=False)
            handles.append(Variable.adopt(self, key, name="rnn_state", trainable=False))
        # Not by attribute: these are no weights, and no file has them.
        self.__dict__["states"] = nested.pack_sequence_as(initial, handles)

    def get_initial_state(self, batch_size: int) -> list[Any]:
        """The cell's initial state for ``batch_size`` samples, by default zeros."""
        make = getattr(self.cell, "get_initial_state", None)
        if make is not None:
            state = make(batch_size=batch_size)
            return list(state) if isinstance(state, (list, tuple)) else [state]
        dtype = torch_dtype(getattr(self.cell, "compute_dtype", self.compute_dtype))
        device = self._weights_device()
        return nested.map_leaves(
            lambda size: torch.zeros(batch_size, size, dtype=dtype, device=device), self.state_size
        )

    def reset_state(self) -> None:
        """Begin the next batch with zeros."""
        for variable in nested.flatten(self.states) if self.states is not None else ():
            variable.assign(torch.zeros_like(variable.tensor))

    def reset_states(self, states: Any = None) -> None:
        """Begin the next batch with ``states`` (arrays, one for each state) or with zeros."""
        if states is None:
            self.reset_state()
            return
        for variable, value in zip(
            nested.flatten(self.states), nested.flatten(states), strict=True
        ):
            variable.assign(value)

    # The call.

    def call(
        self,
        sequences: Tensor,
        initial_state: Any = None,
        mask: Tensor | None = None,
        training: bool | None = None,
    ) -> Any:
        if isinstance(initial_state, Tensor) and initial_state.dtype is torch.bool:
            initial_state, mask = None, initial_state  # tf.keras takes the mask first
        mask = nested.flatten(mask)[0] if isinstance(mask, (list, tuple)) else mask
        x = sequences.transpose(0, 1) if self.time_major else sequences
        if mask is not None:
            mask = mask.to(torch.bool).reshape(*mask.shape[:2])
            mask = mask.transpose(0, 1) if self.time_major else mask
        if self.go_backwards:
            x, mask = x.flip(1), None if mask is None else mask.flip(1)
        outputs, last, states = self.run(x, self._first_state(x, initial_state), mask, training)
        if self.stateful:
            self._remember(states)
        output = self._finished(outputs, mask) if self.return_sequences else last
        if not self.return_sequences and mask is not None and self.zero_output_for_mask:
            output = torch.where(mask[:, -1:], last, 0.0)
        return (output, *states) if self.return_state else output

    def _finished(self, outputs: Tensor, mask: Tensor | None) -> Tensor:
        if mask is not None and self.zero_output_for_mask:
            flat = mask.reshape(*mask.shape, *(1,) * (outputs.ndim - 2))
            outputs = torch.where(flat, outputs, 0.0)
        return outputs.transpose(0, 1) if self.time_major else outputs

    def _first_state(self, x: Tensor, initial_state: Any) -> Any:
        """The state to begin with, a list; None for the cell's own zeros."""
        if self.stateful and self._fixed_batch is not None and x.shape[0] != self._fixed_batch:
            raise argument_error(
                self,
                "batch size",
                int(x.shape[0]),
                f"{self._fixed_batch}, that of the states",
                "If an RNN is stateful, the batch size of the input sequences must be the same as "
                "the batch size of the initial state.",
            )
        if initial_state is None:
            if not self.stateful or self.states is None:
                return None
            return nested.map_leaves(lambda v: v.tensor.clone().to(x.dtype), list(self.states))
        state = list(initial_state) if isinstance(initial_state, (list, tuple)) else [initial_state]
        return nested.map_leaves(lambda s: s.to(x.dtype), state)

    def _remember(self, states: Any) -> None:
        for variable, value in zip(
            nested.flatten(self.states), nested.flatten(states), strict=True
        ):
            variable.assign(value.detach())

    def run(
        self, x: Tensor, state: Any, mask: Tensor | None, training: bool | None
    ) -> tuple[Tensor, Tensor, Any]:
        """Outputs at all steps, the last one, and the final states, for ``(b, t, ...)``."""
        state = self.get_initial_state(x.shape[0]) if state is None else state
        state = nested.map_leaves(lambda s: s.to(device=x.device), state)
        options = {"training": training} if takes_training(self.cell) else {}
        structure = state

        def step(x_t: Tensor, flat: tuple[Tensor, ...]) -> tuple[Tensor, tuple[Tensor, ...]]:
            packed = nested.pack_sequence_as(structure, list(flat))
            output, new = self.cell(x_t, packed, **options)
            return output, tuple(nested.flatten(new))

        steps = None if mask is None else mask.unbind(1)
        outputs, flat = scan(step, x.unbind(1), tuple(nested.flatten(state)), steps)
        reset_dropout_masks(self.cell)
        return torch.stack(outputs, 1), outputs[-1], nested.pack_sequence_as(structure, list(flat))

    # Shapes, masks, configuration.

    def compute_output_shape(self, sequences_shape: Shape, initial_state_shape: Any = None) -> Any:
        batch, steps = self._batch_and_steps(sequences_shape)
        units = output_size_of(self.cell)
        output: Shape = (batch, units)
        if self.return_sequences:
            output = (steps, batch, units) if self.time_major else (batch, steps, units)
        if not self.return_state:
            return output
        return (output, *nested.map_leaves(lambda size: (batch, size), self.state_size))

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        mask = nested.flatten(previous_mask)[0] if previous_mask is not None else None
        mask = mask if self.return_sequences else None
        return [mask] + [None] * len(nested.flatten(self.state_size)) if self.return_state else mask

    @generic
    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        return {**config, "time_major": True} if self.time_major else config


def takes_training(cell: Any) -> bool:
    """Whether ``cell`` wants to know if it is being trained."""
    return isinstance(cell, Layer) and cell._signature.takes_training


def reset_dropout_masks(cell: Any) -> None:
    """Let a cell and those inside draw their dropout masks anew."""
    for member in getattr(cell, "cells", (cell,)):
        if isinstance(member, DropoutRNNCell):
            member.reset_dropout_mask()
            member.reset_recurrent_dropout_mask()


def from_cell(name: str) -> property:
    """A property that shows the cell's attribute ``name``."""

    def show(self: RNN) -> Any:
        return getattr(self.cell, name)

    return property(show, doc=f"The cell's ``{name}``.")


class CellRNNOptions(RNNOptions, total=False):
    """Options of every layer, and some of recurrent ones.

    Keys:
        zero_output_for_mask: Whether the outputs at masked steps are 0.
        implementation: See ``CellOptions``.
    """

    zero_output_for_mask: bool
    implementation: int


class CellRNN(RNN):
    """``RNN`` over a cell of its own, run by torch's fused kernel where that computes the same.

    Args:
        cell: The cell.
        return_sequences, return_state, go_backwards, stateful, unroll: See ``RNN``.
        **options: See ``CellRNNOptions``.
    """

    cell: Cell
    cell_name = "cell"
    shown: tuple[str, ...] = ()
    use_cudnn: bool | str = "auto"

    def __init_subclass__(cls, **options: Any) -> None:
        for name in cls.__dict__.get("shown", ()):
            setattr(cls, name, from_cell(name))
        super().__init_subclass__(**options)

    def cell_options(self, options: dict[str, Any]) -> dict[str, Any]:
        """What of a layer's options goes to its cell: name, number types, ``trainable``."""
        options.pop("implementation", None)
        kept = {key: options[key] for key in ("dtype", "trainable") if key in options}
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

    def run(
        self, x: Tensor, state: Any, mask: Tensor | None, training: bool | None
    ) -> tuple[Tensor | None, Tensor, Any]:
        finals = self.return_state or self.stateful
        state = None if state is None else tuple(state)
        if self.use_cudnn is False:
            return super().run(x, None if state is None else list(state), mask, training)
        outputs, last, final = self.cell.run(
            x, state, mask, bool(training), self.return_sequences, finals
        )
        return outputs, last, list(final)

    @generic
    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        return {**config, "zero_output_for_mask": True} if self.zero_output_for_mask else config

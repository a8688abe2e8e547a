"""The loop over time: any cell over the steps of a sequence."""

from typing import Any

import torch
from torch import Tensor
from typing_extensions import Unpack

from torchkeras.core import nested, serialization
from torchkeras.core.checks import argument_error, moment_error
from torchkeras.core.configurable import generic
from torchkeras.core.dtypes import torch_dtype
from torchkeras.core.typing import Shape
from torchkeras.core.variable import Variable
from torchkeras.layers.base import Layer, LayerOptions
from torchkeras.layers.recurrent.cell import DropoutRNNCell
from torchkeras.layers.recurrent.stacked import (
    StackedRNNCells,
    called,
    cell_options,
    initial_state_of,
    output_size_of,
    runs_whole,
    takes_constants,
)
from torchkeras.layers.signature import also_named
from torchkeras.layers.structures import holds_tensors, parts_of_list, symbols_of_shape
from torchkeras.nn.sequences import State, Stepped, choose, scan


class RNNOptions(LayerOptions, total=False):
    """Options of every layer, and some of tf.keras.

    Keys:
        input_length: Number of steps of the input, beside ``input_dim``.
        num_constants: How many of the tensors of a list on which the layer is called are constants:
            the last ones, after the sequences and the states.
    """

    input_length: int | None
    num_constants: int


class RNN(Layer):
    """Runs a cell over the steps of a sequence.

    A masked step leaves the state as it is and repeats the output before it. A cell of this
    library, or a stack of such cells, runs as its layer does (see ``LSTM``), any other step by
    step.

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
        time_major: Whether sequences, outputs and masks are ``(steps, batch, ...)``.
        **options: See ``RNNOptions``.

    Shape:
        sequences: ``(batch, steps, ...)``; or a list of it, the initial states and the constants.
        initial_state: each ``(batch, size)``, by default zeros.
        mask: ``(batch, steps)``, False where a step is left out.
        constants: A list of what the cell is given at each step as it is, if its ``call`` takes
            ``constants``.
        output: ``(batch, steps, units)`` or ``(batch, units)``; with ``return_state``, a tuple of
            it and the states.

    Raises:
        ValueError: the cell has no ``call`` or ``state_size``, doesn't take the constants that are
            given, or gives another number of states; the initial states aren't those of the cell;
            the batch size or the number of steps is unknown where it is needed, or the batch size
            has changed while stateful.

    Source: Keras 3 ``RNN``; constants: tf.keras 2.

    Example:
        >>> cell = keras.layers.GRUCell(4)
        >>> keras.layers.RNN(cell, return_sequences=True)(torch.zeros(2, 5, 3)).shape
        torch.Size([2, 5, 4])
    """

    supports_masking = True
    _passes_mask_only = True
    # Whether a subclass writes its own initial state or loop.
    _makes_state = False
    _loops = False

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls._makes_state = cls.get_initial_state is not RNN.get_initial_state
        cls._loops = cls.inner_loop is not RNN.inner_loop

    def __init__(
        self,
        cell: Any,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        zero_output_for_mask: bool = False,
        time_major: bool = False,
        **options: Unpack[RNNOptions],
    ) -> None:
        num_constants = options.pop("num_constants", 0) or 0
        if "input_shape" not in options and ("input_dim" in options or "input_length" in options):
            steps, features = options.pop("input_length", None), options.pop("input_dim", None)
            options["input_shape"] = (steps, features)
        super().__init__(**options)
        cell = serialization.deserialize_keras_object(cell) if isinstance(cell, dict) else cell
        if isinstance(cell, (list, tuple)):
            cell = StackedRNNCells(cell)
        for member, what in (("call", "a `call` method"), ("state_size", "a `state_size`")):
            if not hasattr(cell, member):
                raise argument_error(self, "cell", cell, f"an object with {what}")
        size = cell.state_size
        if not (isinstance(size, int) or nested.is_nested(size)):
            raise argument_error(
                self, "cell.state_size", size, "an integer, or a list of one for each state"
            )
        self.cell = cell
        self.return_sequences = return_sequences
        self.return_state = return_state
        self.go_backwards = go_backwards
        self.stateful = stateful
        self.unroll = unroll
        self.zero_output_for_mask = zero_output_for_mask
        self.time_major = time_major
        self.num_constants = num_constants
        self.single_state = isinstance(size, int)
        sizes = [size] if isinstance(size, int) else [child for _, child in nested.children(size)]
        self.__dict__["state_size"] = sizes  # not as members: a list of numbers holds no layers
        self.states = None
        self._fixed_batch: int | None = None

    # Building, states between batches.

    def _build_cell(self, shape: Shape) -> None:
        """Build the cell; one without a build of its own by a call, with states, without values."""
        if not self.cell._has_build and self.cell._layers:
            sizes = [(n,) if isinstance(n, int) else tuple(n) for n in self.state_size]
            shapes = [shape, *((shape[0], *size) for size in sizes)]
            inputs, *states = (symbols_of_shape(s, self.compute_dtype) for s in shapes)
            self.cell._infer_outputs((inputs, states), {}, None)
            self.cell.built = True
        else:
            self.cell.build(shape)

    @also_named(input_shape="sequences_shape")
    def build(self, sequences_shape: Shape, initial_state_shape: Any = None) -> None:
        sequences_shape = _first_shape(sequences_shape)
        batch, steps = self._batch_and_steps(sequences_shape)
        if isinstance(self.cell, Layer) and not self.cell.built:
            self._build_cell((batch, *sequences_shape[2:]))
        if self.unroll and steps is None:
            raise argument_error(
                self,
                "input shape",
                tuple(sequences_shape),
                "a known number of steps",
                "Cannot unroll a RNN if the time dimension is undefined.",
            )
        if self.stateful:
            if self.states is not None:
                self.reset_state()
            else:
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

    def get_initial_state(self, batch_size: int | None = None, inputs: Any = None) -> Any:
        """The cell's initial state, by default zeros, as a list.

        Args:
            batch_size: Number of samples.
            inputs: Sequences to take it from instead, as in tf.keras 2.
        """
        if isinstance(batch_size, Tensor) and batch_size.ndim:
            inputs, batch_size = batch_size, None
        if inputs is not None:
            batch_size = self._batch_and_steps(inputs.shape)[0]
        state = initial_state_of(self.cell, batch_size)
        if isinstance(state, (list, tuple)):
            return list(state)
        return state if nested.is_nested(state) else [state]

    def reset_state(self) -> None:
        """Begin the next batch with zeros."""
        for variable in nested.flatten(self.states) if self.states is not None else ():
            variable.assign(torch.zeros_like(variable.tensor))

    def reset_states(self, states: Any = None) -> None:
        """Begin the next batch with ``states`` (arrays, one for each state) or with zeros.

        Raises:
            RuntimeError: ``states`` for a layer that isn't stateful.
            ValueError: the number of states or a shape is another.
        """
        if states is None:
            self.reset_state()
            return
        if not self.stateful:
            raise moment_error(self, "Layer must be stateful", "Make it with stateful=True.")
        given = nested.flatten(states)
        if self.states is None:
            self._make_states(len(given[0]), ())
        kept = nested.flatten(self.states)
        if len(given) != len(kept):
            raise argument_error(self, "states", len(given), f"{len(kept)} arrays")
        for variable, value in zip(kept, given, strict=True):
            variable.assign(value)

    # The call.

    def _enter_call(self, args: tuple, kwargs: dict, training: Any) -> Any:
        if args and isinstance(args[0], (list, tuple)) and holds_tensors(args[0]):
            args, kwargs = self._taken_apart(args, kwargs)
        return super()._enter_call(args, kwargs, training)

    def _taken_apart(self, args: tuple, kwargs: dict) -> tuple[tuple, dict]:
        """Arguments from a list ``[sequences, *states, *constants]``."""
        sequences, states, constants = parts_of_list(self, args, kwargs)
        args = (sequences, *args[1:])
        if constants:
            kwargs = {**kwargs, "constants": constants}
        if states:
            flat = nested.flatten(states)
            size = self.state_size
            if len(states) != len(size) and len(flat) == len(nested.flatten(size)):
                states = nested.pack_sequence_as(size, flat)
            if "initial_state" in self._call_signature.positional:
                args = (sequences, states, *args[2:])
        return args, kwargs

    @also_named(inputs="sequences")
    def call(
        self,
        sequences: Tensor,
        initial_state: Any = None,
        mask: Tensor | None = None,
        training: bool | None = None,
        constants: Any = None,
    ) -> Any:
        if isinstance(initial_state, Tensor) and initial_state.dtype is torch.bool:
            initial_state, mask = None, initial_state  # tf.keras takes the mask first
        mask = nested.flatten(mask)[0] if isinstance(mask, (list, tuple)) else mask
        x = sequences.transpose(0, 1) if self.time_major else sequences
        if mask is not None:
            mask = mask.to(torch.bool).reshape(*mask.shape[:2])
            mask = mask.transpose(0, 1) if self.time_major else mask
        state = self._first_state(x, initial_state)
        options = {} if constants is None else {"constants": self._checked_constants(constants)}
        if state is None and self._loops:
            state = self.get_initial_state(x.shape[0])
        last, outputs, states = self.inner_loop(x, state, mask, training, **options)
        if self.stateful:
            self._remember(states)
        output = last
        if self.return_sequences:
            output = outputs.transpose(0, 1) if self.time_major else outputs
        return (output, *states) if self.return_state else output

    def inner_loop(
        self,
        sequences: Tensor,
        initial_state: Any,
        mask: Tensor | None,
        training: bool | None = False,
        constants: Any = None,
    ) -> tuple[Tensor, Tensor | None, Any]:
        """The loop itself: the last output, the outputs at all steps, and the final states.

        Args:
            sequences: ``(batch, steps, ...)``.
            initial_state: A list; None for zeros.
            mask: ``(batch, steps)`` or None.
            training: Whether dropout is at work.
            constants: What the cell is given at each step as it is.
        """
        if self.go_backwards:
            sequences = sequences.flip(1)
            mask = None if mask is None else mask.flip(1)
        given = () if constants is None else (constants,)
        outputs, last, states = self.run(sequences, initial_state, mask, training, *given)
        if mask is not None and self.zero_output_for_mask:
            last = choose(mask[:, -1], last, torch.zeros_like(last))
            if self.return_sequences:
                outputs = choose(mask, outputs, torch.zeros_like(outputs))
        return last, outputs, states

    def _checked_constants(self, constants: Any) -> list[Any]:
        if not takes_constants(self.cell):
            raise argument_error(
                self,
                "constants",
                constants,
                "none",
                f"RNN cell {type(self.cell).__name__} does not support constants: its call has no "
                "argument of that name.",
            )
        return list(constants) if isinstance(constants, (list, tuple)) else [constants]

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
            if self._makes_state and not self.stateful:
                return self.get_initial_state(x.shape[0])
            if not self.stateful or self.states is None:
                return None
            return nested.map_leaves(lambda v: v.tensor.clone().to(x.dtype), self.states)
        state = initial_state if nested.is_nested(initial_state) else [initial_state]
        state = list(state) if isinstance(state, tuple) else state
        self._check_state(state)
        return nested.map_leaves(lambda s: s.to(x.dtype), state)

    def _check_state(self, state: Any) -> None:
        sizes, given = nested.flatten(self.state_size), nested.flatten(state)
        fits = len(sizes) == len(given) and all(
            s.shape[-1] == size for s, size in zip(given, sizes, strict=True)
        )
        if not fits:
            raise argument_error(
                self,
                "initial_state",
                [tuple(s.shape) for s in given],
                f"tensors of shapes {[('batch', size) for size in sizes]}",
                "It is not compatible with `cell.state_size`.",
            )

    def _remember(self, states: Any) -> None:
        for variable, value in zip(
            nested.flatten(self.states), nested.flatten(states), strict=True
        ):
            variable.assign(value.detach())

    def run(
        self,
        x: Tensor,
        state: Any,
        mask: Tensor | None,
        training: bool | None,
        constants: Any = None,
    ) -> tuple[Tensor | None, Tensor, Any]:
        """Outputs at all steps, the last one, and the final states, for ``(b, t, ...)``."""
        if constants is None and runs_whole(self.cell, self.compute_dtype):
            finals = self.return_state or self.stateful
            begin = None if state is None else tuple(state)
            fused = getattr(self, "use_cudnn", "auto") is not False
            x = x if x.is_floating_point() else x.to(self._compute_dtype)
            outputs, last, final = self.cell.run(
                x, begin, mask, bool(training), self.return_sequences, finals, fused
            )
            return outputs, last, list(final)
        return self._run_by_steps(x, state, mask, training, constants)

    def _run_by_steps(
        self, x: Tensor, state: Any, mask: Tensor | None, training: bool | None, constants: Any
    ) -> tuple[Tensor, Tensor, Any]:
        state = self.get_initial_state(x.shape[0]) if state is None else state
        structure = nested.map_leaves(lambda s: s.to(device=x.device), state)
        cell, options = called(self.cell), cell_options(self.cell, training, constants)
        count = len(nested.flatten(structure))

        def step(x_t: Tensor, flat: State) -> Stepped:
            output, new = cell(x_t, nested.pack_sequence_as(structure, list(flat)), **options)
            new = tuple(nested.flatten(new))
            if len(new) != count:
                raise argument_error(self, "cell's new states", len(new), f"{count} tensors")
            return output, new

        outputs, last, flat = scan(step, x, tuple(nested.flatten(structure)), mask)
        reset_dropout_masks(self.cell)
        return outputs, last, nested.pack_sequence_as(structure, list(flat))

    # Shapes, masks, configuration.

    @also_named(input_shape="sequences_shape")
    def compute_output_shape(self, sequences_shape: Shape, initial_state_shape: Any = None) -> Any:
        batch, steps = self._batch_and_steps(_first_shape(sequences_shape))
        units = output_size_of(self.cell)
        if not isinstance(units, int):
            raise argument_error(self, "cell.output_size", units, "an integer")
        output: Shape = (batch, units)
        if self.return_sequences:
            output = (steps, batch, units) if self.time_major else (batch, steps, units)
        if not self.return_state:
            return output
        return (output, *nested.map_leaves(lambda size: (batch, size), self.state_size))

    @also_named(_="inputs", previous_mask="mask")
    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """The mask if all steps are given, else None; None for each state."""
        mask = nested.flatten(mask)[0] if mask is not None else None
        mask = mask if self.return_sequences else None
        return [mask] + [None] * len(nested.flatten(self.state_size)) if self.return_state else mask

    @generic
    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        if not self.time_major:
            config.pop("time_major", None)
        return {**config, "num_constants": self.num_constants} if self.num_constants else config


def _first_shape(shape: Any) -> Shape:
    """The sequences' shape, from it or from those of a list of inputs."""
    return shape[0] if shape and isinstance(shape[0], (tuple, list)) else shape


def reset_dropout_masks(cell: Any) -> None:
    """Let a cell and those inside draw their dropout masks anew."""
    for member in getattr(cell, "cells", (cell,)):
        if isinstance(member, DropoutRNNCell):
            member.reset_dropout_mask()
            member.reset_recurrent_dropout_mask()

"""Recurrent layers over sequences of maps: signals, images, volumes."""

from typing import Any

import torch
from torch import Tensor
from typing_extensions import Unpack

from torchkeras import activations
from torchkeras.core import seeds
from torchkeras.core.checks import argument_error, known_size, moment_error
from torchkeras.core.configurable import generic
from torchkeras.core.dtypes import torch_dtype
from torchkeras.core.typing import (
    ActivationLike,
    ConstraintLike,
    InitializerLike,
    RegularizerLike,
    SeedLike,
    Shape,
)
from torchkeras.layers.base import Layer, LayerOptions
from torchkeras.layers.input_spec import InputSpec
from torchkeras.layers.recurrent.cell import DropoutRNNCell, dropout_factors, torch_function
from torchkeras.layers.recurrent.cell_rnn import ShowsCell
from torchkeras.layers.recurrent.lstm import open_forget_gate
from torchkeras.layers.windows import Sizes, check_fits, count, keep_window
from torchkeras.nn import conv_lstm


class ConvLSTMCell(DropoutRNNCell, Layer):
    """One step of an LSTM that convolves maps. The state is ``[h, c]``.

    ``i, f, g, o`` are the blocks of ``kernel * x + recurrent_kernel * h + bias``;
    ``c = sigmoid(f) * c + sigmoid(i) * tanh(g)`` and ``h = sigmoid(o) * tanh(c)``.

    Args:
        rank: Number of axes of a map, 1 to 3.
        filters: Channels of the output and of each state, 1 or more.
        kernel_size: Elements of both windows along each axis, 1 or more.
        strides: Steps of the inputs' window along each axis, 1 or more; the state's has none.
        padding: "valid" or "same", of the inputs' window; the state's is "same".
        data_format: "channels_last", "channels_first", or None for the default.
        dilation_rate: Distance between the elements of the inputs' window; above 1 only without
            strides.
        activation: Of the candidate and the output.
        recurrent_activation: Of the gates.
        use_bias: Whether there is a ``bias``.
        unit_forget_bias: Whether the forget gate's bias begins at 1.
        kernel_*, recurrent_*, bias_*: Initializer, regularizer and constraint of each weight (see
            ``Layer``).
        dropout: Fraction of the inputs dropped, in [0, 1); the same ones at all steps, others for
            each gate. 1 drops none, as in Keras.
        recurrent_dropout: Fraction of the state dropped, likewise.
        seed: Integer for dropout of its own; None draws from torch's generator.

    Shape:
        inputs: ``(batch, *lengths, channels)``, or ``(batch, channels, *lengths)``.
        states: two of ``(batch, *lengths', filters)``.
        output: as a state.

    Weights:
        kernel: ``(*kernel_size, channels, 4 * filters)``, held as ``recurrence.input_conv.weight``.
        recurrent_kernel: ``(*kernel_size, filters, 4 * filters)``, held as
            ``recurrence.state_conv.weight``.
        bias: ``(4 * filters,)``; blocks i, f, g, o.

    Raises:
        ValueError: an argument is out of range, or the window doesn't fit.

    Source: Shi et al. 2015; Keras 3 ``ConvLSTM2D``.
    """

    def __init__(
        self,
        rank: int,
        filters: int,
        kernel_size: Sizes,
        strides: Sizes = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Sizes = 1,
        activation: ActivationLike = "tanh",
        recurrent_activation: ActivationLike = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: InitializerLike = "glorot_uniform",
        recurrent_initializer: InitializerLike = "orthogonal",
        bias_initializer: InitializerLike = "zeros",
        unit_forget_bias: bool = True,
        kernel_regularizer: RegularizerLike = None,
        recurrent_regularizer: RegularizerLike = None,
        bias_regularizer: RegularizerLike = None,
        kernel_constraint: ConstraintLike = None,
        recurrent_constraint: ConstraintLike = None,
        bias_constraint: ConstraintLike = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: SeedLike = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        if rank not in (1, 2, 3):
            raise argument_error(self, "rank", rank, "1, 2 or 3")
        self.rank = rank
        self.filters = count(self, "filters", filters)
        keep_window(self, rank, kernel_size, strides, padding, data_format, dilation_rate)
        self.activation = activations.get(activation)
        self.recurrent_activation = activations.get(recurrent_activation)
        self.use_bias = use_bias
        self.unit_forget_bias = unit_forget_bias
        self.weight_rules("kernel", kernel_initializer, kernel_regularizer, kernel_constraint)
        self.weight_rules(
            "recurrent", recurrent_initializer, recurrent_regularizer, recurrent_constraint
        )
        self.weight_rules("bias", bias_initializer, bias_regularizer, bias_constraint)
        self.dropout = min(1.0, max(0.0, dropout))
        self.recurrent_dropout = min(1.0, max(0.0, recurrent_dropout))
        self.dropout_mask_count = 4
        self.seed = seed
        self.seed_generator = seeds.SeedGenerator(seed)
        self.lengths: Shape | None = None

    @property
    def state_size(self) -> list[int]:
        """Channels of each state."""
        return [self.filters, self.filters]

    @property
    def output_size(self) -> int:
        """Channels of the output."""
        return self.filters

    def build(self, inputs_shape: Shape, states_shape: Any = None) -> None:
        axis = self.window.channel_axis
        channels = known_size(self, inputs_shape, axis)
        self.lengths = check_fits(self, self.window, inputs_shape)
        self.recurrence = conv_lstm.ConvLSTM(
            self.window,
            channels,
            self.filters,
            self.use_bias,
            torch_function(self.activation),
            torch_function(self.recurrent_activation),
            **self.factory,
        )
        # (4 * filters, channels, *size) -> (*size, channels, 4 * filters)
        axes = (*range(2, self.rank + 2), 1, 0)
        self.adopt_weight("kernel", "recurrence.input_conv.weight", axes=axes)
        self.adopt_weight(
            "recurrent_kernel", "recurrence.state_conv.weight", axes=axes, rule="recurrent"
        )
        self.bias = None
        if self.use_bias:
            first = self.bias_initializer
            first = open_forget_gate(first, self.filters) if self.unit_forget_bias else first
            self.adopt_weight("bias", "recurrence.input_conv.bias", initializer=first)

    def call(self, inputs: Tensor, states: Any, training: bool | None = None) -> tuple[Tensor, Any]:
        """Output and new state after one step."""
        recurrence, state = self.recurrence, tuple(states)
        of_inputs = of_state = None
        if training and 0 < self.dropout < 1:
            of_inputs = torch.stack(self.get_dropout_mask(inputs))
        if training and 0 < self.recurrent_dropout < 1:
            of_state = torch.stack(self.get_recurrent_dropout_mask(state[0]))
        projected = recurrence.project(inputs.unsqueeze(1), of_inputs).squeeze(1)
        state = recurrence.advance(projected, state, of_state)
        return state[0], list(state)

    def run(
        self,
        x: Tensor,
        state: tuple[Tensor, ...] | None,
        mask: Tensor | None,
        training: bool,
        sequences: bool,
    ) -> Any:
        """Outputs, last output and final state over a whole sequence ``(b, t, ...)``."""
        of_inputs = of_state = None
        step_shape = (x.shape[0], *x.shape[2:])
        if training and 0 < self.dropout < 1:
            of_inputs = dropout_factors(self, (4, *step_shape), self.dropout, x)
        if training and 0 < self.recurrent_dropout < 1:
            shape = self.window.output_shape(step_shape, self.filters)
            of_state = dropout_factors(self, (4, *shape), self.recurrent_dropout, x)
        return self.recurrence(x, state, mask, sequences, of_inputs, of_state)

    def get_initial_state(self, batch_size: int | None = None) -> list[Tensor]:
        """Zeros for ``batch_size`` samples, one tensor for each state.

        Raises:
            RuntimeError: the cell isn't built, or has been for maps of unknown lengths.
        """
        if self.lengths is None or None in self.lengths:
            raise moment_error(
                self,
                f"the state has lengths {self.lengths}",
                "Build it with known lengths, or give an initial_state.",
            )
        shape = self._as_shape(batch_size, self.lengths)
        dtype, device = torch_dtype(self.compute_dtype), self._weights_device()
        return [torch.zeros(shape, dtype=dtype, device=device) for _ in range(2)]

    def _as_shape(self, batch: int | None, lengths: Shape) -> Any:
        last = self.window.channel_axis == -1
        return (batch, *lengths, self.filters) if last else (batch, self.filters, *lengths)

    def compute_output_shape(self, inputs_shape: Shape, states_shape: Any = None) -> Any:
        check_fits(self, self.window, inputs_shape)
        shape = self.window.output_shape(tuple(inputs_shape), self.filters)
        return shape, [shape, shape]


class ConvLSTMOptions(LayerOptions, total=False):
    """Options of every layer, and some of recurrent ones.

    Keys:
        unroll, time_major, zero_output_for_mask: See ``RNN``.
    """

    unroll: bool
    time_major: bool
    zero_output_for_mask: bool


class ConvLSTM(ShowsCell):
    """An LSTM that convolves the maps of a sequence; see ``ConvLSTMCell`` for its formula.

    The inputs of all steps are convolved in one call; the state goes step by step.

    Args:
        filters, kernel_size, ..., seed: See ``ConvLSTMCell``.
        activity_regularizer: Penalty on the output.
        return_sequences, return_state, go_backwards, stateful: See ``RNN``.
        **options: See ``ConvLSTMOptions``.

    Shape:
        sequences: ``(batch, steps, *lengths, channels)``, or with the channels before the lengths.
        initial_state: two of ``(batch, *lengths', filters)``, by default zeros.
        mask: ``(batch, steps)``, False where a step is left out.
        output: ``(batch, steps, *lengths', filters)`` or ``(batch, *lengths', filters)``; with
            ``return_state``, a tuple of it and the states.

    Raises:
        ValueError: an argument is out of range, or the window doesn't fit.
        RuntimeError: lengths are unknown while stateful.

    Source: Shi et al. 2015; Keras 3 ``ConvLSTM2D``.

    Example:
        >>> keras.layers.ConvLSTM2D(4, 3, padding="same")(torch.zeros(2, 5, 7, 7, 3)).shape
        torch.Size([2, 7, 7, 4])
    """

    rank = 2
    shown = (
        "filters",
        "kernel_size",
        "strides",
        "padding",
        "data_format",
        "dilation_rate",
        "activation",
        "recurrent_activation",
        "use_bias",
        "kernel_initializer",
        "recurrent_initializer",
        "bias_initializer",
        "unit_forget_bias",
        "kernel_regularizer",
        "recurrent_regularizer",
        "bias_regularizer",
        "kernel_constraint",
        "recurrent_constraint",
        "bias_constraint",
        "dropout",
        "recurrent_dropout",
        "seed",
    )

    def __init__(
        self,
        filters: int,
        kernel_size: Sizes,
        strides: Sizes = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Sizes = 1,
        activation: ActivationLike = "tanh",
        recurrent_activation: ActivationLike = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: InitializerLike = "glorot_uniform",
        recurrent_initializer: InitializerLike = "orthogonal",
        bias_initializer: InitializerLike = "zeros",
        unit_forget_bias: bool = True,
        kernel_regularizer: RegularizerLike = None,
        recurrent_regularizer: RegularizerLike = None,
        bias_regularizer: RegularizerLike = None,
        activity_regularizer: RegularizerLike = None,
        kernel_constraint: ConstraintLike = None,
        recurrent_constraint: ConstraintLike = None,
        bias_constraint: ConstraintLike = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: SeedLike = None,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        **options: Unpack[ConvLSTMOptions],
    ) -> None:
        shared = {key: options[key] for key in ("dtype", "trainable") if key in options}
        cell = ConvLSTMCell(
            rank=self.rank,
            filters=filters,
            kernel_size=kernel_size,
            strides=strides,
            padding=padding,
            data_format=data_format,
            dilation_rate=dilation_rate,
            activation=activation,
            recurrent_activation=recurrent_activation,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            recurrent_initializer=recurrent_initializer,
            bias_initializer=bias_initializer,
            unit_forget_bias=unit_forget_bias,
            kernel_regularizer=kernel_regularizer,
            recurrent_regularizer=recurrent_regularizer,
            bias_regularizer=bias_regularizer,
            kernel_constraint=kernel_constraint,
            recurrent_constraint=recurrent_constraint,
            bias_constraint=bias_constraint,
            dropout=dropout,
            recurrent_dropout=recurrent_dropout,
            seed=seed,
            name="conv_lstm_cell",
            **shared,
        )
        super().__init__(
            cell,
            return_sequences=return_sequences,
            return_state=return_state,
            go_backwards=go_backwards,
            stateful=stateful,
            activity_regularizer=activity_regularizer,
            **options,
        )
        self.input_spec = InputSpec(ndim=self.rank + 3)

    def build(self, sequences_shape: Shape, initial_state_shape: Any = None) -> None:
        axis = self.cell.window.channel_axis
        channels = known_size(self, sequences_shape, axis if axis < 0 else axis + 1)
        place = {-1: channels} if axis < 0 else {axis + 1: channels}
        super().build(sequences_shape, initial_state_shape)
        self.input_spec = InputSpec(ndim=self.rank + 3, axes=place)

    def _check_state(self, state: Any) -> None:
        axis = self.cell.window.channel_axis
        if len(state) != 2 or any(s.shape[axis] != self.filters for s in state):
            raise argument_error(
                self,
                "initial_state",
                f"tensors of shapes {[tuple(s.shape) for s in state]}",
                f"2 with {self.filters} channels (axis {axis})",
                "It is not compatible with `cell.state_size`.",
            )

    def run(
        self,
        x: Tensor,
        state: Any,
        mask: Tensor | None,
        training: bool | None,
        constants: Any = None,
    ) -> tuple[Tensor | None, Tensor, Any]:
        if constants is not None or self.cell._forward_hooks or self.cell._forward_pre_hooks:
            return super().run(x, state, mask, training, constants)
        state = None if state is None else tuple(state)
        outputs, last, final = self.cell.run(x, state, mask, bool(training), self.return_sequences)
        return outputs, last, list(final)

    def compute_output_shape(self, sequences_shape: Shape, initial_state_shape: Any = None) -> Any:
        batch, steps = self._batch_and_steps(sequences_shape)
        state, _ = self.cell.compute_output_shape((batch, *sequences_shape[2:]))
        output = state
        if self.return_sequences:
            ends = (steps, batch) if self.time_major else (batch, steps)
            output = (*ends, *state[1:])
        return (output, state, state) if self.return_state else output

    @generic
    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        names = ("unroll", "time_major", "zero_output_for_mask")
        used = [name for name in names if getattr(self, name)]
        return {**config, **dict.fromkeys(used, True)}


class ConvLSTM1D(ConvLSTM):
    """``ConvLSTM`` over signals, ``(batch, steps, length, channels)``."""

    rank = 1


class ConvLSTM2D(ConvLSTM):
    """``ConvLSTM`` over images, ``(batch, steps, height, width, channels)``."""

    rank = 2


class ConvLSTM3D(ConvLSTM):
    """``ConvLSTM`` over volumes, ``(batch, steps, depth, height, width, channels)``."""

    rank = 3

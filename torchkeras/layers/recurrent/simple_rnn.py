"""The fully connected recurrent network."""

from typing_extensions import Unpack

from torchkeras.core.layout import IDENTITY, Layout, Permuted
from torchkeras.core.typing import (
    ActivationLike,
    ConstraintLike,
    InitializerLike,
    RegularizerLike,
    SeedLike,
)
from torchkeras.layers.input_spec import InputSpec
from torchkeras.layers.recurrent.cell import Cell, CellOptions, torch_function
from torchkeras.layers.recurrent.cell_rnn import CellRNN, CellRNNOptions
from torchkeras.nn import recurrent


class SimpleRNNCell(Cell):
    """One step of ``h = activation(x @ kernel + h @ recurrent_kernel + bias)``; see ``Cell``.

    Weights:
        kernel: ``(features, units)``; recurrent_kernel: ``(units, units)``; bias: ``(units,)``.
    """

    def __init__(
        self,
        units: int,
        activation: ActivationLike = "tanh",
        use_bias: bool = True,
        kernel_initializer: InitializerLike = "glorot_uniform",
        recurrent_initializer: InitializerLike = "orthogonal",
        bias_initializer: InitializerLike = "zeros",
        kernel_regularizer: RegularizerLike = None,
        recurrent_regularizer: RegularizerLike = None,
        bias_regularizer: RegularizerLike = None,
        kernel_constraint: ConstraintLike = None,
        recurrent_constraint: ConstraintLike = None,
        bias_constraint: ConstraintLike = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: SeedLike = None,
        **options: Unpack[CellOptions],
    ) -> None:
        super().__init__(
            units=units,
            activation=activation,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            recurrent_initializer=recurrent_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            recurrent_regularizer=recurrent_regularizer,
            bias_regularizer=bias_regularizer,
            kernel_constraint=kernel_constraint,
            recurrent_constraint=recurrent_constraint,
            bias_constraint=bias_constraint,
            dropout=dropout,
            recurrent_dropout=recurrent_dropout,
            seed=seed,
            **options,
        )

    def make(self, features: int) -> recurrent.SimpleRNN:
        activation = torch_function(self.activation)
        return recurrent.SimpleRNN(features, self.units, self.use_bias, activation, **self.factory)

    def layouts(self) -> tuple[Layout, Layout]:
        return Permuted((1, 0)), IDENTITY


class SimpleRNN(CellRNN):
    """``h = activation(x @ kernel + h @ recurrent_kernel + bias)`` over the steps of a sequence.

    tanh and relu run on torch's fused kernel, masks included; other activations and recurrent
    dropout step by step, in a loop that ``torch.compile`` takes as one graph.

    Args:
        units, activation, use_bias, ..., seed: See ``Cell``.
        activity_regularizer: Penalty on the output.
        return_sequences, return_state, go_backwards, stateful, unroll, time_major: See ``RNN``.
        **options: See ``CellRNNOptions``.

    Source: Keras 3 ``SimpleRNN``; ``torch.nn.RNN``.

    Example:
        >>> keras.layers.SimpleRNN(4)(torch.zeros(2, 5, 3)).shape
        torch.Size([2, 4])
    """

    cell_name = "simple_rnn_cell"
    shown = (
        "units",
        "activation",
        "use_bias",
        "kernel_initializer",
        "recurrent_initializer",
        "bias_initializer",
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
        units: int,
        activation: ActivationLike = "tanh",
        use_bias: bool = True,
        kernel_initializer: InitializerLike = "glorot_uniform",
        recurrent_initializer: InitializerLike = "orthogonal",
        bias_initializer: InitializerLike = "zeros",
        kernel_regularizer: RegularizerLike = None,
        recurrent_regularizer: RegularizerLike = None,
        bias_regularizer: RegularizerLike = None,
        activity_regularizer: RegularizerLike = None,
        kernel_constraint: ConstraintLike = None,
        recurrent_constraint: ConstraintLike = None,
        bias_constraint: ConstraintLike = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        seed: SeedLike = None,
        time_major: bool = False,
        **options: Unpack[CellRNNOptions],
    ) -> None:
        cell = SimpleRNNCell(
            units=units,
            activation=activation,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            recurrent_initializer=recurrent_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            recurrent_regularizer=recurrent_regularizer,
            bias_regularizer=bias_regularizer,
            kernel_constraint=kernel_constraint,
            recurrent_constraint=recurrent_constraint,
            bias_constraint=bias_constraint,
            dropout=dropout,
            recurrent_dropout=recurrent_dropout,
            seed=seed,
            **self.cell_options(options),
        )
        super().__init__(
            cell,
            return_sequences=return_sequences,
            return_state=return_state,
            go_backwards=go_backwards,
            stateful=stateful,
            unroll=unroll,
            time_major=time_major,
            activity_regularizer=activity_regularizer,
            **options,
        )
        self.input_spec = InputSpec(ndim=3)

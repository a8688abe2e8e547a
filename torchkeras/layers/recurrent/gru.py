"""The gated recurrent unit."""

from typing_extensions import Unpack

from torchkeras import activations
from torchkeras.core.layout import Layout
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
from torchkeras.layers.recurrent.layouts import GateBlocks
from torchkeras.nn import recurrent


class GRUCell(Cell):
    """One step of a GRU; see ``Cell``.

    ``z, r`` are the first blocks of ``x @ kernel + h @ recurrent_kernel + bias``, through sigmoid;
    the candidate is ``g = tanh(x @ W + r * (h @ U))``, or ``tanh(x @ W + (r * h) @ U)`` without
    ``reset_after``; ``h = z * h + (1 - z) * g``.

    Args:
        recurrent_activation: Of the gates, in place of sigmoid.
        reset_after: Whether the reset gate acts after the matrix product, as in cuDNN.

    Weights:
        kernel: ``(features, 3 * units)``; recurrent_kernel: ``(units, 3 * units)``; bias:
            ``(2, 3 * units)``, for inputs and state, or ``(3 * units,)`` without ``reset_after``;
            blocks z, r, g. torch's order is r, z, g.
    """

    gates = 3

    def __init__(
        self,
        units: int,
        activation: ActivationLike = "tanh",
        recurrent_activation: ActivationLike = "sigmoid",
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
        reset_after: bool = True,
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
        self.recurrent_activation = activations.get(recurrent_activation)
        self.reset_after = reset_after

    def make(self, features: int) -> recurrent.GRU:
        return recurrent.GRU(
            features,
            self.units,
            self.use_bias,
            torch_function(self.activation),
            torch_function(self.recurrent_activation),
            self.reset_after,
            **self.factory,
        )

    def layouts(self) -> tuple[Layout, Layout]:
        order = (1, 0, 2)
        return GateBlocks(order, transposed=True), GateBlocks(order, transposed=False)


class GRU(CellRNN):
    """A GRU over the steps of a sequence; see ``GRUCell`` for its formula.

    With tanh and sigmoid, ``reset_after`` and no recurrent dropout it runs on torch's fused kernel,
    masks included, else step by step, in a loop that ``torch.compile`` takes as one graph.

    Args:
        units, activation, ..., seed: See ``Cell`` and ``GRUCell``.
        activity_regularizer: Penalty on the output.
        return_sequences, return_state, go_backwards, stateful, unroll, time_major: See ``RNN``.
        reset_after: See ``GRUCell``.
        use_cudnn: "auto"; True insists on the fused kernel, False declines it.
        **options: See ``CellRNNOptions``.

    Raises:
        ValueError: ``use_cudnn`` is True although the kernel computes something else.

    Source: Cho et al. 2014; Keras 3 ``GRU``; ``torch.nn.GRU``.

    Example:
        >>> keras.layers.GRU(4)(torch.zeros(2, 5, 3)).shape
        torch.Size([2, 4])
    """

    cell_name = "gru_cell"
    shown = (
        "units",
        "activation",
        "recurrent_activation",
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
        "reset_after",
        "seed",
        "implementation",
    )

    def __init__(
        self,
        units: int,
        activation: ActivationLike = "tanh",
        recurrent_activation: ActivationLike = "sigmoid",
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
        seed: SeedLike = None,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        reset_after: bool = True,
        use_cudnn: bool | str = "auto",
        time_major: bool = False,
        **options: Unpack[CellRNNOptions],
    ) -> None:
        cell = GRUCell(
            units=units,
            activation=activation,
            recurrent_activation=recurrent_activation,
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
            reset_after=reset_after,
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
        self.use_cudnn = self.checked_use_cudnn(use_cudnn)
        self.input_spec = InputSpec(ndim=3)

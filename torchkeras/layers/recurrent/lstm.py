"""Long short-term memory."""

from collections.abc import Callable
from typing import Any

from torch import Tensor
from typing_extensions import Unpack

from torchkeras import activations
from torchkeras.core.layout import IDENTITY, Layout, Permuted
from torchkeras.core.typing import (
    ActivationLike,
    ConstraintLike,
    InitializerLike,
    RegularizerLike,
    SeedLike,
    Shape,
)
from torchkeras.layers.input_spec import InputSpec
from torchkeras.layers.recurrent.cell import Cell, CellOptions, torch_function
from torchkeras.layers.recurrent.cell_rnn import CellRNN, CellRNNOptions
from torchkeras.nn import recurrent


def open_forget_gate(initializer: Callable[..., Tensor], units: int) -> Callable[..., Tensor]:
    """``initializer`` for a bias of blocks i, f, c, o, the second of which begins at 1."""

    def with_open_forget_gate(shape: Shape, dtype: Any = None) -> Tensor:
        bias = initializer(shape, dtype=dtype).clone()
        bias[units : 2 * units] = 1
        return bias

    return with_open_forget_gate


class LSTMCell(Cell):
    """One step of an LSTM; see ``Cell``. The state is ``[h, c]``.

    ``i, f, g, o`` are the blocks of ``x @ kernel + h @ recurrent_kernel + bias``;
    ``c = sigmoid(f) * c + sigmoid(i) * tanh(g)`` and ``h = sigmoid(o) * tanh(c)``.

    Args:
        recurrent_activation: Of the gates, in place of sigmoid.
        unit_forget_bias: Whether the forget gate's bias begins at 1.

    Weights:
        kernel: ``(features, 4 * units)``; recurrent_kernel: ``(units, 4 * units)``; bias:
            ``(4 * units,)``; blocks i, f, g, o.
    """

    gates, states = 4, 2

    def __init__(
        self,
        units: int,
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
        self.unit_forget_bias = unit_forget_bias

    def make(self, features: int) -> recurrent.LSTM:
        return recurrent.LSTM(
            features,
            self.units,
            self.use_bias,
            torch_function(self.activation),
            torch_function(self.recurrent_activation),
            **self.factory,
        )

    def layouts(self) -> tuple[Layout, Layout]:
        return Permuted((1, 0)), IDENTITY

    def first_bias(self) -> InitializerLike:
        if not self.unit_forget_bias:
            return self.bias_initializer
        return open_forget_gate(self.bias_initializer, self.units)


class LSTM(CellRNN):
    """An LSTM over the steps of a sequence; see ``LSTMCell`` for its formula.

    With tanh and sigmoid and no recurrent dropout it runs on torch's fused kernel, masks included,
    else step by step, in a loop that ``torch.compile`` takes as one graph.

    Args:
        units, activation, ..., seed: See ``Cell`` and ``LSTMCell``.
        activity_regularizer: Penalty on the output.
        return_sequences, return_state, go_backwards, stateful, unroll, time_major: See ``RNN``.
        use_cudnn: "auto"; True insists on the fused kernel, False declines it.
        **options: See ``CellRNNOptions``.

    Raises:
        ValueError: ``use_cudnn`` is True although the kernel computes something else.

    Source: Hochreiter and Schmidhuber 1997; Keras 3 ``LSTM``; ``torch.nn.LSTM``.

    Example:
        >>> keras.layers.LSTM(4, return_sequences=True)(torch.zeros(2, 5, 3)).shape
        torch.Size([2, 5, 4])
    """

    cell_name = "lstm_cell"
    shown = (
        "units",
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
        unroll: bool = False,
        use_cudnn: bool | str = "auto",
        time_major: bool = False,
        **options: Unpack[CellRNNOptions],
    ) -> None:
        cell = LSTMCell(
            units=units,
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

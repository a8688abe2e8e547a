"""What recurrent cells share: a step, dropout that stays the same over time, an initial state."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from typing_extensions import Unpack

from torchkeras import activations
from torchkeras.core import seeds
from torchkeras.core.checks import argument_error, known_size
from torchkeras.core.dtypes import torch_dtype
from torchkeras.core.layout import Layout
from torchkeras.core.typing import (
    ActivationLike,
    ConstraintLike,
    InitializerLike,
    RegularizerLike,
    SeedLike,
    Shape,
)
from torchkeras.layers.base import Layer, LayerOptions
from torchkeras.nn import recurrent

# Keras's activations as the functions by which torch's kernels are known.
TORCH_FUNCTIONS: dict[Any, Callable[[Tensor], Tensor]] = {
    activations.tanh: torch.tanh,
    activations.sigmoid: torch.sigmoid,
    activations.relu: torch.relu,
}


def torch_function(activation: Callable) -> Callable[[Tensor], Tensor]:
    """torch's own function for ``activation`` if there is one, else ``activation``."""
    try:
        return TORCH_FUNCTIONS.get(activation, activation)
    except TypeError:  # an unhashable callable
        return activation


class DropoutRNNCell:
    """Dropout masks that a cell keeps for all steps of a sequence.

    Mixed into cells that have ``dropout``, ``recurrent_dropout`` (fractions in [0, 1]) and
    ``seed_generator``. The recurrent layer resets the masks after each call.
    """

    dropout_mask_count: int | None = None
    _dropout_mask: Any = None
    _recurrent_dropout_mask: Any = None

    def get_dropout_mask(self, step_input: Tensor) -> Any:
        """Factors for the inputs of one step; None without dropout."""
        if self._dropout_mask is None and self.dropout > 0:
            self.__dict__["_dropout_mask"] = self._new_mask(step_input, self.dropout)
        return self._dropout_mask

    def get_recurrent_dropout_mask(self, step_input: Tensor) -> Any:
        """Factors for the state; None without dropout."""
        if self._recurrent_dropout_mask is None and self.recurrent_dropout > 0:
            mask = self._new_mask(step_input, self.recurrent_dropout)
            self.__dict__["_recurrent_dropout_mask"] = mask
        return self._recurrent_dropout_mask

    def reset_dropout_mask(self) -> None:
        """Draw the inputs' mask anew at the next step."""
        self.__dict__["_dropout_mask"] = None

    def reset_recurrent_dropout_mask(self) -> None:
        """Draw the state's mask anew at the next step."""
        self.__dict__["_recurrent_dropout_mask"] = None

    def _new_mask(self, like: Tensor, rate: float) -> Any:
        if self.dropout_mask_count is None:
            return dropout_factors(self, like.shape, rate, like)
        shape = (self.dropout_mask_count, *like.shape)
        return list(dropout_factors(self, shape, rate, like).unbind(0))


def dropout_factors(cell: Any, shape: Shape, rate: float, like: Tensor) -> Tensor:
    """0 for a fraction ``rate`` of the elements, ``1 / (1 - rate)`` for the others."""
    if rate >= 1:
        return like.new_zeros(shape)
    kept = seeds.draw(
        "bernoulli", shape, 1 - rate, dtype=like.dtype, device=like.device, seed=cell.seed_generator
    )
    return kept / (1 - rate)


class CellOptions(LayerOptions, total=False):
    """Options of every layer, and one of cells.

    Keys:
        implementation: 1 or 2: two ways of computing the same in Keras; accepted, and without
            effect here, where torch's kernels compute it.
    """

    implementation: int


class Cell(DropoutRNNCell, Layer):
    """A recurrent cell that keeps its weights in a module of ``torchkeras.nn.recurrent``.

    Args:
        units: Length of the output and of each state, 1 or more.
        activation: Of the candidate and the output.
        use_bias: Whether there is a ``bias``.
        kernel_*, recurrent_*, bias_*: Initializer, regularizer and constraint of each weight (see
            ``Layer``).
        dropout: Fraction of the inputs dropped, in [0, 1]; the same ones at all steps.
        recurrent_dropout: Fraction of the state dropped, in [0, 1]; the same ones at all steps.
        seed: Integer for dropout of its own; None draws from torch's generator.
    """

    gates = 1
    states = 1

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
        options.pop("implementation", None)
        super().__init__(**options)
        if not isinstance(units, int) or units < 1:
            raise argument_error(self, "units", units, "an integer, 1 or more")
        self.units = units
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.weight_rules("kernel", kernel_initializer, kernel_regularizer, kernel_constraint)
        self.weight_rules(
            "recurrent_kernel", recurrent_initializer, recurrent_regularizer, recurrent_constraint
        )
        self.recurrent_initializer = self.recurrent_kernel_initializer
        self.recurrent_regularizer = self.recurrent_kernel_regularizer
        self.recurrent_constraint = self.recurrent_kernel_constraint
        self.weight_rules("bias", bias_initializer, bias_regularizer, bias_constraint)
        self.dropout = min(1.0, max(0.0, dropout))
        self.recurrent_dropout = min(1.0, max(0.0, recurrent_dropout))
        self.seed = seed
        self.seed_generator = seeds.SeedGenerator(seed)
        # With recurrent dropout, Keras gives each gate masks of its own.
        if self.recurrent_dropout > 0 and self.gates > 1:
            self.__dict__["dropout_mask_count"] = self.gates

    @property
    def state_size(self) -> int | list[int]:
        """Length of the state, or of each of several."""
        return self.units if self.states == 1 else [self.units] * self.states

    @property
    def output_size(self) -> int:
        """Length of the output."""
        return self.units

    def make(self, features: int) -> recurrent.Recurrent:
        """The torch module for inputs of this length."""
        raise TypeError(f"{type(self).__name__} is a base class; use LSTMCell, GRUCell, ...")

    def layouts(self) -> tuple[Layout, Layout]:
        """How the kernels and how the bias lie in torch's parameters."""
        raise TypeError(f"{type(self).__name__} is a base class; use LSTMCell, GRUCell, ...")

    def build(self, input_shape: Shape) -> None:
        self.recurrence = self.make(known_size(self, input_shape, axis=-1))
        of_kernels, of_bias = self.layouts()
        self.adopt_weight("kernel", "recurrence.weight_ih", layout=of_kernels)
        self.adopt_weight("recurrent_kernel", "recurrence.weight_hh", layout=of_kernels)
        self.bias = None
        if self.use_bias:
            self.adopt_weight(
                "bias", "recurrence.bias", layout=of_bias, initializer=self.first_bias()
            )

    def first_bias(self) -> InitializerLike:
        """How the bias is initialized."""
        return self.bias_initializer

    def call(self, inputs: Tensor, states: Any, training: bool | None = None) -> tuple[Tensor, Any]:
        """Output and new state after one step."""
        nested = isinstance(states, (list, tuple))
        state = tuple(states) if nested else (states,)
        recurrence = self.recurrence
        of_inputs = of_state = None
        if training:
            of_inputs = self._stacked(self.get_dropout_mask(inputs))
            of_state = self._stacked(self.get_recurrent_dropout_mask(state[0]))
        if of_inputs is None:
            projected = recurrence.project(inputs)
        else:
            projected = recurrence.project_dropped(inputs.unsqueeze(1), of_inputs).squeeze(1)
        state = recurrence.advance(projected, state, of_state)
        return state[0], (list(state) if nested else state[0])

    def _stacked(self, masks: Any) -> Tensor | None:
        """One mask for each gate, ``(gates, b, n)``."""
        if masks is None:
            return None
        if isinstance(masks, list):
            return torch.stack(masks)
        return masks.unsqueeze(0).expand(self.gates, *masks.shape)

    def run(
        self,
        x: Tensor,
        state: tuple[Tensor, ...] | None,
        mask: Tensor | None,
        training: bool,
        sequences: bool,
        finals: bool,
    ) -> recurrent.Result:
        """Outputs, last output and final state over a whole sequence ``(b, t, features)``."""
        of_inputs = of_state = None
        if training and self.recurrent_dropout > 0:
            of_state = self._masks(x, self.units, self.recurrent_dropout)
        if training and self.dropout > 0:
            if of_state is None or self.gates == 1:
                shape = (x.shape[0], 1, x.shape[2])
                x = x * dropout_factors(self, shape, self.dropout, x)
            else:
                of_inputs = self._masks(x, x.shape[2], self.dropout)
        return self.recurrence(x, state, mask, sequences, finals, of_inputs, of_state)

    def _masks(self, x: Tensor, length: int, rate: float) -> Tensor:
        return dropout_factors(self, (self.gates, x.shape[0], length), rate, x)

    def get_initial_state(self, batch_size: int | None = None) -> list[Tensor]:
        """Zeros for ``batch_size`` samples, one tensor for each state."""
        dtype, device = torch_dtype(self.compute_dtype), self._weights_device()
        return [
            torch.zeros(batch_size, self.units, dtype=dtype, device=device)
            for _ in range(self.states)
        ]

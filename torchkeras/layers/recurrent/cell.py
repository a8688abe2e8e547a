"""What recurrent cells share: a step, dropout that stays the same over time, an initial state."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from typing_extensions import Unpack

from torchkeras import activations
from torchkeras.core import nested, seeds
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
from torchkeras.layers.signature import also_named
from torchkeras.layers.structures import device_of
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
            mask = self._new_mask(step_input, self.dropout, self.dropout_mask_count)
            self.__dict__["_dropout_mask"] = mask
        return self._dropout_mask

    def get_recurrent_dropout_mask(self, step_input: Tensor) -> Any:
        """Factors for the state; None without dropout."""
        if self._recurrent_dropout_mask is None and self.recurrent_dropout > 0:
            count = self.dropout_mask_count
            mask = self._new_mask(step_input, self.recurrent_dropout, count)
            self.__dict__["_recurrent_dropout_mask"] = mask
        return self._recurrent_dropout_mask

    def get_dropout_mask_for_cell(self, inputs: Tensor, training: Any, count: int = 1) -> Any:
        """``get_dropout_mask`` as tf.keras 2 has it: ``count`` masks, all 1 outside of training."""
        if not training or self.dropout == 0:
            return _ones(inputs, count) if self.dropout else None
        if self._dropout_mask is None:
            self.__dict__["_dropout_mask"] = self._new_mask(inputs, self.dropout, count)
        return self._dropout_mask

    def get_recurrent_dropout_mask_for_cell(
        self, inputs: Tensor, training: Any, count: int = 1
    ) -> Any:
        """``get_recurrent_dropout_mask`` as tf.keras 2 has it."""
        if not training or self.recurrent_dropout == 0:
            return _ones(inputs, count) if self.recurrent_dropout else None
        if self._recurrent_dropout_mask is None:
            mask = self._new_mask(inputs, self.recurrent_dropout, count)
            self.__dict__["_recurrent_dropout_mask"] = mask
        return self._recurrent_dropout_mask

    def reset_dropout_mask(self) -> None:
        """Draw the inputs' mask anew at the next step."""
        self.__dict__["_dropout_mask"] = None

    def reset_recurrent_dropout_mask(self) -> None:
        """Draw the state's mask anew at the next step."""
        self.__dict__["_recurrent_dropout_mask"] = None

    def _new_mask(self, like: Tensor, rate: float, count: int | None) -> Any:
        if count in (None, 1):
            return dropout_factors(self, like.shape, rate, like)
        return list(dropout_factors(self, (count, *like.shape), rate, like).unbind(0))


def _ones(like: Tensor, count: int) -> Any:
    ones = torch.ones_like(like)
    return ones if count == 1 else [ones] * count


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
        self.__dict__["implementation"] = options.pop("implementation", 2)
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

    @also_named(sequence="inputs")
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
        fused: bool = True,
    ) -> recurrent.Result:
        """Outputs, last output and final state over a whole sequence ``(b, t, features)``.

        Args:
            sequences, finals, fused: What is wanted, see ``nn.recurrent.Recurrent``.
        """
        of_inputs = of_state = None
        if training and self.recurrent_dropout > 0:
            of_state = self._masks(x, self.units, self.recurrent_dropout)
        if training and self.dropout > 0:
            if of_state is None or self.gates == 1:
                shape = (x.shape[0], 1, x.shape[2])
                x = x * dropout_factors(self, shape, self.dropout, x)
            else:
                of_inputs = self._masks(x, x.shape[2], self.dropout)
        return self.recurrence(x, state, mask, sequences, finals, of_inputs, of_state, fused)

    def _masks(self, x: Tensor, length: int, rate: float) -> Tensor:
        return dropout_factors(self, (self.gates, x.shape[0], length), rate, x)

    def get_initial_state(
        self, batch_size: int | None = None, inputs: Any = None, dtype: Any = None
    ) -> list[Tensor]:
        """Zeros, one tensor for each state.

        Args:
            batch_size: Number of samples.
            inputs: Inputs to take it from instead.
            dtype: Number type; None is the compute dtype.
        """
        return zeros_for(self, batch_size, inputs, dtype)


def zeros_for(
    cell: Any, batch_size: Any = None, inputs: Any = None, dtype: Any = None
) -> list[Any]:
    """Zeros in the structure of the cell's ``state_size``, in a list."""
    if isinstance(batch_size, Tensor) and batch_size.ndim:
        inputs, batch_size = batch_size, None  # tf.keras 2 takes the inputs first
    if inputs is not None:
        batch_size = inputs.shape[0]
    if batch_size is None:
        raise argument_error(cell, "batch_size", None, "a number of samples, or inputs")
    dtype = torch_dtype(getattr(cell, "compute_dtype", None) if dtype is None else dtype)
    device = cell._weights_device() if isinstance(cell, Layer) else device_of(inputs)
    states = nested.map_leaves(
        lambda size: torch.zeros(batch_size, size, dtype=dtype, device=device), cell.state_size
    )
    return list(states) if isinstance(states, (list, tuple)) else [states]


class AbstractRNNCell(Layer):
    """Base of users' cells, as tf.keras 2 has it; a plain ``Layer`` will do as well.

    A subclass writes ``call(inputs, states)``, which gives the output and the new states, and the
    properties ``state_size`` and ``output_size``.

    Args:
        trainable, name, dtype, dynamic: See ``Layer``.

    Source: tf.keras 2 ``AbstractRNNCell``.
    """

    def __init__(
        self,
        trainable: bool = True,
        name: str | None = None,
        dtype: Any = None,
        dynamic: bool = False,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(trainable=trainable, name=name, dtype=dtype, dynamic=dynamic, **options)

    def call(self, inputs: Tensor, states: Any) -> tuple[Tensor, Any]:
        """Output and new states after one step. Subclasses write it."""
        raise self._unwritten("call")

    @property
    def state_size(self) -> Any:
        """Length of the state, or of each of several. Subclasses write it."""
        raise self._unwritten("state_size")

    @property
    def output_size(self) -> int:
        """Length of the output. Subclasses write it."""
        raise self._unwritten("output_size")

    def _unwritten(self, member: str) -> TypeError:
        return TypeError(
            f'{type(self).__name__} "{self.name}": {member} isn\'t written; expected a subclass of '
            f"AbstractRNNCell that has its own."
        )

    def get_initial_state(
        self, inputs: Any = None, batch_size: int | None = None, dtype: Any = None
    ) -> Any:
        """Zeros in the structure of ``state_size``.

        Args:
            inputs: Inputs to take the number of samples and the number type from.
            batch_size: Number of samples.
            dtype: Number type; None is the compute dtype.
        """
        if isinstance(inputs, Tensor) and dtype is None:
            dtype = inputs.dtype
        states = zeros_for(self, batch_size, inputs, dtype)
        return states if nested.is_nested(self.state_size) else states[0]

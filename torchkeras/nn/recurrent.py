"""Recurrent networks with Keras's arithmetic on torch's fused kernels, masks included.

A module holds one weight for the inputs, one for the state and one bias, in torch's order of gates.
``forward`` takes a whole sequence; it runs the kernel where the arithmetic is the kernel's, else
``scan``, which goes step by step.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from torchkeras.nn import kernels
from torchkeras.nn.sequences import State, Stepped, arrangement, choose, scan

Result = tuple[Tensor | None, Tensor, State]  # outputs at all steps, the last one, final state
Both = tuple[
    Tensor | None, Tensor, State
]  # of both directions: outputs, the last ones, final states
Activation = Callable[[Tensor], Tensor]

# Drives a gate into saturation: exactly 0 or 1, with a gradient of exactly 0.
SATURATING, SATURATING_HALF = 1e9, 3e4


class Recurrent(nn.Module):
    """What the cells share: weights, projection, kernel or scan, masks.

    Args:
        features: Length of the inputs' last axis.
        units: Length of the output and of each state.
        bias: Whether there is one.
        activation: Of the candidate and the output.

    Attributes:
        is_fused: Whether torch's kernel computes the same.
        kernel_name: Which of torch's kernels it is.

    Shape:
        x: ``(b, t, features)``.
        state: each ``(b, units)``; None for zeros.
        mask: ``(b, t)``, False where a step is to be left out.
        outputs: ``(b, t, units)``.
    """

    gates = 1
    states = 1

    def __init__(
        self,
        features: int,
        units: int,
        bias: bool = True,
        activation: Activation = torch.tanh,
        device: torch.device | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        factory = {"device": device, "dtype": dtype}
        self.features, self.units, self.activation = features, units, activation
        self.weight_ih = nn.Parameter(torch.empty(self.gates * units, features, **factory))
        self.weight_hh = nn.Parameter(torch.empty(self.gates * units, units, **factory))
        self.bias = nn.Parameter(torch.zeros(self.bias_shape, **factory)) if bias else None
        # Settled here, since in a compiled graph all of torch's functions pass for equal.
        self.is_fused = self.fuses()
        self.kernel_name = self.name_of_kernel()
        self.reset_parameters()

    @property
    def bias_shape(self) -> tuple[int, ...]:
        """Shape of the bias."""
        return (self.gates * self.units,)

    def reset_parameters(self) -> None:
        """Uniform values within ``1 / sqrt(units)``, as torch's recurrent modules have."""
        bound = self.units**-0.5
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -bound, bound)

    @property
    def input_bias(self) -> Tensor | None:
        """The bias added to the projected inputs."""
        return self.bias

    def fuses(self) -> bool:
        """Whether torch's kernel computes the same."""
        return self.activation in (torch.tanh, F.tanh)

    def name_of_kernel(self) -> str:
        """Which of torch's kernels it is."""
        raise TypeError(f"{type(self).__name__} is a base class; use LSTM, GRU or SimpleRNN.")

    # One step

    def project(self, x: Tensor) -> Tensor:
        """The inputs' share of all gates."""
        return F.linear(x, _as(self.weight_ih, x), _as(self.input_bias, x))

    def advance(self, projected: Tensor, state: State, masks: Tensor | None) -> State:
        """The state after one step; the output is its first part."""
        raise TypeError(f"{type(self).__name__} is a base class; use LSTM, GRU or SimpleRNN.")

    def step(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """Output and state after one step, ``x`` being ``(b, features)``."""
        state = self.advance(self.project(x), state, None)
        return state[0], state

    def recur(self, h: Tensor, masks: Tensor | None) -> Tensor:
        """The state's share of all gates, each gate with its own dropout mask if there are any."""
        weight = _as(self.weight_hh, h)
        if masks is None:
            return F.linear(h, weight)
        blocks = weight.view(self.gates, self.units, self.units)
        shares = torch.matmul(h * masks, blocks.mT)  # (g, b, u) @ (g, u, u)
        return shares.movedim(0, 1).flatten(1)

    # A whole sequence

    def zero_state(self, x: Tensor) -> State:
        """The initial state where none is given."""
        return tuple(x.new_zeros(x.shape[0], self.units) for _ in range(self.states))

    def forward(
        self,
        x: Tensor,
        state: State | None = None,
        mask: Tensor | None = None,
        sequences: bool = True,
        finals: bool = True,
        input_masks: Tensor | None = None,
        state_masks: Tensor | None = None,
        fused: bool = True,
        backward: "Recurrent | None" = None,
    ) -> Result:
        """Outputs at all steps, the last of them, and the final state.

        Args:
            sequences: Whether the outputs at all steps are wanted; None may be given without.
            finals: Whether the final state is wanted beside the last output. What isn't wanted
                saves time under a mask.
            input_masks: Dropout factors of the inputs of each gate, ``(gates, b, features)``.
            state_masks: Dropout factors of the state for each gate, ``(gates, b, units)``.
            fused: Whether the kernel may be used.
            backward: The module of the other direction, to run both in one call of the kernel, as
                ``run_both`` does; ``state`` is then a pair.
        """
        if backward is not None:
            return run_both(self, backward, x, state, mask, sequences)
        fused = fused and self.is_fused
        if not fused or input_masks is not None or state_masks is not None:
            return self._scan(x, state, mask, input_masks, state_masks)
        if mask is not None:
            return self._run_masked(x, state, mask, sequences, finals)
        y, state = self._run(x, state, self._weights(x))
        return y, y[:, -1], state

    def _scan(
        self,
        x: Tensor,
        state: State | None,
        mask: Tensor | None,
        input_masks: Tensor | None,
        state_masks: Tensor | None,
    ) -> Result:
        state = self.zero_state(x) if state is None else state
        if input_masks is None:
            projected = self.project(x)  # (b, t, g * u)
        else:
            projected = self.project_dropped(x, input_masks)

        def step(x_t: Tensor, state: State) -> Stepped:
            state = self.advance(x_t, state, state_masks)
            return state[0], state

        return scan(step, projected, state, mask)

    def project_dropped(self, x: Tensor, masks: Tensor) -> Tensor:
        """``project`` for ``(b, t, features)``, each gate with its own dropout mask."""
        blocks = _as(self.weight_ih, x).view(self.gates, 1, self.units, self.features)
        dropped = x * masks.unsqueeze(2)  # (g, b, t, f)
        projected = torch.matmul(dropped, blocks.mT).movedim(0, 2).flatten(2)  # (b, t, g * u)
        bias = _as(self.input_bias, x)
        return projected if bias is None else projected + bias

    def _weights(self, x: Tensor) -> list[Tensor]:
        """The kernel's list: weights for inputs and state, then biases for both."""
        weights = [_as(self.weight_ih, x), _as(self.weight_hh, x)]
        return weights if self.bias is None else [*weights, *self._biases(x)]

    def _biases(self, x: Tensor) -> tuple[Tensor, Tensor]:
        bias = _as(self.bias, x)
        return bias, torch.zeros_like(bias)

    def _run(
        self, x: Tensor, state: State | None, weights: list[Tensor], bidirectional: bool = False
    ) -> tuple[Tensor, State]:
        directions = 2 if bidirectional else 1
        if state is None:
            zero = x.new_zeros(directions, x.shape[0], self.units)
            state = (zero,) * self.states
        else:
            state = tuple(s.to(x.dtype).view(directions, x.shape[0], self.units) for s in state)
        y, *final = kernels.run(
            self.kernel_name, x, state, weights, self.bias is not None, bidirectional
        )
        return y, tuple(s.squeeze(0) if directions == 1 else s for s in final)

    def _run_masked(
        self, x: Tensor, state: State | None, mask: Tensor, sequences: bool, finals: bool
    ) -> Result:
        """Valid steps first, one run of the kernel, everything back in place."""
        order = arrangement(mask)
        y, _ = self._run(order.compact(x), state, self._weights(x))
        last = order.last(y)
        h = last if state is None else choose(order.count > 0, last, state[0].to(last.dtype))
        return order.spread(y) if sequences else None, last, (h,)

    def extra_repr(self) -> str:
        return f"{self.features}, {self.units}, bias={self.bias is not None}"


class SimpleRNN(Recurrent):
    """``h = activation(W x + U h + bias)``. Fused for tanh and relu."""

    def fuses(self) -> bool:
        return self.activation in (torch.tanh, F.tanh, torch.relu, F.relu)

    def name_of_kernel(self) -> str:
        return "rnn_tanh" if self.activation in (torch.tanh, F.tanh) else "rnn_relu"

    def advance(self, projected: Tensor, state: State, masks: Tensor | None) -> State:
        return (self.activation(projected + self.recur(state[0], masks)),)


class Gated(Recurrent):
    """A cell with gates, which have an activation of their own.

    Args:
        recurrent_activation: Of the gates; the kernels know sigmoid.
    """

    def __init__(
        self,
        features: int,
        units: int,
        bias: bool = True,
        activation: Activation = torch.tanh,
        recurrent_activation: Activation = torch.sigmoid,
        **factory: object,
    ) -> None:
        self.__dict__["recurrent_activation"] = recurrent_activation  # asked for by ``fuses``
        super().__init__(features, units, bias, activation, **factory)

    def fuses(self) -> bool:
        return super().fuses() and self.recurrent_activation in (torch.sigmoid, F.sigmoid)

    hold: tuple[int, ...] = ()

    def _marked(self, x: Tensor, padded: Tensor) -> Tensor:
        """``x`` with one more feature, which is 1 where ``padded`` and 0 elsewhere.

        What stands at padded steps, such as NaN, is left out.
        """
        padded = padded.unsqueeze(-1)
        return torch.cat([x.masked_fill(padded, 0.0), padded.to(x.dtype)], -1)

    def _holding_weights(self, x: Tensor) -> list[Tensor]:
        """Weights that keep the state where the last feature of ``x`` is 1.

        That feature drives the gates into saturation.
        """
        size = SATURATING_HALF if x.dtype is torch.float16 else SATURATING
        column = torch.tensor(self.hold, dtype=x.dtype, device=x.device) * size
        column = column.repeat_interleave(self.units).unsqueeze(1)  # (g * u, 1)
        weights = self._weights(x)
        weights[0] = torch.cat([weights[0], column], 1)
        return weights

    def run_both_masked(self, backward: "Gated", x: Tensor, mask: Tensor, sequences: bool) -> Both:
        """``run_both`` from zeros, masked steps left out. The state stays zero before the first."""
        raise TypeError(f"{type(self).__name__} is a base class; use LSTM or GRU.")


class LSTM(Gated):
    """Long short-term memory; gates in the order i, f, c, o; the state is ``(h, c)``."""

    gates, states = 4, 2
    hold = (-1, 1, 0, 0)  # i = 0, f = 1: c stays

    def name_of_kernel(self) -> str:
        return "lstm"

    def advance(self, projected: Tensor, state: State, masks: Tensor | None) -> State:
        h, c = state
        i, f, candidate, o = (projected + self.recur(h, masks)).chunk(4, -1)
        gate = self.recurrent_activation
        c = gate(f) * c + gate(i) * self.activation(candidate)
        return gate(o) * self.activation(c), c

    def _run_masked(
        self, x: Tensor, state: State | None, mask: Tensor, sequences: bool, finals: bool
    ) -> Result:
        order = arrangement(mask)
        compact, weights = order.compact(x), self._weights(x)
        if finals:  # c at the last valid step is no output of the kernel: carry it to the end
            compact, weights = self._marked(compact, order.padded), self._holding_weights(x)
        y, (_, c) = self._run(compact, state, weights)
        last = order.last(y)
        h = last if state is None else choose(order.count > 0, last, state[0].to(last.dtype))
        return order.spread(y) if sequences else None, last, (h, c)

    def run_both_masked(self, backward: Gated, x: Tensor, mask: Tensor, sequences: bool) -> Both:
        order = arrangement(mask)
        marked = self._marked(order.compact(x), order.padded)
        weights = [*self._holding_weights(x), *backward._holding_weights(x)]
        y, (_, c) = self._run(marked, None, weights, bidirectional=True)
        # The backward direction begins among the masked steps, which leave it at zero.
        last = torch.cat([order.last(y[..., : self.units]), y[:, 0, self.units :]], -1)
        h = torch.stack(last.chunk(2, -1))
        return order.restore(y) if sequences else None, last, (h, c)


class GRU(Gated):
    """Gated recurrent unit; gates in torch's order r, z, candidate; the state is ``(h,)``.

    Args:
        reset_after: Whether the reset gate acts after the state's matrix, as in cuDNN, with a bias
            of shape ``(2, 3 * units)``; else before, with one of ``(3 * units,)``.
    """

    gates = 3
    hold = (0, 1, 1)  # z = 1: h stays; a saturated candidate keeps it to the last bit but one

    def __init__(
        self, features: int, units: int, bias: bool = True, activation: Activation = torch.tanh,
        recurrent_activation: Activation = torch.sigmoid, reset_after: bool = True,
        **factory: object,
    ) -> None:  # fmt: skip
        self.__dict__["reset_after"] = reset_after
        super().__init__(features, units, bias, activation, recurrent_activation, **factory)

    @property
    def bias_shape(self) -> tuple[int, ...]:
        return (2, 3 * self.units) if self.reset_after else (3 * self.units,)

    @property
    def input_bias(self) -> Tensor | None:
        return self.bias[0] if self.reset_after and self.bias is not None else self.bias

    def fuses(self) -> bool:
        return super().fuses() and self.reset_after

    def name_of_kernel(self) -> str:
        return "gru"

    def _biases(self, x: Tensor) -> tuple[Tensor, Tensor]:
        bias = _as(self.bias, x)
        return bias[0], bias[1]

    def advance(self, projected: Tensor, state: State, masks: Tensor | None) -> State:
        (h,) = state
        units, gate = self.units, self.recurrent_activation
        if self.reset_after:
            recurrent = self.recur(h, masks)
            if self.bias is not None:
                recurrent = recurrent + _as(self.bias, h)[1]
            r, z = gate(projected[:, : 2 * units] + recurrent[:, : 2 * units]).chunk(2, -1)
            share = r * recurrent[:, 2 * units :]
        else:
            r, z, share = self._reset_before(projected, h, masks)
        candidate = self.activation(projected[:, 2 * units :] + share)
        return (z * h + (1 - z) * candidate,)

    def _reset_before(
        self, projected: Tensor, h: Tensor, masks: Tensor | None
    ) -> tuple[Tensor, Tensor, Tensor]:
        weight = _as(self.weight_hh, h)
        of_r, of_z, of_candidate = weight.chunk(3)
        h_r, h_z, h_candidate = (h, h, h) if masks is None else (h * masks).unbind(0)
        x_r, x_z, _ = projected.chunk(3, -1)
        r = self.recurrent_activation(x_r + F.linear(h_r, of_r))
        z = self.recurrent_activation(x_z + F.linear(h_z, of_z))
        return r, z, F.linear(r * h_candidate, of_candidate)

    def _run_masked(
        self, x: Tensor, state: State | None, mask: Tensor, sequences: bool, finals: bool
    ) -> Result:
        y, final = self._run(self._marked(x, ~mask), state, self._holding_weights(x))
        if state is not None:  # a held state is no output before the first valid step
            y = torch.where((mask.cumsum(1) > 0).unsqueeze(-1), y, 0.0)
        return y, y[:, -1], final

    def run_both_masked(self, backward: Gated, x: Tensor, mask: Tensor, sequences: bool) -> Both:
        weights = [*self._holding_weights(x), *backward._holding_weights(x)]
        y, final = self._run(self._marked(x, ~mask), None, weights, bidirectional=True)
        last = torch.cat(final[0].unbind(0), -1)
        return y.masked_fill(~mask.unsqueeze(-1), 0.0) if sequences else None, last, final


def run_both(
    forward: Recurrent,
    backward: Recurrent,
    x: Tensor,
    state: tuple[State, State] | None = None,
    mask: Tensor | None = None,
    sequences: bool = True,
) -> Both:
    """Both directions over ``x`` in one call of the kernel.

    Args:
        state: Initial states of the two; None for zeros.
        mask: ``(b, t)``, False where a step is left out, for LSTM and GRU without ``state``.
        sequences: Whether the outputs at all steps are wanted; None may be given without.

    Returns:
        y: ``(b, t, 2 * units)``, the backward outputs at the steps they belong to; 0 at masked
            steps.
        last: ``(b, 2 * units)``, the output at the end of each run.
        final: each ``(2, b, units)``.
    """
    if mask is not None:
        return forward.run_both_masked(backward, x, mask, sequences)
    weights = [*forward._weights(x), *backward._weights(x)]
    joined = (
        None if state is None else tuple(torch.stack(pair) for pair in zip(*state, strict=True))
    )
    y, final = forward._run(x, joined, weights, bidirectional=True)
    return y, torch.cat([y[:, -1, : forward.units], y[:, 0, forward.units :]], -1), final


def _as(parameter: Tensor | None, x: Tensor) -> Tensor | None:
    if parameter is None or parameter.dtype is x.dtype:
        return parameter
    return parameter.to(x.dtype)

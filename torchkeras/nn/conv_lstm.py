"""Long short-term memory whose products are convolutions."""

from functools import partial

import torch
from torch import Tensor, nn

from torchkeras.nn.conv import convolution, convolve
from torchkeras.nn.geometry import CHANNELS_LAST, Window, to_channels_first, to_channels_last
from torchkeras.nn.recurrent import Activation, Result
from torchkeras.nn.sequences import State, scan


class ConvLSTM(nn.Module):
    """LSTM over maps: inputs and state are convolved where ``LSTM`` multiplies them.

    The inputs of all steps are convolved in one call; only the state's convolution goes step by
    step. Gates are in the order i, f, c, o; the state is ``(h, c)``.

    Args:
        window: Window of the inputs' convolution; the state's has its size, no strides, no
            dilation and "same" padding. Its layout is that of all tensors here.
        channels: Channels of the inputs.
        filters: Channels of the output and of each state.
        bias: Whether there is one.
        activation: Of the candidate and the output.
        recurrent_activation: Of the gates.

    Shape:
        x: ``(b, t, *lengths, channels)``, or with the channels before the lengths.
        state: each ``(b, *lengths', filters)``, lengths as the window makes them; None for zeros.
        mask: ``(b, t)``, False where a step is to be left out.
        outputs: ``(b, t, *lengths', filters)``.
    """

    def __init__(
        self,
        window: Window,
        channels: int,
        filters: int,
        bias: bool = True,
        activation: Activation = torch.tanh,
        recurrent_activation: Activation = torch.sigmoid,
        **factory: object,
    ) -> None:
        super().__init__()
        self.window, self.filters = window, filters
        self.activation, self.recurrent_activation = activation, recurrent_activation
        ones = (1,) * window.rank
        self.around = Window(window.size, ones, ones, "same", window.layout)
        self.input_conv = convolution(window, channels, 4 * filters, 1, bias, **factory)
        self.state_conv = convolution(self.around, filters, 4 * filters, 1, False, **factory)
        self.last = window.layout == CHANNELS_LAST
        self.axis = -1 if self.last else 1

    def project(self, x: Tensor, masks: Tensor | None = None) -> Tensor:
        """The inputs' share of all gates, at all steps.

        ``masks`` are dropout factors of the inputs of each gate, ``(4, b, ...)`` as a step's.
        """
        batch, steps = x.shape[:2]
        if masks is not None:
            x = torch.cat([x * mask.unsqueeze(1) for mask in masks.unbind(0)], self._in_time)
        x = self._channels_first(x.flatten(0, 1))  # (b * t, c, *lengths)
        if masks is None:
            y = self.input_conv(x)
        else:
            y = convolve(x, self.input_conv.weight, self.input_conv.bias, self.window, groups=4)
        return self._in_layout(y).unflatten(0, (batch, steps))

    def recur(self, h: Tensor, masks: Tensor | None) -> Tensor:
        """The state's share of all gates, each gate with its own dropout mask if there are any."""
        if masks is None:
            return self._in_layout(self.state_conv(self._channels_first(h)))
        h = torch.cat([h * mask for mask in masks.unbind(0)], self.axis)
        h = self._channels_first(h)
        y = convolve(h, self.state_conv.weight, self.state_conv.bias, self.around, groups=4)
        return self._in_layout(y)

    def advance(self, projected: Tensor, state: State, masks: Tensor | None) -> State:
        """The state after one step; the output is its first part."""
        h, c = state
        gate, activation = self.recurrent_activation, self.activation
        i, f, candidate, o = (projected + self.recur(h, masks)).chunk(4, self.axis)
        c = gate(f) * c + gate(i) * activation(candidate)
        return gate(o) * activation(c), c

    def forward(
        self,
        x: Tensor,
        state: State | None = None,
        mask: Tensor | None = None,
        sequences: bool = True,
        input_masks: Tensor | None = None,
        state_masks: Tensor | None = None,
    ) -> Result:
        """Outputs at all steps, the last of them, and the final state.

        Args:
            sequences: Whether the outputs at all steps are wanted; None is given without.
            input_masks: Dropout factors of the inputs of each gate, ``(4, b, ...)`` as a step's.
            state_masks: Dropout factors of the state for each gate, ``(4, b, ...)``.
        """
        projected = self.project(x, input_masks)
        if state is None:
            zero = projected.new_zeros(self._state_shape(projected))
            state = (zero, zero)
        return scan(partial(self._step, state_masks), projected, state, mask, sequences)

    def _step(self, masks: Tensor | None, projected: Tensor, state: State) -> tuple[Tensor, State]:
        state = self.advance(projected, state, masks)
        return state[0], state

    def _state_shape(self, projected: Tensor) -> tuple[int, ...]:
        lengths = projected.shape[2:-1] if self.last else projected.shape[3:]
        ends = (*lengths, self.filters) if self.last else (self.filters, *lengths)
        return (projected.shape[0], *ends)

    @property
    def _in_time(self) -> int:
        """Axis of the channels in a sequence."""
        return -1 if self.last else 2

    def _channels_first(self, x: Tensor) -> Tensor:
        return to_channels_first(x) if self.last else x

    def _in_layout(self, y: Tensor) -> Tensor:
        return to_channels_last(y) if self.last else y

    def extra_repr(self) -> str:
        return f"filters={self.filters}, window={self.window}"

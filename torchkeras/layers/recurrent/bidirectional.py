"""A recurrent layer in both directions of time."""

from typing import Any

import torch
from torch import Tensor
from typing_extensions import Unpack

from torchkeras.core import nested, serialization
from torchkeras.core.checks import argument_error, nearest
from torchkeras.core.configurable import generic
from torchkeras.core.typing import Shape
from torchkeras.layers.base import Layer, LayerOptions
from torchkeras.layers.recurrent.rnn import CellRNN
from torchkeras.nn.recurrent import run_both

MODES = ("sum", "mul", "ave", "concat")


class Bidirectional(Layer):
    """Runs a recurrent layer forwards and a twin of it backwards, and merges their outputs.

    Args:
        layer: The layer; it is copied, not used.
        merge_mode: "concat", "sum", "ave", "mul", or None for both outputs.
        backward_layer: The layer for the other direction; None makes a twin of ``layer``.
        **options: ``weights`` is the two layers' initial weights, one after the other.

    Shape:
        sequences, mask: as those of ``layer``.
        initial_state: the forward states, then the backward ones.
        output: as that of ``layer``, at the steps they belong to; "concat" has twice the units.
            With ``return_state`` of the layer, a tuple of it and all states.

    Raises:
        ValueError: ``merge_mode`` is another word, ``layer`` is no layer, or the two layers don't
            go opposite ways or disagree about what they return.

    Source: Schuster and Paliwal 1997; Keras 3 ``Bidirectional``.

    Example:
        >>> keras.layers.Bidirectional(keras.layers.GRU(4))(torch.zeros(2, 5, 3)).shape
        torch.Size([2, 8])
    """

    supports_masking = True
    _passes_mask_only = True

    def __init__(
        self,
        layer: Any,
        merge_mode: str | None = "concat",
        backward_layer: Any = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        weights = options.pop("weights", None)
        super().__init__(**options)
        if merge_mode is not None and merge_mode not in MODES:
            raise argument_error(
                self,
                "merge_mode",
                merge_mode,
                f"one of {', '.join(MODES)}, or None",
                nearest(merge_mode, MODES),
            )
        layer, backward_layer = (
            self._checked("layer", layer),
            self._checked("backward_layer", backward_layer),
        )
        self.merge_mode = merge_mode
        self.forward_layer = copied(layer, "forward")
        if backward_layer is None:
            backward_layer = copied(layer, "backward", go_backwards=not layer.go_backwards)
        self.backward_layer = backward_layer
        self._check_agreement()
        for direction in (self.forward_layer, self.backward_layer):
            if hasattr(direction, "zero_output_for_mask"):
                direction.zero_output_for_mask = direction.return_sequences
        if weights:
            half = len(weights) // 2
            self.forward_layer.__dict__["_initial_weights"] = weights[:half]
            self.backward_layer.__dict__["_initial_weights"] = weights[half:]
        self.stateful = layer.stateful
        self.return_sequences = layer.return_sequences
        self.return_state = layer.return_state
        self.input_spec = layer.input_spec

    def _checked(self, argument: str, layer: Any) -> Any:
        layer = serialization.deserialize_keras_object(layer) if isinstance(layer, dict) else layer
        is_recurrent = isinstance(layer, Layer) and hasattr(layer, "go_backwards")
        if not (is_recurrent or (layer is None and argument != "layer")):
            raise argument_error(
                self, argument, layer, "a recurrent `keras.layers.Layer` instance", "Try LSTM(32)."
            )
        return layer

    def _check_agreement(self) -> None:
        forward, backward = self.forward_layer, self.backward_layer
        if forward.go_backwards == backward.go_backwards:
            raise argument_error(
                self,
                "backward_layer.go_backwards",
                backward.go_backwards,
                f"{not forward.go_backwards}, the other way",
                "Forward layer and backward layer should have different `go_backwards` value.",
            )
        for name in ("stateful", "return_sequences", "return_state"):
            if getattr(forward, name) != getattr(backward, name):
                raise argument_error(
                    self,
                    f"backward_layer.{name}",
                    getattr(backward, name),
                    f"{getattr(forward, name)}, as in the forward layer",
                    "Forward layer and backward layer are expected to have the same value.",
                )

    @property
    def layer(self) -> Layer:
        """The forward layer, under the name of the argument it was made from."""
        return self.forward_layer

    @property
    def states(self) -> tuple[Any, Any] | None:
        """The states of both layers, if they are stateful."""
        if self.forward_layer.states is None:
            return None
        return self.forward_layer.states, self.backward_layer.states

    def reset_state(self) -> None:
        """Begin the next batch with zeros, in both directions."""
        self.forward_layer.reset_state()
        self.backward_layer.reset_state()

    def reset_states(self, states: Any = None) -> None:
        """Begin the next batch with ``states`` (of both layers, in order) or with zeros."""
        if states is None:
            self.reset_state()
            return
        half = len(states) // 2
        self.forward_layer.reset_states(states[:half])
        self.backward_layer.reset_states(states[half:])

    def build(self, sequences_shape: Shape, initial_state_shape: Any = None) -> None:
        self.forward_layer.build(sequences_shape)
        self.backward_layer.build(sequences_shape)

    def call(
        self,
        sequences: Tensor,
        initial_state: Any = None,
        mask: Tensor | None = None,
        training: bool | None = None,
    ) -> Any:
        if isinstance(initial_state, Tensor) and initial_state.dtype is torch.bool:
            initial_state, mask = None, initial_state  # tf.keras takes the mask first
        if mask is None and initial_state is None and self.runs_at_once(bool(training)):
            return self._run_at_once(sequences)
        first = second = None
        if initial_state is not None:
            half = len(initial_state) // 2
            first, second = list(initial_state[:half]), list(initial_state[half:])
        options = {"training": training} if self.forward_layer._signature.takes_training else {}
        y = self.forward_layer(sequences, first, mask, **options)
        back = self.backward_layer(sequences, second, mask, **options)
        states: tuple[Any, ...] = ()
        if self.return_state:
            states = (*y[1:], *back[1:])
            y, back = y[0], back[0]
        if self.return_sequences:
            back = back.flip(self._time_axis)
        return self._given(self._merged(y, back), states)

    @property
    def _time_axis(self) -> int:
        return 0 if getattr(self.forward_layer, "time_major", False) else 1

    def runs_at_once(self, training: bool) -> bool:
        """Whether one call of torch's kernel can run both directions."""
        layers = (self.forward_layer, self.backward_layer)
        if not all(isinstance(layer, CellRNN) and layer.built for layer in layers):
            return False
        cells = [layer.cell for layer in layers]
        same = type(cells[0]) is type(cells[1]) and cells[0].units == cells[1].units
        return (
            same
            and not self.stateful
            and not any(layer.time_major or layer.use_cudnn is False for layer in layers)
            and not layers[0].go_backwards
            and cells[0].use_bias == cells[1].use_bias
            and cells[0].activation == cells[1].activation
            and all(cell.recurrence.is_fused for cell in cells)
            and not (training and any(cell.dropout or cell.recurrent_dropout for cell in cells))
            and not any(layer.activity_regularizer is not None for layer in layers)
        )

    def _run_at_once(self, sequences: Tensor) -> Any:
        forward, backward = self.forward_layer.cell, self.backward_layer.cell
        both, finals = run_both(forward.recurrence, backward.recurrence, sequences)
        y, back = both.chunk(2, -1)  # (b, t, 2 * u) -> 2 x (b, t, u)
        if not self.return_sequences:
            y, back = y[:, -1], back[:, 0]
            merged = self._merged(y, back)
        else:
            merged = both if self.merge_mode == "concat" else self._merged(y, back)
        states = (*(s[0] for s in finals), *(s[1] for s in finals)) if self.return_state else ()
        return self._given(merged, states)

    def _merged(self, y: Tensor, back: Tensor) -> Any:
        if self.merge_mode == "concat":
            return torch.cat([y, back], -1)
        if self.merge_mode == "sum":
            return y + back
        if self.merge_mode == "ave":
            return (y + back) / 2
        return y * back if self.merge_mode == "mul" else (y, back)

    def _given(self, merged: Any, states: tuple[Any, ...]) -> Any:
        if not self.return_state:
            return merged
        return (*merged, *states) if self.merge_mode is None else (merged, *states)

    def compute_output_shape(self, sequences_shape: Shape, initial_state_shape: Any = None) -> Any:
        shape = self.forward_layer.compute_output_shape(sequences_shape)
        states: tuple[Any, ...] = ()
        if self.return_state:
            shape, states = shape[0], tuple(shape[1:])
        if self.merge_mode == "concat":
            shape = (*shape[:-1], 2 * shape[-1])
        merged = (shape, shape) if self.merge_mode is None else shape
        return self._given(merged, (*states, *states))

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        mask = nested.flatten(previous_mask)[0] if previous_mask is not None else None
        mask = mask if self.return_sequences else None
        outputs: Any = [mask, mask] if self.merge_mode is None else [mask]
        if self.return_state:
            outputs = [*outputs, *[None] * 2 * len(nested.flatten(self.forward_layer.state_size))]
        return outputs if len(outputs) > 1 else mask

    @generic
    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        backward = serialization.serialize_keras_object(self.backward_layer)
        return {**config, "backward_layer": backward}


def copied(layer: Layer, direction: str, **changes: Any) -> Layer:
    """A new layer with the configuration of ``layer``, named after its direction."""
    serialized = serialization.serialize_keras_object(layer)
    name = f"{direction}_{layer.name.removeprefix(f'{direction}_')}"
    serialized["config"] = {**serialized["config"], "name": name, **changes}
    return serialization.deserialize_keras_object(serialized)

"""A recurrent layer in both directions of time."""

from types import FunctionType
from typing import Any

import torch
from torch import Tensor
from typing_extensions import Unpack

from torchkeras.core import nested, serialization
from torchkeras.core.checks import argument_error, nearest
from torchkeras.core.typing import Shape
from torchkeras.layers.base import Layer, LayerOptions
from torchkeras.layers.recurrent.cell_rnn import CellRNN
from torchkeras.layers.signature import also_named
from torchkeras.layers.structures import holds_tensors, parts_of_list
from torchkeras.layers.wrappers import Wrapper
from torchkeras.nn.recurrent import Gated

MODES = ("sum", "mul", "ave", "concat")


class BidirectionalOptions(LayerOptions, total=False):
    """Options of every layer, and one of tf.keras.

    Keys:
        num_constants: How many of the tensors of a list on which the layer is called are constants.
    """

    num_constants: int


class Bidirectional(Wrapper):
    """Runs a recurrent layer forwards and a twin of it backwards, and merges their outputs.

    Args:
        layer: The layer; it is copied, not used.
        merge_mode: "concat", "sum", "ave", "mul", or None for both outputs.
        weights: The two layers' initial weights, one after the other.
        backward_layer: The layer for the other direction; None makes a twin of ``layer``.
        **options: See ``BidirectionalOptions``.

    Shape:
        sequences, mask, constants: as those of ``layer``; or a list of sequences, initial states
            and constants.
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
        weights: Any = None,
        backward_layer: Any = None,
        **options: Unpack[BidirectionalOptions],
    ) -> None:
        num_constants = options.pop("num_constants", 0) or 0
        Layer.__init__(self, **options)  # files have the layer under two names, neither is "layer"
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
        self.num_constants = num_constants

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

    @property
    def constraints(self) -> dict[str, Any]:
        """The constraints of both layers' weights, by the weights' paths."""
        return {w.path: w.constraint for w in self.weights if w.constraint is not None}

    @also_named(input_shape="sequences_shape")
    def build(self, sequences_shape: Shape, initial_state_shape: Any = None) -> None:
        self.forward_layer.build(sequences_shape)
        self.backward_layer.build(sequences_shape)

    def _enter_call(self, args: tuple, kwargs: dict, training: Any) -> Any:
        if args and isinstance(args[0], (list, tuple)) and holds_tensors(args[0]):
            sequences, states, constants = parts_of_list(self, args, kwargs)
            args = (sequences, states or (args[1] if len(args) > 1 else None), *args[2:])
            kwargs = {**kwargs, "constants": constants} if constants else kwargs
        return super()._enter_call(args, kwargs, training)

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
        first, second = self._halves(initial_state)
        if constants is None and self.runs_at_once(bool(training), mask, first):
            return self._run_at_once(sequences, first, second, mask)
        options: dict[str, Any] = {}
        if self.forward_layer._call_signature.takes_training:
            options["training"] = training
        if constants is not None:
            options["constants"] = constants
        y = self.forward_layer(sequences, first, mask, **options)
        back = self.backward_layer(sequences, second, mask, **options)
        states: tuple[Any, ...] = ()
        if self.return_state:
            states = (*y[1:], *back[1:])
            y, back = y[0], back[0]
        if self.return_sequences:
            back = back.flip(self._time_axis)
        return self._given(self._merged(y, back), states)

    def _halves(self, initial_state: Any) -> tuple[Any, Any]:
        """The states to begin with of the two directions."""
        if initial_state is None:
            return None, None
        if len(initial_state) % 2:
            raise argument_error(
                self,
                "initial_state",
                len(initial_state),
                "an even number of tensors: the forward states, then the backward ones",
            )
        half = len(initial_state) // 2
        return list(initial_state[:half]), list(initial_state[half:])

    @property
    def _time_axis(self) -> int:
        return 0 if getattr(self.forward_layer, "time_major", False) else 1

    def runs_at_once(self, training: bool, mask: Any = None, state: Any = None) -> bool:
        """Whether one call of torch's kernel can run both directions."""
        layers = (self.forward_layer, self.backward_layer)
        if not all(isinstance(layer, CellRNN) and layer.built for layer in layers):
            return False
        cells = [layer.cell for layer in layers]
        same = type(cells[0]) is type(cells[1]) and cells[0].units == cells[1].units
        return (
            same
            and not self.stateful
            and not any(
                layer.time_major or getattr(layer, "use_cudnn", "auto") is False for layer in layers
            )
            and not layers[0].go_backwards
            and cells[0].use_bias == cells[1].use_bias
            and cells[0].recurrence.kernel_name == cells[1].recurrence.kernel_name
            and all(cell.recurrence.is_fused for cell in cells)
            and not (training and any(cell.dropout or cell.recurrent_dropout for cell in cells))
            and not any(layer.activity_regularizer is not None for layer in layers)
            and not any(layer._makes_state or layer._loops for layer in layers)
            and (mask is None or self._runs_masked_at_once(state))
        )

    def _runs_masked_at_once(self, state: Any) -> bool:
        layers = (self.forward_layer, self.backward_layer)
        zero = all(layer.zero_output_for_mask == self.return_sequences for layer in layers)
        return zero and state is None and isinstance(layers[0].cell.recurrence, Gated)

    def _run_at_once(self, sequences: Tensor, first: Any, second: Any, mask: Any) -> Any:
        layers = (self.forward_layer, self.backward_layer)
        states = None
        if first is not None:
            pairs = zip(layers, (first, second), strict=True)
            states = tuple(tuple(layer._first_state(sequences, s)) for layer, s in pairs)
        mask = None if mask is None else mask.to(torch.bool)
        if not sequences.is_floating_point():
            sequences = sequences.to(self._compute_dtype)
        ahead, back = (layer.cell.recurrence for layer in layers)
        both, last, finals = ahead(sequences, states, mask, self.return_sequences, backward=back)
        outputs = both if self.return_sequences else last  # (b, [t,] 2 * u)
        merged = outputs
        if self.merge_mode != "concat":
            merged = self._merged(*outputs.chunk(2, -1))
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

    @also_named(input_shape="sequences_shape")
    def compute_output_shape(self, sequences_shape: Shape, initial_state_shape: Any = None) -> Any:
        shape = self.forward_layer.compute_output_shape(sequences_shape)
        states: tuple[Any, ...] = ()
        if self.return_state:
            shape, states = shape[0], tuple(shape[1:])
        if self.merge_mode == "concat":
            shape = (*shape[:-1], 2 * shape[-1])
        merged = (shape, shape) if self.merge_mode is None else shape
        return self._given(merged, (*states, *states))

    @also_named(_="inputs", previous_mask="mask")
    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """The mask if all steps are given, else None; None for each state."""
        mask = nested.flatten(mask)[0] if mask is not None else None
        mask = mask if self.return_sequences else None
        outputs: Any = [mask, mask] if self.merge_mode is None else [mask]
        if self.return_state:
            outputs = [*outputs, *[None] * 2 * len(nested.flatten(self.forward_layer.state_size))]
        return outputs if len(outputs) > 1 else mask

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config["layer"] = serialization.serialize_keras_object(self.forward_layer)
        config["backward_layer"] = serialization.serialize_keras_object(self.backward_layer)
        config["merge_mode"] = self.merge_mode
        return {**config, "num_constants": self.num_constants} if self.num_constants else config


def copied(layer: Layer, direction: str, **changes: Any) -> Layer:
    """A new layer with the configuration of ``layer``, named after its direction."""
    serialized = serialization.serialize_keras_object(layer)
    name = f"{direction}_{layer.name.removeprefix(f'{direction}_')}"
    serialized["config"] = {**serialized["config"], "name": name, **changes}
    return serialization.deserialize_keras_object(serialized, users_objects(layer))


def users_objects(layer: Layer) -> dict[str, Any]:
    """Users' classes and functions by name that the configuration of ``layer`` mentions."""
    found: dict[str, Any] = {}
    for inner in layer._flatten_layers():
        for value in (inner, *vars(inner).values()):
            kind = value if isinstance(value, FunctionType) else type(value)
            named = hasattr(value, "get_config") or isinstance(value, FunctionType)
            if named and kind.__module__.split(".")[0] != "torchkeras":
                found[kind.__name__] = kind
    return found

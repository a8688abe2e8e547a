"""Layers around a layer."""

from typing import Any

import torch
from torch import Tensor
from typing_extensions import Unpack

from torchkeras.core import nested, serialization
from torchkeras.core.checks import argument_error
from torchkeras.core.typing import Shape
from torchkeras.layers.base import Layer, LayerOptions
from torchkeras.layers.normalization import BatchNormalization
from torchkeras.layers.structures import map_shapes


class Wrapper(Layer):
    """Holds a layer, and builds it; the base of layers that change how another is called.

    Args:
        layer: The layer, or its configuration.

    Raises:
        ValueError: ``layer`` is no layer.

    Source: Keras 3 ``Wrapper``.
    """

    def __init__(self, layer: Any, **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        layer = serialization.deserialize_keras_object(layer) if isinstance(layer, dict) else layer
        if not isinstance(layer, Layer):
            raise argument_error(
                self, "layer", layer, "a valid Keras layer, a `keras.layers.Layer` instance"
            )
        self.layer = layer

    def build(self, input_shape: Any = None) -> None:
        if not self.layer.built:
            self.layer.build(input_shape)


class TimeDistributed(Wrapper):
    """Applies a layer to each step of a sequence.

    The steps join the batch in one call; only a layer with batch normalization in training, whose
    moments are those of a step, and one that is bound to a batch size (a stateful one, say) are
    called step by step.

    Args:
        layer: The layer, or its configuration.

    Shape:
        inputs: ``(batch, steps, ...)``, or a structure of such tensors if the layer takes one.
        mask: ``(batch, steps, ...)``, handed to the layer without the steps if it takes a mask.
        output: ``(batch, steps, ...)``, or a structure of such tensors if the layer gives one.

    Raises:
        ValueError: an input has fewer than 3 axes, or the mask doesn't begin with its batch and
            steps.

    Source: Keras 3 ``TimeDistributed``.

    Example:
        >>> keras.layers.TimeDistributed(keras.layers.Dense(2))(torch.zeros(4, 5, 3)).shape
        torch.Size([4, 5, 2])
    """

    supports_masking = True

    def build(self, input_shape: Shape) -> None:
        if self._has_own_batch():
            super().build(map_shapes(self._without_steps, input_shape))
        else:  # the steps will join the batch
            super().build(map_shapes(lambda s: (None, *self._without_steps(s)[1:]), input_shape))

    def _has_own_batch(self) -> bool:
        """Whether the layer is bound to a batch size."""
        inputs = getattr(self.layer, "inputs", None) or ()
        return any(x.shape[0] is not None for x in nested.flatten(inputs)) or any(
            getattr(layer, "stateful", False) for layer in self.layer._flatten_layers()
        )

    def _without_steps(self, shape: Shape) -> Shape:
        if len(shape) < 3:
            raise argument_error(self, "input shape", shape, "at least 3 dimensions")
        return (shape[0], *shape[2:])

    def call(self, inputs: Any, training: bool | None = None, mask: Tensor | None = None) -> Any:
        signature = self.layer._call_signature
        options = {"training": training} if signature.takes_training else {}
        lengths = nested.flatten(inputs)[0].shape[:2]
        if mask is not None:
            self._check_mask(mask, lengths)
        mask = mask if "mask" in signature.names else None
        if self._goes_by_steps(training):
            return self._step_by_step(inputs, mask, options, lengths[1])
        if mask is not None:
            options["mask"] = mask.flatten(0, 1)
        y = self.layer(nested.map_leaves(lambda x: x.flatten(0, 1), inputs), **options)
        return nested.map_leaves(lambda x: x.unflatten(0, lengths), y)

    def _check_mask(self, mask: Tensor, lengths: Shape) -> None:
        if tuple(mask.shape[:2]) != tuple(lengths):
            raise argument_error(
                self,
                "mask shape",
                tuple(mask.shape),
                f"one that begins with the batch and steps of the input, {tuple(lengths)}",
                f"The `mask` passed to the `TimeDistributed` layer has a shape {tuple(mask.shape)} "
                "that is incompatible with the input.",
            )

    def _goes_by_steps(self, training: bool | None) -> bool:
        if self._has_own_batch():
            return True
        layers = self.layer._flatten_layers() if training else ()
        return any(isinstance(layer, BatchNormalization) for layer in layers)

    def _step_by_step(
        self, inputs: Any, mask: Tensor | None, options: dict[str, Any], count: int
    ) -> Any:
        steps = []
        for number in range(count):
            of_step = {} if mask is None else {"mask": mask[:, number]}
            x = nested.map_leaves(lambda x, number=number: x[:, number], inputs)
            steps.append(self.layer(x, **of_step, **options))
        return nested.map_structure(lambda *ys: torch.stack(ys, 1), *steps)

    def compute_output_shape(self, input_shape: Shape) -> Any:
        inner = self.layer.compute_output_shape(map_shapes(self._without_steps, input_shape))
        steps: list[int | None] = []
        map_shapes(lambda shape: steps.append(shape[1]), input_shape)
        return map_shapes(lambda shape: (shape[0], steps[0], *shape[1:]), inner)

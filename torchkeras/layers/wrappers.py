"""Layers around a layer."""

from typing import Any

import torch
from torch import Tensor
from typing_extensions import Unpack

from torchkeras.core import serialization
from torchkeras.core.checks import argument_error
from torchkeras.core.typing import Shape
from torchkeras.layers.base import Layer, LayerOptions
from torchkeras.layers.normalization import BatchNormalization


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

    The steps join the batch in one call; only a layer with batch normalization in training is
    called step by step, since each step has moments of its own.

    Args:
        layer: The layer, or its configuration.

    Shape:
        inputs: ``(batch, steps, ...)``.
        mask: ``(batch, steps, ...)``, handed to the layer without the steps if it takes a mask.

    Raises:
        ValueError: the input has fewer than 3 axes, or the mask doesn't begin with its batch and
            steps.

    Source: Keras 3 ``TimeDistributed``.

    Example:
        >>> keras.layers.TimeDistributed(keras.layers.Dense(2))(torch.zeros(4, 5, 3)).shape
        torch.Size([4, 5, 2])
    """

    supports_masking = True

    def build(self, input_shape: Shape) -> None:
        super().build(self._without_steps(input_shape))

    def _without_steps(self, shape: Any) -> Shape:
        if not isinstance(shape, (tuple, list)) or len(shape) < 3:
            raise argument_error(self, "input shape", shape, "at least 3 dimensions")
        return (shape[0], *shape[2:])

    def call(
        self, inputs: Tensor, mask: Tensor | None = None, training: bool | None = None
    ) -> Tensor:
        if mask is not None and tuple(mask.shape[:2]) != tuple(inputs.shape[:2]):
            raise argument_error(
                self,
                "mask shape",
                tuple(mask.shape),
                f"one that begins with the batch and steps of the input, {tuple(inputs.shape[:2])}",
                "The `mask` passed to the `TimeDistributed` layer is incompatible with the input.",
            )
        signature = self.layer._signature
        options = {"training": training} if signature.takes_training else {}
        masks = mask if "mask" in signature.names else None
        if training and self._has_batch_moments():
            return self._step_by_step(inputs, masks, options)
        if masks is not None:
            options["mask"] = masks.flatten(0, 1)
        y = self.layer(inputs.flatten(0, 1), **options)
        return y.unflatten(0, inputs.shape[:2])

    def _has_batch_moments(self) -> bool:
        return any(isinstance(layer, BatchNormalization) for layer in self.layer._flatten_layers())

    def _step_by_step(self, inputs: Tensor, mask: Tensor | None, options: dict[str, Any]) -> Tensor:
        steps = []
        for number in range(inputs.shape[1]):
            of_step = {} if mask is None else {"mask": mask[:, number]}
            steps.append(self.layer(inputs[:, number], **of_step, **options))
        return torch.stack(steps, 1)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        shape = self.layer.compute_output_shape(self._without_steps(input_shape))
        return (shape[0], input_shape[1], *shape[1:])

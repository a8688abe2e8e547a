"""Several layers one after the other, as one layer."""

from collections.abc import Sequence
from typing import Any

from torch import Tensor
from typing_extensions import Unpack

from torchkeras.core.checks import argument_error
from torchkeras.core.configurable import recorded_arguments
from torchkeras.core.serialization import (
    deserialize_keras_object,
    serialize_keras_object,
    serialize_value,
)
from torchkeras.core.typing import Config
from torchkeras.layers.base import Layer, LayerOptions
from torchkeras.layers.structures import masks_of


class Pipeline(Layer):
    """Layers of which each takes the output of the one before, such as those that vary images.

    Unlike ``Sequential`` it is no model, and takes whatever its first layer takes.

    Args:
        layers: The layers, from input to output.
        name: Name; None makes one up.

    Raises:
        ValueError: ``layers`` is no list of layers.

    Source: Keras 3 ``Pipeline``.

    Example:
        >>> pipeline = keras.layers.Pipeline(
        ...     [keras.layers.RandomFlip(), keras.layers.Resizing(2, 2)]
        ... )
        >>> pipeline(torch.ones(5, 4, 4, 3)).shape
        torch.Size([5, 2, 2, 3])
    """

    _converts_inputs = False  # each layer sees to it

    def __init__(
        self,
        layers: Sequence[Layer],
        name: str | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(name=name, **options)
        if not isinstance(layers, (list, tuple)) or not all(isinstance(x, Layer) for x in layers):
            raise argument_error(self, "layers", layers, "a list of layers")
        self._pipeline_layers = list(layers)

    @property
    def layers(self) -> list[Layer]:
        """The layers, from input to output."""
        return self._pipeline_layers

    def call(self, inputs: Any, training: bool = True, mask: Tensor | None = None) -> Any:
        for layer in self._pipeline_layers:
            signature = layer._call_signature
            options = {"mask": mask} if "mask" in signature.names else {}
            if signature.takes_training:
                options["training"] = training
            inputs = layer(inputs, **options)
            mask = masks_of(inputs)
        return inputs

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape after the last layer."""
        for layer in self._pipeline_layers:
            input_shape = layer.compute_output_shape(input_shape)
        return input_shape

    def compute_output_spec(
        self, inputs: Any, training: bool | None = None, mask: Any = None
    ) -> Any:
        for layer in self._pipeline_layers:
            takes = layer._call_signature.takes_training and training is not None
            options = {"training": training} if takes else {}
            inputs = layer.compute_output_spec(inputs, **options)
        return inputs

    def compute_mask(self, inputs: Any, previous_mask: Any) -> None:
        """None: each layer marks its own output."""

    @classmethod
    def from_config(cls, config: Config) -> "Pipeline":
        """A pipeline made from what ``get_config`` gave."""
        layers = config.get("layers")
        if not isinstance(layers, (list, tuple)):
            raise argument_error(cls, "layers", layers, "a `layers` key with a list of layers")
        return cls(**{**config, "layers": [deserialize_keras_object(layer) for layer in layers]})

    def get_config(self) -> dict[str, Any]:
        """The layers' configurations and the name, and the options that Keras's class lacks if they
        were given."""
        given = recorded_arguments(self)
        return {
            "layers": [serialize_keras_object(layer) for layer in self.layers],
            "name": self.name,
            **{key: serialize_value(given[key]) for key in ("trainable", "dtype") if key in given},
        }

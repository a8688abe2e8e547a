"""Layers at the side of a graph: what they are called on is noted, and has no part in the outputs.

They are what ``model.add_loss`` and ``model.add_metric`` make of symbolic tensors, and how files
have them.
"""

from torch import Tensor
from typing_extensions import Unpack

from torchkeras.layers.base import Layer, LayerOptions
from torchkeras.tracer import KerasTensor


class Aside(Layer):
    """Gives back what it is called on, whose type it leaves as it is."""

    supports_masking = True
    _is_impure = True  # else torch.fx would take a call that nothing uses for dead code

    def __init__(self, **options: Unpack[LayerOptions]) -> None:
        # Under a mixed policy outputs would be cast, whatever came in.
        super().__init__(**{**options, "dtype": "float32", "autocast": False})

    def compute_output_spec(self, inputs: KerasTensor) -> KerasTensor:
        """A symbolic tensor like ``inputs``."""
        return KerasTensor(inputs.shape, inputs.dtype)

    def call(self, inputs: Tensor) -> Tensor:
        self.note(inputs)
        return inputs

    def note(self, value: Tensor) -> None:
        """Do what the layer is there for. Subclasses define it."""
        raise TypeError(f"{type(self).__name__} doesn't say what is done with the value.")


class AddLoss(Aside):
    """Adds what it is called on to the loss that is minimized.

    Args:
        unconditional: Kept for configurations: whether the loss is independent of the inputs.

    Source: tf.keras 2 ``AddLoss``.
    """

    _adds_losses = True

    def __init__(self, unconditional: bool = False, **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        self.unconditional = unconditional

    def note(self, value: Tensor) -> None:
        self.add_loss(value)


class AddMetric(Aside):
    """Reports the mean of what it is called on over the batches.

    Args:
        aggregation: ``"mean"`` or None, which is the same.
        metric_name: Name in the logs.

    Source: tf.keras 2 ``AddMetric``.
    """

    def __init__(
        self,
        aggregation: str | None = None,
        metric_name: str | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        self.aggregation = aggregation
        self.metric_name = metric_name
        self._check_metric(metric_name, aggregation)
        self._metric_named(metric_name)

    def note(self, value: Tensor) -> None:
        self.add_metric(value, name=self.metric_name, aggregation=self.aggregation)

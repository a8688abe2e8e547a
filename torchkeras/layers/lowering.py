"""From a layer to plain torch."""

from typing import Any

from torch import nn

from torchkeras.core.checks import moment_error
from torchkeras.layers.structures import symbols_of_shape
from torchkeras.tracer.lower import lower


class LayerLowering:
    """The part of ``Layer`` that leaves Keras behind."""

    def to_torch(self, *examples: Any) -> nn.Module:
        """The layer or model as a module of torch functions and torch modules alone.

        It computes the same numbers, in training (``module.train()``) and otherwise
        (``module.eval()``, its mode at first), and has the very weights of the layer: train one,
        and the other has learnt. ``copy.deepcopy`` parts them. Its ``code`` is readable source.
        Random numbers come from torch's generator, also where the layer has a seed.

        Args:
            *examples: Tensors like those it is called with, batch first; needed if the layer was
                called with several arguments, or with sizes that it doesn't remember.

        Raises:
            RuntimeError: the layer isn't built, so that it has no weights yet.
            ValueError: what it computes depends on values of its input, as strings or shapes
                found in data do.

        Example:
            >>> x = keras.Input((4,), name="x")
            >>> model = keras.Model(x, keras.layers.Dense(2, "relu")(x))
            >>> print(model.to_torch().code)
            def forward(self, x):
                dense_linear = self.dense.linear(x)
                relu = torch.relu(dense_linear)
                return relu
        """
        if not self.built:
            raise moment_error(self, "isn't built", "Call it on data, or call build(input_shape).")
        lowered = lower(self, *(examples or self._remembered_inputs()), is_layer=_is_layer)
        return lowered.eval()

    def _remembered_inputs(self) -> tuple[Any, ...]:
        """Symbolic inputs of the shapes it was built for."""
        shapes = self._build_arguments
        if not shapes:
            raise moment_error(
                self,
                "doesn't remember the shape of its input",
                "Give to_torch tensors like those it is called with.",
            )
        return tuple(symbols_of_shape(shape, self.compute_dtype) for shape in shapes.values())


def _is_layer(module: nn.Module) -> bool:
    return isinstance(module, LayerLowering)

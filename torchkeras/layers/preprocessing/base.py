"""The base of layers that prepare data, inside a model or before it."""

from typing import Any

from torch import Tensor

from torchkeras import ops, random
from torchkeras.core import nested
from torchkeras.core.variable import Variable
from torchkeras.layers.base import Layer
from torchkeras.layers.signature import also_named
from torchkeras.tracer import KerasTensor


class Operations:
    """Operations by the paths that Keras's data layers use: ``backend.numpy.where``, ...

    Whatever ``keras.ops`` has is here under its own name, and ``random`` beside it.

    Example:
        >>> Operations().numpy.add(1, 2), Operations().cast(1.5, "int32")
        (tensor(3, dtype=torch.int32), tensor(1, dtype=torch.int32))
    """

    name = "torch"
    random = random

    def __getattr__(self, name: str) -> Any:
        return getattr(ops, name)


class DataLayer(Layer):
    """A layer that prepares data: it takes numbers of any kind and may serve in a data pipeline."""

    _operations = Operations()

    @property
    def backend(self) -> Operations:
        """Operations for subclasses written for several backends."""
        return self._operations

    def convert_weight(self, weight: Any) -> Tensor:
        """``weight`` as a tensor."""
        return weight.value if isinstance(weight, Variable) else ops.convert_to_tensor(weight)

    @also_named(input_specs="input_spec")
    def compute_output_signature(self, input_spec: Any) -> Any:
        """Description of the output for one of the input.

        Args:
            input_spec: Anything with ``shape`` and ``dtype``, such as a ``tf.TensorSpec``, or a
                list of such; the result is of the same kind.
        """
        first = input_spec[0] if isinstance(input_spec, (list, tuple)) else input_spec
        symbols = nested.map_leaves(lambda spec: KerasTensor(spec.shape, spec.dtype), input_spec)
        spec = self.compute_output_spec(symbols)
        return type(first)(shape=spec.shape, dtype=spec.dtype)

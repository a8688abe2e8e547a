"""The base of layers that prepare data, inside a model or before it."""

from typing import Any

from torch import Tensor

from torchkeras import ops, random
from torchkeras.core.variable import Variable
from torchkeras.layers.base import Layer


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

"""Quantizers as objects, and finding them by name."""

from typing import Any

from torch import Tensor

from torchkeras.core import registry, serialization
from torchkeras.core.checks import argument_error
from torchkeras.core.configurable import Configurable
from torchkeras.core.dtypes import torch_dtype
from torchkeras.nn.quantized import AbsMaxLevels
from torchkeras.quantizers import functions

# Types that levels may have.
INTEGERS = ("int8", "uint8", "int16", "int32", "int64")


class Quantizer(Configurable):
    """Base of all quantizers: a callable from a tensor to its quantized form.

    A subclass writes ``__call__``; this one gives its input back.

    Args:
        output_dtype: Type of the quantized values.
    """

    def __init__(self, output_dtype: str = "int8") -> None:
        self.output_dtype = output_dtype

    def __call__(self, x: Any) -> Any:
        return x


class AbsMaxQuantizer(Quantizer):
    """``abs_max_quantize`` with its options kept: levels and scale of a tensor.

    Args:
        axis: Axis or axes along which values share a scale; None is what the call says.
        value_range: Lowest and highest level; within [-128, 127] for int8.
        epsilon: Added to the largest value, in units of the inputs.
        output_dtype: Type of the levels.

    Raises:
        ValueError: ``value_range`` doesn't fit into int8.

    Example:
        >>> levels, scale = AbsMaxQuantizer(axis=1)(torch.tensor([[0.25, -1.0]]))
        >>> levels
        tensor([[  32, -127]], dtype=torch.int8)
    """

    def __init__(
        self,
        axis: Any = None,
        value_range: tuple[int, int] = (-127, 127),
        epsilon: float = 1e-07,
        output_dtype: str = "int8",
    ) -> None:
        if output_dtype not in INTEGERS:
            raise argument_error(self, "output_dtype", output_dtype, f"one of {INTEGERS}")
        if not value_range[0] < value_range[1]:
            raise argument_error(self, "value_range", value_range, "the lowest level, the highest")
        super().__init__(output_dtype)
        if output_dtype == "int8" and (value_range[0] < -128 or value_range[1] > 127):
            raise argument_error(self, "value_range", value_range, "levels within [-128, 127]")
        self.axis = (axis,) if isinstance(axis, int) else None if axis is None else tuple(axis)
        self.value_range = tuple(value_range)
        self.epsilon = epsilon

    def __call__(self, x: Any, axis: Any = None, to_numpy: bool = False) -> tuple[Tensor, Tensor]:
        """Levels and scale of ``x``.

        Args:
            x: Tensor to quantize.
            axis: Axis or axes of a scale; None is the constructor's, and without one the last.
            to_numpy: Whether to compute on the host.
        """
        axis = axis if axis is not None else self.axis if self.axis is not None else -1
        return functions.abs_max_quantize(
            x, axis, self.value_range, self.output_dtype, self.epsilon, to_numpy
        )

    def in_torch(self) -> AbsMaxLevels:
        """The same as a callable that needs torch alone."""
        axes = (-1,) if self.axis is None else self.axis
        return AbsMaxLevels(axes, self.value_range, torch_dtype(self.output_dtype), self.epsilon)

    def get_config(self) -> dict[str, Any]:
        config = {
            "value_range": list(self.value_range),
            "epsilon": self.epsilon,
            "output_dtype": self.output_dtype,
        }
        return config if self.axis is None else {**config, "axis": list(self.axis)}


def in_torch(quantizer: Any) -> Any:
    """A quantizer as modules of ``torchkeras.nn`` hold it; one of the user's as it is."""
    return quantizer.in_torch() if type(quantizer) is AbsMaxQuantizer else quantizer


def get(identifier: Any, **kwargs: Any) -> Any:
    """The quantizer meant by a name, a configuration, a class or an object; None is None.

    Args:
        identifier: What names the quantizer.
        **kwargs: Arguments of its constructor, if ``identifier`` is a name or a class.

    Raises:
        ValueError: there is no quantizer of that name.

    Example:
        >>> keras.quantizers.get("abs_max_quantizer", axis=0).axis
        (0,)
    """
    if kwargs and isinstance(identifier, str):
        found = registry.find(identifier, "quantizers")
        identifier = found if found is not None else identifier
    if kwargs and isinstance(identifier, type):
        return identifier(**kwargs)
    return registry.get(identifier, "quantizers", kind=Configurable, what="quantizer")


def serialize(initializer: Any) -> Any:
    """The configuration of a quantizer, as Keras writes it."""
    return serialization.serialize_keras_object(initializer)


def deserialize(config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
    """The quantizer that ``serialize`` was given.

    Raises:
        TypeError: the configuration names no class known here.
    """
    return serialization.deserialize_keras_object(config, custom_objects=custom_objects)

"""Any function as a layer."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from typing_extensions import Unpack

from torchkeras.core import serialization
from torchkeras.core.checks import kind_error
from torchkeras.core.configurable import generic
from torchkeras.core.typing import Shape
from torchkeras.layers.base import Layer, LayerOptions


class Lambda(Layer):
    """Calls a function on its inputs.

    A model with a Lambda is best saved if its function is registered, named in
    ``custom_objects``, or one of torchkeras. A Python ``lambda`` is written as bytecode, as Keras
    does, which only reads back with ``safe_mode=False`` and on the same version of Python.

    Args:
        function: Takes the inputs first, and ``mask`` and ``training`` if it names them.
        output_shape: Shape of the result without the batch, or a function of the input's shape;
            None lets it be found by a run without values.
        mask: A mask, or a function of inputs and their mask that gives one; None gives none.
        arguments: Further keyword arguments of the function.

    Raises:
        TypeError: ``function`` can't be called.

    Source: Keras 3 ``Lambda``.

    Example:
        >>> keras.layers.Lambda(lambda x: x ** 2)(torch.tensor([3.0]))
        tensor([9.])
    """

    supports_masking = True

    def __init__(
        self,
        function: Callable[..., Any],
        output_shape: Shape | Callable[[Shape], Shape] | None = None,
        mask: Any = None,
        arguments: Mapping[str, Any] | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        if not callable(function):
            raise kind_error(self, "function", function, "a function")
        self.function = function
        self.given_shape = output_shape
        self.mask = mask
        self.arguments = dict(arguments or {})
        self.taken = set(inspect.signature(function).parameters) & {"mask", "training"}

    def call(self, inputs: Any, mask: Any = None, training: bool | None = None) -> Any:
        found = {"mask": mask, "training": training}
        options = {name: found[name] for name in sorted(self.taken)}
        return self.function(inputs, **{**options, **self.arguments})

    def compute_output_shape(self, input_shape: Any) -> Any:
        if self.given_shape is None:
            return Layer.compute_output_shape(self, input_shape)
        if callable(self.given_shape):
            return tuple(self.given_shape(input_shape))
        first = input_shape if not isinstance(input_shape[0], (list, tuple)) else input_shape[0]
        return (first[0], *self.given_shape)

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        if self.given_shape is not None:
            return self._spec_by_rule(args, kwargs)
        return self._spec_by_run(args, kwargs, kwargs.pop("training", None))

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return self.mask(inputs, mask) if callable(self.mask) else self.mask

    @generic
    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config["function"] = serialization.serialize_function(self.function)
        config["output_shape"] = serialization.serialize_function(self.given_shape)
        config["mask"] = serialization.serialize_function(self.mask)
        return config

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: Any = None, safe_mode: bool | None = None
    ) -> "Lambda":
        """A layer made from what ``get_config`` gave, in this generation of Keras or the last.

        Args:
            config: The configuration.
            custom_objects: Functions by name.
            safe_mode: False reads bytecode of a Python lambda; None does what the loading function
                was told.

        Raises:
            ValueError: the function is bytecode, and reading that wasn't allowed.
        """
        config = dict(config)
        safe = serialization.in_safe_mode() if safe_mode is None else safe_mode
        with (
            serialization.SafeModeScope(safe),
            serialization.CustomObjectScope(custom_objects or {}),
        ):
            for name in ("function", "output_shape", "mask"):
                kind = config.pop(f"{name}_type", None)
                config.pop("module" if name == "function" else f"{name}_module", None)
                if config.get(name) is not None:
                    config[name] = serialization.deserialize_function(config[name], kind)
            return super().from_config(config)

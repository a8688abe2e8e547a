"""Layers of other frameworks: names that say what to use instead."""

from collections.abc import Callable
from typing import Any

from typing_extensions import Unpack

from torchkeras.core.typing import Shape
from torchkeras.layers.base import Layer, LayerOptions


class JaxLayer(Layer):
    """A JAX function as a layer: not on torch.

    Use ``TorchModuleWrapper`` with a torch module of the same computation, or write a layer.

    Args:
        call_fn: The function.
        init_fn: Makes its parameters and state.
        params: Its parameters.
        state: Its state.
        seed: For ``init_fn``.
        native_serialization_platforms: Devices to export for.

    Raises:
        ValueError: always; it says what to use instead.
    """

    def __init__(
        self,
        call_fn: Callable[..., Any],
        init_fn: Callable[..., Any] | None = None,
        params: Any = None,
        state: Any = None,
        seed: int | None = None,
        native_serialization_platforms: tuple[str, ...] | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        raise foreign(
            type(self), "JAX",
            "Use TorchModuleWrapper with a torch module of the same computation, or write a Layer.",
        )  # fmt: skip

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Never reached: there is no such layer on torch."""
        return inputs


class FlaxLayer(JaxLayer):
    """A Flax module as a layer: not on torch.

    Use ``TorchModuleWrapper`` with a torch module of the same computation, or write a layer.

    Args:
        module: The module.
        method: Which of its methods to call.
        variables: Its variables.

    Raises:
        ValueError: always; it says what to use instead.
    """

    def __init__(
        self,
        module: Any,
        method: str | Callable[..., Any] | None = None,
        variables: Any = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        raise foreign(
            type(self), "Flax",
            "Use TorchModuleWrapper with a torch module of the same computation, or write a Layer.",
        )  # fmt: skip


class TFSMLayer(Layer):
    """A TensorFlow SavedModel as a layer: not on torch.

    Save the model as ``.keras`` and use ``keras.models.load_model``, or convert it to ONNX or
    ``torch.export`` and use ``TorchModuleWrapper``.

    Args:
        filepath: Folder of the SavedModel.
        call_endpoint: Which endpoint to call.
        call_training_endpoint: Which one to call in training.
        trainable: Whether the weights are to be trained.
        name, dtype: See ``Layer``.

    Raises:
        ValueError: always; it says what to use instead. Nothing is read from ``filepath``.
    """

    def __init__(
        self,
        filepath: str,
        call_endpoint: str = "serve",
        call_training_endpoint: str | None = None,
        trainable: bool = True,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        raise foreign(
            type(self), "TensorFlow",
            "Save the model as .keras and use keras.models.load_model, or convert it to a torch "
            "module and use TorchModuleWrapper.",
        )  # fmt: skip

    def call(self, inputs: Any, training: bool = False, **options: Any) -> Any:
        """Never reached: there is no such layer on torch."""
        return inputs

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Never reached: there is no such layer on torch."""
        return input_shape

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: Any = None, safe_mode: bool | None = None
    ) -> "TFSMLayer":
        """Raises the constructor's error, whatever the arguments."""
        return cls(**config)


def foreign(cls: type, framework: str, instead: str) -> ValueError:
    """An error that says what to use in place of ``cls``."""
    return ValueError(
        f"{cls.__name__} is only supported with {framework}, whose computations torch can't train "
        f"or move. {instead}"
    )

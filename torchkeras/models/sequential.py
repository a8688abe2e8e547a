"""A plain stack of layers."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from torch import Tensor, nn

from torchkeras.core import nested, serialization
from torchkeras.core.checks import argument_error, kind_error, moment_error
from torchkeras.core.configurable import generic
from torchkeras.core.dtypes import standardize_dtype
from torchkeras.core.scopes import local
from torchkeras.layers.base import Layer
from torchkeras.layers.input import InputLayer
from torchkeras.layers.structures import is_text_array, symbols_of_shape
from torchkeras.models.inputs import adapted, match_structure
from torchkeras.models.model import Model
from torchkeras.tracer import Graph, KerasTensor, is_symbolic


class Sequential(Model):
    """Layers called one after the other, each with one input and one output.

    Args:
        layers: The layers; a symbolic ``Input`` may come first. Without one, the model is built at
            its first call. Plain torch modules are taken, too.
        trainable: Whether the weights are to be trained.
        name: Name of the model.

    Raises:
        TypeError: something that isn't a layer.
        ValueError: two layers of one name.

    Source: Keras 3 ``Sequential``; ``torch.nn.Sequential``.

    Example:
        >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
        >>> model.output_shape
        (None, 2)
    """

    _converts_inputs = False
    _checks_sizes = False  # as in Keras: the first data built it, and the next may be longer

    def __init__(self, layers: Any = None, trainable: Any = True, name: str | None = None) -> None:
        if isinstance(trainable, str):  # tf.keras: Sequential(layers, name)
            trainable, name = True, trainable
        Layer.__init__(self, name=name)
        state = self.__dict__
        state["_stack"] = []
        state["_input_layer"] = None
        state["_symbols"] = []  # the symbolic input, then the output of each layer
        self._add_all(layers or ())
        self._rebuild()
        if not trainable:
            self.trainable = False

    # The stack.

    def add(self, layer: Any, rebuild: bool = True) -> None:
        """Put ``layer`` on top.

        Args:
            layer: A layer, a torch module or (as the first) a symbolic input.
            rebuild: Whether it is built at once, if the shape of its input is known.
        """
        self._put(layer, {getattr(item, "name", None) for item in self._stack})
        self._hold(self._stack)
        if rebuild:
            self._rebuild()

    def _add_all(self, layers: Iterable[Any]) -> None:
        """Put ``layers`` on a stack that is empty, without building them."""
        names: set[str | None] = set()
        for layer in layers:
            self._put(layer, names)
        self._hold(self._stack)

    def _put(self, layer: Any, names: set[str | None]) -> None:
        """Put ``layer`` on a stack with layers of these names, and its own name there."""
        if is_symbolic(layer) and layer.call is not None:
            layer = layer.call.operation
        if isinstance(layer, (list, tuple)) or not isinstance(layer, nn.Module):
            raise kind_error(
                self,
                "layer",
                layer,
                "a layer",
                "Only instances of `keras.Layer` (or torch modules) can be added to a Sequential "
                "model.",
            )
        if isinstance(layer, InputLayer):
            self._set_input(layer)
        else:
            self._check_name(layer, names)
            if not self._stack and self._input_layer is None:
                self._take_input_shape(layer)
            self._stack.append(layer)

    def _set_input(self, layer: InputLayer) -> None:
        if self._stack:
            raise ValueError(
                f'Sequential "{self.name}": layers={[item.name for item in self._stack]} are there '
                "already; expected Input to be added first."
            )
        if self._input_layer is not None:
            raise ValueError(
                f'Sequential "{self.name}" has already been configured to use input shape '
                f"{self._input_layer.batch_shape}. You cannot add a different Input layer to it."
            )
        self.__dict__["_input_layer"] = layer
        self.__dict__["_symbols"] = [layer.output]

    def _take_input_shape(self, layer: nn.Module) -> None:
        """A first layer may say the shape of its input itself; a model in it has its own."""
        shape = layer.__dict__.get("_input_shape_argument")
        if shape is not None:
            dtype = "float32" if type(layer).__name__ != "Embedding" else None
            self._set_input(InputLayer(batch_shape=shape, dtype=dtype))
            return
        inputs = getattr(layer, "inputs", None) if isinstance(layer, Model) else None
        if inputs is not None and len(inputs) == 1:
            self._set_input(InputLayer(batch_shape=inputs[0].shape, dtype=inputs[0].dtype))

    def _check_name(self, layer: nn.Module, names: set[str | None]) -> None:
        name = getattr(layer, "name", None)
        if name is not None and name in names:
            raise ValueError(
                f'Sequential "{self.name}": All layers added to a Sequential model should have '
                f'unique names. Name "{name}" is already the name of a layer in this model. '
                "Update the `name` argument to pass a unique name."
            )
        names.add(name)

    def pop(self, rebuild: bool = True) -> Any:
        """Take the top layer off and give it back.

        Raises:
            ValueError: there is none.
        """
        if not self._stack:
            raise moment_error(self, "there is no layer to take off", "Add one first.")
        layer = self._stack.pop()
        self._hold(self._stack)
        del self._symbols[len(self._stack) + 1 :]
        self.__dict__["_traced_graph"] = None
        if rebuild:
            self._rebuild()
        return layer

    def _rebuild(self) -> None:
        """Call the new layers symbolically, if the shape of the input is known."""
        state = self.__dict__
        state["_traced_graph"] = None
        state["_graph_module"] = None
        if self._input_layer is None or not self._stack:
            state["built"] = False
            self._settle_call()
            return
        symbols = self._symbols
        for layer in self._stack[len(symbols) - 1 :]:
            with self._open_name_scope():
                symbols.append(layer(symbols[-1]))
            if not is_symbolic(symbols[-1]) and len(self._stack) > len(symbols) - 1:
                self._check_single(layer, symbols[-1])
        state["_traced_graph"] = Graph(symbols[0], symbols[-1])
        self._after_build()

    def _check_single(self, layer: Any, outputs: Any) -> None:
        if len(nested.flatten(outputs)) != 1:
            raise argument_error(
                self,
                "outputs",
                [symbol.shape for symbol in nested.flatten(outputs)],
                f"one output of {layer.name!r}, as in each layer of a Sequential model",
                "Use the functional API.",
            )

    @property
    def layers(self) -> list[Any]:
        """The layers, without the input layer."""
        return list(self._stack)

    @layers.setter
    def layers(self, value: Any) -> None:
        raise AttributeError("`Sequential.layers` attribute is reserved. Please use another name.")

    # Building and calling.

    def build(self, input_shape: Any = None) -> None:
        """Make the weights for inputs of ``input_shape``, the batch axis included.

        Raises:
            ValueError: no layer was added.
        """
        if not self._stack:
            raise ValueError(
                f"Sequential model {self.name} cannot be built because it has no layers. Call "
                "`model.add(layer)`."
            )
        if self._input_layer is None and input_shape is not None:
            shape = tuple(input_shape) if not nested.is_nested(input_shape[0]) else None
            if shape is None:
                raise argument_error(self, "input_shape", input_shape, "one shape")
            dtype = "string" if self._takes_text() else None
            self.__dict__["_input_layer"] = layer = InputLayer(batch_shape=shape, dtype=dtype)
            self.__dict__["_symbols"] = [layer.output]
        self._rebuild()

    def _takes_text(self) -> bool:
        """Whether texts go in, whatever stands for them where shapes alone are known."""
        return getattr(next(iter(self._stack), None), "_takes_text", False)

    def _build_for(self, args: tuple, kwargs: dict) -> None:
        if self.built:
            return
        self._note_call(args, kwargs)
        x = args[0]
        if not self._stack:
            self.build()
        if isinstance(x, (Tensor, KerasTensor)) or is_text_array(x):
            dtype = "string" if self._takes_text() else standardize_dtype(x.dtype)
            if self._chosen_device is None and isinstance(x, Tensor):
                for layer in self._stack:
                    layer.__dict__.setdefault("_chosen_device", None)
                    layer.__dict__["_chosen_device"] = layer.__dict__["_chosen_device"] or x.device
            with self._open_name_scope():
                layer = InputLayer(batch_shape=(None, *tuple(x.shape)[1:]), dtype=dtype)
                self.__dict__["_input_layer"] = layer
                self.__dict__["_symbols"] = [layer.output]
                self._rebuild()

    def _call_eagerly(self, args: tuple, kwargs: dict, training: Any) -> Any:
        if not self.built and args:
            args = (self._converted_first(self._converted_input(args[0])), *args[1:])
            self._build_for(args, kwargs)
        return super()._call_eagerly(args, kwargs, training)

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """Run the layers one after the other.

        Args:
            inputs: Data.
            training: Whether layers behave as in training; handed down to them.
            mask: Mask of the input.
        """
        if self._traced_graph is not None and self._traced_graph.asides:
            return super().call(inputs, training, mask)
        if training is not None and training != local.training:
            return self._call_in_mode(inputs, training, mask)
        x = inputs
        if self._traced_graph is not None:
            (x,) = adapted(self, self._traced_graph, inputs, mask)
        elif mask is not None:
            x._keras_mask = mask
        for layer in self._stack:
            x = layer(x)
        return x

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Shape of the last layer's output."""
        shape = tuple(input_shape)
        if self._traced_graph is not None and isinstance(next(iter(shape), None), (tuple, list)):
            (only,) = match_structure(self, self._traced_graph, symbols_of_shape(shape, "float32"))
            shape = only.shape
        for layer in self._stack:
            if not isinstance(layer, Layer):
                return Layer.compute_output_shape(self, input_shape)
            shape = layer.compute_output_shape(shape)
        return shape

    def compute_output_spec(
        self, inputs: Any, training: bool | None = None, mask: Any = None
    ) -> KerasTensor:
        """Symbolic output of the last layer for a symbolic input, without recording the calls.

        Args:
            inputs: The symbolic input.
            training: Whether layers behave as in training.
            mask: Mask of the input, which changes neither shapes nor types.
        """
        if not self.built:
            self._build_for((inputs,), {})
        if self._traced_graph is not None and not isinstance(inputs, KerasTensor):
            (inputs,) = match_structure(self, self._traced_graph, inputs)
        if not all(isinstance(layer, Layer) for layer in self._stack):
            return self._spec_by_run((inputs,), {}, training)
        for layer in self._stack:
            inputs = layer._infer_outputs((inputs,), {}, training)
        return inputs

    # Configuration.

    def get_build_config(self) -> dict[str, Any] | None:
        """The shape of the input; None if it isn't known."""
        layer = self._input_layer
        return None if layer is None else {"input_shape": layer.batch_shape}

    @generic
    def get_config(self) -> dict[str, Any]:
        """The layers and the shape of the input, as Keras writes them."""
        layers = [self._input_layer, *self._stack] if self._input_layer else self._stack
        config = {
            "name": self.name,
            "trainable": self.trainable,
            "dtype": serialization.serialize_value(self.dtype_policy),
            "layers": [serialization.serialize_keras_object(layer) for layer in layers],
        }
        if self._input_layer is not None:
            config["build_input_shape"] = self._input_layer.batch_shape
        return config

    @classmethod
    def from_config(cls, config: Any, custom_objects: Any = None) -> "Sequential":
        """A model made from what ``get_config`` gave, of any generation of Keras."""
        if isinstance(config, list):  # Keras 1 wrote the layers alone
            config = {"layers": config}
        model = cls(name=config.get("name"))
        with serialization.CustomObjectScope(custom_objects or {}), serialization.sharing_scope():
            model._add_all(map(serialization.deserialize_keras_object, config["layers"]))
        shape = config.get("build_input_shape")
        if model._input_layer is None and shape is not None and not nested.is_nested(shape[0]):
            model.build(tuple(shape))
        else:
            model._rebuild()
        if not config.get("trainable", True):
            model.trainable = False
        return model

    def predict_classes(self, x: Any, batch_size: int = 32, verbose: Any = 0) -> Any:
        """Class indices for ``x``: the largest output, or whether the single one exceeds 0.5."""
        outputs = self.predict(x, batch_size=batch_size, verbose=verbose)
        if outputs.shape[-1] > 1:
            return np.argmax(outputs, axis=-1)
        return (outputs > 0.5).astype("int32")

    def predict_proba(self, x: Any, batch_size: int = 32, verbose: Any = 0) -> Any:
        """``predict`` under its old name."""
        return self.predict(x, batch_size=batch_size, verbose=verbose)

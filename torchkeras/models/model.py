"""``Model``: a layer that can be compiled, trained, evaluated and saved."""

import itertools
import warnings
from collections.abc import Callable
from typing import Any

from torch import fx, nn

from torchkeras.core import nested, serialization
from torchkeras.core.checks import argument_error, moment_error, nearest
from torchkeras.core.configurable import constructor_arguments, generic
from torchkeras.core.scopes import local
from torchkeras.layers.base import Layer
from torchkeras.layers.calibration import calibrate, is_chosen
from torchkeras.models.asides import Asides
from torchkeras.models.inputs import adapted, outputs_as_declared
from torchkeras.models.leaving import Leaving
from torchkeras.models.older import OlderModelMembers
from torchkeras.models.summary import print_summary
from torchkeras.quantizers.configurations import resolve
from torchkeras.saving import api as saving
from torchkeras.tracer import Graph, any_symbolic
from torchkeras.tracer.graph import attach_mask, module_keys, without_single
from torchkeras.tracer.symbolic import operation_name
from torchkeras.training.trainer import Trainer


class Model(Asides, Leaving, OlderModelMembers, Trainer, Layer):
    """Layers grouped into one, with ``compile``, ``fit``, ``evaluate``, ``predict`` and ``save``.

    Made in one of three ways: ``Model(inputs, outputs)`` from symbolic tensors; ``Sequential``; or
    a subclass with ``call``. A subclass without ``call`` may also be made from inputs and outputs.

    A model that nobody holds any more is freed at once, as torch's modules are. A ``History`` holds
    its model (``history.model``): of many trials keep ``history.history``. What ``torch.compile``
    traced (``jit_compile``, ``export``) holds weights until Python's collector of cycles runs.

    Args:
        inputs: Structure of symbolic tensors.
        outputs: Structure of symbolic tensors made from them.
        name: Name of the model.
        trainable: Whether the weights are to be trained.

    Example:
        >>> inputs = keras.Input((4,))
        >>> keras.Model(inputs, keras.layers.Dense(2)(inputs)).output_shape
        (None, 2)
    """

    # Set by models.functional: the class that Model(inputs, outputs) makes.
    functional_class: type | None = None
    # Whether inputs must have the sizes that the graph was made with.
    _checks_sizes = True

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        if cls is Model and is_functional(args, kwargs):
            cls = Model.functional_class
        return super().__new__(cls, *args, **kwargs)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if is_functional(args, kwargs):
            Model.functional_class.set_up(self, *args, **kwargs)
            return
        if args:
            raise argument_error(
                type(self), "arguments", args, "symbolic inputs and outputs, or keywords alone"
            )
        wrong = next((name for name in kwargs if name in ("input", "output")), None)
        if wrong is not None:  # as Keras 1 called them
            raise TypeError(
                f"{type(self).__name__}: there is no argument {wrong!r}. "
                f"{nearest(wrong, ('inputs', 'outputs'))}"
            )
        Layer.__init__(self, **kwargs)

    def _take_graph(self, graph: Graph, **options: Any) -> None:
        """Become the functional model that ``graph`` describes."""
        Layer.__init__(self, **options)
        self.__dict__["_traced_graph"] = graph
        self._hold(graph.modules)
        self._after_build()
        self.__dict__["_graph_module"] = self._make_graph_module()

    _traced_graph: Graph | None = None

    def _hold(self, modules: list[nn.Module]) -> None:
        """Register the layers of the graph, under keys by class and number."""
        state = self.__dict__
        for key in state.get("_held", ()):
            self._modules.pop(key, None)
        state["_held"] = []
        for key, module in zip(module_keys(modules), modules, strict=True):
            self._hold_under(key, module)
        state["_graph_module"] = None

    def _hold_under(self, key: str, module: nn.Module) -> None:
        while key in self._modules or hasattr(type(self), key) or key in self.__dict__:
            key = f"{key}_layer"
        if not isinstance(module, Layer):
            module.train(self.training)
        self._modules[key] = module
        self.__dict__["_held"].append(key)

    def __setattr__(self, name: str, value: Any) -> None:
        held = self.__dict__.get("_held", ())
        module = self._modules.get(name) if name in held else None
        super().__setattr__(name, value)
        if module is not None and module is not value:  # the user's attribute goes first
            held.remove(name)
            self._hold_under(f"{name}_layer", module)
            self.__dict__["_graph_module"] = None

    # Layers.

    @property
    def layers(self) -> list[Any]:
        """The layers, in the order in which their weights are listed and saved."""
        if self._traced_graph is None:
            return self._layers
        inside = [module for module in self._traced_graph.modules if isinstance(module, Layer)]
        known = {id(layer) for layer in inside}
        return inside + [layer for layer in self._layers if id(layer) not in known]

    @layers.setter
    def layers(self, value: Any) -> None:
        raise AttributeError(
            f'{type(self).__name__} "{self.name}": `Model.layers` attribute is reserved and should '
            "not be used. Please use another name."
        )

    def get_layer(self, name: str | None = None, index: int | None = None) -> Any:
        """The layer called ``name``, or number ``index``.

        Raises:
            ValueError: there is none, or not exactly one of the two is given.
        """
        if (name is None) == (index is None):
            raise ValueError(
                f'{type(self).__name__} "{self.name}": get_layer was given name={name!r} and '
                f"index={index!r}; Provide either a layer name or a layer index, one of the two."
            )
        layers = self.layers
        if index is not None:
            if not -len(layers) <= index < len(layers):
                raise argument_error(
                    self, "index", index, f"a number below {len(layers)}, the number of layers"
                )
            return layers[index]
        for layer in layers:
            if layer.name == name:
                return layer
        names = [layer.name for layer in layers]
        raise ValueError(
            f'{type(self).__name__} "{self.name}": No such layer: {name}. '
            f"{nearest(name, names)} Existing layers are: {names}."
        )

    # The graph.

    @property
    def graph_module(self) -> fx.GraphModule:
        """The computation as a ``torch.fx.GraphModule`` sharing the layers; readable by ``.code``.

        It takes the flat list of inputs. Only functional and built sequential models have one.

        Raises:
            RuntimeError: the model isn't made of symbolic tensors.
        """
        module = self.__dict__.get("_graph_module")
        if module is None:
            module = self._make_graph_module()
            self.__dict__["_graph_module"] = module
        return module

    def _make_graph_module(self) -> fx.GraphModule:
        graph = self._traced_graph
        if graph is None:
            raise moment_error(
                self,
                "there is no graph, since call() is Python code",
                "Use torch.export or torch.fx.symbolic_trace on the model.",
            )
        keys = {id(module): key for key, module in self._modules.items()}
        module, constants = graph.to_module(keys)
        if constants._parameters or constants._buffers:
            self._modules["constants"] = constants
        return module

    @property
    def inputs(self) -> list[Any] | None:
        """The symbolic inputs; None for a model that has none."""
        return None if self._traced_graph is None else self._traced_graph.flat_inputs

    @property
    def outputs(self) -> list[Any] | None:
        """The symbolic outputs; None for a model that has none."""
        return None if self._traced_graph is None else self._traced_graph.flat_outputs

    @property
    def input(self) -> Any:
        """The structure of symbolic inputs."""
        return super().input if self._traced_graph is None else self._traced_graph.inputs

    @property
    def output(self) -> Any:
        """The structure of symbolic outputs."""
        return super().output if self._traced_graph is None else self._traced_graph.outputs

    @property
    def input_shape(self) -> Any:
        """Shapes of the inputs; of a list of one, that shape."""
        return nested.map_leaves(lambda symbol: symbol.shape, without_single(self.input))

    @property
    def output_shape(self) -> Any:
        """Shapes of the outputs; of a list of one, that shape."""
        return nested.map_leaves(lambda symbol: symbol.shape, without_single(self.output))

    @property
    def input_names(self) -> list[str]:
        """Names of the inputs, in order."""
        return [symbol.name for symbol in self.inputs or []]

    @property
    def output_names(self) -> list[str] | None:
        """Names of the outputs: of the layers that make them; None if they aren't known yet."""
        if self._traced_graph is None:
            return None
        return output_names(self._traced_graph)

    @property
    def has_call(self) -> bool:
        """Whether the model computes something itself: by a graph, or a ``call`` of its own."""
        return self._traced_graph is not None or type(self).call is not Model.call

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """The computation; of a functional model, a run of its graph. Subclasses override it.

        Args:
            inputs: Data in the structure of the model's inputs; a dict by names is taken, too.
            training: Whether layers behave as in training; handed down to them.
            mask: Masks of the inputs.

        Raises:
            NotImplementedError: a subclass hasn't written it.
        """
        if self._traced_graph is None:
            raise NotImplementedError(
                f"Model {type(self).__name__} does not have a `call()` method implemented."
            )
        if training is not None and training != local.training:
            return self._call_in_mode(inputs, training, mask)
        module = self.__dict__["_graph_module"] or self.graph_module
        return module.forward(*adapted(self, self._traced_graph, inputs, mask))

    def _spec_by_run(self, args: tuple, kwargs: dict[str, Any], training: Any) -> Any:
        if self._traced_graph is not None and type(self).call is Model.call and len(args) == 1:
            found = outputs_as_declared(self, self._traced_graph, args[0])
            if found is not None:
                return found
        return super()._spec_by_run(args, kwargs, training)

    def _call_in_mode(self, inputs: Any, training: bool, mask: Any) -> Any:
        """``call``, where it is called by itself: what hands the mode down else is ``__call__``."""
        previous, local.training = local.training, training
        try:
            return self.call(inputs, training, mask)
        finally:
            local.training = previous

    def build(self, input_shape: Any = None) -> None:
        """Make the weights for ``input_shape``, by a run on tensors without values."""
        if self.__dict__.get("_traced_graph") is None:
            Layer.build(self, input_shape)

    def _build_for(self, args: tuple, kwargs: dict) -> None:
        if not self.built:
            self._note_call(args, kwargs)
        super()._build_for(args, kwargs)

    _is_fx_leaf = False

    def _enter_slowly(self, args: tuple, kwargs: dict, training: Any) -> Any:
        if self._traced_graph is not None and len(args) == 1 and any_symbolic(args):
            args = (self._unwrapped(args[0]),)
        return super()._enter_slowly(args, kwargs, training)

    def _remembered_inputs(self) -> tuple[Any, ...]:
        if self._traced_graph is None:
            return super()._remembered_inputs()
        return (without_single(self._traced_graph.inputs),)

    def _unwrapped(self, inputs: Any) -> Any:
        """One input in a list of one is taken as it is."""
        single = not nested.is_nested(self._traced_graph.inputs)
        return (
            inputs[0]
            if single and isinstance(inputs, (list, tuple)) and len(inputs) == 1
            else inputs
        )

    # Quantization.

    def quantize(
        self,
        mode: Any = None,
        config: Any = None,
        filters: Any = None,
        *,
        type_check: bool = True,
    ) -> None:
        """Round the weights of the layers inside to few bits, where they have kernels or tables.

        Args:
            mode: ``"int8"``, ``"int4"``, ``"float8"``, ``"gptq"`` or ``"awq"``; None is that of
                ``config``.
            config: A ``QuantizationConfig``; None is the mode's default. GPTQ and AWQ need one.
            filters: Which layers: a regular expression for names, several, or a function of the
                layer; None takes all.
            type_check: Whether to leave subclasses of layers that can be quantized.

        Raises:
            ValueError: the model isn't built, or mode, config and filters don't fit.
        """
        config = resolve(mode, config)
        for layer in self._flatten_layers():
            has_method = type(layer).quantize is not Layer.quantize or layer.weights
            if layer._layers or not has_method or not is_chosen(layer, filters):
                continue
            try:
                layer.quantize(config.mode, type_check=type_check, config=config)
            except NotImplementedError as error:  # left as it is
                warnings.warn(str(error), stacklevel=2)
        if config.mode in ("gptq", "awq"):
            structure = config.quantization_layer_structure
            if structure is None:
                structure = self.get_quantization_layer_structure(config.mode)
            calibrate(config, structure, filters)
        self.train_function = self.test_function = self.predict_function = None

    def get_quantization_layer_structure(self, mode: str | None = None) -> dict[str, Any] | None:
        """What GPTQ and AWQ go through; models may override it.

        Returns:
            ``{"pre_block_layers": [...], "sequential_blocks": [...]}``, or None.
        """
        return None

    # Showing, saving, configuration.

    def summary(
        self,
        line_length: int | None = None,
        positions: Any = None,
        print_fn: Callable | None = None,
        expand_nested: bool = False,
        show_trainable: bool = False,
        layer_range: Any = None,
    ) -> None:
        """Print a table of the layers: name, class, output shape and number of weights.

        Args:
            line_length: Width in characters; None fits the terminal.
            positions: Ends of the columns, in characters or as fractions of the width.
            print_fn: Called with the text; None prints it.
            expand_nested: Whether the layers of nested models are shown.
            show_trainable: Whether a column says if a layer is trained.
            layer_range: Two names (or patterns): the first and last layer to show.
        """
        print_summary(
            self,
            line_length=line_length,
            positions=positions,
            print_fn=print_fn,
            expand_nested=expand_nested,
            show_trainable=show_trainable,
            layer_range=layer_range,
        )

    def save(
        self,
        filepath: Any,
        overwrite: bool = True,
        zipped: bool | None = None,
        save_format: str | None = None,
        **options: Any,
    ) -> None:
        """Write the model to ``filepath``; the suffix says the format (see ``keras.saving``)."""
        saving.save_model(self, filepath, overwrite, zipped, save_format=save_format, **options)

    def save_weights(
        self,
        filepath: Any,
        overwrite: bool = True,
        max_shard_size: float | None = None,
        save_format: str | None = None,
        options: Any = None,
    ) -> None:
        """Write the weights alone to ``filepath`` (see ``keras.saving``)."""
        saving.save_weights(self, filepath, overwrite, max_shard_size, save_format, options)

    def load_weights(
        self,
        filepath: Any,
        skip_mismatch: bool = False,
        by_name: bool = False,
        options: Any = None,
        objects_to_skip: Any = None,
    ) -> Any:
        """Read weights from ``filepath`` (see ``keras.saving``)."""
        return saving.load_weights(self, filepath, skip_mismatch, by_name, objects_to_skip, options)

    def to_json(self, **options: Any) -> str:
        """The configuration as JSON; ``options`` are those of ``json.dumps``."""
        return saving.model_to_json(self, **options)

    @generic
    def get_config(self) -> dict[str, Any]:
        """The graph of a functional model; of a subclass, its constructor's arguments."""
        if self._traced_graph is not None and _takes_graph(type(self)):
            return Model.functional_class.config_of(self)
        return super().get_config()

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """A model made from what ``get_config`` gave, of this generation of Keras or the last."""
        with serialization.CustomObjectScope(custom_objects or {}):
            if {"layers", "input_layers", "output_layers"} <= set(config) and _takes_graph(cls):
                return Model.functional_class.from_graph_config(cls, config)
            return super().from_config(config)

    def __getstate__(self) -> dict[str, Any]:
        return {
            "_traced_graph": self._traced_graph,
            **super().__getstate__(),
            "_graph_module": None,
        }  # see Graph

    def reset_states(self) -> None:
        """Reset the states of stateful layers."""
        for layer in self._flatten_layers(include_self=False):
            reset = getattr(layer, "reset_states", None) or getattr(layer, "reset_state", None)
            if callable(reset) and getattr(layer, "stateful", False):
                reset()


def _takes_graph(cls: type) -> bool:
    """Whether the constructor takes symbolic inputs and outputs."""
    return {"inputs", "outputs"} <= set(
        constructor_arguments(cls)
    ) or cls.__init__ is Model.__init__


def is_functional(args: tuple, kwargs: dict[str, Any]) -> bool:
    """Whether constructor arguments are symbolic inputs and outputs."""
    if len(args) >= 2 or (len(args) == 1 and "outputs" in kwargs):
        return any_symbolic(args[0])
    return "inputs" in kwargs and "outputs" in kwargs


def _name_of_maker(symbol: Any) -> str:
    """Name of the layer or operation that made a symbolic tensor."""
    call = symbol.call
    while call is not None and call.operation is attach_mask:
        call = call.args[0].call
    return symbol.name if call is None else call.name or operation_name(call.operation)


def output_names(graph: Graph) -> list[str]:
    """Names of the outputs of a graph; repeated ones get numbers, and keys of dicts are names."""
    pairs = nested.flatten_with_path(graph.outputs)
    made = [_name_of_maker(symbol) for _, symbol in pairs]
    names: list[str] = []
    for (path, _), name in zip(pairs, made, strict=True):
        if path and isinstance(path[-1], str):
            name = path[-1]
        elif name in names:
            numbered = (f"{name}_{number}" for number in itertools.count(1))
            name = next(other for other in numbered if other not in (*made, *names))
        names.append(name)
    return names

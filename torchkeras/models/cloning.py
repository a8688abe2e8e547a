"""Copies of models with new weights, and models from JSON."""

import copy
from collections.abc import Callable
from typing import Any

from torchkeras.core import nested, serialization
from torchkeras.core.checks import argument_error, moment_error
from torchkeras.layers.base import Layer
from torchkeras.layers.input import Input, InputLayer
from torchkeras.layers.merging import Merge
from torchkeras.metrics import Metric
from torchkeras.models.functional import Functional, replay
from torchkeras.models.model import Model
from torchkeras.models.sequential import Sequential
from torchkeras.optimizers import Optimizer
from torchkeras.saving import api as saving


def clone_model(
    model: Model,
    input_tensors: Any = None,
    clone_function: Callable | None = None,
    call_function: Callable | None = None,
    recursive: bool = False,
    **options: Any,
) -> Model:
    """A model of the same layers with weights of its own, freshly initialized.

    It is compiled as ``model`` is, with an optimizer and metrics of its own, unless ``model`` is
    a subclass with a call() or a compile() of its own, or trained by a torch optimizer.

    Args:
        model: A sequential or functional model, or a subclassed one with a configuration.
        input_tensors: Symbolic tensors to build on; None makes new inputs.
        clone_function: Called with each layer, it gives the copy; None copies by configuration.
        call_function: Called with each new layer and its arguments, it gives the outputs.
        recursive: Whether the layers of nested models go through ``clone_function`` one by one.

    Raises:
        ValueError: ``clone_function`` for a subclassed model.

    Example:
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> keras.models.clone_model(model).count_params()
        3
    """
    if options:
        raise argument_error("clone_model", "arguments", sorted(options), "none of these")
    if not isinstance(model, Sequential) and model._traced_graph is None:
        if clone_function is not None or input_tensors is not None:
            raise argument_error(
                "clone_model",
                "model",
                type(model).__name__,
                "a sequential or functional model, since other arguments were given",
                "Arguments `clone_function` and `input_tensors` are only supported for those.",
            )
        return model.__class__.from_config(model.get_config())
    clone = _cloner(clone_function, recursive)
    if isinstance(model, Sequential):
        copied = _clone_sequential(model, input_tensors, clone)
    else:
        copied = _clone_functional(model, input_tensors, clone, call_function)
    _compile_like(model, copied)
    return copied


def _compile_like(model: Model, copied: Model) -> None:
    """Compile ``copied`` with equal arguments."""
    if not model.compiled or type(model).compile is not Model.compile:
        return
    arguments = dict(model._compile_plan.arguments)
    optimizer = arguments.pop("optimizer")
    if optimizer is not None:
        if not isinstance(optimizer, Optimizer):  # torch's belongs to the parameters of `model`
            return
        optimizer = type(optimizer).from_config(optimizer.get_config())
    arguments = copy.deepcopy(arguments)
    for metric in nested.flatten([arguments["metrics"], arguments["weighted_metrics"]]):
        if isinstance(metric, Metric):
            metric.reset_state()
    copied.compile(optimizer, **arguments)


def _cloner(clone_function: Callable | None, recursive: bool) -> Callable:
    def clone(layer: Layer) -> Layer:
        if recursive and isinstance(layer, (Sequential, Functional)):
            return clone_model(layer, clone_function=clone_function, recursive=True)
        if clone_function is not None and not isinstance(layer, InputLayer):
            return clone_function(layer)
        copied = layer.__class__.from_config(layer.get_config())
        if isinstance(layer, Merge):  # which of two rules it follows is no part of Keras's config
            copied.masks_of_keras_2 = layer.masks_of_keras_2
        return copied

    return clone


def _clone_sequential(model: Sequential, input_tensors: Any, clone: Callable) -> Sequential:
    copied = model.__class__(name=model.name)
    if input_tensors is not None:
        copied.add(nested.flatten(input_tensors)[0], rebuild=False)
    elif model._input_layer is not None:
        copied.add(InputLayer.from_config(model._input_layer.get_config()), rebuild=False)
    for layer in model.layers:
        copied.add(clone(layer), rebuild=False)
    copied._rebuild()
    return copied


def _clone_functional(
    model: Model, input_tensors: Any, clone: Callable, call_function: Callable | None
) -> Model:
    graph = model._traced_graph
    given = nested.flatten(input_tensors) if input_tensors is not None else None
    if given is not None and len(given) != len(graph.flat_inputs):
        raise argument_error(
            "clone_model", "input_tensors", len(given), f"{len(graph.flat_inputs)} tensors"
        )
    values = {
        id(symbol): given[position]
        if given is not None
        else Input(batch_shape=symbol.shape, dtype=symbol.dtype, name=symbol.name)
        for position, symbol in enumerate(graph.flat_inputs)
    }
    inputs = [values[id(symbol)] for symbol in graph.flat_inputs]
    modules = {id(m): clone(m) for m in graph.modules if not isinstance(m, InputLayer)}
    if call_function is not None:
        modules = {key: _Called(layer, call_function) for key, layer in modules.items()}
    replay(graph, values, modules)
    outputs = nested.map_leaves(lambda symbol: values[id(symbol)], graph.outputs)
    inputs = nested.pack_sequence_as(graph.inputs, inputs)
    copied = model.__class__(inputs, outputs, name=model.name)
    copied._take_asides([values[id(symbol)] for symbol in graph.asides])
    return copied


class _Called:
    """A layer that is called through a user's function."""

    def __init__(self, layer: Layer, call_function: Callable) -> None:
        self.layer = layer
        self.call_function = call_function

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.call_function(self.layer, *args, **kwargs)


def model_from_json(json_string: str, custom_objects: Any = None) -> Model:
    """A model from what ``to_json`` gave, of this generation of Keras or the last.

    Raises:
        ValueError: it isn't JSON, or isn't a model.
    """
    return saving.model_from_json(json_string, custom_objects)


def model_from_config(config: dict[str, Any], custom_objects: Any = None) -> Model:
    """A model from a configuration as ``to_json`` has it."""
    return serialization.deserialize_keras_object(config, custom_objects=custom_objects)


def model_from_yaml(yaml_string: str, custom_objects: Any = None) -> Model:
    """Nothing: reading YAML could run what the text says.

    Args:
        yaml_string, custom_objects: What it used to take.

    Raises:
        RuntimeError: always; it says what to use instead.

    Source: tf.keras 2 ``models.model_from_yaml``, which raises, too.
    """
    raise moment_error(
        "model_from_yaml",
        "Method `model_from_yaml()` has been removed due to security risk of arbitrary code "
        "execution",
        "Please use `Model.to_json()` and `model_from_json()` instead.",
    )

"""What tf.keras 2 gives every layer, and Keras 3 doesn't."""

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import Any

from torch import Tensor, nn

from torchkeras.core import nested, registry
from torchkeras.core.checks import argument_error, kind_error
from torchkeras.core.scopes import local
from torchkeras.layers.structures import shape_of, symbols_of_shape
from torchkeras.tracer import Call, Calls


class convenience:
    """A property that an attribute of the same name takes the place of."""

    def __init__(self, getter: Callable[[Any], Any]) -> None:
        self.getter = getter
        functools.update_wrapper(self, getter)

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self if instance is None else self.getter(instance)


class OlderMembers:
    """The part of ``Layer`` that scripts for tf.keras 2 use."""

    # Calls, each a node of the graph.

    @convenience
    def inbound_nodes(self) -> list[Any]:
        """The layer's symbolic calls, in order, as far as their outputs are held."""
        return self._inbound_calls.living()

    @convenience
    def outbound_nodes(self) -> list[Any]:
        """Symbolic calls of other layers on this one's outputs, in order; see ``inbound_nodes``."""
        calls = self.__dict__.get("_outbound_calls")
        return calls.living() if calls else []

    def _tell_producers(self, call: Call) -> None:
        """Let the layers whose outputs this call takes know of it."""
        for symbol in call.inputs:
            producer = getattr(symbol.call, "operation", None)
            if isinstance(producer, OlderMembers):
                producer.__dict__.setdefault("_outbound_calls", Calls()).add(call)

    def get_input_shape_at(self, node_index: int) -> Any:
        """Shape of the symbolic input of the call number ``node_index``."""
        return shape_of(self.get_input_at(node_index))

    def get_output_shape_at(self, node_index: int) -> Any:
        """Shape of the symbolic output of the call number ``node_index``."""
        return shape_of(self.get_output_at(node_index))

    def get_input_mask_at(self, node_index: int) -> Any:
        """Mask of the symbolic input of the call number ``node_index``, or None."""
        return _mask_of(self.get_input_at(node_index))

    def get_output_mask_at(self, node_index: int) -> Any:
        """Mask of the symbolic output of the call number ``node_index``, or None."""
        return _mask_of(self.get_output_at(node_index))

    @convenience
    def input_mask(self) -> Any:
        """Mask of ``input``, or None.

        Raises:
            AttributeError: the layer was never called symbolically.
        """
        return _mask_of(self.input)

    @convenience
    def output_mask(self) -> Any:
        """Mask of ``output``, or None.

        Raises:
            AttributeError: the layer was never called symbolically.
        """
        return _mask_of(self.output)

    def compute_output_signature(self, input_signature: Any) -> Any:
        """Shape and type of the output for those of the input.

        Args:
            input_signature: Something with ``shape`` and ``dtype``, or a structure of such.

        Returns:
            Symbolic tensors, which have both.

        Raises:
            TypeError: a part of the signature has no shape.
        """

        def symbol(part: Any) -> Any:
            if not hasattr(part, "shape") or not hasattr(part, "dtype"):
                raise kind_error(
                    self, "input_signature", part, "something with a shape and a dtype",
                    "Try keras.Input(...).",
                )  # fmt: skip
            return symbols_of_shape(tuple(part.shape), part.dtype)

        return self.compute_output_spec(nested.map_leaves(symbol, input_signature))

    # State.

    @convenience
    def stateful(self) -> bool:
        """Whether the layer keeps a state between batches; recurrent layers may."""
        return False

    @convenience
    def dynamic(self) -> bool:
        """False: whether a layer can be compiled is found out by compiling it."""
        return False

    @convenience
    def updates(self) -> list[Any]:
        """Empty: states change in the call itself."""
        return []

    def add_update(self, updates: Any) -> None:
        """Run ``updates``: functions without arguments, one or a list; not while frozen.

        Whatever isn't a function has happened already.
        """
        for update in nested.flatten(updates) if self.trainable else ():
            if callable(update):
                update()

    def finalize_state(self) -> None:
        """Called after weights have been restored; a subclass may override it."""

    def add_metric(self, value: Any, name: str | None = None, **options: Any) -> None:
        """Keep the mean of a value over the batches, to be reported as ``name``.

        Args:
            value: A tensor, of any shape; what calling a metric gave is reported by that metric,
                under its own name.
            name: Name of the metric.
            **options: ``aggregation="mean"``, the only one there is.

        Raises:
            ValueError: there is no name.
            TypeError: ``value`` is no tensor, or an option isn't known.
        """
        if set(options) - {"aggregation"}:
            raise TypeError(
                f'{type(self).__name__} "{self.name}": Unknown keyword arguments: '
                f"{sorted(options)}. Expected `aggregation`."
            )
        source = getattr(value, "_metric_obj", None)
        if source is not None:  # it has counted this batch by itself
            self._keep_metric(source)
            return
        self._check_metric(name, options.get("aggregation"))
        if local.shape_run:
            return
        if not isinstance(value, Tensor):
            raise kind_error(
                self, "value", value, "a tensor, made in `call`",
                "Of symbolic tensors, model.add_metric makes a metric.",
            )  # fmt: skip
        self._metric_named(name).update_state(value.detach())

    def _check_metric(self, name: str | None, aggregation: str | None) -> None:
        if aggregation not in ("mean", None):
            raise argument_error(self, "aggregation", aggregation, "'mean'")
        if name is None:
            raise argument_error(
                self, "name", None, "a name",
                "Please provide a name for your metric like `self.add_metric(value, name='mean')`.",
            )  # fmt: skip

    def _metric_named(self, name: str) -> Any:
        """The metric behind ``add_metric``, made when it is first asked for."""
        key = f"_metric_{name}"
        if key not in self.__dict__:
            self.__dict__[key] = registry.find("Mean", "metrics")(name=name)
        return self.__dict__[key]

    def _keep_metric(self, metric: Any) -> None:
        """Report ``metric``, unless it is known already."""
        if all(metric is not known for known in self.metrics):
            self.__dict__[f"_metric_{metric.name}"] = metric

    # Names and what lies inside.

    @contextlib.contextmanager
    def name_scope(self) -> Iterator[str]:
        """Names of variables made inside begin with the layer's."""
        with self._open_name_scope():
            yield self.name

    @classmethod
    def with_name_scope(cls, method: Callable) -> Callable:
        """A method that runs within ``name_scope``."""

        @functools.wraps(method)
        def scoped(self: Any, *args: Any, **kwargs: Any) -> Any:
            with self.name_scope():
                return method(self, *args, **kwargs)

        return scoped

    @convenience
    def submodules(self) -> tuple[nn.Module, ...]:
        """All torch modules inside, layers among them."""
        return tuple(module for module in self.modules() if module is not self)


def _mask_of(symbols: Any) -> Any:
    if nested.is_nested(symbols):
        return [getattr(symbol, "_keras_mask", None) for symbol in nested.flatten(symbols)]
    return getattr(symbols, "_keras_mask", None)

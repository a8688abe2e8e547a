"""What tf.keras 2 gives every model, and Keras 3 doesn't."""

from typing import Any, NoReturn

from torchkeras.core import nested
from torchkeras.core.checks import argument_error
from torchkeras.core.variable import Variable
from torchkeras.layers.older import convenience
from torchkeras.layers.structures import has_shape
from torchkeras.saving.object_parts import parts_of
from torchkeras.tracer import KerasTensor

Spec = tuple[list[Any], dict[str, Any]]  # of the arguments in order, and of those by name


class OlderModelMembers:
    """The part of ``Model`` that scripts for tf.keras 2 use."""

    _called_with: Spec | None = None

    def get_weight_paths(self) -> dict[str, Variable]:
        """The weights by the attributes that lead to them, such as ``"dense.kernel"``.

        Layers of a functional or sequential model go by their names, members of lists and dicts by
        number or key.

        Source: tf.keras 2 ``Model.get_weight_paths``.

        Example:
            >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, name="last")])
            >>> list(model.get_weight_paths())
            ['last.kernel', 'last.bias']
        """
        paths: dict[int, str] = {}
        layers = self.layers if self._traced_graph is not None else ()
        ahead = [(layer.name, layer) for layer in layers] + list(_parts(self))
        seen = {id(self)}
        while ahead:
            path, part = ahead.pop(0)
            if id(part) in seen:
                continue
            seen.add(id(part))
            paths[id(part)] = path
            ahead += [(f"{path}.{name}", below) for name, below in _parts(part)]
        return {paths[id(weight)]: weight for weight in self.weights if id(weight) in paths}

    def save_spec(self, dynamic_batch: bool = True) -> Spec | None:
        """Shapes and types of the arguments that the model is called with.

        Args:
            dynamic_batch: Whether the length of the batch is left open. An ``Input`` that names it
                keeps it.

        Returns:
            Symbolic tensors, which have shape, type and name: a list of those of the arguments in
            order, and those of the others by name. None before the first call.

        Source: tf.keras 2 ``Model.save_spec``.
        """
        if self._traced_graph is not None and not hasattr(type(self), "add"):  # not a Sequential
            inputs = nested.map_leaves(_spec_of, self._traced_graph.inputs)
            return (list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]), {}
        if self._called_with is None:
            return None
        return nested.map_leaves(
            lambda spec: _open(spec) if dynamic_batch else spec, self._called_with
        )

    def _note_call(self, args: tuple, kwargs: dict[str, Any]) -> None:
        """Remember what the first call looked like."""
        named = {name: value for name, value in kwargs.items() if has_shape(value)}
        specs = nested.map_leaves(_spec_of, (list(args), named))
        self.__dict__["_called_with"] = specs

    def to_yaml(self, **options: Any) -> NoReturn:
        """Raise a RuntimeError, as TensorFlow 2.6 and later do.

        Raises:
            RuntimeError: always: whoever reads YAML may run what is in it.
        """
        raise RuntimeError(
            f'{type(self).__name__} "{self.name}": `to_yaml()` is gone, since reading YAML may run '
            "what is in it. Call `to_json()`, and `keras.models.model_from_json`."
        )

    @convenience
    def autotune_steps_per_execution(self) -> bool:
        """False: steps are never put together by the time they take. What a script sets it to is
        kept, and changes no result."""
        return False

    @property
    def distribute_reduction_method(self) -> str:
        """``"auto"``: losses and metrics of all processes are put together as one process would
        have them.

        Raises:
            ValueError: it is set to something else.
        """
        return "auto"

    @distribute_reduction_method.setter
    def distribute_reduction_method(self, value: str | None) -> None:
        if value not in ("auto", None):
            raise argument_error(self, "distribute_reduction_method", value, "'auto' or None")

    @convenience
    def state_updates(self) -> list[Any]:
        """Empty: states change in the call itself."""
        return []


def _parts(thing: Any) -> list[tuple[str, Any]]:
    """Objects below an object, by attribute, number or key."""
    if isinstance(thing, Variable):
        return []
    return [(name, part) for name, part in parts_of(thing).below.items() if name[:1] != "_"]


def _spec_of(value: Any) -> Any:
    """A symbolic tensor like ``value``; what has no shape stays as it is."""
    if not has_shape(value):
        return value
    dtype = getattr(value, "dtype", None)
    return KerasTensor(tuple(value.shape), dtype, name=getattr(value, "name", None))


def _open(spec: Any) -> Any:
    """``spec`` for batches of any length."""
    if not isinstance(spec, KerasTensor) or not spec.shape:
        return spec
    return KerasTensor((None, *spec.shape[1:]), spec.dtype, name=spec.name)

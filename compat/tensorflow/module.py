"""``tf.Module``: an object that knows the variables in its attributes."""

from collections.abc import Iterator
from typing import Any

from tensorflow.flow import name_scope as enter_name_scope
from torchkeras.core.naming import to_snake_case
from torchkeras.core.variable import Variable


class Tracked:
    """Base of objects whose attributes a checkpoint keeps.

    While a checkpoint waits for attributes that aren't there yet, it is told of new ones.
    """

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        awaited = vars(self).get("_awaited")
        if awaited is not None:
            awaited(name, value)

    def kept_parts(self) -> dict[str, Any]:
        """What checkpoints look at, by the names that it has in files."""
        return dict(sorted(vars(self).items()))


class Module(Tracked):
    """Base of objects with variables, in attributes, lists, dicts and other modules.

    Args:
        name: A name; the class's in snake case unless given.
    """

    def __init__(self, name: str | None = None) -> None:
        self._name = name or to_snake_case(type(self).__name__)

    @property
    def name(self) -> str:
        """The name."""
        return self._name

    @property
    def name_scope(self) -> Any:
        """A context that prefixes the paths of variables made inside with the name."""
        return enter_name_scope(self.name)

    @property
    def variables(self) -> tuple[Any, ...]:
        """All variables, by the names of the attributes they are in."""
        found: dict[int, Any] = {}
        for item in _parts(self, set()):
            own = [item] if isinstance(item, Variable) else _layer_variables(item)
            found.update((id(variable), variable) for variable in own)
        return tuple(found.values())

    @property
    def trainable_variables(self) -> tuple[Any, ...]:
        """The variables that are to be trained."""
        return tuple(variable for variable in self.variables if variable.trainable)

    @property
    def non_trainable_variables(self) -> tuple[Any, ...]:
        """The variables that aren't to be trained."""
        return tuple(variable for variable in self.variables if not variable.trainable)

    @property
    def submodules(self) -> tuple[Any, ...]:
        """The modules and layers inside."""
        return tuple(
            part
            for part in _parts(self, set())
            if part is not self and (isinstance(part, Module) or hasattr(part, "trainable_weights"))
        )

    @classmethod
    def with_name_scope(cls, method: Any) -> Any:
        """Decorator of a method that runs inside ``name_scope``."""

        def inside(self: Any, *args: Any, **kwargs: Any) -> Any:
            with self.name_scope:
                return method(self, *args, **kwargs)

        return inside


def _layer_variables(item: Any) -> list[Any]:
    """The variables of a Keras layer or model; nothing of anything else."""
    return list(item.variables) if hasattr(item, "trainable_weights") else []


def _parts(item: Any, seen: set[int]) -> Iterator[Any]:
    """``item`` and what lies in its attributes or elements, each once."""
    if id(item) in seen:
        return
    seen.add(id(item))
    if isinstance(item, Module):
        yield item
        for _, value in sorted(vars(item).items()):
            yield from _parts(value, seen)
    elif isinstance(item, (list, tuple)):
        for value in item:
            yield from _parts(value, seen)
    elif isinstance(item, dict):
        for value in item.values():
            yield from _parts(value, seen)
    elif isinstance(item, Variable) or hasattr(item, "trainable_weights"):
        yield item

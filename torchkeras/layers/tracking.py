"""Lists and dicts of layers that stay lists and dicts, and are known to torch.

A layer keeps such a container twice: as the attribute the user sees, and as a module beside it
(``blocks`` and ``blocks_items``) that holds the members, so that ``parameters()``, ``state_dict()``
and ``to()`` see them. The names differ because torch looks submodules up by attribute.
"""

from collections.abc import Iterator
from typing import Any

from torch import nn

from torchkeras.core.variable import Store, Variable


def items_key(name: str) -> str:
    """Name of the module that holds the members of the container called ``name``."""
    return f"{name}_items"


class Container(nn.Module):
    """The members of a list, tuple or dict, by position or key."""

    holds_variables = True

    def __init__(self) -> None:
        super().__init__()
        self.__dict__["members"] = []

    def fill(self, items: Iterator[tuple[str, Any]]) -> None:
        """Hold ``items`` (pairs of key and member) and nothing else."""
        self._modules.clear()
        self.__dict__["members"] = members = []
        for key, value in items:
            key = str(key).replace(".", "_")
            members.append(value)
            if isinstance(value, (TrackedList, TrackedDict)):
                self._modules[key] = value.container
            elif isinstance(value, tuple) and holds_members(value):
                inner = Container()
                inner.fill(enumerate(value))
                self._modules[key] = inner
            elif isinstance(value, nn.Module):
                self._modules[key] = value
            elif isinstance(value, Variable) and isinstance(value.module, Store):
                rehome(value, self, key)


def rehome(variable: Variable, module: nn.Module, key: str) -> None:
    """Let ``module`` own the parameter of a variable that stood alone."""
    store, old = variable.module, variable.key
    for table in ("_parameters", "_buffers"):
        if old in getattr(store, table):
            getattr(module, table)[key] = getattr(store, table)[old]
    variable.module, variable.key = module, key


def holds_members(value: Any) -> bool:
    """Whether modules or variables are in ``value`` or nested in it."""
    if isinstance(value, (nn.Module, Variable)):
        return True
    if isinstance(value, (list, tuple)):
        return any(holds_members(item) for item in value)
    if isinstance(value, dict):
        return any(holds_members(item) for item in value.values())
    return False


def tracked(value: Any) -> Any:
    """``value`` with plain lists and dicts as tracked ones."""
    kind = type(value)
    if kind is list:
        return TrackedList(value)
    if kind is dict:
        return TrackedDict(value)
    return value


def _syncing(base: type, name: str) -> Any:
    method = getattr(base, name)

    def changed(self: Any, *args: Any, **kwargs: Any) -> Any:
        result = method(self, *args, **kwargs)
        self.sync()
        return result

    changed.__name__ = name
    changed.__doc__ = method.__doc__
    return changed


class TrackedList(list):
    """A list whose members are known to the layer that holds it."""

    def __init__(self, items: Any = ()) -> None:
        super().__init__(tracked(item) for item in items)
        self.container = Container()
        self.sync()

    def sync(self) -> None:
        """Tell the container what the list holds now."""
        container = self.__dict__.get("container")
        if container is None:  # being unpickled or copied: the state is set last
            return
        for position, item in enumerate(self):
            if type(item) in (list, dict):
                list.__setitem__(self, position, tracked(item))
        container.fill(enumerate(self))

    def __reduce_ex__(self, protocol: int) -> Any:
        return (TrackedList, (), {"container": self.container}, iter(self))

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)


for _name in (
    *("append", "extend", "insert", "pop", "remove", "clear", "reverse", "sort"),
    *("__setitem__", "__delitem__", "__iadd__"),
):
    setattr(TrackedList, _name, _syncing(list, _name))


class TrackedDict(dict):
    """A dict whose values are known to the layer that holds it."""

    def __init__(self, items: Any = ()) -> None:
        super().__init__({key: tracked(value) for key, value in dict(items).items()})
        self.container = Container()
        self.sync()

    def sync(self) -> None:
        """Tell the container what the dict holds now."""
        container = self.__dict__.get("container")
        if container is None:  # being unpickled or copied: the state is set last
            return
        for key, value in self.items():
            if type(value) in (list, dict):
                dict.__setitem__(self, key, tracked(value))
        container.fill(iter(self.items()))

    def __reduce_ex__(self, protocol: int) -> Any:
        return (TrackedDict, (), {"container": self.container}, None, iter(self.items()))

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)


for _name in ("update", "pop", "popitem", "clear", "setdefault", "__setitem__", "__delitem__"):
    setattr(TrackedDict, _name, _syncing(dict, _name))

"""Objects that remember how they were made, so that a configuration can be read off them."""

import functools
import inspect
from collections.abc import Mapping
from typing import Any

import numpy as np

from torchkeras.core import registry, serialization
from torchkeras.core.checks import check_ranges


class Configurable:
    """Base of everything with a configuration: layers, losses, optimizers, initializers, ...

    The constructor's arguments are recorded when an object is made, before any constructor runs.
    ``get_config`` gives them back: for classes of torchkeras the attribute of the argument's own
    name, if there is one, since it follows later changes; for users' classes what was passed.
    """

    # What numbers arguments of that name may be: "number in [0, 1)", "integer in [1, inf)". A class
    # has its bases' ranges, too; None takes one away.
    ranges: Mapping[str, str | None] = {}

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if is_builtin(cls) and "__init__" in vars(cls):
            cls.__init__ = _with_plain_numbers(cls.__init__)
        if "ranges" in vars(cls):
            cls.ranges = {**super(cls, cls).ranges, **cls.ranges}
        registry.register(cls)

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        instance = super().__new__(cls)
        instance.__dict__["_given_arguments"] = (args, kwargs)
        if cls.ranges and is_builtin(_constructor_owner(cls)):
            check_ranges(cls, recorded_arguments(instance), cls.ranges)
        return instance

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments as plain data.

        Called by ``super()`` from an overriding class, it gives the arguments of the class above
        that one.
        """
        return self._config_of(config_owner(type(self)))

    def _config_of(self, owner: type) -> dict[str, Any]:
        config = {}
        recorded = recorded_arguments(self)
        for name, default in constructor_arguments(owner).items():
            value = current_value(self, owner, name, recorded.get(name, default))
            config[name] = serialization.serialize_value(value)
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """An object made from what ``get_config`` gave."""
        if not is_builtin(cls) and config_owner(cls) is cls:
            config = {k: serialization.deserialize_value(v) for k, v in config.items()}
        return cls(**config)


def plain_numbers(value: Any) -> Any:
    """``value`` with Python's numbers for NumPy's, also within lists and tuples.

    Example:
        >>> plain_numbers((np.int64(3), [np.float64(0.5)], "same"))
        (3, [0.5], 'same')
    """
    if isinstance(value, (np.number, np.bool_)):
        return value.item()
    if type(value) in (list, tuple):
        items = [plain_numbers(item) for item in value]
        if any(new is not old for new, old in zip(items, value, strict=True)):
            return type(value)(items)
    return value


def _with_plain_numbers(initialize: Any) -> Any:
    """A constructor that takes NumPy's numbers wherever it takes Python's."""

    @functools.wraps(initialize)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        kwargs = {name: plain_numbers(value) for name, value in kwargs.items()}
        initialize(self, *map(plain_numbers, args), **kwargs)

    return __init__


def is_builtin(cls: type) -> bool:
    """Whether ``cls`` is defined in torchkeras."""
    return cls.__module__.split(".", 1)[0] == "torchkeras"


def recorded_arguments(instance: Any) -> dict[str, Any]:
    """The arguments by name that ``instance`` was made with."""
    args, kwargs = instance.__dict__.get("_given_arguments", ((), {}))
    names = [name for name in constructor_arguments(type(instance)) if name not in kwargs]
    positional = dict(zip(names, args, strict=False))
    return {**positional, **kwargs}


def current_value(instance: Any, owner: type, name: str, recorded: Any) -> Any:
    """What ``name`` stands at: the attribute of a built-in class, else the recorded argument."""
    if not is_builtin(owner):
        return recorded
    return getattr(instance, name, recorded)


@functools.cache
def _constructor_owner(cls: type) -> type:
    """The class whose constructor ``cls`` has."""
    return next(base for base in cls.__mro__ if "__init__" in vars(base))


@functools.cache
def constructor_arguments(cls: type) -> dict[str, Any]:
    """Named arguments of the constructor and their defaults, in order."""
    parameters = list(inspect.signature(cls.__init__).parameters.values())[1:]
    return {
        parameter.name: parameter.default
        for parameter in parameters
        if parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    }


@functools.cache
def takes_options(cls: type) -> bool:
    """Whether the constructor takes further keyword arguments (``**options``)."""
    parameters = inspect.signature(cls.__init__).parameters.values()
    return any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters)


def generic(method: Any) -> Any:
    """Mark a ``get_config`` that works for any class, so that it doesn't count as overriding."""
    method.is_generic = True
    return method


Configurable.get_config = generic(Configurable.get_config)


@functools.cache
def config_owner(cls: type) -> type:
    """The class whose constructor the generic ``get_config`` describes for ``cls``.

    That is ``cls`` itself, or the class above the last one that overrides ``get_config``.
    """
    owner = cls
    for position, base in enumerate(cls.__mro__[:-1]):
        method = base.__dict__.get("get_config")
        if method is not None and not getattr(method, "is_generic", False):
            owner = cls.__mro__[position + 1]
    return owner

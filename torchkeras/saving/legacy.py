"""Objects as dictionaries in the form that Keras had before its version 2.12."""

import inspect
from collections.abc import Mapping
from typing import Any

from torchkeras.core import registry, scopes
from torchkeras.core.checks import argument_error, nearest
from torchkeras.core.serialization import deserialize_keras_object as deserialize
from torchkeras.core.serialization import get_registered_name

_MARK = "__passive_serialization__"  # of objects written along with the one that holds them


def serialize_keras_object(instance: Any) -> Any:
    """``{"class_name", "config"}`` of an object, the name of a function, None of None.

    Args:
        instance: The object or function.

    Raises:
        ValueError: it has neither a ``get_config`` nor a name.

    Source: Keras 3 ``legacy.saving.serialize_keras_object``.

    Example:
        >>> keras.legacy.saving.serialize_keras_object(keras.regularizers.L1(0.5))
        {'class_name': 'L1', 'config': {'l1': 0.5}}
    """
    if instance is None:
        return None
    instance = inspect.unwrap(instance)
    if hasattr(instance, "get_config"):
        config = {key: _item(value) for key, value in instance.get_config().items()}
        return {"class_name": _name(type(instance)), "config": config}
    if hasattr(instance, "__name__"):
        return registry.function_name(instance) or _name(instance)
    raise argument_error(
        "serialize_keras_object", "instance", instance, "an object with a get_config()"
    )


def _name(obj: Any) -> str:
    built_in = inspect.isclass(obj) and registry.is_built_in(obj)
    return registry.class_path(obj)[1] if built_in else get_registered_name(obj)


def _item(value: Any) -> Any:
    """A value of a configuration; objects in it are marked."""
    if hasattr(value, "get_config"):
        return {**serialize_keras_object(value), _MARK: True}
    return serialize_keras_object(value) if inspect.isfunction(value) else value


def deserialize_keras_object(
    identifier: Any,
    module_objects: Mapping[str, Any] | None = None,
    custom_objects: Mapping[str, Any] | None = None,
    printable_module_name: str = "object",
) -> Any:
    """What ``serialize_keras_object`` was given.

    Args:
        identifier: A dictionary, a name, a function or None.
        module_objects: Classes and functions by name.
        custom_objects: Users' own, which come first.
        printable_module_name: What is looked for, in the words of an error.

    Raises:
        ValueError: there is nothing of that name, or ``identifier`` is of another kind.

    Source: Keras 3 ``legacy.saving.deserialize_keras_object``.
    """
    if identifier is None or inspect.isfunction(identifier):
        return identifier
    objects = {**(module_objects or {}), **(custom_objects or {})}
    if isinstance(identifier, str):
        return _by_name(identifier, objects, printable_module_name)
    if not isinstance(identifier, dict) or not {"class_name", "config"} <= set(identifier):
        raise argument_error(
            "deserialize_keras_object",
            "identifier",
            identifier,
            "a name or a dictionary with class_name and config",
            f"Could not interpret serialized {printable_module_name}.",
        )
    if not isinstance(identifier["config"], dict):
        return deserialize(identifier, custom_objects=objects)
    config = {
        key: deserialize_keras_object(value, module_objects, custom_objects, "config_item")
        if isinstance(value, dict) and _MARK in value
        else value
        for key, value in identifier["config"].items()
    }
    try:
        return deserialize({**identifier, "config": config}, custom_objects=objects)
    except TypeError as error:
        if "Could not locate class" not in str(error):
            raise
        raise _unknown(identifier["class_name"], objects, printable_module_name) from None


def _by_name(name: str, objects: dict[str, Any], what: str) -> Any:
    found = {**scopes.custom_objects(), **objects}.get(name)
    if found is None:
        raise _unknown(name, objects, what)
    return found() if inspect.isclass(found) else found


def _unknown(name: str, objects: dict[str, Any], what: str) -> ValueError:
    return ValueError(
        f"Unknown {what}: {name!r}; expected one of module_objects or custom_objects. Open a "
        f"custom_object_scope with it. {nearest(name, objects)}".rstrip()
    )

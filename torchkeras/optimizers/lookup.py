"""Optimizers by name and as plain data."""

from typing import Any

from torchkeras.core import registry, scopes, serialization
from torchkeras.core.checks import kind_error
from torchkeras.optimizers.base import Optimizer


def get(identifier: Any) -> Any:
    """The optimizer meant by a name, a configuration or an optimizer.

    Raises:
        ValueError: there is no optimizer of that name, or it is something else.

    Example:
        >>> keras.optimizers.get("rmsprop").rho
        0.9
    """
    if isinstance(identifier, dict):
        return deserialize(identifier)
    found = registry.get(identifier, "optimizers", Optimizer, what="optimizer")
    if found is None or isinstance(found, Optimizer):
        return found
    raise ValueError(f"Could not interpret optimizer identifier: {identifier!r}.")


def serialize(optimizer: Optimizer, use_legacy_format: bool = False) -> dict[str, Any]:
    """An optimizer as plain data; ``use_legacy_format`` leaves only class name and config."""
    data = serialization.serialize_keras_object(optimizer)
    return {key: data[key] for key in ("class_name", "config")} if use_legacy_format else data


def deserialize(
    config: dict[str, Any],
    custom_objects: dict[str, Any] | None = None,
    use_legacy_format: bool = False,
) -> Optimizer:
    """The optimizer that ``serialize`` described, in any case of letters.

    ``use_legacy_format`` changes nothing here: either format is read.

    Raises:
        TypeError: the data isn't that of an optimizer.
    """
    with scopes.custom_objects_scope(custom_objects):
        found = registry.find(str(config.get("class_name")), "optimizers")
        if isinstance(found, type):
            config = {**config, "class_name": found.__name__}
        made = registry.from_dict(config, "optimizers")
    if not isinstance(made, Optimizer):
        raise kind_error("deserialize", "config", config, "the data of an optimizer")
    return made

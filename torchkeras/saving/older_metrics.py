"""Metrics of models with several outputs, as tf.keras 2 noted them in compile configurations."""

from typing import Any

from torchkeras.core import scopes

_ARGUMENTS = ("metrics", "weighted_metrics")


def for_each_output(config: dict[str, Any], model: Any) -> dict[str, Any]:
    """``config`` with a plain list of metrics once for each output, as tf.keras 2 took it.

    Keras 3 takes the first of as many metrics as there are outputs for the first output.

    Args:
        config: Arguments of ``compile`` as a file has them.
        model: The model that is compiled.
    """
    count = len(getattr(model, "output_names", None) or ())
    if not scopes.local.of_keras_2 or count < 2:
        return config
    found = dict(config)
    for name in _ARGUMENTS:
        given = found.get(name)
        if isinstance(given, list) and given and not any(map(_is_nested, given)):
            found[name] = [given] * count
    return found


def _is_nested(entry: Any) -> bool:
    return isinstance(entry, list) or (isinstance(entry, dict) and "class_name" not in entry)


def without_prefixes(config: dict[str, Any], model: Any) -> dict[str, Any]:
    """``config`` with metrics under the names that the user gave them.

    In ``.h5`` files and SavedModels of tf.keras 2 they begin with the name of their output.

    Args:
        config: Arguments of ``compile`` as a file has them, with a list of metrics for each output.
        model: The model that is compiled.
    """
    outputs = getattr(model, "output_names", None) or ()
    if not scopes.local.of_keras_2 or len(outputs) < 2:
        return config
    found = dict(config)
    for name in _ARGUMENTS:
        given = found.get(name)
        if isinstance(given, list) and len(given) == len(outputs):
            pairs = zip(given, outputs, strict=True)
            found[name] = [_renamed(metrics, f"{output}_") for metrics, output in pairs]
    return found


def _renamed(given: Any, prefix: str) -> Any:
    """A metric's configuration, or each in a list, with a name that lacks the prefix."""
    if isinstance(given, list):
        return [_renamed(metric, prefix) for metric in given]
    config = given.get("config") if isinstance(given, dict) else None
    if not isinstance(config, dict) or not isinstance(config.get("name"), str):
        return given
    name = config["name"].removeprefix(prefix) or config["name"]
    return {**given, "config": {**config, "name": name}}

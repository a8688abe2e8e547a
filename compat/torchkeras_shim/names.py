"""What a namespace of the drop-in says when asked for something it doesn't have."""

import sys
from collections.abc import Callable
from typing import Any

from torchkeras_shim.suggestions import missing_name


def missing(module: str) -> Callable[[str], Any]:
    """A module's ``__getattr__`` that names the nearest thing there is.

    Example:
        >>> __getattr__ = missing("tensorflow.math")  # doctest: +SKIP
    """

    def look_up(name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        namespace = sys.modules[module]
        options = [option for option in vars(namespace) if not option.startswith("_")]
        raise AttributeError(missing_name(module, name, options), name=name, obj=namespace)

    return look_up

"""``tf.autograph``: there is nothing to convert, since functions run as Python."""

import inspect
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from torchkeras_shim.names import missing

__getattr__ = missing(__name__)


def to_code(entity: Any, recursive: bool = True, experimental_optional_features: Any = None) -> str:
    """The function's source as it is.

    ``recursive`` and ``experimental_optional_features`` change nothing here: nothing is converted.
    """
    return inspect.getsource(getattr(entity, "python_function", entity))


def set_verbosity(level: int, alsologtostdout: bool = False) -> None:
    """Nothing: there is nothing to report."""


def _do_not_convert(func: Callable[..., Any] | None = None) -> Any:
    """The function as it is."""
    return (lambda f: f) if func is None else func


experimental = SimpleNamespace(do_not_convert=_do_not_convert)

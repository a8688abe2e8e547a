"""``tf.compat.v1``: the names of TensorFlow 1 that mean something without graphs and sessions."""

import logging as _logging
import sys
from types import SimpleNamespace
from typing import Any

from torchkeras_shim.suggestions import missing_name

from tensorflow.compat.v1 import data, train
from tensorflow.compat.v1.sessions import ConfigProto, GPUOptions, InteractiveSession, Session


def enable_eager_execution(
    config: Any = None, device_policy: Any = None, execution_mode: Any = None
) -> None:
    """Nothing: everything runs at once."""


def enable_v2_behavior() -> None:
    """Nothing: everything behaves so."""


def disable_eager_execution() -> None:
    """Nothing: functions run at once, and Keras's symbols stay symbols, whose gradients K knows."""


disable_v2_behavior = disable_eager_execution


def set_random_seed(seed: int) -> None:
    """``tf.random.set_seed``."""
    sys.modules["tensorflow"].random.set_seed(seed)


def _set_verbosity(level: int) -> None:
    _logging.getLogger("tensorflow").setLevel(level)


logging = SimpleNamespace(
    DEBUG=_logging.DEBUG,
    INFO=_logging.INFO,
    WARN=_logging.WARNING,
    ERROR=_logging.ERROR,
    FATAL=_logging.CRITICAL,
    set_verbosity=_set_verbosity,
    get_verbosity=lambda: _logging.getLogger("tensorflow").level,
    info=_logging.getLogger("tensorflow").info,
    warning=_logging.getLogger("tensorflow").warning,
    error=_logging.getLogger("tensorflow").error,
)


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    tensorflow = sys.modules["tensorflow"]
    if hasattr(tensorflow, name):
        return getattr(tensorflow, name)
    raise AttributeError(missing_name("tf.compat.v1", name, [*globals(), *dir(tensorflow)]))

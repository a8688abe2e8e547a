"""``tf.compat.v1``: the names of TensorFlow 1 that mean something without graphs and sessions."""

import logging as _logging
import sys
from types import SimpleNamespace
from typing import Any

from torchkeras_shim.suggestions import missing_name

from tensorflow.compat.v1 import data, losses, train
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


# Namespaces whose names mean something else now, so that none stands for the other.
_GONE = ("layers", "metrics")

# Functions that have moved since, by what their arguments still mean.
_MOVED = {
    "assert_equal": "debugging.assert_equal",
    "ceil": "math.ceil",
    "cholesky": "linalg.cholesky",
    "count_nonzero": "math.count_nonzero",
    "decode_base64": "io.decode_base64",
    "diag": "linalg.tensor_diag",
    "diag_part": "linalg.tensor_diag_part",
    "digamma": "math.digamma",
    "erf": "math.erf",
    "fft": "signal.fft",
    "floordiv": "math.floordiv",
    "is_finite": "math.is_finite",
    "is_inf": "math.is_inf",
    "is_nan": "math.is_nan",
    "lgamma": "math.lgamma",
    "log": "math.log",
    "log1p": "math.log1p",
    "log_sigmoid": "math.log_sigmoid",
    "matrix_band_part": "linalg.band_part",
    "matrix_determinant": "linalg.det",
    "matrix_diag": "linalg.diag",
    "matrix_inverse": "linalg.inv",
    "mod": "math.floormod",
    "random_normal": "random.normal",
    "random_shuffle": "random.shuffle",
    "random_uniform": "random.uniform",
    "read_file": "io.read_file",
    "reciprocal": "math.reciprocal",
    "rsqrt": "math.rsqrt",
    "segment_sum": "math.segment_sum",
    "self_adjoint_eig": "linalg.eigh",
    "sparse_tensor_to_dense": "sparse.to_dense",
    "string_to_number": "strings.to_number",
    "truncated_normal": "random.truncated_normal",
    "unsorted_segment_sum": "math.unsorted_segment_sum",
}


def div(x: Any, y: Any, name: str | None = None) -> Any:
    """``x / y``, of whole numbers rounded down."""
    tensorflow = sys.modules["tensorflow"]
    x = tensorflow.convert_to_tensor(x)
    return x / y if x.dtype.is_floating else x // y


def to_float(x: Any, name: str | None = "ToFloat") -> Any:
    """``tf.cast`` to float32."""
    tensorflow = sys.modules["tensorflow"]
    return tensorflow.cast(x, tensorflow.float32)


def to_int32(x: Any, name: str | None = "ToInt32") -> Any:
    """``tf.cast`` to int32."""
    tensorflow = sys.modules["tensorflow"]
    return tensorflow.cast(x, tensorflow.int32)


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    tensorflow = sys.modules["tensorflow"]
    if name in _MOVED:
        room, _, function = _MOVED[name].rpartition(".")
        return getattr(getattr(tensorflow, room), function)
    if name not in _GONE and hasattr(tensorflow, name):
        return getattr(tensorflow, name)
    raise AttributeError(missing_name("tf.compat.v1", name, [*globals(), *dir(tensorflow)]))

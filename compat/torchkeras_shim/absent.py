"""Namespaces of TensorFlow that the drop-in lacks: importing one succeeds, using it says so.

Scripts import more than they use; what fails is the line that needs something. Packages of their
own, such as ``tensorflow_datasets``, are no part of this.
"""

import sys
import warnings
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from torchkeras_shim.suggestions import missing_name

# The public namespaces of TensorFlow 2.
NAMESPACES = (
    "audio", "autodiff", "autograph", "autograph.experimental", "bitwise", "compat.v1",
    "compat.v2", "config", "config.experimental", "config.optimizer", "config.threading", "data",
    "data.experimental", "data.experimental.service", "debugging", "debugging.experimental",
    "distribute", "distribute.cluster_resolver", "distribute.coordinator",
    "distribute.experimental", "distribute.experimental.coordinator",
    "distribute.experimental.partitioners", "distribute.experimental.rpc", "dtypes",
    "dtypes.experimental", "errors", "estimator", "experimental", "experimental.dlpack",
    "experimental.dtensor", "experimental.extension_type", "experimental.numpy",
    "experimental.numpy.random", "experimental.tensorrt", "feature_column", "graph_util", "image",
    "io", "io.gfile", "linalg", "linalg.experimental", "lite", "lite.experimental", "lookup",
    "lookup.experimental", "math", "math.special", "mlir", "mlir.experimental", "nest", "nn",
    "nn.experimental", "profiler", "profiler.experimental", "profiler.experimental.client",
    "profiler.experimental.server", "quantization", "quantization.experimental", "queue", "ragged",
    "random", "random.experimental", "raw_ops", "saved_model", "saved_model.experimental", "sets",
    "signal", "sparse", "strings", "summary", "summary.experimental", "sysconfig", "test",
    "test.experimental", "tpu", "tpu.experimental", "tpu.experimental.embedding", "train",
    "train.experimental", "types", "types.experimental", "types.experimental.distributed",
    "version", "xla", "xla.experimental",
)  # fmt: skip
# TensorFlow's inside, of which any module may be imported.
_INSIDE = ("tensorflow.python.", "tensorflow.core.", "tensorflow.lite.python.")
# Namespaces that only the first generation has.
_FIRST_GENERATION = (
    "app", "distributions", "gfile", "initializers", "layers", "logging", "losses", "manip",
    "metrics", "python_io", "resource_loader", "spectral", "user_ops",
)  # fmt: skip


class Absent(ModuleType):
    """A module with nothing in it but what a script imports below it.

    Args:
        name: Its dotted name.
        stands_for: What its parent has under the name, whose names it hands on.
    """

    def __init__(self, name: str, stands_for: Any = None) -> None:
        super().__init__(name)
        self.__dict__["_stands_for"] = stands_for

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if self._stands_for is not None:
            return getattr(self._stands_for, name)
        if self.__name__.startswith("tensorflow.python."):
            tensorflow = sys.modules["tensorflow"]
            for namespace in (tensorflow, tensorflow.math, tensorflow.nn):
                found = vars(namespace).get(name)
                if getattr(found, "__module__", "").startswith("tensorflow"):
                    return found
        raise AttributeError(missing_name(self.__name__, name, ()), name=name, obj=self)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """A name imported from TensorFlow's inside as if it were a module."""
        where, _, name = self.__name__.rpartition(".")
        raise AttributeError(missing_name(where, name, ()), name=name, obj=self)


class _AbsentLoader(Loader):
    def create_module(self, spec: ModuleSpec) -> ModuleType:
        parent, _, name = spec.name.rpartition(".")
        return Absent(spec.name, getattr(sys.modules[parent], name, None))

    def exec_module(self, module: ModuleType) -> None:
        if module.__name__.startswith(_INSIDE):
            warn_of_the_inside(module.__name__)


class AbsentFinder(MetaPathFinder):
    """Finds the public namespaces of TensorFlow, and its inside, where nothing else does."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not name.startswith("tensorflow."):
            return None
        below = name.removeprefix("tensorflow.")
        is_first = below.startswith("compat.v1.")
        below = below.removeprefix("compat.v1.").removeprefix("compat.v2.")
        is_public = below in NAMESPACES or (is_first and below in _FIRST_GENERATION)
        if is_public or (name.startswith(_INSIDE) and not below.rpartition(".")[2][:1].isupper()):
            return ModuleSpec(name, _AbsentLoader(), is_package=True)
        return None


def warn_of_the_inside(name: str) -> None:
    """Warn that a script imports what is no public part of TensorFlow."""
    public = "tensorflow.keras" if name.startswith("tensorflow.python.keras") else "tensorflow"
    warnings.warn(
        f"{name} is TensorFlow's inside, which no release promises to keep. Import {public} "
        "instead.",
        stacklevel=3,
    )


def install() -> None:
    """Let such namespaces be imported; a second call changes nothing."""
    if not any(isinstance(finder, AbsentFinder) for finder in sys.meta_path):
        sys.meta_path.append(AbsentFinder())

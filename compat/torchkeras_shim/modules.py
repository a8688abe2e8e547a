"""Modules under Keras's and TensorFlow's names that hand out what torchkeras has.

``tensorflow.keras.layers``, ``keras.layers`` and the paths of older generations are one thing each:
a ``Mirror`` of ``torchkeras.layers``, made when it is first imported, in whatever form the import
is written.
"""

import importlib
import importlib.util
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from torchkeras_shim import absent, semantics
from torchkeras_shim.suggestions import missing_name

# Names under which scripts know Keras; each is a mirror of the package torchkeras.
ROOTS = (
    "tensorflow.keras",
    "tensorflow.python.keras",
    "tensorflow.compat.v1.keras",
    "tensorflow.compat.v2.keras",
    "keras",
    "tf_keras",
)
# Paths of older generations, and where their contents are now. The longest that fits is taken.
MOVED = {
    "api": "",
    "api._v2.keras": "",
    "backend.tensorflow_backend": "backend",
    "engine": "models",
    "engine.base_layer": "layers",
    "engine.input_layer": "layers",
    "engine.sequential": "models",
    "engine.training": "models",
    "layers.advanced_activations": "layers",
    "layers.convolutional": "layers",
    "layers.core": "layers",
    "layers.embeddings": "layers",
    "layers.merge": "layers",
    "layers.noise": "layers",
    "layers.wrappers": "layers",
    "losses_utils": "losses",
    "mixed_precision.experimental": "mixed_precision",
    "models_utils": "models",
    "objectives": "losses",
    "saving.saving_lib": "saving",
    "saving.serialization_lib": "saving",
    "optimizers.legacy": "optimizers",
    "optimizer_v2": "optimizers",
    "optimizers.optimizer_v2": "optimizers",
    "src": "",
    "utils.all_utils": "utils",
    "utils.data_utils": "utils",
    "utils.generic_utils": "utils",
    "utils.io_utils": "utils",
    "utils.layer_utils": "utils",
    "utils.np_utils": "utils",
    "utils.vis_utils": "utils",
}
# Functions that give loaders in torchkeras, and where those are that give tf.data's datasets.
DATASETS = dict.fromkeys(
    (
        "audio_dataset_from_directory",
        "image_dataset_from_directory",
        "split_dataset",
        "text_dataset_from_directory",
        "timeseries_dataset_from_array",
    ),
    "tensorflow.data.loaders",
)
# Functions of torchkeras that give tuples of numbers, and where those are that give tensors.
TENSORS = {("torchkeras.backend", "shape"): "tensorflow.tensors"}
# Names said of the whole that differ from torchkeras's own.
KERAS_VERSION = "3.15.1"


def target_of(name: str) -> str | None:
    """The torchkeras module that ``name`` mirrors, or None if it lies under no root."""
    for root in ROOTS:
        if name == root or name.startswith(root + "."):
            rest = name[len(root) + 1 :]
            break
    else:
        return None
    rest = _moved(rest)
    return f"torchkeras.{rest}" if rest else "torchkeras"


def _moved(path: str) -> str:
    """Where the contents of a path of any generation are now."""
    for root in ("src.", "api._v2.keras.", "api."):
        path = path.removeprefix(root)
    for old in sorted(MOVED, key=len, reverse=True):
        if path == old or path.startswith(old + "."):
            return ".".join(part for part in (MOVED[old], path[len(old) + 1 :]) if part)
    return path


def keras_version() -> str:
    """The release of Keras whose API this is."""
    return KERAS_VERSION


def find_module(name: str) -> ModuleType | None:
    """Import ``name`` if there is such a module, else None; errors inside it are not hidden."""
    parent = name.rpartition(".")[0]
    if parent and find_module(parent) is None:
        return None
    try:
        spec = importlib.util.find_spec(name)
    except ModuleNotFoundError:  # the parent is a plain module
        return None
    except ValueError:  # made by hand, without a spec
        return sys.modules.get(name)
    return importlib.import_module(name) if spec else None


_ABSENT = object()


class Mirror(ModuleType):
    """A module whose names are those of a torchkeras module.

    Names set on the mirror itself come first; a name that neither has raises and offers the
    nearest.
    """

    target: ModuleType

    def __getattr__(self, name: str) -> Any:
        if name == "target" or (name.startswith("__") and name != "__all__"):
            raise AttributeError(name)
        if name == "__all__":
            return self.__dir__()
        value = getattr(self.target, name, _ABSENT)
        if value is _ABSENT:
            value = self._from_elsewhere(name)
        if isinstance(value, ModuleType):
            return self._mirror_of(value)
        owner = DATASETS.get(name) or TENSORS.get((self.target.__name__, name))
        if owner is not None:
            value = getattr(importlib.import_module(owner), name)
        setattr(self, name, value)
        return value

    def _mirror_of(self, module: ModuleType) -> ModuleType:
        """The mirror, under this mirror's root, of a module found as an attribute."""
        package, _, rest = module.__name__.partition(".")
        if package != "torchkeras":
            raise AttributeError(missing_name(self.__name__, package, dir(self)))
        root = next(root for root in ROOTS if f"{self.__name__}.".startswith(f"{root}."))
        return importlib.import_module(f"{root}.{rest}")

    def _from_elsewhere(self, name: str) -> Any:
        """A submodule not imported so far, or a name that its room publishes one level up."""
        path = f"{self.__name__}.{name}"
        target = target_of(path)
        module = find_module(target) if target else None
        if module is not None:
            return module
        room = importlib.import_module(".".join(self.target.__name__.split(".")[:2]))
        if room is not self.target and hasattr(room, name):
            return getattr(room, name)
        raise AttributeError(missing_name(self.__name__, name, dir(self)), name=name, obj=self)

    def __dir__(self) -> list[str]:
        names = getattr(self.target, "__all__", None) or self._public_names()
        own = {name for name in vars(self) if not name.startswith("_")}
        return sorted({*names, *own} - {"target"})

    def _public_names(self) -> list[str]:
        """Names of the target; of its files, only the whole package's are namespaces."""
        is_root = self.target.__name__ == "torchkeras"
        return [
            name
            for name, value in vars(self.target).items()
            if not name.startswith("_") and (is_root or not isinstance(value, ModuleType))
        ]


class _MirrorLoader(Loader):
    def __init__(self, target: ModuleType) -> None:
        self.target = target

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        mirror = Mirror(spec.name, self.target.__doc__)
        mirror.target = self.target
        return mirror

    def exec_module(self, module: ModuleType) -> None:
        if module.__name__ == "tensorflow.python.keras":
            absent.warn_of_the_inside(module.__name__)
        if self.target.__name__ == "torchkeras":
            vars(module).update(__version__=KERAS_VERSION, version=keras_version)


class MirrorFinder(MetaPathFinder):
    """Finds every module below the names in ``ROOTS``."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        wanted = target_of(name)
        if wanted is None:
            return None
        module = find_module(wanted)
        if module is None:
            parent, _, leaf = name.rpartition(".")
            raise ModuleNotFoundError(self._message(parent, leaf), name=leaf)
        return ModuleSpec(name, _MirrorLoader(module), is_package=True)

    @staticmethod
    def _message(parent: str, leaf: str) -> str:
        return missing_name(parent, leaf, dir(sys.modules[parent]) if parent in sys.modules else ())


def mirror_package(name: str) -> None:
    """Make the package ``name``, whose own file calls this, a mirror of torchkeras."""
    install()
    module = sys.modules[name]
    module.__class__ = Mirror
    module.target = importlib.import_module("torchkeras")  # type: ignore[attr-defined]
    vars(module).update(__version__=KERAS_VERSION, version=keras_version)


def install() -> None:
    """Let the names in ``ROOTS`` be imported; a second call changes nothing.

    A process started by one under ``run`` takes on TensorFlow's semantics from it.
    """
    if not any(isinstance(finder, MirrorFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _FINDER)
        absent.install()
        semantics.inherit()


_FINDER = MirrorFinder()

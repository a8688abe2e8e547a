"""``tf.lite``: models for small devices, which torch makes by ``torch.export`` and ExecuTorch."""

import enum
from typing import Any

from torchkeras_shim.names import missing

from torchkeras.core.checks import moment_error

__getattr__ = missing(__name__)
_WAY = (
    "Save the program by torch.export.save(torch.export.export(model, (example,)), path), and "
    "lower it for the device by ExecuTorch."
)


class Optimize(enum.Enum):
    """What a converter makes better."""

    DEFAULT = "DEFAULT"
    OPTIMIZE_FOR_SIZE = "OPTIMIZE_FOR_SIZE"
    OPTIMIZE_FOR_LATENCY = "OPTIMIZE_FOR_LATENCY"
    EXPERIMENTAL_SPARSITY = "EXPERIMENTAL_SPARSITY"


class OpsSet(enum.Enum):
    """Operations that a converter may use."""

    TFLITE_BUILTINS = "TFLITE_BUILTINS"
    SELECT_TF_OPS = "SELECT_TF_OPS"
    TFLITE_BUILTINS_INT8 = "TFLITE_BUILTINS_INT8"


class TFLiteConverter:
    """Takes a model and settings; ``convert`` says how torch does it."""

    def __init__(self, model: Any) -> None:
        self.model = model

    @classmethod
    def from_keras_model(cls, model: Any) -> "TFLiteConverter":
        """A converter of a model."""
        return cls(model)

    @classmethod
    def from_saved_model(
        cls, saved_model_dir: str, signature_keys: Any = None, tags: Any = None
    ) -> "TFLiteConverter":
        """A converter of a folder, of which ``signature_keys`` and ``tags`` choose functions."""
        return cls((saved_model_dir, signature_keys, tags))

    @classmethod
    def from_concrete_functions(cls, funcs: Any, trackable_obj: Any = None) -> "TFLiteConverter":
        """A converter of functions, and of the ``trackable_obj`` whose variables they use."""
        return cls((funcs, trackable_obj))

    def convert(self) -> bytes:
        """Raises a RuntimeError that says how torch does it."""
        raise moment_error("tf.lite", "torch writes no TensorFlow Lite files", _WAY)


class Interpreter:
    """Raises a RuntimeError: torch runs no TensorFlow Lite files."""

    def __init__(self, model_path: str | None = None, model_content: Any = None, **options: Any):
        raise moment_error(
            "tf.lite.Interpreter", "torch runs no TensorFlow Lite files",
            "Use the package ai-edge-litert, or a program of ExecuTorch.",
        )  # fmt: skip

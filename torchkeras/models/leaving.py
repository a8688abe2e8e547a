"""What takes a model elsewhere."""

import os
from pathlib import Path
from typing import Any

from torchkeras.export.ejection import eject
from torchkeras.export.programs import export


class Leaving:
    """The part of ``Model`` that writes it for others than Keras."""

    def eject(
        self,
        path: str | os.PathLike,
        inputs: Any = None,
        overwrite: bool = True,
        check: bool = False,
    ) -> Path:
        """Write the model as PyTorch source that needs nothing of torchkeras; see ``eject``."""
        return eject(self, path, inputs, overwrite, check)

    def export(
        self,
        filepath: str | os.PathLike,
        format: str = "tf_saved_model",
        verbose: Any = None,
        input_signature: Any = None,
        **kwargs: Any,
    ) -> None:
        """Write the model as a program for inference; see ``export``."""
        export(self, filepath, format, verbose, input_signature, **kwargs)

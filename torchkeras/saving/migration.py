"""Files of any generation as files of today."""

import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torchkeras.core.checks import argument_error
from torchkeras.saving import api
from torchkeras.saving.files import check_free
from torchkeras.saving.inspection import report
from torchkeras.saving.reports import Report

_WEIGHTS = (".weights.h5", ".safetensors", ".ckpt")
_MODELS = (".keras", ".h5", ".hdf5")


def migrate(
    old: str | os.PathLike,
    new: str | os.PathLike,
    model: Any = None,
    custom_objects: Mapping[str, Any] | None = None,
    overwrite: bool = False,
) -> Report:
    """Write what a file holds in the form of today.

    Args:
        old: Any file that ``load_model`` or ``load_weights`` reads.
        new: Where to: a ``.keras`` or ``.h5`` file, or for weights (and the optimizer's state, but
            in ``.safetensors``) ``.weights.h5``, ``.safetensors`` or ``.ckpt``.
        model: The model, if the file holds weights alone; it gets them.
        custom_objects: The user's classes and functions by name.
        overwrite: Whether an existing file is replaced.

    Returns:
        What was in ``old``; its ``left`` and ``missing`` are what has no place in ``new``.

    Raises:
        ValueError: the file holds weights alone and there is no model, or it is damaged; or
            ``new`` has another suffix.
        FileExistsError: ``new`` is there already and ``overwrite`` is off.
    """
    name = Path(new).name
    if not name.endswith((*_WEIGHTS, *_MODELS)):
        expected = f"a path that ends in {', '.join(_MODELS)}, or for weights {', '.join(_WEIGHTS)}"
        raise argument_error("migrate", "new", os.fspath(new), expected)
    check_free("migrate", new, overwrite)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # reading it, below, gives them once more
        found = report(old, model, custom_objects)
    if model is not None:
        api.load_weights(model, old)
    elif found.model is not None:
        model = api.load_model(old, custom_objects)
    else:
        raise argument_error(
            "migrate", "old", str(old), "a file with a whole model",
            "It holds weights alone: pass the model that they belong to.",
        )  # fmt: skip
    if not name.endswith(_WEIGHTS):
        api.save_model(model, new, overwrite=overwrite)
    else:
        api.save_weights(model, new, overwrite=overwrite)
    if name.endswith(".safetensors"):
        found.without_optimizer()
    return found

"""Models: ``Model``, ``Sequential``, ``Functional``, and what copies and reads them."""

from torchkeras.models import experimental
from torchkeras.models.cloning import (
    clone_model,
    model_from_config,
    model_from_json,
    model_from_yaml,
)
from torchkeras.models.functional import Functional
from torchkeras.models.model import Model
from torchkeras.models.sequential import Sequential
from torchkeras.saving.api import load_model, save_model

__all__ = [
    "Functional",
    "Model",
    "Sequential",
    "clone_model",
    "experimental",
    "load_model",
    "model_from_config",
    "model_from_json",
    "model_from_yaml",
    "save_model",
]

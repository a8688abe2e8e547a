"""Keras models as scikit-learn estimators. scikit-learn is imported when one of them is used."""

import importlib
from typing import Any

__all__ = ["SKLearnClassifier", "SKLearnRegressor", "SKLearnTransformer", "scikit_learn"]


def __getattr__(name: str) -> Any:
    if name == "scikit_learn":
        return importlib.import_module("torchkeras.wrappers.scikit_learn")
    if name in __all__:
        return getattr(importlib.import_module("torchkeras.wrappers.estimators"), name)
    raise AttributeError(f"module 'torchkeras.wrappers' has no attribute '{name}'")


def __dir__() -> list[str]:
    return __all__

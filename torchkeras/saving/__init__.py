"""Saving and loading: ``.keras``, ``.weights.h5`` and ``.safetensors``, both ways with Keras."""

from torchkeras.core.serialization import (
    CustomObjectScope,
    custom_object_scope,
    deserialize_keras_object,
    get_custom_objects,
    get_registered_name,
    get_registered_object,
    register_keras_serializable,
    serialize_keras_object,
)
from torchkeras.saving.api import load_model, load_weights, save_model, save_weights
from torchkeras.saving.file_editor import KerasFileEditor
from torchkeras.saving.inspection import report
from torchkeras.saving.migration import migrate
from torchkeras.saving.reports import Report

__all__ = [
    "CustomObjectScope",
    "KerasFileEditor",
    "Report",
    "custom_object_scope",
    "deserialize_keras_object",
    "get_custom_objects",
    "get_registered_name",
    "get_registered_object",
    "load_model",
    "load_weights",
    "migrate",
    "register_keras_serializable",
    "report",
    "save_model",
    "save_weights",
    "serialize_keras_object",
]

"""``keras.legacy.saving``: objects as dictionaries in an older form."""

from torchkeras.saving.legacy import deserialize_keras_object, serialize_keras_object

__all__ = ["deserialize_keras_object", "serialize_keras_object"]

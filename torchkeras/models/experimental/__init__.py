"""``keras.models.experimental`` of tf.keras 2."""

from torchkeras.models.sharpness import SharpnessAwareMinimization

__all__ = ["SharpnessAwareMinimization"]

"""``keras.experimental`` of tf.keras 2: linear models, and older names."""

from torchkeras.experimental.linear import LinearModel
from torchkeras.experimental.sequence_features import SequenceFeatures
from torchkeras.experimental.sidecar import SidecarEvaluator
from torchkeras.experimental.wide_deep import WideDeepModel
from torchkeras.optimizers.schedules import CosineDecay, CosineDecayRestarts

__all__ = [
    "CosineDecay",
    "CosineDecayRestarts",
    "LinearModel",
    "SequenceFeatures",
    "SidecarEvaluator",
    "WideDeepModel",
]

"""Distillation: a small student model learns from a teacher's outputs and features."""

from torchkeras.distillation.distiller import Distiller
from torchkeras.distillation.losses import (
    DistillationLoss,
    FeatureDistillation,
    LogitsDistillation,
)

__all__ = ["DistillationLoss", "Distiller", "FeatureDistillation", "LogitsDistillation"]

"""Training: the story of ``fit`` and what ``compile`` makes of its arguments."""

from torchkeras.training.compiled import CompiledLoss, CompiledMetrics
from torchkeras.training.precision import Precision
from torchkeras.training.trainer import Trainer

__all__ = ["CompiledLoss", "CompiledMetrics", "Precision", "Trainer"]

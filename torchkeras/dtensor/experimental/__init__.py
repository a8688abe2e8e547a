"""``keras.dtensor.experimental``: layouts; the present optimizers, which take sharded weights."""

from torchkeras.dtensor.experimental import optimizers
from torchkeras.dtensor.experimental.layouts import LayoutMap

__all__ = ["LayoutMap", "optimizers"]

"""``keras.dtensor.experimental``: the present optimizers, which take sharded weights, too."""

from torchkeras.dtensor.experimental import optimizers

__all__ = ["optimizers"]

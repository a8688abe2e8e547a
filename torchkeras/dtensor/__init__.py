"""``keras.dtensor`` of tf.keras 2; ``keras.distribution`` is what it became."""

from torchkeras.dtensor import experimental

__all__ = ["experimental"]

"""``keras.legacy``: what older releases did otherwise."""

from torchkeras.legacy import saving

__all__ = ["saving"]

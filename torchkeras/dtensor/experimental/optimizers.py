"""``keras.dtensor.experimental.optimizers``: the present optimizers."""

from torchkeras.optimizers import SGD, Adadelta, Adagrad, Adam, AdamW, RMSprop

__all__ = ["SGD", "Adadelta", "Adagrad", "Adam", "AdamW", "RMSprop"]

"""``keras.optimizers.experimental``: what the present optimizers were called at first."""

from torchkeras.optimizers.adafactor import Adafactor
from torchkeras.optimizers.adagrad import Adadelta, Adagrad, RMSprop
from torchkeras.optimizers.adam import Adam, Adamax, AdamW, Nadam
from torchkeras.optimizers.base import Optimizer
from torchkeras.optimizers.ftrl import Ftrl
from torchkeras.optimizers.sgd import SGD

__all__ = [
    "SGD",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Ftrl",
    "Nadam",
    "Optimizer",
    "RMSprop",
]

"""``keras.optimizers.legacy``: the present optimizers, which take ``lr`` and ``decay`` too."""

from torchkeras.optimizers.adagrad import Adadelta, Adagrad, RMSprop
from torchkeras.optimizers.adam import Adam, Adamax, Nadam
from torchkeras.optimizers.base import Optimizer
from torchkeras.optimizers.ftrl import Ftrl
from torchkeras.optimizers.sgd import SGD

__all__ = [
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "Adamax",
    "Ftrl",
    "Nadam",
    "Optimizer",
    "RMSprop",
]

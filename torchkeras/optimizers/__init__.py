"""``keras.optimizers``."""

from torchkeras.optimizers import experimental, legacy, schedules
from torchkeras.optimizers.adafactor import Adafactor
from torchkeras.optimizers.adagrad import Adadelta, Adagrad, RMSprop
from torchkeras.optimizers.adam import Adam, Adamax, AdamW, Nadam
from torchkeras.optimizers.base import Optimizer
from torchkeras.optimizers.ftrl import Ftrl
from torchkeras.optimizers.lamb import Lamb
from torchkeras.optimizers.lion import Lion
from torchkeras.optimizers.lookup import deserialize, get, serialize
from torchkeras.optimizers.loss_scale import LossScaleOptimizer
from torchkeras.optimizers.multiple import MultiOptimizer, OptimizerMap
from torchkeras.optimizers.muon import Muon
from torchkeras.optimizers.schedule_free import ScheduleFreeAdamW
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
    "Lamb",
    "Lion",
    "LossScaleOptimizer",
    "MultiOptimizer",
    "Muon",
    "Nadam",
    "Optimizer",
    "OptimizerMap",
    "RMSprop",
    "ScheduleFreeAdamW",
    "deserialize",
    "experimental",
    "get",
    "legacy",
    "schedules",
    "serialize",
]

"""The Keras API, native on PyTorch."""

from torchkeras import (
    activations,
    callbacks,
    constraints,
    initializers,
    layers,
    losses,
    metrics,
    models,
    ops,
    optimizers,
    regularizers,
    saving,
)
from torchkeras.core.dtypes import DTypePolicy, FloatDTypePolicy
from torchkeras.core.scopes import name_scope
from torchkeras.core.variable import Variable
from torchkeras.initializers import Initializer
from torchkeras.layers.base import Layer
from torchkeras.layers.input import Input
from torchkeras.layers.input_spec import InputSpec
from torchkeras.losses import Loss
from torchkeras.metrics import Metric
from torchkeras.models import Functional, Model, Sequential
from torchkeras.optimizers import Optimizer
from torchkeras.regularizers import Regularizer
from torchkeras.tracer import KerasTensor

__version__ = "0.1.0"

try:
    from torchkeras import backend, config, random, tree, utils
except ImportError:
    pass  # while these rooms are being built

"""The Keras API, native on PyTorch."""

import gc

# Torch leaves so many objects behind that the collector, set off by what is made here, would take
# longer than all these imports.
_collects = gc.isenabled()
gc.disable()
try:
    from torchkeras import (
        activations,
        applications,
        backend,
        callbacks,
        config,
        constraints,
        datasets,
        distillation,
        distribution,
        dtensor,
        dtype_policies,
        estimator,
        experimental,
        export,
        initializers,
        layers,
        legacy,
        losses,
        metrics,
        mixed_precision,
        models,
        ops,
        optimizers,
        preprocessing,
        quantizers,
        random,
        regularizers,
        saving,
        tree,
        utils,
        visualization,
        wrappers,
    )
    from torchkeras.core.dtypes import DTypePolicy, FloatDTypePolicy
    from torchkeras.core.remat import RematScope, remat
    from torchkeras.core.scopes import device_scope as device
    from torchkeras.core.scopes import name_scope
    from torchkeras.core.stateless import StatelessScope, SymbolicScope
    from torchkeras.core.variable import Variable
    from torchkeras.initializers import Initializer
    from torchkeras.layers.base import Layer
    from torchkeras.layers.input import Input
    from torchkeras.layers.input_spec import InputSpec
    from torchkeras.losses import Loss
    from torchkeras.metrics import Metric
    from torchkeras.models import Functional, Model, Sequential
    from torchkeras.models.borrowing import from_torch
    from torchkeras.optimizers import Optimizer
    from torchkeras.quantizers import Quantizer
    from torchkeras.regularizers import Regularizer
    from torchkeras.tracer import Function, KerasTensor, Operation
finally:
    if _collects:
        gc.enable()

__version__ = "0.1.0"


def version() -> str:
    """The version of torchkeras."""
    return __version__


__all__ = [
    "DTypePolicy",
    "FloatDTypePolicy",
    "Function",
    "Functional",
    "Initializer",
    "Input",
    "InputSpec",
    "KerasTensor",
    "Layer",
    "Loss",
    "Metric",
    "Model",
    "Operation",
    "Optimizer",
    "Quantizer",
    "Regularizer",
    "RematScope",
    "Sequential",
    "StatelessScope",
    "SymbolicScope",
    "Variable",
    "__version__",
    "activations",
    "applications",
    "backend",
    "callbacks",
    "config",
    "constraints",
    "datasets",
    "device",
    "distillation",
    "distribution",
    "dtensor",
    "dtype_policies",
    "estimator",
    "experimental",
    "export",
    "from_torch",
    "initializers",
    "layers",
    "legacy",
    "losses",
    "metrics",
    "mixed_precision",
    "models",
    "name_scope",
    "ops",
    "optimizers",
    "preprocessing",
    "quantizers",
    "random",
    "regularizers",
    "remat",
    "saving",
    "tree",
    "utils",
    "version",
    "visualization",
    "wrappers",
]

"""``tf.types.experimental``: kinds of values, for annotations and ``isinstance``."""

from collections import abc
from typing import Any

import torch
from torchkeras_shim.names import missing

from tensorflow.tensors import TensorSpec

__getattr__ = missing(__name__)

# What becomes a tensor: tensors, arrays, numbers, texts and nested lists of these.
TensorLike = Any
Tensor = torch.Tensor
# What tells of a value that a function is traced with.
TraceType = TensorSpec
Callable = GenericFunction = PolymorphicFunction = abc.Callable

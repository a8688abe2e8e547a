"""``tf.errors``: what scripts catch."""

import torch
from torchkeras_shim.names import missing

__getattr__ = missing(__name__)


class OpError(Exception):
    """Base of TensorFlow's errors."""


class OutOfRangeError(OpError):
    """An iterator has no more elements."""


# Errors that torch and torchkeras raise under other names; ``except`` takes a tuple as well as a
# class.
InvalidArgumentError = (ValueError, RuntimeError, IndexError, TypeError)
FailedPreconditionError = RuntimeError
UnimplementedError = NotImplementedError
NotFoundError = FileNotFoundError
AlreadyExistsError = FileExistsError
PermissionDeniedError = PermissionError
ResourceExhaustedError = torch.OutOfMemoryError

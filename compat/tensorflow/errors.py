"""``tf.errors``: what scripts catch."""

from typing import Any

import torch
from torchkeras_shim.names import missing

__getattr__ = missing(__name__)


class OpError(Exception):
    """Base of TensorFlow's errors.

    Args:
        node_def, op: The place in a graph; None.
        message: What went wrong; given alone it may come first.
        error_code: TensorFlow's number of the kind of error.
    """

    code = 2

    def __init__(
        self, node_def: Any = None, op: Any = None, message: str = "", error_code: Any = None
    ) -> None:
        if isinstance(node_def, str) and not message:
            node_def, message = None, node_def
        super().__init__(message)
        self.node_def = node_def
        self.op = op
        self.message = message
        self.error_code = self.code if error_code is None else error_code


class OutOfRangeError(OpError):
    """An iterator has no more elements."""

    code = 11


class DataLossError(OpError):
    """A file is cut short, or isn't what it is said to be."""

    code = 15


class CancelledError(OpError):
    """What was going on has been stopped."""

    code = 1


# Errors that torch and torchkeras raise under other names; ``except`` takes a tuple as well as a
# class.
InvalidArgumentError = (ValueError, RuntimeError, IndexError, TypeError)
FailedPreconditionError = RuntimeError
UnimplementedError = NotImplementedError
NotFoundError = FileNotFoundError
AlreadyExistsError = FileExistsError
PermissionDeniedError = PermissionError
ResourceExhaustedError = torch.OutOfMemoryError

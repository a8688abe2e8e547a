"""Warnings that point at the user's own line."""

import sys
import warnings
from types import FrameType

import torch

# What stands between the user's line and a warning: these packages, the drop-ins included.
_INSIDE = {"torchkeras", "torch", "keras", "tensorflow", "tf_keras"}


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn of something that the user's code does, at its line, however deep within it is noticed.

    So it is shown once for each such line. Code that torch compiles says nothing, since its graph
    can't: the calls before it do.

    Args:
        message: What is the matter, and what to do.
        category: Class of the warning.

    Example:
        >>> with warnings.catch_warnings(record=True) as caught:
        ...     warnings.simplefilter("always")
        ...     warn("Units are missing.")
        >>> str(caught[0].message)
        'Units are missing.'
    """
    if not torch.compiler.is_compiling():
        warnings.warn(message, category, stacklevel=_level(sys._getframe(1)))


def _level(frame: FrameType | None) -> int:
    """The ``stacklevel`` of the innermost caller that is none of ours; the outermost if all are."""
    level = 2  # that of the function that warns
    while frame is not None and _is_inside(frame) and frame.f_back is not None:
        frame, level = frame.f_back, level + 1
    return level


def _is_inside(frame: FrameType) -> bool:
    name = frame.f_globals.get("__name__")  # of a module; generated code belongs to none
    return name is None or name.partition(".")[0] in _INSIDE

"""Steps outside of ``fit``, for which each process has its part of a batch.

The user divides the loss by the size of the whole batch, as under ``tf.distribute``, so gradients
add up.
"""

import contextlib
import threading
from collections.abc import Iterator

from torchkeras.distribution.alone import Alone, Reduction


class _Local(threading.local):
    """The group whose step this thread is in, or None."""

    group: Alone | None = None


_local = _Local()


@contextlib.contextmanager
def adding_up(group: Alone) -> Iterator[None]:
    """Let optimizers add up gradients over ``group`` inside."""
    before, _local.group = _local.group, group
    try:
        yield
    finally:
        _local.group = before


def reduction_outside_fit() -> Reduction | None:
    """What an optimizer adds up gradients with; None where that isn't wanted."""
    group = _local.group
    return None if group is None or group.number == 1 else group.sums

"""Whether a function of one row is running on all rows at once, where less can be done."""

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

from torchkeras.core.checks import moment_error


class _Local(threading.local):
    are_together = False


_local = _Local()


@contextlib.contextmanager
def rows_together() -> Iterator[None]:
    """Inside, ``check_apart`` raises."""
    before, _local.are_together = _local.are_together, True
    try:
        yield
    finally:
        _local.are_together = before


def check_apart(owner: Any) -> None:
    """Raise a RuntimeError if all rows are taken at once, as ``owner`` needs one after another."""
    if _local.are_together:
        raise moment_error(owner, "it can't be done for all rows at once")

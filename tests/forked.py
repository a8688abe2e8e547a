"""Work done by a copy of this process, which ends with it."""

import os
import sys
import traceback
import warnings
from collections.abc import Callable
from typing import Any


def forked(work: Callable[..., Any], *arguments: Any) -> int:
    """The number of a copy of this process that works: its status is 1 after an error, else 0."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of copies beside threads
        child = os.fork()
    if child:
        return child
    status = 1
    try:
        work(*arguments)
        status = 0
    finally:  # never on into what called this
        if status:
            traceback.print_exc()
        sys.stderr.flush()
        os._exit(status)


def status_of(child: int) -> int:
    """How a copy has ended, which is waited for: its status, or a signal's number below 0."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

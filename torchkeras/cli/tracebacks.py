"""Tracebacks that end where the user's code does."""

import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import torch

_RUNNERS = ("<frozen runpy>", "runpy.py")
HIDDEN = "(frames inside torchkeras and torch are hidden; run --full-traceback shows them)"


def show_users_code(folders: Sequence[Path]) -> None:
    """From now on, show uncaught exceptions without frames that lie in ``folders`` or torch."""
    inner = tuple(f"{path}{os.sep}" for path in (*folders, Path(torch.__file__).parent))

    def show(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        sys.stderr.write("".join(users_traceback(error, inner)))

    sys.excepthook = show


def users_traceback(error: BaseException, inner: Sequence[str]) -> list[str]:
    """Lines of the traceback of ``error`` and of its causes, without frames below ``inner``.

    An exception with no other frames keeps them all.
    """
    report = traceback.TracebackException.from_exception(error)
    hidden = False
    links = [report]
    while links:
        link = links.pop()
        links += [other for other in (link.__cause__, link.__context__) if other is not None]
        frames = [f for f in link.stack if not f.filename.endswith(_RUNNERS)]
        users = [f for f in frames if not f.filename.startswith(tuple(inner))]
        if users:
            hidden = hidden or frames[-1] is not users[-1]
            link.stack = traceback.StackSummary.from_list(users)
    lines = list(report.format())
    return [*lines, f"{HIDDEN}\n"] if hidden else lines

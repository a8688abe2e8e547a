"""What the commands print, as text that a terminal shows and doesn't obey."""

import contextlib
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from torchkeras.core.naming import printable

_OWN = str(Path(__file__).parents[1])  # the package; sys.argv[0] is the script that starts it


class _Shown:
    """A stream that shows control characters by their codes."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write ``text``; how long it was."""
        self._stream.write(printable(text))
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextlib.contextmanager
def shown_as_text() -> Iterator[None]:
    """Print names and texts of files as they are written, whatever characters they have."""
    output, errors = _Shown(sys.stdout), _Shown(sys.stderr)
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
        yield


@contextlib.contextmanager
def warnings_of(command: str) -> Iterator[None]:
    """Print warnings as a line of the command's; those of files of the user's with their places."""
    with warnings.catch_warnings():
        usual = warnings.showwarning

        def show(message: Any, category: Any, filename: str, *place: Any, **options: Any) -> None:
            if filename.startswith((_OWN, sys.argv[0] or _OWN)):
                print(f"{command}: {message}", file=sys.stderr)
            else:
                usual(message, category, filename, *place, **options)

        warnings.showwarning = show
        yield

"""What the commands print, as text that a terminal shows and doesn't obey."""

import contextlib
import sys
from collections.abc import Iterator
from typing import Any

from torchkeras.core.naming import printable


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

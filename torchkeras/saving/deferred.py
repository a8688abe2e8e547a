"""A file whose errors wait until it is closed."""

import io
import os
from typing import Any


class DeferredFile(io.RawIOBase):
    """A new file for writers that can't cope with errors: torch ends the process at one.

    After an error of the disk it takes whatever is written and keeps nothing; the end of the block
    raises it.

    Args:
        path: The file.

    Raises:
        OSError: it can't be made; at the end of the block, the disk is full or fails.
    """

    def __init__(self, path: str | os.PathLike) -> None:
        self._file = open(path, "wb", buffering=0)  # noqa: SIM115 - closed by __exit__
        self._error: OSError | None = None

    def writable(self) -> bool:
        """Whether it can be written to."""
        return True

    def seekable(self) -> bool:
        """Whether it has places to go to."""
        return True

    def write(self, data: Any) -> int:
        """Take ``data``; the number of its bytes."""
        left = memoryview(data).cast("B")
        size = len(left)
        try:
            while left and self._error is None:
                left = left[self._file.write(left) :]
        except OSError as error:
            self._error = error
        return size

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place; the place."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """The place."""
        return self._file.tell()

    def __exit__(self, *exc: Any) -> None:
        with self._file:
            if self._error is not None:
                raise self._error

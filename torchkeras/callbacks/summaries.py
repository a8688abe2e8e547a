"""Numbers, histograms, images and texts for TensorBoard from within a model or a loop.

What is written goes to the writer that is in force: that of the ``TensorBoard`` callback within
``fit``, or one entered by ``with create_file_writer(folder).as_default():``.
"""

import contextlib
import contextvars
import sys
import types
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from torchkeras.callbacks import events
from torchkeras.core.checks import argument_error, moment_error


class _InForce(NamedTuple):
    """A writer, the step at which it writes, and whether it does."""

    writer: Any
    step: Any
    records: bool | Callable[[], bool]


_in_force: contextvars.ContextVar[_InForce | None] = contextvars.ContextVar("writer", default=None)


def summary_writer(folder: str) -> Any:
    """A ``torch.utils.tensorboard.SummaryWriter`` on ``folder`` that leaves TensorFlow alone.

    Raises:
        ImportError: the package ``tensorboard`` isn't installed.
    """
    # With this module present, tensorboard takes its own stub instead of whatever is importable
    # under the name tensorflow.
    sys.modules.setdefault("tensorboard.compat.notf", types.ModuleType("tensorboard.compat.notf"))
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise ImportError(
            "TensorBoard needs the package `tensorboard`: pip install tensorboard"
        ) from error
    return SummaryWriter(log_dir=folder)


class FileWriter:
    """A writer of event files, made when it is first needed."""

    def __init__(self, logdir: str) -> None:
        self.logdir = logdir
        self._writer: Any = None

    @property
    def writer(self) -> Any:
        """torch's writer."""
        if self._writer is None:
            self._writer = summary_writer(self.logdir)
        return self._writer

    def set_as_default(self, step: Any = None) -> None:
        """Put it in force, with ``step`` as the number of each value written."""
        _in_force.set(_InForce(self, step, True))

    @contextlib.contextmanager
    def as_default(self, step: Any = None) -> Iterator["FileWriter"]:
        """Put it in force inside."""
        token = _in_force.set(_InForce(self, step, True))
        try:
            yield self
        finally:
            _in_force.reset(token)
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        if self._writer is not None:
            self._writer.flush()

    def close(self) -> None:
        """Write what waits, and close the file."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None


def create_file_writer(logdir: str) -> FileWriter:
    """A writer of event files in the folder ``logdir``."""
    return FileWriter(str(logdir))


@contextlib.contextmanager
def in_force(writer: Any, step: Any, records: bool | Callable[[], bool] = True) -> Iterator[None]:
    """Put ``writer`` in force inside, for values numbered by ``step`` (or what it gives)."""
    token = _in_force.set(_InForce(writer, step, records))
    try:
        yield
    finally:
        _in_force.reset(token)


@contextlib.contextmanager
def record_if(condition: bool | Callable[[], bool]) -> Iterator[None]:
    """Write inside only if ``condition``, or what it gives, is true."""
    found = _in_force.get()
    token = _in_force.set(None if found is None else found._replace(records=condition))
    try:
        yield
    finally:
        _in_force.reset(token)


def should_record_summaries() -> bool:
    """Whether what is written now reaches a file."""
    found = _in_force.get()
    if found is None:
        return False
    return bool(found.records() if callable(found.records) else found.records)


def _write(add: Callable[..., None], name: str, data: Any, step: Any, *arguments: Any) -> bool:
    if not should_record_summaries():
        return False
    found = _in_force.get()
    step = found.step if step is None else step
    if step is None:
        raise moment_error("summary", "there is no step", "Pass step= to it or to as_default().")
    number = int(step() if callable(step) else step)
    add(found.writer.writer, name, data, number, *arguments)
    return True


def scalar(name: str, data: Any, step: Any = None, description: str | None = None) -> bool:
    """Write a number; whether it was written."""
    return _write(events.add_scalar, name, data, step, description)


def histogram(
    name: str, data: Any, step: Any = None, buckets: int = 30, description: str | None = None
) -> bool:
    """Write the distribution of numbers in ``buckets`` bins; whether it was written."""
    return _write(events.add_histogram, name, data, step, buckets, description)


def image(
    name: str, data: Any, step: Any = None, max_outputs: int = 3, description: str | None = None
) -> bool:
    """Write images ``(n, h, w, c)``, ``max_outputs`` at most; whether they were written.

    Numbers of type float are in [0, 1]; there are 1 to 4 channels.
    """
    return _write(events.add_images, name, data, step, max_outputs, description)


def text(name: str, data: Any, step: Any = None, description: str | None = None) -> bool:
    """Write a text, or an array of them; whether it was written."""
    return _write(events.add_text, name, data, step, description)


def audio(
    name: str,
    data: Any,
    sample_rate: int,
    step: Any = None,
    max_outputs: int = 3,
    encoding: str | None = None,
    description: str | None = None,
) -> bool:
    """Write sounds ``(n, t, c)`` in [-1, 1] at ``sample_rate`` Hz; whether they were written.

    Raises:
        ValueError: ``encoding`` is neither ``"wav"`` nor None, which is the same.
    """
    if encoding not in (None, "wav"):
        raise argument_error("audio", "encoding", encoding, '"wav" or None')
    return _write(events.add_audio, name, data, step, int(sample_rate), max_outputs, description)

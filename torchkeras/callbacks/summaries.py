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

    writer: Any = None
    step: Any = None
    records: bool | Callable[[], bool] = True


_in_force: contextvars.ContextVar[_InForce] = contextvars.ContextVar(
    "writer",
    default=_InForce(),  # noqa: B039, a tuple of constants
)


def summary_writer(folder: str, **options: Any) -> Any:
    """A ``torch.utils.tensorboard.SummaryWriter`` on ``folder`` that leaves TensorFlow alone.

    Args:
        folder: The folder.
        **options: Further arguments of torch's writer.

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
    return SummaryWriter(log_dir=folder, **options)


class FileWriter:
    """A writer of event files, made when it is first needed.

    Args:
        logdir: The folder.
        **options: Further arguments of torch's writer.
    """

    def __init__(self, logdir: str, **options: Any) -> None:
        self.logdir = logdir
        self._options = options
        self._writer: Any = None

    @property
    def writer(self) -> Any:
        """torch's writer."""
        if self._writer is None:
            self._writer = summary_writer(self.logdir, **self._options)
        return self._writer

    def set_as_default(self, step: Any = None) -> None:
        """Put it in force, with ``step`` as the number of each value written."""
        found = _in_force.get()
        _in_force.set(found._replace(writer=self, step=found.step if step is None else step))

    @contextlib.contextmanager
    def as_default(self, step: Any = None) -> Iterator["FileWriter"]:
        """Put it in force inside; a ``step`` given here is in force inside too."""
        before = _in_force.get()
        self.set_as_default(step)
        try:
            yield self
        finally:
            last = _in_force.get().step if step is None else before.step
            _in_force.set(before._replace(step=last))
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
    before = _in_force.get()
    _in_force.set(before._replace(records=condition))
    try:
        yield
    finally:
        _in_force.set(_in_force.get()._replace(records=before.records))


def should_record_summaries() -> bool:
    """Whether what is written now reaches a file."""
    found = _in_force.get()
    if found.writer is None:
        return False
    return bool(found.records() if callable(found.records) else found.records)


def get_step() -> Any:
    """The step in force: a number, something that makes one, or None."""
    step = _in_force.get().step
    return step() if callable(step) else step


def set_step(step: Any) -> None:
    """Number what is written from here on by ``step``, a number or something that makes one."""
    _in_force.set(_in_force.get()._replace(step=step))


def current_writer() -> Any:
    """The writer in force; None if there is none."""
    return _in_force.get().writer


def write(add: Callable[..., None], name: str, data: Any, step: Any, *arguments: Any) -> bool:
    """Let ``add``, a function of ``events``, write ``data``; whether it did.

    Raises:
        RuntimeError: no step is in force and none was given.
    """
    if not should_record_summaries():
        return False
    step = get_step() if step is None else step
    if step is None:
        raise moment_error("summary", "there is no step", "Pass step= to it or to as_default().")
    add(current_writer().writer, name, data, int(step), *arguments)
    return True


def scalar(name: str, data: Any, step: Any = None, description: str | None = None) -> bool:
    """Write a number; whether it was written."""
    return write(events.add_scalar, name, data, step, description)


def histogram(
    name: str, data: Any, step: Any = None, buckets: int = 30, description: str | None = None
) -> bool:
    """Write the distribution of numbers in ``buckets`` bins; whether it was written."""
    return write(events.add_histogram, name, data, step, buckets, description)


def image(
    name: str, data: Any, step: Any = None, max_outputs: int = 3, description: str | None = None
) -> bool:
    """Write images ``(n, h, w, c)``, ``max_outputs`` at most; whether they were written.

    Numbers of type float are in [0, 1]; there are 1 to 4 channels.
    """
    return write(events.add_images, name, data, step, max_outputs, description)


def text(name: str, data: Any, step: Any = None, description: str | None = None) -> bool:
    """Write a text, or an array of them; whether it was written."""
    return write(events.add_text, name, data, step, description)


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
    return write(events.add_audio, name, data, step, int(sample_rate), max_outputs, description)

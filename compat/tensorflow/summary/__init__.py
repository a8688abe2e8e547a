"""``tf.summary``: what TensorBoard shows, written to event files."""

import contextlib
import os
from collections.abc import Iterator
from typing import Any

import numpy as np
from torchkeras_shim.names import missing

from tensorflow.summary import experimental
from tensorflow.summary.tracing import trace_export, trace_off, trace_on
from torchkeras.callbacks import events, summaries
from torchkeras.callbacks.summaries import record_if, should_record_summaries
from torchkeras.core.checks import argument_error, moment_error

__getattr__ = missing(__name__)


class SummaryWriter:
    """Where summaries go.

    Args:
        file: The writer of event files; None writes nothing.
    """

    def __init__(self, file: summaries.FileWriter | None) -> None:
        self._file = file
        self._is_closed = False

    def set_as_default(self, step: Any = None) -> None:
        """Write here from now on, with ``step`` as the number of what is written."""
        self._check_open()
        if self._file is not None:
            self._file.set_as_default(step)

    @contextlib.contextmanager
    def as_default(self, step: Any = None) -> Iterator["SummaryWriter"]:
        """Write here inside ``with``."""
        self._check_open()
        if self._file is None:
            with record_if(False):
                yield self
        else:
            with self._file.as_default(step):
                yield self

    def _check_open(self) -> None:
        if self._is_closed:
            raise moment_error("tf.summary", "the writer is already closed", "Make another one.")

    def init(self) -> None:
        """Nothing: the file is made when something is written."""

    def flush(self) -> None:
        """Write what waits."""
        if self._file is not None:
            self._file.flush()

    def close(self) -> None:
        """Write what waits, and close the file."""
        self._is_closed = True
        if self._file is not None:
            self._file.close()


def create_file_writer(
    logdir: str | os.PathLike,
    max_queue: int | None = None,
    flush_millis: int | None = None,
    filename_suffix: str | None = None,
    name: str | None = None,
    experimental_trackable: bool = False,
    experimental_mesh: Any = None,
) -> SummaryWriter:
    """A writer of event files.

    Args:
        logdir: The folder.
        max_queue: How many summaries wait at most; 10 if None.
        flush_millis: Milliseconds that they wait at most; 120000 if None.
        filename_suffix: What names of files end with; ``".v2"`` if None.
        name, experimental_trackable, experimental_mesh: Settings of TensorFlow's graphs; accepted.
    """
    file = summaries.FileWriter(
        os.fspath(logdir),
        max_queue=10 if max_queue is None else int(max_queue),
        flush_secs=120 if flush_millis is None else flush_millis / 1000,
        filename_suffix=".v2" if filename_suffix is None else filename_suffix,
    )
    return SummaryWriter(file)


def create_noop_writer() -> SummaryWriter:
    """A writer that writes nothing."""
    return SummaryWriter(None)


def flush(writer: SummaryWriter | None = None, name: str | None = None) -> None:
    """Write what waits in ``writer``, or in the one in force."""
    target = writer if writer is not None else summaries.current_writer()
    if target is not None:
        target.flush()


def scalar(name: str, data: Any, step: Any = None, description: str | None = None) -> bool:
    """Write a number; whether it was written.

    Args:
        name: Under which it is shown, after the names of scopes.
        data: The number.
        step: Its number in the curve; None takes the one in force.
        description: Text shown beside it, in Markdown.

    Raises:
        RuntimeError: there is no step.
    """
    return summaries.scalar(experimental.tag_of(name), data, step, description)


def histogram(
    name: str,
    data: Any,
    step: Any = None,
    buckets: int | None = None,
    description: str | None = None,
) -> bool:
    """Write how numbers are distributed over ``buckets`` (30) bins; whether it was written."""
    return summaries.histogram(
        experimental.tag_of(name), data, step, 30 if buckets is None else int(buckets), description
    )


def image(
    name: str, data: Any, step: Any = None, max_outputs: int = 3, description: str | None = None
) -> bool:
    """Write images ``(n, h, w, c)``, floats in [0, 1] or bytes; whether they were written."""
    shape = tuple(np.shape(data))
    if len(shape) != 4:
        raise argument_error("tf.summary.image", "shape of data", shape, "(n, h, w, c)")
    return summaries.image(experimental.tag_of(name), data, step, max_outputs, description)


def text(name: str, data: Any, step: Any = None, description: str | None = None) -> bool:
    """Write a text in Markdown, or a table of texts; whether it was written."""
    return summaries.text(experimental.tag_of(name), data, step, description)


def audio(
    name: str,
    data: Any,
    sample_rate: Any,
    step: Any = None,
    max_outputs: int = 3,
    encoding: str | None = None,
    description: str | None = None,
) -> bool:
    """Write sounds ``(n, t, c)`` in [-1, 1]; whether they were written.

    Raises:
        ValueError: ``encoding`` is neither ``"wav"`` nor None, which is the same.
    """
    return summaries.audio(
        experimental.tag_of(name), data, sample_rate, step, max_outputs, encoding, description
    )


def write(
    tag: str, tensor: Any, step: Any = None, metadata: Any = None, name: str | None = None
) -> bool:
    """Write any numbers or texts for a plugin of TensorBoard; whether they were written.

    Args:
        tag: The name under which they are shown, taken as it is.
        tensor: The values, or a function that makes them.
        step: Their number; None takes the one in force.
        metadata: ``SummaryMetadata`` that names the plugin.
        name: Accepted.
    """
    if not should_record_summaries():
        return False
    values = events.as_array(tensor() if callable(tensor) else tensor)
    plugin, content, description = "", b"", None
    if metadata is not None:
        plugin, content = metadata.plugin_data.plugin_name, metadata.plugin_data.content
        description = metadata.summary_description
    return summaries.write(events.add_tensor, tag, values, step, plugin, description, content)

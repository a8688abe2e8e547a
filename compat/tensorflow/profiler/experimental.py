"""``tf.profiler.experimental``: traces by ``torch.profiler`` in the folder of TensorBoard."""

import contextlib
import os
import time
from typing import Any, NamedTuple

import torch
from torchkeras_shim.names import missing

from torchkeras.core.checks import moment_error

__getattr__ = missing(__name__)


class ProfilerOptions(NamedTuple):
    """What is measured; torch measures the host and the device at one level of detail.

    Args:
        host_tracer_level: 0 leaves the host out.
        python_tracer_level: 1 notes the Python functions that called.
        device_tracer_level: 0 leaves the accelerator out.
        delay_ms: Accepted; measuring starts at once.
    """

    host_tracer_level: int = 2
    python_tracer_level: int = 0
    device_tracer_level: int = 1
    delay_ms: int | None = None


class _Running:
    """The profiler that measures; there is one at most."""

    profiler: torch.profiler.profile | None = None
    folder: str | None = None


def start(logdir: str | os.PathLike | None, options: ProfilerOptions | None = None) -> None:
    """Measure until ``stop``.

    Args:
        logdir: TensorBoard's folder; the trace is written to ``plugins/profile`` in it.
        options: See ``ProfilerOptions``.

    Raises:
        RuntimeError: it is measuring already.
    """
    if _Running.profiler is not None:
        raise moment_error("tf.profiler", "another profiler is running", "Call stop() first.")
    options = options or ProfilerOptions()
    kinds = torch.profiler.ProfilerActivity
    activities = [kinds.CPU] if options.host_tracer_level else []
    if options.device_tracer_level and torch.cuda.is_available():
        activities.append(kinds.CUDA)
    _Running.profiler = torch.profiler.profile(
        activities=activities, with_stack=bool(options.python_tracer_level)
    )
    _Running.folder = None if logdir is None else os.fspath(logdir)
    _Running.profiler.__enter__()


def stop(save: bool = True, folder: str | None = None) -> None:
    """Stop measuring, and write the trace if ``save``.

    Args:
        save: Whether the trace is written.
        folder: TensorBoard's folder, if ``start`` wasn't told.

    Raises:
        RuntimeError: nothing is measuring, or no folder was named.
    """
    profiler, place = _Running.profiler, folder or _Running.folder
    if profiler is None:
        raise moment_error("tf.profiler", "no profiler is running", "Call start(logdir) first.")
    profiler.__exit__(None, None, None)
    _Running.profiler = None
    if not save:
        return
    if place is None:
        raise moment_error("tf.profiler", "no folder was named", "Pass profiler_outdir.")
    target = os.path.join(place, "plugins", "profile", time.strftime("%Y_%m_%d_%H_%M_%S"))
    os.makedirs(target, exist_ok=True)
    profiler.export_chrome_trace(os.path.join(target, "local.pt.trace.json"))


class Profile:
    """Measures inside ``with``; see ``start`` for the arguments."""

    def __init__(self, logdir: str | os.PathLike, options: ProfilerOptions | None = None) -> None:
        self._logdir = logdir
        self._options = options

    def __enter__(self) -> None:
        start(self._logdir, self._options)

    def __exit__(self, *exc: object) -> None:
        stop()


class Trace(contextlib.ContextDecorator):
    """Names a part of the trace.

    Args:
        name: The name.
        **kwargs: Values to note with it, such as ``step_num``.
    """

    def __init__(self, name: str, **kwargs: Any) -> None:
        self._name = name
        self._values = dict(kwargs)

    def set_metadata(self, **kwargs: Any) -> None:
        """Note further values; those known when the part begins are written."""
        self._values.update(kwargs)

    def __enter__(self) -> "Trace":
        told = ",".join(f"{name}={value}" for name, value in self._values.items())
        self._part = torch.profiler.record_function(self._name, told or None)
        self._part.__enter__()
        return self

    def __exit__(self, *exc: object) -> None:
        self._part.__exit__(*exc)

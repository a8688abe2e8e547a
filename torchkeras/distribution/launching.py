"""Starting the processes of a run by torchrun."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from torchkeras.core.checks import argument_error
from torchkeras.distribution import processes as own


def launch(
    entry: str | os.PathLike[str] | Callable[..., Any],
    *arguments: Any,
    processes: int | None = None,
    options: Sequence[str] = (),
) -> Any:
    """Run a script or a function in several processes of this machine, by torchrun.

    Args:
        entry: The script's file; or a function that can be imported, since each process does.
        *arguments: What the script or the function is given.
        processes: How many, 1 or more; None is one for each accelerator, or 1.
        options: Further options of torchrun for a script, such as ``("--max-restarts", "3")``.

    Returns:
        What the function gave in each process, in their order. For a script None.

    Raises:
        ValueError: ``processes`` is below 1, or there are options for a function.
        subprocess.CalledProcessError: the script failed; torchrun has shown how.
        ChildFailedError: the function failed. It tells the first failure, with its traceback; it
            is ``torch.distributed.elastic.multiprocessing.errors.ChildFailedError``.

    Source: ``torchrun``; ``torch.distributed.launcher.api.elastic_launch``.
    """
    number = own.get_device_count() if processes is None else processes
    if number < 1:
        raise argument_error("launch", "processes", processes, "an integer, 1 or more")
    if not callable(entry):
        subprocess.run(command(entry, arguments, number, options), check=True)
        return None
    if options:
        raise argument_error("launch", "options", options, "none beside a function")
    from torch.distributed.launcher.api import LaunchConfig, elastic_launch  # loads slowly

    config = LaunchConfig(
        min_nodes=1,
        max_nodes=1,
        nproc_per_node=number,
        rdzv_backend="c10d",
        rdzv_endpoint="localhost:0",
        max_restarts=0,
    )
    with _signal_handlers_kept():
        found = elastic_launch(config, _call)(entry, *arguments)
    return [found[rank] for rank in sorted(found)]


@contextmanager
def _signal_handlers_kept() -> Iterator[None]:
    """Put back what handles signals: torchrun's handlers would outlive its processes.

    Ctrl-C would then raise its SignalException and no KeyboardInterrupt.
    """
    before = {number: signal.getsignal(number) for number in signal.valid_signals()}
    try:
        yield
    finally:
        for number, handler in before.items():
            if handler is not None and signal.getsignal(number) is not handler:
                signal.signal(number, handler)


def _call(entry: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return entry(*arguments)
    except RuntimeError as error:
        own.let_first_fail(error)
        raise


def command(
    script: str | os.PathLike[str],
    arguments: Sequence[Any],
    number: int,
    options: Sequence[str] = (),
) -> list[str]:
    """The words that start ``script`` in ``number`` processes by torchrun."""
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    words = ["--nproc-per-node", number, *options, script, *arguments]
    return [*torchrun, *[str(word) for word in words]]

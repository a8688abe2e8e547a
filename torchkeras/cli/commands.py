"""The command line: which command is meant, and with what."""

import argparse
import contextlib
import functools
import os
import sys
import traceback
from collections.abc import Sequence
from types import TracebackType

from torchkeras.cli import check, eject, inspect, migrate, port, run, verify
from torchkeras.cli.output import shown_as_text, warnings_of


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out a command line.

    Args:
        arguments: The words after ``python -m torchkeras``; None takes them from ``sys.argv``.

    Returns:
        The exit status: 0; 1 where ``check``, ``port``, ``verify`` or ``inspect`` found something;
        2 for what can't be understood or carried out. What a script under ``run`` raises or exits
        with is passed on.
    """
    options = _parser().parse_args(sys.argv[1:] if arguments is None else arguments)
    try:
        if options.command == "run":  # a script writes what it likes
            return options.carry_out(options)
        named = warnings_of(options.command)
        with shown_as_text(), named, contextlib.ExitStack() as stack:
            stack.push(_show_unexpected)
            return options.carry_out(options)
        return 2
    except BrokenPipeError:  # what reads the output, such as head, has seen enough
        if options.command == "run":
            raise
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115, it stays open to the end
        return 1


def _show_unexpected(
    kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
) -> bool:
    """Show the traceback of what a command doesn't expect, such as an error in a file of classes.

    Python itself would end with 1, which says something of the model.
    """
    if not isinstance(error, Exception) or isinstance(error, BrokenPipeError):
        return False
    traceback.print_exception(kind, error, trace)
    return True


@functools.cache
def _parser() -> argparse.ArgumentParser:
    """The parser of all commands, which a program that carries out many makes once."""
    parser = argparse.ArgumentParser(
        prog="python -m torchkeras", description="The Keras API, native on PyTorch."
    )
    commands = parser.add_subparsers(dest="command", metavar="command", required=True)
    for command in (run, check, port, eject, verify, inspect, migrate):
        command.add_to(commands)
    return parser

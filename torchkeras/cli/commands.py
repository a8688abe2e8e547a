"""The command line: which command is meant, and with what."""

import argparse
import sys
from collections.abc import Sequence

from torchkeras.cli import run


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out a command line.

    Args:
        arguments: The words after ``python -m torchkeras``; None takes them from ``sys.argv``.

    Returns:
        The exit status: 0, or 2 for a command line that can't be understood. What the script
        started by ``run`` raises or exits with is passed on.
    """
    parser = argparse.ArgumentParser(
        prog="python -m torchkeras", description="The Keras API, native on PyTorch."
    )
    commands = parser.add_subparsers(dest="command", metavar="command", required=True)
    run.add_to(commands)
    options = parser.parse_args(sys.argv[1:] if arguments is None else arguments)
    return options.carry_out(options)

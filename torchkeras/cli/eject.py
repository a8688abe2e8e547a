"""``eject``: a model as PyTorch source."""

import argparse
import sys
from typing import Any

from torchkeras.cli.models import add_inputs, opened, read_inputs
from torchkeras.export.ejection import FILES, eject

_OF_OWN_CLASSES = " Where your own classes are at hand, call model.eject(folder) instead."


def add_to(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "eject",
        help="write a model as PyTorch source that needs nothing of torchkeras",
        description="Read a model and write it as PyTorch source with its weights, recorded "
        "predictions and a test that it reproduces them. Nothing in the file is run.",
    )
    parser.add_argument("model", metavar="MODEL", help=".keras or .h5 file")
    parser.add_argument("-o", "--output", metavar="FOLDER", required=True, help="where to write")
    add_inputs(parser)
    parser.add_argument("--force", action="store_true", help="replace files that are there")
    parser.add_argument(
        "--check", action="store_true", help="run the test that is written, in another process"
    )
    parser.set_defaults(carry_out=carry_out)


def carry_out(options: argparse.Namespace) -> int:
    """Eject what the command line names; the exit status."""
    try:
        model = opened(options.model)
        inputs = read_inputs(options.inputs, model)
        folder = eject(
            model, options.output, inputs=inputs, overwrite=options.force, check=options.check
        )
    except FileExistsError as error:
        text = str(error).replace("Pass overwrite=True", "Use --force")
        print(f"eject: {text.removeprefix('eject: ')}", file=sys.stderr)
        return 2
    except (OSError, ValueError, TypeError, RuntimeError) as error:
        hint = _OF_OWN_CLASSES if isinstance(error, TypeError) else ""
        print(f"eject: {str(error).removeprefix('eject: ')}{hint}", file=sys.stderr)
        return 1
    for name in FILES:
        print(folder / name)
    return 0

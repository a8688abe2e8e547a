"""``eject``: a model as PyTorch source."""

import argparse
from typing import Any

from torchkeras.cli.models import (
    FAILURES,
    add_custom,
    add_inputs,
    opened,
    read_inputs,
    run_custom,
    tell,
)
from torchkeras.export.ejection import FILES, FailedTestError, eject


def add_to(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "eject",
        help="write a model as PyTorch source that needs nothing of torchkeras",
        description="Read a model and write it as PyTorch source with its weights, recorded "
        "predictions and a test that it reproduces them. Nothing in the file is run. The exit "
        "status is 0, 1 if the check fails, and 2 if it can't be read or written.",
    )
    parser.add_argument("model", metavar="MODEL", help="a file or folder that load_model reads")
    parser.add_argument("-o", "--output", metavar="FOLDER", required=True, help="where to write")
    add_inputs(parser)
    add_custom(parser)
    parser.add_argument("--force", action="store_true", help="replace files that are there")
    parser.add_argument(
        "--check", action="store_true", help="run the test that is written, in another process"
    )
    parser.set_defaults(carry_out=carry_out)


def carry_out(options: argparse.Namespace) -> int:
    """Eject what the command line names; 1 if the check fails, 2 if it can't be written."""
    run_custom(options.custom)
    try:
        model = opened(options.model)
        inputs = read_inputs(options.inputs, model)
        folder = eject(
            model, options.output, inputs=inputs, overwrite=options.force, check=options.check
        )
    except FileExistsError as error:
        text = str(error).replace("Pass overwrite=True", "Use --force")
        tell("eject", text, options.custom)
        return 2
    except FAILURES as error:
        tell("eject", error, options.custom)
        return 1 if isinstance(error, FailedTestError) else 2
    for name in FILES:
        print(folder / name)
    return 0

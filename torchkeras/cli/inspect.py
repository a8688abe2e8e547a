"""The command ``inspect``: what is in a file of a model."""

import argparse
from typing import Any

from torchkeras.cli.models import (
    FAILURES,
    add_custom,
    custom_hint,
    run_custom,
    tell,
    with_optimizer,
)
from torchkeras.saving import report


def add_to(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "inspect",
        help="say what a model's file holds, without running anything of it",
        description="Say what a file of a model or of weights holds, and which array goes to which "
        "weight. Nothing in the file is run. The exit status is 0, 1 if something doesn't fit, "
        "and 2 if it can't be read.",
    )
    parser.add_argument(
        "file", metavar="FILE", help="a file or folder that load_model or load_weights reads"
    )
    parser.add_argument(
        "--onto", metavar="FILE", help="a model's file, onto which the weights are to go"
    )
    parser.add_argument("--json", action="store_true", help="as JSON")
    add_custom(parser)
    parser.set_defaults(carry_out=carry_out)


def carry_out(options: argparse.Namespace) -> int:
    """Print the report; 1 if something doesn't fit, 2 for a file that can't be read."""
    run_custom(options.custom)
    try:
        model = with_optimizer(options.onto) if options.onto else None
        found = report(options.file, model)
    except FAILURES as error:
        tell("inspect", error, options.custom)
        return 2
    found.problems = [text + custom_hint(text, options.custom) for text in found.problems]
    print(found.to_json(indent=2) if options.json else found)
    return 1 if found.problems or (options.onto and not found.fits) else 0

"""The command ``migrate``: a file of any generation as one of today."""

import argparse
from typing import Any

from torchkeras.cli.models import FAILURES, add_custom, run_custom, tell, with_optimizer
from torchkeras.saving import migrate


def add_to(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "migrate",
        help="write what a model's file holds in today's form",
        description="Write what a file of any generation holds in a form of today, and list what "
        "has no place there. Nothing in the file is run. The exit status is 0, or 2 if it can't "
        "be read or written.",
    )
    parser.add_argument("old", metavar="OLD", help="a file that load_model or load_weights reads")
    parser.add_argument(
        "new",
        metavar="NEW",
        help="where to: .keras, .h5, or .weights.h5, .safetensors or .ckpt for weights alone",
    )
    parser.add_argument(
        "--onto", metavar="FILE", help="a model's file, if the old one holds weights alone"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace what is there")
    add_custom(parser)
    parser.set_defaults(carry_out=carry_out)


def carry_out(options: argparse.Namespace) -> int:
    """Write the file and list what has no place in it; 2 for one that can't be read or written."""
    run_custom(options.custom)
    try:
        model = with_optimizer(options.onto) if options.onto else None
        found = migrate(options.old, options.new, model, overwrite=options.overwrite)
    except FAILURES as error:
        text = str(error).replace("pass the model", "name with --onto a file of the model")
        text = text.replace("Pass overwrite=True", "Use --overwrite")
        tell("migrate", text, options.custom)
        return 2
    print(f"{options.new}: {found.placed()} from {options.old}")
    for line in (*found.unplaced(), *(f"problem: {problem}" for problem in found.problems)):
        print(f"  {line}")
    has_optimizer = found.optimizer and not options.new.endswith(".safetensors")
    if model is not None and has_optimizer and not found.of_optimizer:
        print(f"  the optimizer is that of {options.onto}")
    return 0

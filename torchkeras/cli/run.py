"""``run``: a program that imports TensorFlow or Keras, carried out on torch."""

import argparse
import importlib
import sys
from pathlib import Path
from typing import Any

from torchkeras.cli.programs import program_of
from torchkeras.cli.tracebacks import show_users_code

PACKAGE = Path(__file__).resolve().parents[1]


def add_to(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "run",
        help="run a tf.keras script, module or notebook on torch",
        description="Run a program that imports tensorflow or keras, as it stands, on torch.",
        usage="python -m torchkeras run [--full-traceback] "
        "(script.py | notebook.ipynb | folder | -m module | -) [argument ...]",
    )
    parser.add_argument(
        "--full-traceback",
        action="store_true",
        help="show the frames inside torchkeras and torch when the program fails",
    )
    parser.add_argument("-m", dest="module", action="store_true", help="run a module")
    parser.add_argument(
        "script",
        help="a script, a notebook, a folder with a __main__.py, the module's name after -m, or - "
        "for standard input",
    )
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="the program's own arguments")
    parser.set_defaults(carry_out=carry_out)


def carry_out(options: argparse.Namespace) -> int:
    """Run what the command line names; exceptions and exits pass through."""
    program = program_of(options.script, options.module)
    if program.missing():
        print(f"run: {program.missing()}.", file=sys.stderr)
        return 2
    drop_ins = drop_in_folder()
    sys.argv = [options.script, *options.arguments]
    sys.path[0] = program.folder()
    sys.path.insert(1, str(drop_ins))
    start_as_tensorflow(program.uses_torch())
    if not options.full_traceback:
        show_users_code([PACKAGE, drop_ins])
    program.run()
    return 0


def drop_in_folder() -> Path:
    """Where the drop-in packages are: beside the package in a checkout, inside it when installed.

    Raises:
        FileNotFoundError: they are in neither place.
    """
    for folder in (PACKAGE / "compat", PACKAGE.parent / "compat"):
        if (folder / "torchkeras_shim").is_dir():
            return folder
    raise FileNotFoundError(f"run: the drop-in packages are not in {PACKAGE} nor beside it.")


def start_as_tensorflow(gradients: bool) -> None:
    """Give this process TensorFlow's semantics; ``gradients`` leaves torch's recording on.

    Processes that it starts, and that import the drop-ins, take them from it.
    """
    semantics = importlib.import_module("torchkeras_shim.semantics")
    semantics.install(gradients=gradients)
    semantics.hand_on(gradients=gradients)
    importlib.import_module("torchkeras_shim.modules").install()

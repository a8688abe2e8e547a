"""``run``: a script that imports TensorFlow or Keras, carried out on torch."""

import argparse
import importlib
import os
import runpy
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from torchkeras.cli.own_files import imports_torch
from torchkeras.cli.tracebacks import show_users_code

PACKAGE = Path(__file__).resolve().parents[1]


def add_to(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "run",
        help="run a tf.keras script or module on torch",
        description="Run a script that imports tensorflow or keras, as it stands, on torch.",
        usage="python -m torchkeras run [--full-traceback] (script.py | -m module) [argument ...]",
    )
    parser.add_argument(
        "--full-traceback",
        action="store_true",
        help="show the frames inside torchkeras and torch when the script fails",
    )
    parser.add_argument("-m", dest="module", action="store_true", help="run a module")
    parser.add_argument("script", help="the script's file, or the module's name after -m")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="the script's own arguments")
    parser.set_defaults(carry_out=carry_out)


def carry_out(options: argparse.Namespace) -> int:
    """Run what the command line names; exceptions and exits pass through."""
    if not options.module and not Path(options.script).is_file():
        print(f"run: there is no file {options.script!r}.", file=sys.stderr)
        return 2
    drop_ins = drop_in_folder()
    sys.argv = [options.script, *options.arguments]
    sys.path[0] = os.getcwd() if options.module else str(Path(options.script).resolve().parent)
    sys.path.insert(1, str(drop_ins))
    start_as_tensorflow(uses_torch(options))
    if not options.full_traceback:
        show_users_code([PACKAGE, drop_ins])
    if options.module:
        runpy.run_module(options.script, run_name="__main__", alter_sys=True)
    else:
        run_file(options.script)
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


def uses_torch(options: argparse.Namespace) -> bool:
    """Whether the script's own files import torch."""
    if not options.module:
        return imports_torch(Path(options.script).resolve())
    spec = importlib.util.find_spec(options.script)
    return spec is not None and spec.origin is not None and imports_torch(Path(spec.origin))


def start_as_tensorflow(gradients: bool) -> None:
    """Give this process TensorFlow's semantics; ``gradients`` leaves torch's recording on."""
    importlib.import_module("torchkeras_shim.modules").install()
    importlib.import_module("torchkeras_shim.semantics").install(gradients=gradients)


def run_file(script: str) -> None:
    """Carry out ``script`` as ``__main__``, which it stays to the end of the process.

    Threads, exit handlers and worker processes then find it there.
    """
    module = ModuleType("__main__")
    module.__dict__.update(__file__=script, __builtins__=__builtins__, __cached__=None)
    sys.modules["__main__"] = module
    code = compile(Path(script).read_bytes(), script, "exec", dont_inherit=True)
    exec(code, module.__dict__)

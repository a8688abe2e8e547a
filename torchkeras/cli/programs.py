"""Programs as Python starts them: a file, a folder, a module, standard input, a notebook."""

import importlib.util
import linecache
import os
import re
import runpy
import sys
import warnings
from pathlib import Path
from types import CodeType, ModuleType

from torchkeras.cli.notebooks import cells_of
from torchkeras.cli.own_files import imports_torch
from torchkeras.cli.shell import as_call, names_of_a_notebook, stand_in_for_ipython

_EXPORTED = re.compile(r"get_ipython\(\)\.(system|getoutput|run_line_magic|run_cell_magic|magic)\(")


class Program:
    """A script.

    Args:
        name: What the command line says.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.path = Path(name).resolve()

    def missing(self) -> str:
        """What is wrong with the name, in words; empty if nothing is."""
        return "" if self.path.is_file() else f"there is no file {self.name!r}"

    def folder(self) -> str:
        """Where modules are searched first."""
        return str(self.path.parent)

    def uses_torch(self) -> bool:
        """Whether its own files import torch."""
        return imports_torch(self.path)

    def run(self) -> None:
        """Carry it out as ``__main__``, which it stays to the end of the process.

        Threads, exit handlers and worker processes then find it there.
        """
        data = self.path.read_bytes()
        module = main_module(str(self.path))
        if _EXPORTED.search(data.decode("latin-1")):  # exported from a notebook
            vars(module).update(names_of_a_notebook())
        exec(compiled(data, str(self.path)), vars(module))


class Folder(Program):
    """A folder with a ``__main__.py``."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.path /= "__main__.py"

    def missing(self) -> str:
        return "" if self.path.is_file() else f"the folder {self.name!r} has no __main__.py"


class Module(Program):
    """A module by its dotted name; a package's ``__main__``."""

    def missing(self) -> str:
        return ""

    def folder(self) -> str:
        return os.getcwd()

    def uses_torch(self) -> bool:
        spec = importlib.util.find_spec(self.name)
        if spec is not None and spec.submodule_search_locations is not None:
            spec = importlib.util.find_spec(f"{self.name}.__main__")
        return spec is not None and spec.origin is not None and imports_torch(Path(spec.origin))

    def run(self) -> None:
        runpy.run_module(self.name, run_name="__main__", alter_sys=True)


class Input(Program):
    """Standard input."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.text = sys.stdin.read()

    def missing(self) -> str:
        return ""

    def folder(self) -> str:
        return ""

    def uses_torch(self) -> bool:
        return imports_torch(self.path, self.text)

    def run(self) -> None:
        module = main_module(None)
        remember_lines("<stdin>", self.text)
        exec(compiled(self.text, "<stdin>"), vars(module))


class Notebook(Program):
    """A notebook, cell by cell, in its own folder as in Jupyter, and without a page."""

    def run(self) -> None:
        cells = cells_of(self.path)
        os.chdir(self.path.parent)
        os.environ.setdefault("MPLBACKEND", "agg")
        warnings.filterwarnings("ignore", message=".*is non-interactive, and thus cannot be shown")
        stand_in_for_ipython()
        module = main_module(None)
        vars(module).update(names_of_a_notebook())
        for cell in cells:
            name = f"{self.path}, cell {cell.number}"
            remember_lines(name, "\n".join(cell.lines))
            exec(compiled(cell.python(as_call), name), vars(module))


def program_of(name: str, is_module: bool) -> Program:
    """The kind of program that a word of the command line names."""
    if is_module:
        return Module(name)
    if name == "-":
        return Input(name)
    if Path(name).is_dir():
        return Folder(name)
    return Notebook(name) if name.endswith(".ipynb") else Program(name)


def main_module(file: str | None) -> ModuleType:
    """A new ``__main__`` of ``file``."""
    module = ModuleType("__main__")
    vars(module).update(__builtins__=__builtins__, __cached__=None)
    if file is not None:
        vars(module)["__file__"] = file
    sys.modules["__main__"] = module
    return module


def compiled(text: str | bytes, name: str) -> CodeType:
    """The code of ``text``, without what this file imports from the future."""
    return compile(text, name, "exec", dont_inherit=True)


def remember_lines(name: str, text: str) -> None:
    """Let tracebacks show the lines of what isn't a file."""
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)

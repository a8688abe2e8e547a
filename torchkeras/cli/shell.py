"""What a notebook finds besides Python: IPython's shell, its magics and ``display``."""

import importlib.util
import os
import sys
from types import ModuleType
from typing import Any

from torchkeras.cli.notebooks import Magic, timed_statement

# Magics that set up a notebook's page, or a TensorFlow that isn't used.
_SILENT = {"matplotlib", "pylab", "load_ext", "reload_ext", "unload_ext", "autoreload", "config"}
_SILENT |= {"precision", "tensorflow_version", "reset", "xmode", "time", "timeit", "capture"}
_SILENT |= {"prun", "debug", "python", "python3"}


def as_call(magic: Magic) -> str:
    """The statement that is run in a magic's place, at its depth."""
    statement = timed_statement(magic)
    if statement is not None:
        return statement
    target, _, asked = magic.text.strip().rpartition("=") if "= []" in magic.masked() else ("",) * 3
    if target:
        return f"{magic.depth}{target.strip()} = get_ipython().left_out({asked.strip()!r})"
    words = magic.text.strip()
    if not words.startswith(("%", "!", "?")) and not words.endswith("?"):
        return f"{magic.depth}pass"  # the rest of a command, or of a cell in another language
    if words.startswith("%"):
        name, _, rest = words.lstrip("%").partition(" ")
        kind, last = ("cell", ", ''") if words.startswith("%%") else ("line", "")
        given = f"{name.strip()!r}, {rest.strip()!r}{last}"
        return f"{magic.depth}get_ipython().run_{kind}_magic({given})"
    return f"{magic.depth}get_ipython().left_out({words!r})"


class Shell:
    """What ``get_ipython()`` gives: it follows magics that matter to a script, and no commands."""

    def run_line_magic(self, magic_name: str, line: str, _stack_depth: int = 1) -> Any:
        """Follow ``%cd`` and ``%env``; leave out others, in silence what is about the page."""
        if magic_name == "cd":
            os.chdir(os.path.expanduser(line.strip("'\"") or "~"))
        elif magic_name in ("env", "set_env") and line:
            name, _, value = line.replace("=", " ", 1).partition(" ")
            os.environ[name] = value.strip()
        elif magic_name not in _SILENT:
            return self.left_out(f"%{magic_name} {line}".rstrip())
        return None

    def run_cell_magic(self, magic_name: str, line: str, cell: str) -> Any:
        """Leave the cell out, unless it is Python."""
        return None if magic_name in _SILENT else self.left_out(f"%%{magic_name} {line}".rstrip())

    def magic(self, arg_s: str) -> Any:
        """A line magic, as older notebooks write it."""
        name, _, rest = arg_s.lstrip("%").partition(" ")
        return self.run_line_magic(name, rest)

    def system(self, cmd: str) -> list[str]:
        """Leave a command of the operating system out."""
        return self.left_out(f"!{cmd}")

    getoutput = system

    def left_out(self, text: str) -> list[str]:
        """Say that ``text`` isn't carried out; it gives nothing."""
        print(f"run: left out: {text}", file=sys.stderr)
        return []


def display(*objs: Any, **options: Any) -> None:
    """Print the objects; ``options`` are about the page."""
    for thing in objs:
        print(thing)


def names_of_a_notebook() -> dict[str, Any]:
    """Names that are there in a notebook without an import."""
    shell = Shell()
    return {"get_ipython": lambda: shell, "display": display}


def stand_in_for_ipython() -> None:
    """Let ``from IPython.display import ...`` succeed where IPython isn't installed."""
    if "IPython" in sys.modules or importlib.util.find_spec("IPython") is not None:
        return
    package, page = ModuleType("IPython"), ModuleType("IPython.display")
    package.__path__ = []
    vars(package).update(display=page, get_ipython=names_of_a_notebook()["get_ipython"])
    vars(page).update(display=display, __getattr__=_of_the_page)
    sys.modules.update({"IPython": package, "IPython.display": page})


class Shown:
    """What is shown on a notebook's page (an image, a text in HTML); here nothing is."""

    def __init__(self, *args: Any, **options: Any) -> None:
        self.args = args

    def __repr__(self) -> str:
        return f"<not shown: {', '.join(map(repr, self.args))[:70]}>"


def _of_the_page(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    return type(name, (Shown,), {}) if name[:1].isupper() else lambda *args, **options: None

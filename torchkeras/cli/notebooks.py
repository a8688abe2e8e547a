"""Notebooks as Python: their code cells, with the lines that only IPython understands set apart."""

import ast
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# ``x = !ls``, ``x = %env HOME``
_ASSIGNED = re.compile(r"^\s*([\w.\[\]'\", ]+?)\s*=\s*([!%][^=].*)$")
# Cell magics after which the cell is Python all the same.
_PYTHON_CELLS = ("time", "timeit", "capture", "prun", "debug", "python", "python3")
# Line magics whose argument is a statement.
_TIMED = re.compile(r"^%(?:time|timeit|prun|memit)\s+(?:-\w+\s*\d*\s+)*(\S.*)$")


@dataclass(frozen=True)
class Magic:
    """A line that only IPython understands.

    Args:
        line: Its number in the cell, from 1.
        text: The whole line.
        depth: The white space that a statement in its place begins with.
    """

    line: int
    text: str
    depth: str = ""

    def masked(self) -> str:
        """A statement of Python in the line's place, at its depth."""
        assigned = _ASSIGNED.match(self.text)
        return f"{self.depth}{assigned[1]} = []" if assigned else f"{self.depth}pass"


@dataclass(frozen=True)
class Cell:
    """A code cell.

    Args:
        number: Its place among the notebook's code cells, from 1.
        lines: Its lines, without line ends.
        magics: Lines among them that only IPython understands.
    """

    number: int
    lines: tuple[str, ...]
    magics: tuple[Magic, ...] = ()

    def python(self, stand_in: Callable[[Magic], str] = Magic.masked) -> str:
        """The cell as Python, with ``stand_in`` of each magic in its place."""
        lines = list(self.lines)
        for magic in self.magics:
            lines[magic.line - 1] = stand_in(magic)
        return "\n".join(lines)


def read_notebook(path: Path) -> dict[str, Any]:
    """The notebook's JSON.

    Raises:
        ValueError: the file isn't a notebook.
    """
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path}: this is no notebook; {error}") from error
    if not isinstance(notebook, dict) or not isinstance(code_parts(notebook), list):
        raise ValueError(f"{path}: this is no notebook; expected a list of cells.")
    return notebook


def code_parts(notebook: dict[str, Any]) -> list[dict[str, Any]] | None:
    """The JSON objects of the code cells, in order; None if there is no list of cells."""
    cells = notebook.get("cells")
    if cells is None and isinstance(notebook.get("worksheets"), list):  # nbformat 3
        sheets = [sheet for sheet in notebook["worksheets"] if isinstance(sheet, dict)]
        lists = [sheet.get("cells") for sheet in sheets]
        cells = [cell for found in lists if isinstance(found, list) for cell in found]
    if not isinstance(cells, list):
        return None
    return [cell for cell in cells if isinstance(cell, dict) and cell.get("cell_type") == "code"]


def text_of(part: dict[str, Any]) -> str:
    """The text of a cell's JSON object, which has it as one string or as a list of lines."""
    text = part.get("source", part.get("input", ""))
    return "".join(map(str, text)) if isinstance(text, list) else str(text)


def cells_of(path: Path) -> list[Cell]:
    """The notebook's code cells."""
    parts = code_parts(read_notebook(path)) or []
    return [make_cell(number, text_of(part)) for number, part in enumerate(parts, 1)]


def make_cell(number: int, text: str) -> Cell:
    """A cell of this text; what Python can read as it stands has no magics."""
    lines = text.split("\n")
    magics = () if _is_python(text) else tuple(_magics(lines))
    return Cell(number, tuple(lines), magics)


def _is_python(text: str) -> bool:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError):
        return False
    except (MemoryError, RecursionError):  # nested too deeply, which is told where it is read
        return True
    return True


def _magics(lines: Sequence[str]) -> list[Magic]:
    first = next((i for i, line in enumerate(lines) if line.strip()), 0)
    if lines[first].startswith("%%"):
        name = lines[first][2:].split(" ")[0].strip()
        if name not in _PYTHON_CELLS:
            return [Magic(number, line) for number, line in enumerate(lines, 1)]
    found: list[Magic] = []
    goes_on = False
    for number, line in enumerate(lines, 1):
        word = line.strip()
        shell = word.startswith(("!", "%", "?")) or (word.endswith("?") and word[:1] != "#")
        if goes_on or shell or _ASSIGNED.match(line):
            own_depth = line[: len(line) - len(line.lstrip())]
            found.append(Magic(number, line, found[-1].depth if goes_on else own_depth))
            goes_on = word.endswith("\\")
    return found


def timed_statement(magic: Magic) -> str | None:
    """The statement that ``%time`` and kin measure, at the line's depth; None for other magics."""
    found = _TIMED.match(magic.text.strip())
    if not found or magic.text.lstrip().startswith("%%"):
        return None
    return magic.depth + found[1]

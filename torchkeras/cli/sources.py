"""What the commands read: scripts and notebooks, found under paths."""

import importlib.util
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from torchkeras.cli.notebooks import Cell, Magic, cells_of, timed_statement

# Folders whose files aren't the user's own.
_FOREIGN = {"__pycache__", "node_modules", "site-packages", "build", "dist"}


@dataclass(frozen=True)
class Place:
    """Where something stands: a line and column from 1, and in a notebook the code cell from 1."""

    file: Path
    line: int
    column: int
    cell: int | None = None

    def __str__(self) -> str:
        cell = f":cell {self.cell}" if self.cell is not None else ""
        return f"{self.file}{cell}:{self.line}:{self.column}"


@dataclass(frozen=True)
class Source:
    """A script, or the code cells of a notebook, as one text of Python.

    Args:
        file: The file.
        text: All of it as Python; magics of a notebook are replaced by statements without effect.
        cells: The notebook's code cells; none for a script.
    """

    file: Path
    text: str
    cells: tuple[Cell, ...] = ()

    def place(self, line: int, column: int) -> Place:
        """Where a line and column (from 1) of ``text`` stand in the file."""
        first = 1
        for cell in self.cells:
            if line < first + len(cell.lines):
                return Place(self.file, line - first + 1, column, cell.number)
            first += len(cell.lines)
        return Place(self.file, line, column)


def read_source(path: Path) -> Source:
    """The script or notebook ``path``.

    Raises:
        ValueError: the file isn't a notebook, or isn't text.
    """
    if path.suffix == ".ipynb":
        cells = tuple(cells_of(path))
        return Source(path, "\n".join(cell.python(without_effect) for cell in cells), cells)
    return Source(path, decoded(path.read_bytes(), path))


def without_effect(magic: Magic) -> str:
    """What is read instead of a magic: the statement it measures, or one that does nothing."""
    return timed_statement(magic) or magic.masked()


def decoded(data: bytes, path: Path) -> str:
    """Source text, by its byte order mark or its coding line, with plain line ends.

    Raises:
        ValueError: the bytes aren't text in that encoding.
    """
    try:
        return importlib.util.decode_source(data)
    except (SyntaxError, UnicodeDecodeError, LookupError) as error:
        raise ValueError(f"{path}: this is no text of Python; {error}") from error


def files_under(paths: Sequence[str | os.PathLike]) -> Iterator[Path]:
    """Scripts and notebooks: the paths themselves, and those in folders below them.

    Raises:
        FileNotFoundError: there is no such path.
    """
    for path in map(Path, paths):
        if path.is_dir():
            yield from _files_in(path)
        elif path.exists():
            yield path
        else:
            raise FileNotFoundError(f"there is no file or folder {str(path)!r}.")


def _files_in(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        here = Path(place)
        folders[:] = sorted(
            name
            for name in folders
            if name not in _FOREIGN
            and not name.startswith(".")
            and not (here / name / "pyvenv.cfg").is_file()
        )
        found = (here / name for name in sorted(names) if name.endswith((".py", ".ipynb")))
        yield from (file for file in found if file.is_file())  # no pipe, which would wait

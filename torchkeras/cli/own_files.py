"""The files that belong to a script: itself and what it imports from beside it."""

import ast
from collections.abc import Iterator
from pathlib import Path

from torchkeras.cli.sources import read_source


def imports_torch(script: Path, text: str | None = None) -> bool:
    """Whether ``script``, or a module beside it that it imports, imports torch.

    A file that isn't Python is left for Python to complain about.

    Args:
        script: The script or notebook.
        text: What it says, for one that isn't a file.
    """
    first = list(imported(script) if text is None else imported_in(text))
    files = own_files(script, first)[1:]
    return any(
        name.split(".")[0] == "torch"
        for names in (first, *map(imported, files))
        for name in names
    )  # fmt: skip


def own_files(script: Path, names: list[str] | None = None) -> list[Path]:
    """``script`` and the files in its folder that it imports, directly or through others.

    Args:
        script: The script or notebook.
        names: What it imports; None reads that off.
    """
    folder = script.parent
    found, waiting = [script], list(imported(script) if names is None else names)
    while waiting:
        path = folder.joinpath(*waiting.pop().split("."))
        for file in (path.with_suffix(".py"), path / "__init__.py"):
            if file.is_file() and file not in found:
                found.append(file)
                waiting += imported(file)
    return found


def imported(file: Path) -> Iterator[str]:
    """Dotted names of the modules that ``file`` imports, and of what it takes from them."""
    try:
        yield from imported_in(read_source(file).text)
    except (OSError, ValueError):
        return


def imported_in(text: str) -> Iterator[str]:
    """The same for a text; none for one that isn't Python."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if base:
                yield base
            yield from (f"{base}.{alias.name}".lstrip(".") for alias in node.names)

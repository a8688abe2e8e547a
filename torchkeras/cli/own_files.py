"""The files that belong to a script: itself and what it imports from beside it."""

import ast
from collections.abc import Iterator
from pathlib import Path


def imports_torch(script: Path) -> bool:
    """Whether ``script``, or a module beside it that it imports, imports torch.

    A file that isn't Python is left for Python to complain about.
    """
    return any(
        name.split(".")[0] == "torch" for file in own_files(script) for name in imported(file)
    )


def own_files(script: Path) -> list[Path]:
    """``script`` and the files in its folder that it imports, directly or through others."""
    folder = script.parent
    found, waiting = [], [script]
    while waiting:
        file = waiting.pop()
        if file in found:
            continue
        found.append(file)
        for name in imported(file):
            path = folder.joinpath(*name.split("."))
            waiting += [p for p in (path.with_suffix(".py"), path / "__init__.py") if p.is_file()]
    return found


def imported(file: Path) -> Iterator[str]:
    """Dotted names of the modules that ``file`` imports, and of what it takes from them."""
    try:
        tree = ast.parse(file.read_bytes())
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

"""The table of rooms in STYLE.md, held against every import of the package."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "torchkeras"

# A room imports from rows with a smaller number, or from the rooms named in ARROWS.
ROWS = {
    "core": 1,
    "nn": 1,
    "tracer": 2,
    "data": 2,
    "distribution": 2,
    "ops": 3,
    "random": 4,
    "activations": 4,
    "initializers": 4,
    "regularizers": 4,
    "constraints": 4,
    "quantizers": 4,
    "layers": 5,
    "losses": 5,
    "metrics": 5,
    "optimizers": 5,
    "saving": 6,
    "callbacks": 6,
    "export": 6,
    "training": 7,
    "models": 8,
    "applications": 9,
    "backend": 9,
    "config": 9,
    "datasets": 9,
    "distillation": 9,
    "dtensor": 9,
    "dtype_policies": 9,
    "estimator": 9,
    "experimental": 9,
    "legacy": 9,
    "mixed_precision": 9,
    "preprocessing": 9,
    "testing": 9,
    "tree": 9,
    "utils": 9,
    "visualization": 9,
    "wrappers": 9,
    "cli": 10,
    "__main__": 10,
}
# room -> rooms of the same row that it may import
ARROWS = {
    "metrics": {"losses"},
    "callbacks": {"saving"},
    "export": {"saving"},
    "applications": {"utils"},
    "backend": {"config", "utils"},
    "datasets": {"utils"},
    "preprocessing": {"utils"},
    "__main__": {"cli"},
}


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def sources() -> list[Path]:
    """Every module of the package but its own table of contents."""
    return [p for p in sorted(PACKAGE.rglob("*.py")) if p != PACKAGE / "__init__.py"]


def imported_names(path: Path) -> list[tuple[int, str]]:
    """``(line, dotted name)`` of each import in a file, relative ones made absolute."""
    here = ("torchkeras", *path.relative_to(PACKAGE).parts)[:-1]
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), filename=str(path))):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = list(here[: len(here) - node.level + 1]) if node.level else []
            base += node.module.split(".") if node.module else []
            if base == ["torchkeras"]:
                found += [(node.lineno, f"torchkeras.{alias.name}") for alias in node.names]
            else:
                found.append((node.lineno, ".".join(base)))
    return found


def crossings(path: Path) -> list[str]:
    """Imports of ``path`` that the table forbids."""
    room = room_of(path)
    wrong = []
    for line, name in imported_names(path):
        parts = name.split(".")
        if parts[0] != "torchkeras":
            continue
        place = f"{path.relative_to(ROOT)}:{line}"
        if len(parts) == 1:
            wrong.append(f"{place} imports the whole package; name the room")
            continue
        other = parts[1]
        if other == room or other in ARROWS.get(room, ()):
            continue
        if other not in ROWS:
            wrong.append(f"{place} imports {name}, which no row of the table has")
        elif ROWS[other] >= ROWS[room]:
            wrong.append(f"{place}: {room} (row {ROWS[room]}) imports {name} (row {ROWS[other]})")
    return wrong


def test_every_room_has_a_row():
    rooms = {room_of(path) for path in sources()}
    assert rooms <= set(ROWS), f"rooms without a row: {sorted(rooms - set(ROWS))}"


def test_rooms_import_only_from_lower_rows():
    wrong = [crossing for path in sources() for crossing in crossings(path)]
    assert not wrong, "\n" + "\n".join(wrong)


def test_nn_imports_torch_and_the_standard_library_alone():
    allowed = {"torch", *sys.stdlib_module_names}
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in sorted((PACKAGE / "nn").rglob("*.py"))
        for line, name in imported_names(path)
        if name.split(".")[0] not in allowed and not name.startswith("torchkeras.nn")
    ]
    assert not wrong, "\n" + "\n".join(wrong)


def test_no_room_imports_a_drop_in():
    drop_ins = {"tensorflow", "keras", "tf_keras", "compat"}
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in sources()
        for line, name in imported_names(path)
        if name.split(".")[0] in drop_ins
    ]
    assert not wrong, "\n" + "\n".join(wrong)


def test_no_import_of_the_package_hides_in_a_function():
    wrong = []
    for path in sources():
        if room_of(path) == "cli":  # a command loads its own module when it is called
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for function in ast.walk(tree):
            if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                continue
            for node in ast.walk(function):
                names = []
                if isinstance(node, ast.Import):
                    names = [alias.name for alias in node.names]
                elif isinstance(node, ast.ImportFrom):
                    names = ["torchkeras" if node.level else node.module or ""]
                if any(name.split(".")[0] == "torchkeras" for name in names):
                    wrong.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert not wrong, "imports of torchkeras inside functions:\n" + "\n".join(sorted(set(wrong)))


@pytest.mark.parametrize(
    "text, expected",
    [
        ("import torchkeras.layers.dense", "torchkeras.layers.dense"),
        ("from torchkeras import ops", "torchkeras.ops"),
        ("from ..core import checks", "torchkeras.core"),
        ("from . import base", "torchkeras.layers"),
    ],
)
def test_every_way_to_write_an_import_is_read(tmp_path, monkeypatch, text, expected):
    monkeypatch.setitem(globals(), "PACKAGE", tmp_path)
    (tmp_path / "layers").mkdir()
    path = tmp_path / "layers" / "dense.py"
    path.write_text(text)
    assert imported_names(path) == [(1, expected)]

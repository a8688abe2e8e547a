"""What share of the names that Keras scripts use the corpus uses, too.

``symbols.csv`` counts, for each name, the scripts of a large collection that use it. The share is
weighted by those counts. Names of other packages are left out.
"""

import ast
import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torchkeras
from torchkeras.cli.uses import uses_in

FOLDER = Path(__file__).parent
CORPUS = FOLDER / "corpus"
_OTHERS = ("tensorflow_datasets", "tensorflow_hub", "keras_hub", "kt", "tfp", "tfa", "tf_text")
_OTHER_IMPORTS = ("tfds", "hub", "keras_hub", "tfp", "kt", "tfa", "tf_text")


def share() -> tuple[float, list[tuple[int, str]]]:
    """The weighted share of names used, and the names that aren't, most frequent first."""
    used = set(_used())
    with (FOLDER / "symbols.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if _counts(row)]
    unused = [(int(r["scripts"]), r["symbol"]) for r in rows if _key(r["symbol"]) not in used]
    total = sum(int(row["scripts"]) for row in rows)
    return 1 - sum(n for n, _ in unused) / total, sorted(unused, reverse=True)


def _counts(row: dict[str, str]) -> bool:
    """Whether a row is of TensorFlow or Keras; attributes that users gave their classes aren't."""
    symbol = row["symbol"]
    is_own = " self>" in symbol or (symbol.startswith("<") and _owner(symbol) is None)
    is_other = symbol.startswith("import ") and symbol.split()[1] in _OTHER_IMPORTS
    return not (row["group"] in _OTHERS or is_own or is_other)


def _owner(symbol: str) -> Any:
    """Something of torchkeras or TensorFlow that has the attribute which ``<Kind>.name`` names."""
    kind, name = symbol[1:].split(">.")
    owner = getattr(torchkeras, kind, None) or getattr(torchkeras.layers, kind, None)
    return symbol if owner is None or hasattr(owner, name) else None


def _key(symbol: str) -> Any:
    """What a name is compared by: an object of Keras, else its text."""
    if symbol.startswith("class("):
        return "class", _key(symbol[6:-1])
    if symbol.startswith("<"):
        return "attribute", symbol.split(">.")[1]
    path = symbol.removeprefix("tf.") if symbol.startswith("tf.keras") else symbol
    if not path.startswith("keras."):
        return symbol
    found: Any = torchkeras
    for part in path.split(".")[1:]:
        found = getattr(found, part, None)
    return path if found is None or isinstance(found, (str, int)) else id(found)


def _used() -> Iterator[Any]:
    for path in sorted(CORPUS.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        for use in uses_in(text, path.name):
            if "()" not in use.path:
                yield from _keys(_short(use.path))
        yield from _parts(ast.parse(text))


def _short(path: str) -> str:
    """``tensorflow.cast`` as ``tf.cast``, ``tensorflow.keras.Model`` as ``keras.Model``."""
    path = path.removeprefix("tensorflow.") if path.startswith("tensorflow.keras") else path
    head, _, rest = path.partition(".")
    name = {"tensorflow": "tf", "tf_keras": "keras"}.get(head, head)
    return f"{name}.{rest}" if rest else name


def _keys(path: str) -> Iterator[Any]:
    """The keys of a path, and of the modules that it goes through."""
    parts = path.split(".")
    for end in range(2, len(parts) + 1):
        yield _key(".".join(parts[:end]))


def _parts(tree: ast.AST) -> Iterator[Any]:
    """Attributes, imports, classes and the methods that they override."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield "attribute", node.attr
        elif isinstance(node, ast.Import):
            for alias in node.names:
                full = f"import {alias.name.replace('tensorflow', 'tf', 1)}"
                yield from (full, full.replace("tf.keras", "keras"))
        elif isinstance(node, ast.ImportFrom):
            yield from _imported(node)
        elif isinstance(node, ast.ClassDef):
            for base in node.bases:
                yield from _derived(node, ast.unparse(base))


def _imported(node: ast.ImportFrom) -> Iterator[str]:
    module = (node.module or "").replace("tensorflow", "tf", 1)
    for alias in node.names:
        if alias.name == "*":
            yield f"from {module.replace('tf.keras', 'keras')} import *"
        yield f"import {module}.{alias.name}"


def _derived(node: ast.ClassDef, base: str) -> Iterator[Any]:
    yield f"class({base})"
    for prefix in ("", "tf.keras.", "keras.", "tf.keras.layers.", "tf.keras.callbacks."):
        yield "class", _key(prefix + base)
    kind = base.split(".")[-1]
    for part in node.body:
        if isinstance(part, ast.FunctionDef):
            yield f"override {kind}.{part.name}"


if __name__ == "__main__":
    whole, missing = share()
    print(f"{whole:.1%} of the names, weighted by scripts")
    for count, symbol in missing[:400]:
        print(count, symbol)

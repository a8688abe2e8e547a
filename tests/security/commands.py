"""Commands in this process: what they print and write is looked through."""

import ast
import contextlib
import io
import types
import unittest.mock

from security.sandbox import BAITS

from torchkeras.cli import commands, verify
from torchkeras.export import layout

# What ejected source imports.
KNOWN = {
    "bisect", "collections", "dataclasses", "functools", "hashlib", "itertools", "json", "math",
    "model", "numpy", "os", "pathlib", "re", "safetensors", "string", "sys", "torch", "typing",
    "unicodedata", "unittest",
}  # fmt: skip
CONTROLS = {*map(chr, (*range(9), *range(11, 32), *range(127, 160))), "\u2028", "\u202e"}


def command(*words):
    """What a command prints.

    Raises:
        ValueError: its exit status isn't 0; the message is all that it printed.
        RuntimeError: it printed what a terminal would obey.
    """
    output = io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
        status = commands.main([str(word) for word in words])
    printed = output.getvalue()
    if set(printed) & CONTROLS:
        raise RuntimeError(f"prints control characters: {set(printed) & CONTROLS}")
    if status:
        raise ValueError(printed)
    return printed


def ejected(path, folder):
    """What ejecting a file prints; the source is looked through."""
    with unformatted():
        printed = command("eject", path, "-o", folder)
    check_sources(folder)
    return printed


def unformatted():
    """Within it, ejected source isn't formatted, which another process does."""
    result = types.SimpleNamespace(returncode=1)
    without_ruff = types.SimpleNamespace(run=lambda *args, **kwargs: result)
    return unittest.mock.patch.object(layout, "subprocess", without_ruff)


def check_sources(folder):
    """Raise a RuntimeError if ejected source imports or calls what no model needs."""
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or "."] if not node.level else []
            elif isinstance(node, ast.Name):
                named = (*BAITS, "exec", "eval", "compile", "__import__", "pickle", "marshal")
                if node.id in named:
                    raise RuntimeError(f"{path.name} says {node.id}")
            if any(name.partition(".")[0] not in KNOWN for name in names):
                raise RuntimeError(f"{path.name} imports {names}")


def verified(*words):
    """What the command prints; Keras, which opens the file in its own way, isn't asked."""
    refused = ValueError("Keras would be asked")
    with unittest.mock.patch.object(verify, "_in_keras", side_effect=refused):
        return command("verify", *words)

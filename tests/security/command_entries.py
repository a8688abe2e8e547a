"""The commands as entry points, on files of models and on sources."""

import ast
import contextlib
import io
import types
import unittest.mock
from dataclasses import asdict

from security.entries import as_model, entry, write_archive, write_folder, write_whole
from security.hdf5_entries import spoiled
from security.sandbox import BAITS

from torchkeras.cli import answers, check, commands, port, verify
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


def prepare(folder):
    """Each command on something honest."""
    path = folder / "honest.keras"
    command("inspect", path)
    command("migrate", path, folder / "new.keras")
    ejected(path, folder / "ejected")
    scripts = folder / "scripts"
    scripts.mkdir()
    (scripts / "script.py").write_text("import tensorflow as tf\ntf.zeros(1)\n")
    with answered():
        command("port", scripts)


# --- Files of models


@entry("inspect .keras", "layer", "model", "name")
def inspect_archive(thing, work):
    path = write_archive(work / "m.keras", as_model(thing))
    return lambda: command("inspect", path)


@entry("inspect folder as JSON", "layer", "model")
def inspect_folder(thing, work):
    path = write_folder(work / "m", as_model(thing))
    return lambda: command("inspect", "--json", path)


@entry("inspect written .keras", "archive")
def inspect_written(write, work):
    write(work / "m.keras")
    return lambda: command("inspect", work / "m.keras")


@entry("inspect written folder", "folder")
def inspect_written_folder(write, work):
    write(work / "m")
    return lambda: command("inspect", work / "m")


@entry("inspect .h5", "hdf5")
def inspect_whole(thing, work):
    path = spoiled(work / "m.h5", ".h5", thing, "model_weights/a")
    return lambda: command("inspect", path)


@entry("inspect .safetensors", "safetensors")
def inspect_safetensors(content, work):
    (work / "m.safetensors").write_bytes(content)
    return lambda: command("inspect", work / "m.safetensors")


@entry("the command migrate", "layer", "model")
def migrate_archive(thing, work):
    path = write_archive(work / "m.keras", as_model(thing))
    return lambda: command("migrate", path, work / "new.keras")


@entry("the command migrate of .h5", "layer", "model")
def migrate_whole(thing, work):
    path = write_whole(work / "m.h5", as_model(thing))
    return lambda: command("migrate", path, work / "new.weights.h5")


@entry("the command migrate of written .keras", "archive")
def migrate_written(write, work):
    write(work / "m.keras")
    return lambda: command("migrate", work / "m.keras", work / "new.keras")


@entry("the command eject", "layer", "model")
def eject_archive(thing, work):
    path = write_archive(work / "m.keras", as_model(thing))

    return lambda: ejected(path, work / "out")


@entry("the command eject of written .keras", "archive")
def eject_written(write, work):
    write(work / "m.keras")
    return lambda: ejected(work / "m.keras", work / "out")


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


@entry("the command verify", "layer", "model")
def verify_archive(thing, work):
    path = write_archive(work / "m.keras", as_model(thing))
    return lambda: verified(path)


def verified(*words):
    """What the command prints; Keras, which opens the file in its own way, isn't asked."""
    refused = ValueError("Keras would be asked")
    with unittest.mock.patch.object(verify, "_in_keras", side_effect=refused):
        return command("verify", *words)


# --- Sources. The process that answers questions sees no file; names in files are asked elsewhere.


@contextlib.contextmanager
def answered():
    """Within it, all names are unknown; another process would be asked."""

    def ask(paths):
        return {path: asdict(answers.Answer(path, is_known=False)) for path in paths}

    with (
        unittest.mock.patch.object(check, "ask", ask),
        unittest.mock.patch.object(port, "ask", ask),
    ):
        yield


def _on_source(*words):
    def make(write, work):
        folder = work / "scripts"
        folder.mkdir()
        write(folder)

        def call():
            with answered():
                return command(*words, folder)

        return call

    return make


entry("check", "source")(_on_source("check"))
entry("check as JSON", "source")(_on_source("check", "--all", "--json"))
entry("port", "source")(_on_source("port"))
entry("port in place", "source")(_on_source("port", "--in-place"))
entry("port into a folder", "source")(_on_source("port", "--output", "ported"))

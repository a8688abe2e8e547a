"""Folders of scripts as what ``check`` and ``port`` read.

The process that answers questions sees no file; names in files are asked elsewhere.
"""

import contextlib
import unittest.mock
from dataclasses import asdict

from security.commands import command, ejected
from security.entries import entry

from torchkeras.cli import answers, check, port


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


for _name, _words in {
    "check": ["check"],
    "check as JSON": ["check", "--all", "--json"],
    "port": ["port"],
    "port in place": ["port", "--in-place"],
    "port into a folder": ["port", "--output", "ported"],
}.items():
    entry(_name, "source")(_on_source(*_words))

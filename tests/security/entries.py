"""The ways into the package, by kind of hostile thing.

An entry point takes the thing and a folder to work in, makes the files, and gives the call to be
watched (None if this thing can't go in here). Most are rows of a table: what is made of things of
a kind, and which of the ways below it goes.
"""

import functools
import importlib
import io
from pathlib import Path

from security import honest
from security.commands import command, ejected, verified

import torchkeras as keras

ENTRIES: dict[str, dict] = {}
# What has the entry points of each server.
OWN = (
    "config_entries", "archive_entries", "snapshot_entries", "download_entries", "hdf5_entries",
    "data_entries", "tensorflow_entries", "foreign_entries", "text_entries", "script_entries",
    "sandbox_entries",
)  # fmt: skip
DROP_IN = ("drop_in_entries", "prepared_entries")


def load(server, folder):
    """Enter the entry points of a server, ``"own"`` or ``"drop_in"``.

    A module's ``prepare(folder)`` uses them honestly first, so that what is imported late is there
    before the server forks.
    """
    honest.prepare(folder)
    for name in DROP_IN if server == "drop_in" else OWN:
        module = importlib.import_module(f"security.{name}")
        if hasattr(module, "prepare"):
            module.prepare(Path(folder))


def entry(name, *kinds):
    """Enter the function below as the entry point ``name`` for things of these kinds."""

    def enter(function):
        for kind in kinds:
            ENTRIES.setdefault(kind, {})[name] = function
        return function

    return enter


def table(make, kinds, ways):
    """Enter ``ways`` by their names as entry points for what is made of things of these kinds.

    Args:
        make: From a thing and a folder to a file's path, or whatever the ways take.
        kinds: Kinds of things in one text, parted by commas.
        ways: From what was made and the folder to the call to be watched.
    """
    for name, way in ways.items():
        entry(name, *kinds.split(", "))(functools.partial(_taken, make, way))


def _taken(make, way, thing, work):
    return way(make(thing, work), work)


def given_to(function):
    """The way of what is only given to a function."""
    return lambda made, work: lambda: function(made)


def at(name):
    """Makes the file of that name: the thing is its bytes, or a function that writes it."""

    def make(thing, work):
        path = work / name
        path.write_bytes(thing) if isinstance(thing, bytes) else thing(path)
        return path

    return make


# --- Ways of a file


def load_open(path, work):
    """``load_model`` of an open file."""
    content = path.read_bytes()
    return lambda: keras.models.load_model(io.BytesIO(content))


def load_weights(path, work, model=honest.base_model, **options):
    """``load_weights`` of the model that the honest file is of."""
    target = model()
    return lambda: target.load_weights(path, **options)


def report_with(path, work, model=honest.base_model):
    """What doesn't fit the model that the honest file is of."""
    target = model()
    return lambda: keras.saving.report(path, target).to_json()


def edit(path, work):
    """``KerasFileEditor``."""
    return lambda: keras.saving.KerasFileEditor(path).save(work / "new.weights.h5")


def migrate(path, work, name="new.keras"):
    """The command ``migrate``."""
    return lambda: command("migrate", path, work / name)


def eject(path, work):
    """The command ``eject``."""
    return lambda: ejected(path, work / "out")


load_model = given_to(lambda path: keras.models.load_model(path))
report = given_to(lambda path: keras.saving.report(path).to_json())
inspect = given_to(lambda path: command("inspect", path))
verify = given_to(verified)
by_name = functools.partial(load_weights, by_name=True)
skipping = functools.partial(load_weights, skip_mismatch=True)
of_network = functools.partial(load_weights, model=honest.network)

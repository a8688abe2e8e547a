"""The list of attacks: each makes one hostile thing, of a kind that says where it can be handed in.

A new advisory is one more entry: a function that makes the thing, under ``@attack``.
"""

import functools
import importlib
from typing import Any, NamedTuple

MODULES = (
    "config_attacks", "model_attacks", "callable_attacks", "hdf5_attacks", "archive_attacks",
    "download_attacks", "other_attacks", "source_attacks", "media_attacks", "record_attacks",
    "tensorflow_attacks", "foreign_attacks", "prepared_attacks",
)  # fmt: skip
# Kinds that the entry points of the drop-in packages take, and those that only they take.
DROP_IN = (
    "name", "image", "sound", "record", "program", "kept", "managed", "bundle", "saved model",
    "download", "previous", "prepared",
)  # fmt: skip
DROP_IN_ONLY = ("record", "program", "kept", "managed", "previous", "prepared")


class Attack(NamedTuple):
    """An attack.

    Attributes:
        name: Advisory and what is done.
        kind: Which entry points take it.
        make: Function from the sandbox's place to the hostile thing.
        harmless_at: Entry points that may take it, since they read nothing of what is hostile.
            ``"*"`` stands for all: the thing is odd, and whatever is made of it does no harm.
    """

    name: str
    kind: str
    make: Any
    harmless_at: tuple[str, ...] = ()


ATTACKS: dict[str, Attack] = {}


def attack(name: str, kind: str, harmless_at: tuple[str, ...] = ()) -> Any:
    """Enter the function below as an attack."""

    def enter(make: Any) -> Any:
        assert name not in ATTACKS, name
        ATTACKS[name] = Attack(name, kind, make, harmless_at)
        return make

    return enter


def attacks_of(kind: str, everywhere: tuple[str, ...] = ()) -> Any:
    """Make what enters attacks of a kind from what makes their hostile things.

    Below it stands ``thing(function, place)``; ``@thing(name)`` then enters the attack whose thing
    that makes of the function below. ``everywhere`` says where these attacks are harmless, unless
    they say so themselves.
    """

    def entering(thing: Any) -> Any:
        @functools.wraps(thing)
        def named(name: str, harmless_at: tuple[str, ...] = everywhere) -> Any:
            def enter(function: Any) -> Any:
                attack(name, kind, harmless_at)(functools.partial(thing, function))
                return function

            return enter

        return named

    return entering


def spoiled(function: Any, place: Any) -> Any:
    """The thing of an attack whose function spoils a folder: it is called with the place too."""
    return lambda folder: function(folder, place)


def load() -> dict[str, Attack]:
    """All attacks by name."""
    for name in MODULES:
        importlib.import_module(f"security.{name}")
    return ATTACKS

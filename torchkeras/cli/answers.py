"""What the drop-in packages have, asked of the packages themselves.

``python -m torchkeras.cli.answers`` reads questions from its input and writes answers; the command
``check`` starts it, since the drop-ins bear the names of packages that may be installed. It imports
the drop-ins and nothing of the user's.
"""

import ast
import functools
import importlib
import importlib.util
import inspect
import json
import sys
import textwrap
import types
import typing
import warnings
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch

from torchkeras.cli.run import drop_in_folder, start_as_tensorflow
from torchkeras.cli.uses import PACKAGES
from torchkeras.core.checks import nearest
from torchkeras.core.generations import constructor_arguments


@dataclass(frozen=True)
class Answer:
    """What is known of a path.

    Args:
        name: What it is called in public, ``keras.Sequential.fit``.
        is_there: Whether it exists; True as well where that can't be told.
        is_known: Whether it can be told.
        missing: The part that isn't there, ``tensorflow.log`` of ``tensorflow.log.name``.
        hint: What to use instead; sentences, or empty.
        way: How torch does it; empty if nothing is known.
        is_module: Whether it is a module.
        arguments: Keyword arguments that a call takes; None if any, or if that can't be told.
        positional: How many positional arguments a call takes; None if any number.
        home: Where torchkeras has it, ``torchkeras.layers.Dense``; None for what isn't Keras's.
    """

    name: str
    is_there: bool = True
    is_known: bool = True
    missing: str | None = None
    hint: str = ""
    way: str = ""
    is_module: bool = False
    arguments: list[str] | None = None
    positional: int | None = None
    home: str | None = None


@dataclass(frozen=True)
class Instance:
    """Any object of a class."""

    kind: type


@dataclass(frozen=True)
class Method:
    """A function as an object has it, without its first argument."""

    function: Callable
    kind: type


class Missing(Exception):
    """There is no such name; the argument is the options there are."""


UNKNOWN = object()


def answer(path: str) -> Answer:
    """What the drop-ins know of ``path``, such as ``tensorflow.keras.Sequential().fit``."""
    parts = path.split(".")
    shown = parts[0]
    if importlib.util.find_spec(shown) is None:
        return absent(shown, ())
    if shown not in PACKAGES:
        return Answer(shown, is_module=True)
    value: Any = importlib.import_module(shown)
    for position, part in enumerate(parts):
        name, calls = part.partition("(")[0], part.count("()")
        if position:
            if isinstance(value, (Instance, Method)):
                shown = class_name(value.kind)
            shown = f"{shown}.{name}"
            try:
                value = member(value, name)
            except Missing as missing:
                return absent(shown, *missing.args, is_method=isinstance(value, Instance))
        for _ in range(calls):
            value = result(value)
        if value is UNKNOWN:
            return Answer(short(shown), is_known=position == len(parts) - 1)
    arguments, positional = accepted(value)
    return Answer(
        name=short(shown),
        way=suggestions().torch_way(path) if "()" not in path else "",
        is_module=isinstance(value, types.ModuleType),
        arguments=arguments,
        positional=positional,
        home=home_of(parts) if "()" not in path else None,
    )


def absent(path: str, options: Sequence[str], is_method: bool = False) -> Answer:
    """The answer for a name that isn't there, of a namespace or class that has ``options``."""
    if is_method:
        hint = nearest(path.rpartition(".")[2], options)
    else:
        hint = suggestions().suggestion(path, options)
    return Answer(short(path), is_there=False, missing=short(path), hint=hint)


def class_name(kind: type) -> str:
    """What a class is called in public: ``keras.layers.Dense``, ``tensorflow.Tensor``."""
    if kind is torch.Tensor:
        return "tensorflow.Tensor"
    packages = kind.__module__.split(".")
    for length in sorted(range(1, len(packages) + 1), key=lambda n: (n != 2, n)):
        package = ".".join(packages[:length])
        if getattr(sys.modules.get(package), kind.__name__, None) is kind:
            root, _, room = package.partition(".")
            root = "keras" if root == "torchkeras" else root
            return ".".join(filter(None, (root, room, kind.__name__)))
    return kind.__qualname__


def suggestions() -> Any:
    """The drop-ins' module that knows what to use instead of a missing name."""
    return importlib.import_module("torchkeras_shim.suggestions")


def short(path: str) -> str:
    """``tf.math.log`` for ``tensorflow.math.log``, ``keras.Model`` for each path of Keras."""
    return suggestions().short(path)


def member(value: Any, name: str) -> Any:
    """What ``value.name`` is.

    Raises:
        Missing: it has no such name.
    """
    if value is UNKNOWN:
        return UNKNOWN
    if isinstance(value, Instance):
        return _member_of_instance(value.kind, name)
    if isinstance(value, Method):
        value = value.function
    if hasattr(value, name):
        found = getattr(value, name)
        return UNKNOWN if isinstance(found, property) else found
    if isinstance(value, types.ModuleType):
        try:
            return importlib.import_module(f"{value.__name__}.{name}")
        except ModuleNotFoundError:
            pass
    raise Missing([option for option in dir(value) if not option.startswith("_")])


def _member_of_instance(kind: type, name: str) -> Any:
    found = inspect.getattr_static(kind, name, UNKNOWN)
    if found is UNKNOWN:
        looks_up = getattr(kind, "__getattr__", None)
        if name in assigned_names(kind) or looks_up not in (None, torch.nn.Module.__getattr__):
            return UNKNOWN
        if accepted(kind)[0] is None:  # attributes by any keyword, as of tf.train.Checkpoint
            return UNKNOWN
        raise Missing([option for option in dir(kind) if not option.startswith("_")])
    if isinstance(found, property):
        return _object_of(found.fget, kind)
    if isinstance(found, (classmethod, staticmethod)):
        return getattr(kind, name)
    return Method(found, kind) if inspect.isroutine(found) else UNKNOWN


def result(value: Any) -> Any:
    """What calling ``value`` gives: an object of a class, where annotations tell which."""
    if isinstance(value, type):
        return Instance(value)
    if isinstance(value, Method):
        return _object_of(value.function, value.kind)
    if inspect.ismethod(value) and isinstance(value.__self__, type):
        alternative = value.__name__.startswith("from_")  # a constructor by another name
        return Instance(value.__self__) if alternative else _object_of(value, value.__self__)
    return _object_of(value, None) if inspect.isroutine(value) else UNKNOWN


def _object_of(function: Any, kind: type | None) -> Any:
    """An object of the class that ``function`` says it returns."""
    try:
        returned = typing.get_type_hints(function).get("return")
    except (NameError, TypeError, AttributeError):
        return UNKNOWN
    if returned is getattr(typing, "Self", UNKNOWN) and kind is not None:
        returned = kind
    is_class = isinstance(returned, type) and returned not in (Any, object, type(None))
    return Instance(returned) if is_class else UNKNOWN


def accepted(value: Any) -> tuple[list[str] | None, int | None]:
    """Keyword arguments that a call takes, and how many positional ones; None for any."""
    if isinstance(value, type):
        try:
            names = constructor_arguments(value)
        except (TypeError, ValueError):
            return None, None
        _, positional = _parameters(value.__init__, skip=1)
        return (None, None) if names is None else (sorted(names), positional)
    if isinstance(value, Method):
        return _parameters(value.function, skip=1)
    return _parameters(value, skip=0) if callable(value) else (None, None)


def _parameters(function: Callable, skip: int) -> tuple[list[str] | None, int | None]:
    try:
        parameters = list(inspect.signature(function).parameters.values())[skip:]
    except (TypeError, ValueError):
        return None, None
    names: list[str] | None = []
    positional: int | None = 0
    for parameter in parameters:
        if parameter.kind is parameter.VAR_POSITIONAL:
            positional = None
        elif parameter.kind is parameter.VAR_KEYWORD:
            options = typing.get_args(parameter.annotation)  # **options: Unpack[Options]
            names = names and [*names, *options[0].__annotations__] if options else None
        else:
            if positional is not None and parameter.kind is not parameter.KEYWORD_ONLY:
                positional += 1
            if names is not None and parameter.kind is not parameter.POSITIONAL_ONLY:
                names.append(parameter.name)
    return names, positional


@functools.cache
def assigned_names(kind: type) -> frozenset[str]:
    """Names that the class's own code, or that of a base, declares, assigns or has as a text."""
    found: set[str] = set()
    for base in kind.__mro__:
        if base in (object, torch.nn.Module):
            continue
        found |= set(vars(base).get("__annotations__", ()))
        try:
            tree = ast.parse(textwrap.dedent(inspect.getsource(base)))
        except (OSError, TypeError, SyntaxError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                found.add(node.attr)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)  # a weight's name, as in adopt_weight("scale", ...)
    return frozenset(found)


def home_of(parts: Sequence[str]) -> str | None:
    """Where torchkeras has what a path of Keras leads to; None for another package's."""
    modules = importlib.import_module("torchkeras_shim.modules")
    for length in range(len(parts), 0, -1):
        target = modules.target_of(".".join(parts[:length]))
        if target is None:
            return None
        if modules.find_module(target) is None:
            continue
        rest = parts[length:]
        if not rest:
            return target
        room = ".".join(target.split(".")[:2])
        found, in_room = _led_to(target, rest), _led_to(room, rest)
        # What is no experiment any more has a home of its own.
        is_settled = ".experimental" in target and in_room is found
        if found is not UNKNOWN and not is_settled:
            return ".".join([target, *rest])
        if in_room is not UNKNOWN:
            return ".".join([room, *rest])
    return None


def _led_to(place: str, rest: Sequence[str]) -> Any:
    """What names lead to from a module; UNKNOWN if one isn't there."""
    value: Any = importlib.import_module(place)
    for name in rest:
        if not hasattr(value, name):
            return UNKNOWN
        value = getattr(value, name)
    return value


def main() -> None:
    """Answer the questions of standard input: a JSON list of paths, an object of answers."""
    warnings.simplefilter("ignore")
    sys.path.insert(0, str(drop_in_folder()))
    start_as_tensorflow(gradients=True)
    paths = json.load(sys.stdin)
    json.dump({path: asdict(answer(path)) for path in paths}, sys.stdout)


if __name__ == "__main__":
    main()

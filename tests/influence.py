"""No argument is decoration: changing any of them changes an outcome, or raises.

A room's ``test_arguments.py`` has a ``Subject`` for each public class and function, with a change
for each of its arguments. ``missing`` compares that table with the signatures themselves.
"""

import inspect
import typing
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from torchkeras.core import naming
from torchkeras.core.variable import Variable


def returned(result: Any) -> Any:
    """The outcome of a function: what it gives back."""
    return result


@dataclass
class Change:
    """Another value of an argument.

    Args:
        value: The value; for a variadic argument, keywords.
        given: Further arguments, on both sides.
        outcome: What is looked at, in place of the subject's.
        raises: What the value raises, where that is its influence.
    """

    value: Any
    given: dict[str, Any] = field(default_factory=dict)
    outcome: Callable[[Any], Any] | None = None
    raises: type[Exception] | None = None


@dataclass
class Subject:
    """A public class or function and its arguments.

    Args:
        made: The class or function.
        changes: A ``Change``, or just the other value, for each argument. Functions that make a
            value are called first, so that no two calls share an object.
        base: What it is called with otherwise.
        outcome: What is looked at: from what the call gives to numbers.
    """

    made: Callable
    changes: dict[str, Any]
    base: dict[str, Any] = field(default_factory=dict)
    outcome: Callable[[Any], Any] = returned


class Fresh:
    """A value made anew for each call."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self.make = make


named = Change("other", outcome=lambda made: made.name)


def argument_names(made: Callable) -> list[str]:
    """Names of all arguments of ``made``; those of ``**options`` too where its type lists them."""
    if inspect.isclass(made) and "__init__" not in _own_names(made):
        return []
    names = []
    for parameter in inspect.signature(made).parameters.values():
        if parameter.kind is not parameter.VAR_KEYWORD:
            names.append(parameter.name)
            continue
        listed = typing.get_args(parameter.annotation)
        fields = typing.get_type_hints(listed[0]) if listed else {f"**{parameter.name}": None}
        names.extend(fields)
    return names


def _own_names(cls: type) -> set[str]:
    """What classes of this library among the bases of ``cls`` define, but the common base."""
    bases = [base for base in cls.__mro__ if base.__module__.startswith("torchkeras.")]
    return {name for base in bases if base.__name__ != "Configurable" for name in vars(base)}


def public_objects(room: Any) -> dict[int, tuple[str, Callable]]:
    """Each public class and function of ``room`` once, by identity, aliases dropped."""
    names = getattr(room, "__all__", None) or [
        name
        for name, value in vars(room).items()
        if not name.startswith("_") and getattr(value, "__module__", None) == room.__name__
    ]
    found: dict[int, tuple[str, Callable]] = {}
    for name in names:
        value = getattr(room, name)
        if callable(value) and not inspect.ismodule(value):
            found.setdefault(id(value), (name, value))
    return found


def missing(
    rooms: Iterable[Any],
    subjects: Iterable[Subject],
    without: dict[tuple[str, str], str],
    elsewhere: Iterable[int] = (),
) -> list[str]:
    """Arguments of the rooms that have neither a change nor a reason to have none.

    ``elsewhere`` are the identities of objects that another room's table holds.
    """
    changes: dict[int, set[str]] = {}
    for subject in subjects:
        changes.setdefault(id(subject.made), set()).update(subject.changes)
    wanting = []
    for room in rooms:
        for key, (name, value) in public_objects(room).items():
            if key in elsewhere:
                continue
            for argument in argument_names(value):
                if argument in changes.get(key, ()) or (name, argument) in without:
                    continue
                wanting.append(f"{room.__name__}.{name}({argument})")
    return wanting


def cases(subjects: Iterable[Subject]) -> list[Any]:
    """A pytest parameter ``(subject, argument)`` for each change."""
    return [
        pytest.param(subject, argument, id=f"{subject.made.__name__}-{argument}")
        for subject in subjects
        for argument in subject.changes
    ]


def check(subject: Subject, argument: str) -> None:
    """Assert that changing ``argument`` matters, and that nothing else would have changed."""
    known = argument_names(subject.made)
    assert argument in known or f"**{argument}" in known, f"no such argument: {argument}"
    change = subject.changes[argument]
    change = change if isinstance(change, Change) else Change(change)
    base = {**subject.base, **change.given}
    other = change.value if argument.startswith("**") else {argument: change.value}
    before = _outcome(subject, change, base)
    assert same(before, _outcome(subject, change, base)), "the outcome changes by itself"
    if change.raises is not None:
        with pytest.raises(change.raises):
            _outcome(subject, change, {**base, **other})
        return
    after = _outcome(subject, change, {**base, **other})
    assert not same(before, after), f"{argument} is decoration"


def _outcome(subject: Subject, change: Change, arguments: dict[str, Any]) -> Any:
    torch.manual_seed(0)
    naming.reset_names()
    arguments = {
        name: value.make() if isinstance(value, Fresh) else value
        for name, value in arguments.items()
    }
    return (change.outcome or subject.outcome)(call(subject.made, arguments))


def call(made: Callable, arguments: dict[str, Any]) -> Any:
    """What ``made`` gives for arguments by name; those of ``*args`` come as a list."""
    parameters = list(inspect.signature(made).parameters.values())
    for place, parameter in enumerate(parameters):
        if parameter.kind is parameter.VAR_POSITIONAL and parameter.name in arguments:
            before = [arguments.pop(earlier.name) for earlier in parameters[:place]]
            return made(*before, *arguments.pop(parameter.name), **arguments)
    return made(**arguments)


def same(first: Any, second: Any) -> bool:
    """Whether two outcomes are equal, types and shapes of tensors included."""
    if isinstance(first, (Tensor, Variable, np.ndarray)):
        if not isinstance(second, (Tensor, Variable, np.ndarray)):
            return False
        first, second = (_array(value) for value in (first, second))
        return (
            first.dtype == second.dtype
            and first.shape == second.shape
            and np.array_equal(first, second, equal_nan=first.dtype.kind == "f")
        )
    if isinstance(first, (list, tuple)):
        return (
            isinstance(second, (list, tuple))
            and len(first) == len(second)
            and all(same(a, b) for a, b in zip(first, second, strict=True))
        )
    if isinstance(first, dict):
        return (
            isinstance(second, dict)
            and first.keys() == second.keys()
            and all(same(value, second[key]) for key, value in first.items())
        )
    return type(first) is type(second) and first == second


def _array(value: Any) -> np.ndarray:
    if isinstance(value, Variable):
        value = value.tensor
    return value.detach().numpy() if isinstance(value, Tensor) else value

"""What names in a piece of Python stand for, as far as it can be told without running it.

A value is told by the path that leads to it: ``tensorflow.keras.layers`` for an import, and
``tensorflow.keras.Sequential()`` for what a call gives. Classes and functions of the file itself
are told by what is known of them. None is anything else.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Union

Value = Union[str, "OwnClass", "Instance", "OwnFunction", None]


@dataclass
class OwnClass:
    """A class that the file defines.

    Args:
        bases: What it derives from.
        defined: Names of its methods and class attributes.
        attributes: What ``self.name = ...`` gives; None where that can't be told.
        is_open: Whether attributes are set by names that can't be read off.
    """

    bases: list[Value]
    defined: set[str] = field(default_factory=set)
    attributes: dict[str, Value] = field(default_factory=dict)
    is_open: bool = False

    def root(self) -> str | None:
        """The one class of another package that it derives from; None if there isn't one."""
        if self.is_open or len(self.bases) != 1:
            return None
        base = self.bases[0]
        return base.root() if isinstance(base, OwnClass) else base if _is_path(base) else None

    def known(self, name: str) -> bool:
        """Whether it, or a class of the file that it derives from, has ``name``."""
        return name in self.defined or any(
            base.known(name) for base in self.bases if isinstance(base, OwnClass)
        )

    def assigned(self, name: str) -> tuple[bool, Value]:
        """Whether ``self.name`` is assigned, and what it is."""
        if name in self.attributes:
            return True, self.attributes[name]
        for base in self.bases:
            if isinstance(base, OwnClass):
                found, value = base.assigned(name)
                if found:
                    return found, value
        return False, None

    def remember(self, name: str, value: Value) -> None:
        """Note ``self.name = value``; what is assigned differently at two places is unknown."""
        if name in self.attributes and self.attributes[name] != value:
            value = None
        self.attributes[name] = value


@dataclass
class Instance:
    """An object of a class that the file defines; ``is_super`` for what ``super()`` gives."""

    kind: OwnClass
    is_super: bool = False


@dataclass
class OwnFunction:
    """A function that the file defines, and what it returns."""

    returns: Value = None


def _is_path(value: Value) -> bool:
    return isinstance(value, str)


def attribute_of(value: Value, name: str) -> Value:
    """What ``value.name`` is."""
    if isinstance(value, str):
        return f"{value}.{name}"
    if isinstance(value, OwnClass):
        root = value.root()
        return f"{root}.{name}" if root and not value.known(name) else None
    if isinstance(value, Instance):
        kind = value.kind
        if value.is_super:
            parent = kind.bases[0] if len(kind.bases) == 1 else None
            if isinstance(parent, OwnClass):
                return attribute_of(Instance(parent), name)
        else:
            found, known = kind.assigned(name)
            if found:
                return known
            if kind.known(name):
                return None
        root = kind.root()
        return f"{root}().{name}" if root else None
    return None


def result_of(value: Value) -> Value:
    """What calling ``value`` gives."""
    if isinstance(value, str):
        return f"{value}()"
    if isinstance(value, OwnClass):
        return Instance(value)
    if isinstance(value, OwnFunction):
        return value.returns
    return None


def either(first: Value, second: Value) -> Value:
    """What a name stands for after one of two branches gave it a value.

    Modules and what is imported from them count even where the other branch isn't known.
    """
    if first == second or (first is not None and second is not None):
        return first
    known = first if second is None else second
    return known if isinstance(known, str) and "(" not in known else None


@dataclass
class Scope:
    """The names of a module, class or function, and the scope around it."""

    kind: str
    around: "Scope | None" = None
    names: dict[str, Value] = field(default_factory=dict)

    def find(self, name: str) -> tuple[bool, Value]:
        """Whether ``name`` is bound, and what it stands for."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names and (scope is self or scope.kind != "class"):
                return True, scope.names[name]
            scope = scope.around
        return False, None


def assigned_to_self(definition: ast.ClassDef) -> set[str]:
    """Attributes that methods of a class assign to their first argument."""
    found: set[str] = set()
    for method in definition.body:
        if isinstance(method, (ast.FunctionDef, ast.AsyncFunctionDef)) and method.args.args:
            own = method.args.args[0].arg
            found |= {
                node.attr
                for node in ast.walk(method)
                if isinstance(node, ast.Attribute)
                and not isinstance(node.ctx, ast.Load)
                and isinstance(node.value, ast.Name)
                and node.value.id == own
            }
    return found


def names_bound_in(body: list[ast.stmt]) -> set[str]:
    """Names that statements of a function bind in it, not in functions or classes inside it."""
    bound: set[str] = set()
    elsewhere: set[str] = set()
    for node in _own_nodes(body):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            bound.add(node.id)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            bound.add(node.name)
        elif isinstance(node, ast.alias):
            bound.add(node.asname or node.name.split(".")[0])
        elif isinstance(node, ast.ExceptHandler) and node.name:
            bound.add(node.name)
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            elsewhere.update(node.names)
        elif isinstance(node, (ast.MatchAs, ast.MatchStar)) and node.name:
            bound.add(node.name)
        elif isinstance(node, ast.MatchMapping) and node.rest:
            bound.add(node.rest)
    return bound - elsewhere


def _own_nodes(body: list[ast.stmt]) -> Iterator[ast.AST]:
    waiting: list[ast.AST] = list(body)
    inner = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.ListComp)
    inner += (ast.SetComp, ast.DictComp, ast.GeneratorExp)  # type: ignore[assignment]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, inner):
            continue
        waiting += ast.iter_child_nodes(node)

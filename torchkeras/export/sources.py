"""The parts of ``torchkeras.nn`` that a module needs, copied into one file.

They are read as source, never run: each class, function and constant with all that it refers to.
"""

import ast
import functools
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torchkeras.export.expressions import Unwritable
from torchkeras.export.identifiers import unused

_ROOM = "torchkeras.nn"
_FOLDER = Path(__file__).parents[1] / "nn"
# Torch knows operators by their names in the process: each file that is written has its own.
_OPERATOR = '"torchkeras::'
_OWN_OPERATOR = """"ejected_" + re.sub(r"\\W", "_", __name__, flags=re.ASCII) + "::"""


@dataclass(frozen=True)
class Definition:
    """A statement of a module's top level.

    Attributes:
        room: Name of the file.
        names: What it defines.
        node: The statement.
        begin, end: Its first and last line, from 1, decorators and comments before it included.
    """

    room: str
    names: tuple[str, ...]
    node: ast.stmt
    begin: int
    end: int


class Room:
    """A file of ``torchkeras.nn``: its definitions and imports."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.text = (_FOLDER / f"{name}.py").read_text(encoding="utf-8")
        self.lines = self.text.splitlines()
        self.definitions: dict[str, list[Definition]] = {}
        self.order: list[Definition] = []
        self.imported: dict[str, str] = {}  # from outside: name -> statement
        self.own: dict[str, tuple[str, str | None]] = {}  # from torchkeras.nn: room, name
        for node in ast.parse(self.text).body:
            self._add(node)

    def _add(self, node: ast.stmt) -> None:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(_ROOM):
            inside = (node.module or "").removeprefix(_ROOM).strip(".")
            for alias in node.names:
                own = (inside, alias.name) if inside else (alias.name, None)
                self.own[alias.asname or alias.name] = own
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                before = f"from {node.module} " if isinstance(node, ast.ImportFrom) else ""
                after = f" as {alias.asname}" if alias.asname else ""
                name = alias.asname or alias.name.split(".")[0]
                self.imported[name] = f"{before}import {alias.name}{after}"
        else:
            self._define(node)

    def _define(self, node: ast.stmt) -> None:
        names = tuple(_defined(node))
        begin = min([node.lineno, *[d.lineno for d in getattr(node, "decorator_list", ())]])
        while begin > 1 and self.lines[begin - 2].startswith("#"):
            begin -= 1
        definition = Definition(self.name, names, node, begin, node.end_lineno or node.lineno)
        self.order.append(definition)
        for name in names:
            self.definitions.setdefault(name, []).append(definition)


def _defined(node: ast.stmt) -> Iterator[str]:
    """Names that a statement belongs to: those it binds, or registers something for."""
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        registered = [d.value.id for d in node.decorator_list if _registers(d)]
        yield from registered or [node.name]
    elif isinstance(node, (ast.Assign, ast.AnnAssign)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for target in targets:
            yield from (n.id for n in ast.walk(target) if isinstance(n, ast.Name))
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        function = node.value.func
        if _registers(function):
            yield function.value.id


def _registers(node: ast.expr) -> bool:
    """Whether a decorator or call is a method of something defined above: ``op.register_fake``."""
    return (
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.attr.startswith("register_")
    )


@functools.cache
def room(name: str) -> Room:
    """The file of that name, read once."""
    return Room(name)


class Sources:
    """What is copied.

    Args:
        taken: Names that copies mustn't have; those of classes written later are added.

    Attributes:
        imports: Import statements that the copies need.
        write_function: Writes an activation of that name as a function of torch's.
    """

    def __init__(self, taken: set[str]) -> None:
        self.imports: set[str] = set()
        self.taken = taken
        self.chosen: dict[tuple[str, str], str] = {}  # room and name -> name in the copy
        self.found: dict[Definition, None] = {}
        self.functions: dict[str, str] = {}  # activations: name -> source
        self.write_function: Callable[[str, Callable], str] | None = None

    def require(self, thing: Any) -> str:
        """The name that a class or function of ``torchkeras.nn`` has in the copy.

        Raises:
            Unwritable: it is defined elsewhere.
        """
        module = getattr(thing, "__module__", "") or ""
        if not module.startswith(f"{_ROOM}."):
            name = getattr(thing, "__qualname__", type(thing).__name__)
            raise Unwritable(f"{module}.{name}, which is neither torch's nor torchkeras's")
        return self._take(module.removeprefix(f"{_ROOM}."), thing.__name__)

    def require_function(self, function: Callable) -> str:
        """The name of a function of activations, which is written down as torch computes it.

        Raises:
            Unwritable: it isn't a plain function of torchkeras.
        """
        module = getattr(function, "__module__", "") or ""
        if module.startswith(f"{_ROOM}."):
            return self.require(function)
        if module != "torchkeras.activations" or not inspect.isfunction(function):
            raise Unwritable(f"the function {module}.{getattr(function, '__qualname__', function)}")
        name = function.__name__
        if name not in self.functions:
            self.functions[name] = ""  # so that it is written once
            self.functions[name] = self.write_function(name, function)
        return name

    def names(self) -> set[str]:
        """The names that the copies have."""
        return {*self.chosen.values(), *self.functions}

    def _take(self, place: str, name: str) -> str:
        key = (place, name)
        if key in self.chosen:
            return self.chosen[key]
        source = room(place)
        self.chosen[key] = unused(name, {*self.chosen.values(), *self.taken})
        for definition in source.definitions[name]:
            if definition in self.found:
                continue
            self.found[definition] = None
            if any(
                _OPERATOR in line for line in source.lines[definition.begin - 1 : definition.end]
            ):
                self.imports.add("import re")
            for used in _used(definition.node):
                self._take_used(source, used)
        return self.chosen[key]

    def _take_used(self, source: Room, used: tuple[str, str | None]) -> None:
        name, member = used
        if name in source.definitions:
            self._take(source.name, name)
        elif name in source.own:
            place, own_name = source.own[name]
            if own_name is not None:
                self._take(place, own_name)
            elif member is not None:
                self._take(place, member)
        elif name in source.imported:
            self.imports.add(source.imported[name])

    def text(self) -> str:
        """The copies, in an order in which each is defined before it is needed."""
        written: list[str] = []
        done: set[Definition] = set()

        def write(definition: Definition) -> None:
            if definition in done:
                return
            done.add(definition)
            source = room(definition.room)
            for name, member in _used(definition.node, at_once=True):
                for needed in self._definitions(source, name, member):
                    write(needed)
            written.append(self._copy(source, definition))

        rooms = dict.fromkeys(definition.room for definition in self.found)
        for place in sorted(rooms):
            for definition in room(place).order:
                if definition in self.found:
                    write(definition)
        return "\n\n\n".join([*self.functions.values(), *written])

    def _definitions(self, source: Room, name: str, member: str | None) -> list[Definition]:
        if name in source.definitions:
            return source.definitions[name]
        place, own_name = source.own.get(name, (None, None))
        if place is None:
            return []
        return room(place).definitions.get(own_name or member or "", [])

    def _copy(self, source: Room, definition: Definition) -> str:
        """The lines of a definition, with the names of the copy."""
        lines = source.lines[definition.begin - 1 : definition.end]
        changes = []
        for node in ast.walk(definition.node):
            found = self._renamed(source, node)
            if found is not None:
                changes.append((node.lineno, node.col_offset, node.end_col_offset, found))
        if isinstance(definition.node, (ast.FunctionDef, ast.ClassDef)):
            name = definition.node.name
            found = self.chosen.get((source.name, name), name)
            if found != name:
                row = definition.node.lineno
                begin = source.lines[row - 1].index(name)
                changes.append((row, begin, begin + len(name), found))
        for row, begin, end, found in sorted(changes, reverse=True):
            octets = lines[row - definition.begin].encode()
            lines[row - definition.begin] = (
                octets[:begin] + found.encode() + octets[end:]
            ).decode()
        return "\n".join(lines).replace(_OPERATOR, _OWN_OPERATOR)

    def _renamed(self, source: Room, node: ast.AST) -> str | None:
        """What stands in the place of a name, if it changes."""
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            place, own_name = source.own.get(node.value.id, (None, ""))
            if place is not None and own_name is None:
                return self.chosen[(place, node.attr)]
        if isinstance(node, ast.Name):
            key = (source.name, node.id)
            place, own_name = source.own.get(node.id, (None, None))
            if place is not None and own_name is not None:
                key = (place, own_name)
            found = self.chosen.get(key, node.id)
            return found if found != node.id else None
        return None


def _used(node: ast.AST, at_once: bool = False) -> Iterator[tuple[str, str | None]]:
    """Names that a statement refers to, and the member where one is taken of them.

    Args:
        at_once: Only what has to be there when the statement runs: not what stands in functions.
    """
    if at_once and isinstance(node, ast.FunctionDef):
        parts: list[ast.AST] = [*node.decorator_list, node.args]
        parts += [node.returns] if node.returns else []
        for part in parts:
            yield from _used(part, at_once)
        return
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        yield node.value.id, node.attr
        return
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        yield node.id, None
    for child in ast.iter_child_nodes(node):
        yield from _used(child, at_once)

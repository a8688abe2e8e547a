"""The names of TensorFlow and Keras that a text of Python uses, read without running it."""

import ast
import builtins
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from torchkeras.cli.scopes import (
    Instance,
    OwnClass,
    OwnFunction,
    Scope,
    Value,
    assigned_to_self,
    attribute_of,
    either,
    names_bound_in,
    result_of,
)

PACKAGES = ("tensorflow", "keras", "tf_keras", "tensorflow_datasets")
# Packages built on those: only whether they are there is looked at.
_RELATED = ("tensorflow_", "keras_", "kerastuner", "kerascv", "tf_agents", "tf2onnx", "tflearn")
_ABSENCES = {"ImportError", "ModuleNotFoundError", "AttributeError", "NameError", "Exception"}
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


@dataclass(frozen=True)
class Argument:
    """A keyword argument of a call, and where it stands."""

    name: str
    line: int
    column: int


@dataclass(frozen=True)
class Use:
    """One use of a name.

    Args:
        path: What is meant, from the package down: ``tensorflow.keras.Sequential().fit``.
        node: The expression or statement that uses it.
        line, column: Where it stands, from 1.
        keywords: Keyword arguments, if it is called.
        positional: Number of positional arguments; None if it isn't called, or if ``*`` or ``**``
            spreads some.
        is_guarded: Whether the file itself provides for the name not being there.
        others: What it may be instead, if it comes by ``import *`` from one of several modules.
        is_guess: Whether it may as well come from a module that isn't looked at.
        is_import: Whether an import statement names it.
    """

    path: str
    node: ast.AST
    line: int
    column: int
    keywords: tuple[Argument, ...] = ()
    positional: int | None = None
    is_guarded: bool = False
    others: tuple[str, ...] = ()
    is_guess: bool = False
    is_import: bool = False


def uses_in(text: str, filename: str = "<text>") -> list[Use]:
    """Every use of a name of TensorFlow, Keras or a package built on them, in order.

    Raises:
        SyntaxError: the text isn't Python.

    Example:
        >>> [use.path for use in uses_in("import tensorflow as tf\\ntf.math.log(2.0)")]
        ['tensorflow', 'tensorflow.math.log']
    """
    reader = _Reader()
    tree = ast.parse(text, filename)
    reader.read_body(tree.body)
    reader.read_deferred()
    return sorted(reader.uses, key=lambda use: (use.line, use.column))


def is_known_package(name: str) -> bool:
    """Whether a dotted name lies in a package whose names are looked at."""
    return name.split(".")[0] in PACKAGES


def is_related(name: str) -> bool:
    """Whether a dotted name lies in a package that is built on TensorFlow or Keras."""
    return not is_known_package(name) and name.startswith(_RELATED)


class _Reader(ast.NodeVisitor):
    def __init__(self) -> None:
        self.uses: list[Use] = []
        self.scope = Scope("module")
        self.stars: list[str] = []
        self.other_stars = False
        self.deferred: list[Callable[[], None]] = []
        self.guards = 0
        self.silent = False
        self.own_class: OwnClass | None = None
        self.returned: list[Value] = []

    def read_body(self, body: Iterable[ast.stmt]) -> None:
        for statement in body:
            self.visit(statement)

    def read_deferred(self) -> None:
        """The functions' bodies, which run when what is around them has been read."""
        while self.deferred:
            self.deferred.pop(0)()

    # Expressions

    def value(self, node: ast.expr | None) -> Value:
        """What ``node`` gives; notes what it uses."""
        if node is None:
            return None
        if isinstance(node, (ast.Name, ast.Attribute)):
            value = self._reached(node)
            self._note(value, node)
            return value
        if isinstance(node, ast.Call):
            return self._call(node)
        if isinstance(node, ast.NamedExpr):
            value = self.value(node.value)
            self.bind(node.target, value)
            return value
        if isinstance(node, ast.Await):
            return self.value(node.value)
        if isinstance(node, ast.IfExp):
            self.value(node.test)
            return either(self.value(node.body), self.value(node.orelse))
        super().visit(node)
        return None

    def visit(self, node: ast.AST) -> None:
        if isinstance(node, (ast.Name, ast.Attribute, ast.Call, ast.NamedExpr, ast.IfExp)):
            self.value(node)
        else:
            super().visit(node)

    def _reached(self, node: ast.expr) -> Value:
        """What a name, or a chain of attributes, stands for; only calls inside it are noted."""
        if isinstance(node, ast.Name):
            found, value = self.scope.find(node.id)
            return value if found else self._from_star(node.id)
        if isinstance(node, ast.Attribute):
            return attribute_of(self._reached(node.value), node.attr)
        return self.value(node)

    def _from_star(self, name: str) -> Value:
        """A name bound nowhere in the file, which ``import *`` may have brought."""
        return f"*.{name}" if self.stars and not hasattr(builtins, name) else None

    def _note(self, value: Value, node: ast.Name | ast.Attribute) -> None:
        """Note the use of a name; objects that calls gave are no names."""
        is_name = isinstance(value, str) and not value.endswith("()")
        if is_name and isinstance(node.ctx, ast.Load):
            self._add(value, node)  # type: ignore[arg-type]

    def _add(self, path: str, node: ast.AST, **more: Any) -> None:
        others: list[str] = []
        by_star = path.startswith("*.")
        if by_star:
            path, *others = [path.replace("*", star, 1) for star in self.stars]
        if self.silent or not (is_known_package(path) or is_related(path)):
            return
        line, column = _place(node)
        more.update(others=tuple(others), is_guess=by_star and self.other_stars)
        self.uses.append(Use(path, node, line, column, is_guarded=self.guards > 0, **more))

    def _call(self, node: ast.Call) -> Value:
        function = node.func
        if isinstance(function, ast.Name) and function.id == "super" and self.own_class:
            return Instance(self.own_class, is_super=True)
        is_name = isinstance(function, (ast.Name, ast.Attribute))
        value = self._reached(function) if is_name else self.value(function)
        if isinstance(value, str):
            self._add(
                value,
                function,
                keywords=tuple(
                    Argument(k.arg, k.lineno, k.col_offset + 1) for k in node.keywords if k.arg
                ),
                positional=_positional(node),
            )
        elif isinstance(function, ast.Name) and function.id == "setattr" and self.own_class:
            self.own_class.is_open = True
        for argument in node.args:
            self.visit(argument)
        for keyword in node.keywords:
            self.visit(keyword.value)
        return result_of(value)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._defaults(node.args)
        with self._inside("function", dict.fromkeys(_parameters(node.args))):
            self.visit(node.body)

    def _comprehension(self, node: ast.AST) -> None:
        with self._inside("function", {}):
            for part in node.generators:  # type: ignore[attr-defined]
                self.visit(part.iter)
                self.bind(part.target, None)
                for test in part.ifs:
                    self.visit(test)
            for name in ("elt", "key", "value"):
                if hasattr(node, name):
                    self.visit(getattr(node, name))

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _comprehension

    # Statements that bind names

    def bind(self, target: ast.expr, value: Value) -> None:
        """Note that ``target`` now stands for ``value``."""
        if isinstance(target, ast.Name):
            self.scope.names[target.id] = value
        elif isinstance(target, (ast.Tuple, ast.List)):
            for part in target.elts:
                self.bind(part, None)
        elif isinstance(target, ast.Starred):
            self.bind(target.value, None)
        elif isinstance(target, ast.Attribute):
            owner = self._reached(target.value)
            if isinstance(owner, Instance):
                owner.kind.remember(target.attr, value)
        elif isinstance(target, ast.Subscript):
            self.visit(target.value)
            self.visit(target.slice)

    def visit_Assign(self, node: ast.Assign) -> None:
        pairs = _pairs(node)
        for targets, expression in pairs:
            value = self.value(expression)
            for target in targets:
                self.bind(target, value)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self.visit(node.annotation)
        if node.value is not None:
            self.bind(node.target, self.value(node.value))

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self.visit(node.value)
        self.bind(node.target, None)

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        self.visit(node.iter)
        self.bind(node.target, None)
        self.read_body(node.body)
        self.read_body(node.orelse)

    visit_AsyncFor = visit_For

    def visit_With(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            value = self.value(item.context_expr)
            if item.optional_vars is not None:
                entered = f"{value}.__enter__()" if isinstance(value, str) else None
                self.bind(item.optional_vars, entered)
        self.read_body(node.body)

    visit_AsyncWith = visit_With

    def visit_If(self, node: ast.If) -> None:
        self.visit(node.test)
        self._branches(node.body, node.orelse)

    def visit_Try(self, node: ast.Try) -> None:
        guarded = any(_provides_for_absence(handler) for handler in node.handlers)
        self.guards += guarded
        self.read_body(node.body)
        self.guards -= guarded
        for handler in node.handlers:
            # What is imported in the body is there if the handler runs for something else.
            kept = dict(self.scope.names)
            self.guards += guarded
            self.read_body(handler.body)
            self.guards -= guarded
            self.scope.names.update({k: v for k, v in kept.items() if v is not None})
        self.read_body(node.orelse)
        self.read_body(node.finalbody)

    visit_TryStar = visit_Try

    def _branches(self, first: list[ast.stmt], second: list[ast.stmt]) -> None:
        before = dict(self.scope.names)
        self.read_body(first)
        after_first = self.scope.names
        self.scope.names = before
        self.read_body(second)
        after_second = self.scope.names
        self.scope.names = {
            name: either(after_first.get(name), after_second.get(name))
            for name in {**after_first, **after_second}
        }

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._add(alias.name, alias, is_import=True)
            root = alias.name.split(".")[0]
            self.scope.names[alias.asname or root] = alias.name if alias.asname else root

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        module = node.module if not node.level else None
        for alias in node.names:
            path = f"{module}.{alias.name}" if module else None
            if alias.name == "*":
                self._star(module, alias)
                continue
            if path:
                self._add(path, alias, is_import=True)
            self.scope.names[alias.asname or alias.name] = path

    def _star(self, module: str | None, alias: ast.alias) -> None:
        if module and is_known_package(module):
            self._add(module, alias, is_import=True)
            self.stars.append(module)
        else:
            self.other_stars = True

    # Functions and classes

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        for decorator in node.decorator_list:
            self.visit(decorator)
        self._defaults(node.args)
        if node.returns is not None:
            self.visit(node.returns)
        own_class, scope = self.own_class, self.scope
        parameters = self._given(node, own_class)
        function = OwnFunction()
        scope.names[node.name] = function if not node.decorator_list else None
        if not self.silent and scope.kind != "class":
            function.returns = self._returns(node, parameters)

        def read() -> None:
            self.own_class, self.scope = own_class, scope
            with self._inside("function", {**dict.fromkeys(names_bound_in(node.body))}):
                self.scope.names.update(parameters)
                self.read_body(node.body)

        if self.silent:
            return
        self.deferred.append(read)

    visit_AsyncFunctionDef = visit_FunctionDef

    def _given(self, node: ast.FunctionDef | ast.AsyncFunctionDef, own: OwnClass | None) -> dict:
        """Parameters by name: ``self`` in a method, objects where an annotation says so."""
        listed = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        parameters: dict[str, Value] = dict.fromkeys(_parameters(node.args))
        for parameter in listed:
            if parameter.annotation is not None:
                parameters[parameter.arg] = result_of(self.value(parameter.annotation))
        is_plain = not any(
            isinstance(d, ast.Name) and d.id in ("staticmethod", "classmethod")
            for d in node.decorator_list
        )
        if own is not None and self.scope.kind == "class" and listed and is_plain:
            parameters[listed[0].arg] = Instance(own)
        return parameters

    def _returns(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef, parameters: dict[str, Value]
    ) -> Value:
        """What the function gives, where all its ``return`` agree; nothing is noted."""
        kept, self.silent, self.returned = self.returned, True, []
        with self._inside("function", {**dict.fromkeys(names_bound_in(node.body)), **parameters}):
            self.read_body(node.body)
        values, self.silent, self.returned = self.returned, False, kept
        first = values[0] if values else None
        return first if all(value == first for value in values) else None

    def visit_Return(self, node: ast.Return) -> None:
        self.returned.append(self.value(node.value))

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for decorator in node.decorator_list:
            self.visit(decorator)
        bases = [self.value(base) for base in node.bases]
        for keyword in node.keywords:
            self.visit(keyword.value)
        own = OwnClass(bases, is_open=bool(node.keywords))
        outer, self.own_class = self.own_class, own
        with self._inside("class", {}):
            self.read_body(node.body)
            own.defined = set(self.scope.names) | assigned_to_self(node)
        self.own_class = outer
        self.scope.names[node.name] = own

    def _defaults(self, arguments: ast.arguments) -> None:
        for default in [*arguments.defaults, *arguments.kw_defaults]:
            if default is not None:
                self.visit(default)

    @contextmanager
    def _inside(self, kind: str, names: dict[str, Value]) -> Iterator[None]:
        around = self.scope
        self.scope = Scope(kind, around, names)
        try:
            yield
        finally:
            self.scope = around


def _parameters(arguments: ast.arguments) -> list[str]:
    listed = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    listed += [rest for rest in (arguments.vararg, arguments.kwarg) if rest is not None]
    return [parameter.arg for parameter in listed]


def _pairs(node: ast.Assign) -> list[tuple[list[ast.expr], ast.expr]]:
    """Targets and what they are given; ``a, b = c, d`` is two of them."""
    if len(node.targets) == 1 and isinstance(node.targets[0], ast.Tuple):
        targets, values = node.targets[0].elts, node.value
        if isinstance(values, ast.Tuple) and len(values.elts) == len(targets):
            return [([t], v) for t, v in zip(targets, values.elts, strict=True)]
    return [(node.targets, node.value)]


def _positional(node: ast.Call) -> int | None:
    spread = any(isinstance(a, ast.Starred) for a in node.args)
    return None if spread or any(k.arg is None for k in node.keywords) else len(node.args)


def _provides_for_absence(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(isinstance(kind, ast.Name) and kind.id in _ABSENCES for kind in kinds)


def _place(node: ast.AST) -> tuple[int, int]:
    """Line and column from 1; of a chain over several lines, those of its last name."""
    if isinstance(node, ast.Attribute) and node.end_lineno != node.lineno:
        return node.end_lineno, node.end_col_offset - len(node.attr) + 1  # type: ignore[return-value,operator]
    return node.lineno, node.col_offset + 1  # type: ignore[attr-defined]

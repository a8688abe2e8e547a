"""What ``port`` changes in a source, and what it leaves to the user: decided from its names."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from torchkeras.cli.counterparts import CALLS, DTYPES, PASSED_ON, VALUES, Counterpart, keras_path
from torchkeras.cli.sources import Place, Source
from torchkeras.cli.uses import Use, is_related

# Names of number types that torch alone has.
STRINGS = {"double": "float64", "half": "float16"}
# First line, first column, last line, last column (characters); lines from 1, columns from 0.
Span = tuple[int, int, int, int]


@dataclass(frozen=True)
class Left:
    """Something that stays as it is, where it stands, and what can be done about it."""

    place: Place
    name: str
    hint: str

    def __str__(self) -> str:
        return f"{self.place}: {self.name} stays. {self.hint}".rstrip()


@dataclass(frozen=True)
class NewCall:
    """A call's new function, how each argument is passed on, and a number type for the result.

    See ``Counterpart``.
    """

    function: str
    passed: tuple[str | None, ...]
    dtype: str | None = None


@dataclass
class Plan:
    """What to change.

    Args:
        keras: The name under which the file has torchkeras.
        names: Expressions to replace, by where they stand.
        calls: Calls to rewrite, by where their function stands.
        dropped: Decorators to leave out.
        homes: Where torchkeras has what an import names; None for TensorFlow's own, which goes if
            nothing uses it any more.
        left: What stays.
        uses_tensorflow: Whether the file imports TensorFlow.
        uses_torch: Whether it imports from torch.
        imports_torch: Whether the name ``torch`` is torch in it.
        imports_keras: Whether the name ``keras`` above comes from an import of its own.
    """

    keras: str = "keras"
    imports_keras: bool = False
    imports_torch: bool = False
    names: dict[Span, str] = field(default_factory=dict)
    calls: dict[Span, NewCall] = field(default_factory=dict)
    dropped: set[Span] = field(default_factory=set)
    homes: dict[tuple[int, int], str | None] = field(default_factory=dict)
    left: list[Left] = field(default_factory=list)
    uses_tensorflow: bool = False
    uses_torch: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether nothing of TensorFlow stays, so that its ways of tensors can be replaced too."""
        return self.uses_tensorflow and not self.uses_torch and not self.left


def asked_for(uses: Sequence[Use]) -> Iterator[str]:
    """The paths that a plan must know about."""
    for use in uses:
        for path in (use.path, *use.others):
            yield path
            yield keras_path(path)
            root = _root(use)
            if root is not None:
                yield keras_path(root[1])


def plan_of(source: Source, uses: Sequence[Use], answers: Mapping[str, Mapping[str, Any]]) -> Plan:
    """What to change in ``source``, whose ``uses`` the drop-ins have answered about."""
    return _Planner(source, uses, answers).plan()


def _root(use: Use) -> tuple[str, str, int] | None:
    """The name that a chain of attributes starts from, its path, and the number of attributes."""
    if use.is_import or "(" in use.path:
        return None
    node, count = use.node, 0
    while isinstance(node, ast.Attribute):
        node, count = node.value, count + 1
    if not isinstance(node, ast.Name):
        return None
    parts = use.path.split(".")
    return node.id, ".".join(parts[: len(parts) - count]), count


class _Planner:
    def __init__(
        self, source: Source, uses: Sequence[Use], answers: Mapping[str, Mapping[str, Any]]
    ) -> None:
        self.source, self.uses, self.answers = source, uses, answers
        self.lines = source.text.split("\n")
        self.tree = ast.parse(source.text)
        self.called = {self.span(call.func) for call in self._nodes(ast.Call)}
        self.arguments = self._arguments()
        self.result = Plan()
        self.result.keras = self._name_of_keras()

    def plan(self) -> Plan:
        decorators, printed = self._decorators(), self._printed()
        seeds_alone = not any(
            use.path.startswith("tensorflow.random.") and use.path not in CALLS for use in self.uses
        )
        self._look_at_imports()
        for use in self.uses:
            if use.is_import:
                self._plan_import(use)
            elif self.span(use.node) in decorators and use.path == "tensorflow.function":
                self.result.dropped.add(self.span(use.node))
            elif use.path == "tensorflow.__version__" and self.span(use.node) in printed:
                self.result.names[self.span(use.node)] = "torch.__version__"
            elif use.path == "tensorflow.random.set_seed" and not seeds_alone:
                self._leave(use)
            else:
                self._plan_expression(use)
        if not self.result.is_whole:
            self._keep_what_needs_torch()
        self.result.left.sort(key=lambda left: (left.place.cell or 0, left.place.line))
        return self.result

    def _keep_what_needs_torch(self) -> None:
        """Bring no torch into a file that goes on with TensorFlow's ways, which torch turns off."""
        if self.result.uses_torch:
            return
        for use in self.uses:
            span = self.span(use.node)
            name, call = self.result.names.get(span, ""), self.result.calls.get(span)
            if name.startswith("torch.") or (call and call.function.startswith("torch.")):
                self.result.names.pop(span, None)
                self.result.calls.pop(span, None)
                target = name or (call.function if call else "")
                self._leave(use, f"In torch: {target}.")

    def _plan_import(self, use: Use) -> None:
        home = self.home(use.path)
        node = use.node
        key = (node.lineno, self._characters(node.lineno, node.col_offset))  # type: ignore[attr-defined]
        if home is not None:
            self.result.homes[key] = home
        elif use.path.split(".")[0] == "tensorflow" and self.answers[use.path]["is_there"]:
            self.result.homes[key] = None
        elif not use.is_guarded:
            self._leave(use)

    def _plan_expression(self, use: Use) -> None:
        root = _root(use)
        if root is None or use.others or use.is_guess:
            if not self.answers[use.path]["is_there"] and not use.others:
                self._leave(use)
            return
        name, path, count = root
        own, home = self.home(path), self.home(use.path)
        if own is not None:
            self._plan_moved(use, name, own, home, count)
        elif home is not None:
            self.result.names[self.span(use.node)] = self.result.keras + home[len("torchkeras") :]
        elif use.path in VALUES:
            span = self.span(use.node)
            dtype = VALUES[use.path].removeprefix("torch.")
            is_told = dtype in DTYPES and span in self.arguments
            self.result.names[span] = (
                f'"{STRINGS.get(dtype, dtype)}"' if is_told else VALUES[use.path]
            )
        elif not self._plan_call(use, CALLS.get(use.path)):
            self._leave(use)

    def _plan_moved(self, use: Use, name: str, own: str, home: str | None, count: int) -> None:
        """A name that is imported from torchkeras from now on; it may lie elsewhere there."""
        attributes = use.path.split(".")[-count:] if count else []
        if home is None:
            self._leave(use)
        elif home != ".".join([own, *attributes]):
            is_below = home.startswith(f"{own}.")
            start = name + home[len(own) :] if is_below else None
            self.result.names[self.span(use.node)] = (
                start or self.result.keras + home[len("torchkeras") :]
            )

    def _plan_call(self, use: Use, call: Counterpart | None) -> bool:
        if call is None:
            return False
        target = call.target.replace("keras", self.result.keras, 1)
        if use.positional is None and not use.keywords:
            if use.path in PASSED_ON and self.span(use.node) not in self.called:
                self.result.names[self.span(use.node)] = target
                return True
            return False
        if use.positional is None:
            return False
        passed = call.arguments(use.positional, tuple(k.name for k in use.keywords))
        if passed is None:
            return False
        self.result.calls[self.span(use.node)] = NewCall(target, tuple(passed), call.dtype)
        return True

    def _leave(self, use: Use, hint: str = "") -> None:
        answer = self.answers[use.path]
        place = self.source.place(use.line, use.column)
        way = f"In torch: {answer['way']}." if answer["way"] else ""
        self.result.left.append(Left(place, answer["name"], hint or answer["hint"] or way))

    def home(self, path: str) -> str | None:
        """Where torchkeras has a path of Keras."""
        if is_related(path):
            return None
        return self.answers[keras_path(path)]["home"]

    def span(self, node: Any) -> Span:
        """Where a node stands."""
        return (
            node.lineno,
            self._characters(node.lineno, node.col_offset),
            node.end_lineno,
            self._characters(node.end_lineno, node.end_col_offset),
        )

    def _characters(self, line: int, column: int) -> int:
        """A column in characters, of one in bytes."""
        return len(self.lines[line - 1].encode()[:column].decode())

    def _name_of_keras(self) -> str:
        """The module's own name for Keras, if it has one; else one that is free."""
        stored = {n.id for n in self._nodes(ast.Name) if not isinstance(n.ctx, ast.Load)}
        bound = stored | {n.name for n in self._nodes(ast.FunctionDef, ast.ClassDef)}
        bound |= {n.arg for n in self._nodes(ast.arg)}
        for node in self.tree.body:
            for alias in getattr(node, "names", ()):
                if not isinstance(node, (ast.Import, ast.ImportFrom)):
                    continue
                where = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
                named = alias.asname or alias.name
                is_whole = alias.name != "*" and self._is_keras(where + alias.name)
                if is_whole and "." not in named and named not in bound:
                    self.result.imports_keras = True
                    return named
        return "torchkeras" if "keras" in bound else "keras"

    def _is_keras(self, path: str) -> bool:
        return path in self.answers and self.home(path) == "torchkeras"

    def _look_at_imports(self) -> None:
        for node in ast.walk(self.tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            roots = {name.split(".")[0] for name in names}
            self.result.uses_tensorflow |= "tensorflow" in roots
            self.result.uses_torch |= "torch" in roots
            self.result.imports_torch |= any(
                alias.name.split(".")[0] == "torch" and not alias.asname
                for alias in (node.names if isinstance(node, ast.Import) else ())
            )

    def _decorators(self) -> set[Span]:
        """Decorators, unless the file asks the functions under them for more than a result."""
        if "get_concrete_function" in self.source.text:
            return set()
        functions = self._nodes(ast.FunctionDef, ast.AsyncFunctionDef)
        return {self.span(d) for function in functions for d in function.decorator_list}

    def _printed(self) -> set[Span]:
        """Names inside calls of ``print``."""
        calls = [c for c in self._nodes(ast.Call) if getattr(c.func, "id", None) == "print"]
        inner = (node for call in calls for node in ast.walk(call))
        return {self.span(node) for node in inner if isinstance(node, (ast.Attribute, ast.Name))}

    def _arguments(self) -> set[Span]:
        """What calls of functions of TensorFlow and Keras are given: names of types do there."""
        functions = {self.span(use.node) for use in self.uses}
        calls = [call for call in self._nodes(ast.Call) if self.span(call.func) in functions]
        given = [[*call.args, *(k.value for k in call.keywords)] for call in calls]
        return {self.span(argument) for arguments in given for argument in arguments}

    def _nodes(self, *kinds: type) -> list[Any]:
        return [node for node in ast.walk(self.tree) if isinstance(node, kinds)]

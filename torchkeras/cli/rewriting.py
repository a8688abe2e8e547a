"""Carries out a plan of ``port`` on the text, by libcst, which keeps comments and format."""

from collections.abc import Iterator, Sequence
from typing import Any

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

from torchkeras.cli.plans import NewCall, Plan, Span

Key = tuple[int, int]


def rewrite(parts: Sequence[str], firsts: Sequence[int], plan: Plan) -> list[str]:
    """The new texts of a script, or of a notebook's cells.

    Args:
        parts: The texts.
        firsts: The line of the whole, from 1, at which each begins.
        plan: What to change in the whole.
    """
    first_pass = [_Expressions(plan, first) for first in firsts]
    modules = [
        MetadataWrapper(cst.parse_module(part), unsafe_skip_copy=True).visit(expressions)
        for part, expressions in zip(parts, first_pass, strict=True)
    ]
    new = [text for expressions in first_pass for text in expressions.new]
    needs = _needed(plan, new)
    remaining = set().union(*map(_names_in, modules)) | set(_roots(new))
    texts = []
    for module, expressions in zip(modules, first_pass, strict=True):
        imports = _Imports(plan, expressions.imports, remaining, needs)
        texts.append(module.visit(imports).code)
    return texts


def _needed(plan: Plan, new: Sequence[str]) -> list[str]:
    """Import statements that the new expressions need besides the file's own."""
    roots, statements = set(_roots(new)), []
    if "torch" in roots and not plan.imports_torch:
        statements.append("import torch")
    if plan.keras in roots and not plan.imports_keras:
        alias = "" if plan.keras == "torchkeras" else f" as {plan.keras}"
        statements.append(f"import torchkeras{alias}")
    return statements


def _roots(expressions: Sequence[str]) -> Iterator[str]:
    return (text.split(".")[0] for text in expressions)


class _Expressions(cst.CSTTransformer):
    """Replaces names and calls, and notes where each import names what."""

    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self, plan: Plan, first: int) -> None:
        super().__init__()
        self.plan, self.first = plan, first
        self.new: list[str] = []
        self.imports: list[list[Key]] = []

    def span(self, node: cst.CSTNode) -> Span:
        where = self.get_metadata(PositionProvider, node)
        above = self.first - 1
        start, end = where.start, where.end
        return (start.line + above, start.column, end.line + above, end.column)

    def visit_Import(self, node: cst.Import) -> bool:
        self.imports.append([self.span(alias)[:2] for alias in node.names])
        return False

    def visit_ImportFrom(self, node: cst.ImportFrom) -> bool:
        names = [node.names] if isinstance(node.names, cst.ImportStar) else node.names
        self.imports.append([self.span(alias)[:2] for alias in names])
        return False

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> Any:
        return self._replaced(original_node, updated_node)

    def leave_Attribute(self, original_node: cst.Attribute, updated_node: cst.Attribute) -> Any:
        return self._replaced(original_node, updated_node)

    def _replaced(self, original: Any, updated: Any) -> Any:
        text = self.plan.names.get(self.span(original))
        return updated if text is None else self._expression(text, like=updated)

    def _expression(self, text: str, like: Any = None) -> Any:
        self.new.append(text)
        expression = cst.parse_expression(text)
        return (
            expression.with_changes(lpar=like.lpar, rpar=like.rpar)
            if like is not None
            else expression
        )

    def leave_Decorator(self, original_node: cst.Decorator, updated_node: cst.Decorator) -> Any:
        is_dropped = self.span(original_node.decorator) in self.plan.dropped
        return cst.RemoveFromParent() if is_dropped else updated_node

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> Any:
        call = self.plan.calls.get(self.span(original_node.func))
        if call is not None:
            return self._called(updated_node, call)
        if self.plan.is_whole and not updated_node.args:
            return self._torchs_way(updated_node)
        return updated_node

    def _called(self, node: cst.Call, call: NewCall) -> cst.Call:
        arguments = []
        for argument, passed in zip(node.args, call.passed, strict=True):
            if passed is None:
                continue
            if passed:
                argument = argument.with_changes(
                    keyword=cst.Name(passed),
                    equal=cst.AssignEqual(
                        whitespace_before=cst.SimpleWhitespace(""),
                        whitespace_after=cst.SimpleWhitespace(""),
                    ),
                )
            arguments.append(argument)
        if arguments and len(arguments) < len(node.args):
            last = node.args[-1].comma
            arguments[-1] = arguments[-1].with_changes(comma=last)
        function = self._expression(call.function, like=node.func)
        new = node.with_changes(func=function, args=arguments)
        if call.dtype is None:
            return new
        cast = self._expression(f"{self.plan.keras}.ops.cast")
        inner = new.with_changes(lpar=[], rpar=[])
        dtype = cst.Arg(cst.SimpleString(f'"{call.dtype}"'))
        return cst.Call(cast, [cst.Arg(inner), dtype], lpar=node.lpar, rpar=node.rpar)

    def _torchs_way(self, node: cst.Call) -> Any:
        """Methods of tensors that only TensorFlow has."""
        method = node.func
        if not isinstance(method, cst.Attribute):
            return node
        if method.attr.value == "numpy":
            function = self._expression(f"{self.plan.keras}.ops.convert_to_numpy")
            return node.with_changes(func=function, args=[cst.Arg(method.value)])
        if method.attr.value == "get_shape":
            return method.with_changes(attr=cst.Name("shape"), lpar=node.lpar, rpar=node.rpar)
        of_shape = isinstance(method.value, cst.Attribute) and method.value.attr.value == "shape"
        if method.attr.value == "as_list" and of_shape:
            return node.with_changes(func=cst.Name("list"), args=[cst.Arg(method.value)])
        return node


class _Imports(cst.CSTTransformer):
    """Rewrites import statements, which it meets in the order in which they were noted."""

    def __init__(
        self, plan: Plan, noted: Sequence[list[Key]], remaining: set[str], needed: list[str]
    ) -> None:
        super().__init__()
        self.plan, self.remaining = plan, remaining
        self.noted = iter(noted)
        self.needed = needed  # shared by the parts: the first statement takes them all

    def leave_SimpleStatementLine(
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> Any:
        new = self._statements(updated_node.body)
        if new is None:
            return updated_node
        if not new:
            if not _has_comment(updated_node):
                return cst.RemoveFromParent()
            new = [cst.parse_statement(f"import torchkeras as {self.plan.keras}").body[0]]
        lines = [cst.SimpleStatementLine([statement]) for statement in new]
        lines[0] = lines[0].with_changes(leading_lines=updated_node.leading_lines)
        lines[-1] = lines[-1].with_changes(trailing_whitespace=updated_node.trailing_whitespace)
        return cst.FlattenSentinel(lines)

    def leave_SimpleStatementSuite(
        self, original_node: cst.SimpleStatementSuite, updated_node: cst.SimpleStatementSuite
    ) -> Any:
        new = self._statements(updated_node.body)
        return updated_node if new is None else updated_node.with_changes(body=new or [cst.Pass()])

    def _statements(self, body: Sequence[Any]) -> list[Any] | None:
        """The statements of a line, with imports rewritten; None if nothing changes."""
        new: list[Any] = []
        changed = False
        for statement in body:
            if isinstance(statement, (cst.Import, cst.ImportFrom)):
                keys = next(self.noted)
                rewrite_one = (
                    self._import if isinstance(statement, cst.Import) else self._import_from
                )
                rewritten = rewrite_one(statement, keys)
                if self.needed and any(key in self.plan.homes for key in keys):
                    rewritten = [cst.parse_statement(t).body[0] for t in self.needed] + rewritten
                    self.needed.clear()
                changed |= rewritten != [statement]
                new += rewritten
            else:
                new.append(statement)
        return (
            [s.with_changes(semicolon=cst.MaybeSentinel.DEFAULT) for s in new] if changed else None
        )

    def _import(self, statement: cst.Import, keys: list[Key]) -> list[Any]:
        kept, new = [], []
        for alias, key in zip(statement.names, keys, strict=True):
            path = _dotted(alias.name)
            named = alias.evaluated_alias
            bound = named or path.split(".")[0]
            home = self.plan.homes.get(key, path)
            if home is None or (path.startswith("tensorflow.") and named is None):
                if bound in self.remaining:
                    kept.append(alias)
            elif home == path:
                kept.append(alias)
            elif named is None:
                new.append(f"import torchkeras as {bound}")
            else:
                new.append(f"import {home} as {named}")
        return self._with_kept(statement, kept, new)

    def _import_from(self, statement: cst.ImportFrom, keys: list[Key]) -> list[Any]:
        homes = [self.plan.homes.get(key, "") for key in keys]
        if isinstance(statement.names, cst.ImportStar):
            return [_from(statement, homes[0])] if homes[0] else [statement]
        known = [h.rpartition(".") if h else None for h in homes]
        names = [alias.evaluated_name for alias in statement.names]
        rooms = {parts[0] for parts in known if parts}
        is_same = all(p and p[0] and p[2] == n for p, n in zip(known, names, strict=True))
        if is_same and len(rooms) == 1:
            return [_from(statement, rooms.pop())]
        kept, grouped = [], {}
        for alias, home in zip(statement.names, homes, strict=True):
            bound = alias.evaluated_alias or alias.evaluated_name
            if not home:
                if home == "" or bound in self.remaining:
                    kept.append(alias)
                continue
            room, _, name = home.rpartition(".")
            text = f"{name} as {bound}" if name != bound else name
            grouped.setdefault(room, []).append(text)
        new = [
            f"from {room} import {', '.join(texts)}" if room else f"import {texts[0]}"
            for room, texts in grouped.items()
        ]
        return self._with_kept(statement, kept, new)

    def _with_kept(self, statement: Any, kept: list[Any], new: list[str]) -> list[Any]:
        statements = [cst.parse_statement(text).body[0] for text in dict.fromkeys(new)]
        if len(kept) == len(statement.names):
            return [statement]
        if kept:
            kept[-1] = kept[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
            statements.append(statement.with_changes(names=kept))
        return statements


def _from(statement: cst.ImportFrom, room: str) -> cst.ImportFrom:
    return statement.with_changes(module=cst.parse_expression(room))


def _dotted(name: Any) -> str:
    return cst.Module([]).code_for_node(name).replace(" ", "")


def _has_comment(line: cst.SimpleStatementLine) -> bool:
    above = any(empty.comment for empty in line.leading_lines)
    return above or line.trailing_whitespace.comment is not None


def _names_in(module: cst.Module) -> set[str]:
    """Names that the module's expressions use, apart from attributes and keywords."""
    found: set[str] = set()

    class Names(cst.CSTVisitor):
        def visit_Import(self, node: cst.Import) -> bool:
            return False

        visit_ImportFrom = visit_Import

        def visit_Attribute(self, node: cst.Attribute) -> bool:
            node.value.visit(self)
            return False

        def visit_Arg(self, node: cst.Arg) -> bool:
            node.value.visit(self)
            return False

        def visit_Name(self, node: cst.Name) -> None:
            found.add(node.value)

    module.visit(Names())
    return found

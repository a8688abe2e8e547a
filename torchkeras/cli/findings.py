"""What ``check`` finds in a source: names and arguments, and whether the drop-ins have them."""

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torchkeras.cli.sources import Place, Source, read_source
from torchkeras.cli.uses import Use, uses_in
from torchkeras.core.checks import nearest


@dataclass(frozen=True)
class Finding:
    """A name used at a place.

    Args:
        place: Where.
        name: What is used, as it is called in public: ``keras.Model.fit``.
        arguments: Keyword arguments it is given.
        problem: What isn't supported, in words; empty if all is.
        hint: What to do instead; sentences, or empty.
        is_guarded: Whether the file itself provides for the name not being there.
    """

    place: Place
    name: str
    arguments: tuple[str, ...] = ()
    problem: str = ""
    hint: str = ""
    is_guarded: bool = False

    @property
    def is_supported(self) -> bool:
        """Whether the name and all its arguments are there."""
        return not self.problem

    @property
    def stands_in_the_way(self) -> bool:
        """Whether the file fails for it."""
        return bool(self.problem) and not self.is_guarded

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "file": str(self.place.file),
            "cell": self.place.cell,
            "line": self.place.line,
            "column": self.place.column,
            "name": self.name,
            "arguments": list(self.arguments),
            "supported": self.is_supported,
            "problem": self.problem,
            "hint": self.hint,
            "guarded": self.is_guarded,
        }


def read_all(files: Iterable[Path]) -> tuple[list[tuple[Source, list[Use]]], list[str]]:
    """Sources with what they use, and a sentence on each file that can't be read."""
    read, errors = [], []
    for file in files:
        try:
            source = read_source(file)
            read.append((source, read_uses(source)))
        except SyntaxError as error:
            place = source.place(error.lineno or 1, error.offset or 1)
            errors.append(f"{place}: this is no Python; {error.msg}")
        except (OSError, ValueError) as error:
            text = str(error)
            errors.append(text if str(file) in text else f"{file}: {text}")
    return read, errors


def read_uses(source: Source) -> list[Use]:
    """What ``source`` uses.

    Raises:
        SyntaxError: it isn't Python.
        ValueError: it is nested more deeply than Python reads.
    """
    try:
        return uses_in(source.text, str(source.file))
    except (RecursionError, MemoryError) as error:  # the parser's stack has an end, too
        raise too_deep(source.file) from error


def too_deep(file: Path) -> ValueError:
    """The error for a source that no parser's stack is deep enough for."""
    return ValueError(f"{file}: its expressions or blocks are nested too deeply to be read.")


def paths_of(uses: Iterable[Use]) -> Iterator[str]:
    """All the paths to ask about."""
    for use in uses:
        yield use.path
        yield from use.others


def findings_of(
    source: Source, uses: Sequence[Use], answers: Mapping[str, Mapping[str, Any]]
) -> Iterator[Finding]:
    """What ``uses`` of ``source`` come to, given what the drop-ins answer about their paths.

    An object has the attributes, too, that the file itself assigns.
    """
    own = _assigned(source.text)
    for use in uses:
        path = next((p for p in (use.path, *use.others) if answers[p]["is_there"]), use.path)
        answer = answers[path]
        place = source.place(use.line, use.column)
        name, arguments = answer["name"], tuple(k.name for k in use.keywords)
        if not answer["is_known"]:
            continue
        if not answer["is_there"]:
            if not use.is_guess and answer["missing"].rpartition(".")[2] not in own:
                problem = f"{answer['missing']} isn't there"
                yield Finding(place, name, arguments, problem, answer["hint"], use.is_guarded)
            continue
        wrong = list(_wrong_arguments(source, use, answer))
        yield from wrong or [Finding(place, name, arguments, is_guarded=use.is_guarded)]


def _assigned(text: str) -> set[str]:
    """Names of attributes that code assigns to, of whatever."""
    nodes = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Attribute))
    return {node.attr for node in nodes if isinstance(node.ctx, ast.Store)}


def _wrong_arguments(source: Source, use: Use, answer: Mapping[str, Any]) -> Iterator[Finding]:
    given = tuple(k.name for k in use.keywords)
    name, known = answer["name"], answer["arguments"]
    for keyword in use.keywords if known is not None else ():
        if keyword.name not in known:
            place = source.place(keyword.line, keyword.column)
            said = f"{name} has no argument {keyword.name!r}"
            takes = f"It takes {', '.join(known)}." if known else "It takes none by keyword."
            hint = f"{nearest(keyword.name, known)} {takes}".lstrip()
            yield Finding(place, name, given, said, hint, use.is_guarded)
    most, count = answer["positional"], use.positional
    if most is not None and count is not None and count > most:
        said = f"{name} is given {count} positional arguments; it takes {most}"
        yield Finding(source.place(use.line, use.column), name, given, said, "", use.is_guarded)

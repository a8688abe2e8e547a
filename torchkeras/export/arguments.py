"""Classes that differ in numbers alone, as one class that is given them."""

import ast
import inspect
import itertools
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from torchkeras.export.identifiers import unused

# A number that stands by itself.
NUMBER = re.compile(r"(?<![\w.])(?:1 / )?\d+(?:\.\d+)?(?:e[-+]?\d+)?(?![\w.])")
# An attribute, or how it is registered, and what makes it.
_MADE = re.compile(r" +self\.(\w+)(?: = |\()(.+)")
_FORWARD = "    def forward("
# Arguments that aren't sizes of tensors: what is equal to a size by chance isn't that size.
_OF_KIND = {
    "kernel_size", "stride", "padding", "dilation", "output_padding", "p", "eps", "epsilon",
    "momentum",
}  # fmt: skip
# More arguments than these are given by name.
_FEW = 3
# Names of arguments by what kind of number they are, and which.
_Names = dict[tuple[str, tuple[str, ...]], str]


class Shared(NamedTuple):
    """One class for several.

    Attributes:
        text: Its source without the first line.
        given: What each is made with.
    """

    text: str
    given: list[str]


def with_arguments(texts: Sequence[str], kinds: Mapping[str, type]) -> Shared | None:
    """One class for those that differ only in numbers that their modules are made with, and in how
    far tensors are padded.

    Args:
        texts: Their sources without the first lines.
        kinds: Classes of the modules by attribute.

    Returns:
        The class; None if they differ otherwise.
    """
    if len({NUMBER.sub("0", text) for text in texts}) > 1:
        return None
    heads, calls = zip(*(text.split(_FORWARD, 1) for text in texts), strict=True)
    names: _Names = {}
    lines = zip(*(head.split("\n") for head in heads), strict=True)
    head = "\n".join(_line(together, kinds, names) for together in lines)
    owned = {found[1] for found in map(_MADE.fullmatch, head.split("\n")) if found}
    call, kept = _padded(calls, names, owned)
    if call is None:
        return None
    typed = [f"{name}: {_type(values)}" for (_, values), name in names.items()]
    head = head.replace("def __init__(self)", f"def __init__({', '.join(['self', *typed])})")
    begin = "super().__init__()"
    head = head.replace(begin, "\n        ".join([begin, *(f"self.{n} = {n}" for n in kept)]), 1)
    given = [_given(names, place) for place in range(len(texts))]
    return Shared(f"{head}{_FORWARD}{call}", given)


def _padded(
    calls: Sequence[str], names: _Names, owned: set[str]
) -> tuple[str | None, dict[str, None]]:
    """One ``forward`` for several that differ in how far they pad, and the attributes that tell it;
    None if they differ otherwise."""
    places = [_pads(call) for call in calls]
    rests = {_without(call, found) for call, found in zip(calls, places, strict=True)}
    if len(rests) > 1:
        return None, {}
    kept: dict[str, None] = {}
    written = []
    for together in zip(*places, strict=True):
        values = tuple(call[begin:end] for call, (begin, end) in zip(calls, together, strict=True))
        if len(set(values)) > 1:
            name = unused("padding", {*names.values(), *owned})
            name = names.setdefault(("pad", values), name)
            kept[name] = None
            written.append((together[0], f"self.{name}"))
    text = calls[0]
    for (begin, end), own in reversed(written):
        text = f"{text[:begin]}{own}{text[end:]}"
    return text, kept


def _pads(call: str) -> list[tuple[int, int]]:
    """Where the numbers stand that a ``forward`` pads by."""
    begin = f"class _:\n{_FORWARD}"
    tree = ast.parse(begin + call)
    ends = list(itertools.accumulate(len(line) + 1 for line in (begin + call).split("\n")))
    found = {
        (ends[n.lineno - 2] + n.col_offset - len(begin), ends[n.lineno - 2] + n.end_col_offset)
        for pad in ast.walk(tree)
        if isinstance(pad, ast.Call) and ast.unparse(pad.func) == "F.pad"
        for n in ast.walk(pad.args[1])
        if isinstance(n, ast.Constant)
    }
    return sorted((place, end - len(begin)) for place, end in found)


def _without(text: str, places: list[tuple[int, int]]) -> str:
    for begin, end in reversed(places):
        text = f"{text[:begin]}0{text[end:]}"
    return text


def _given(names: _Names, place: int) -> str:
    parts = [(name, values[place]) for (_, values), name in names.items()]
    return ", ".join(v if len(parts) <= _FEW else f"{name}={v}" for name, v in parts)


def _type(values: tuple[str, ...]) -> str:
    return "int" if all(value.isdigit() for value in values) else "float"


def _line(together: tuple[str, ...], kinds: Mapping[str, type], names: _Names) -> str:
    """One line for several, with the names of the numbers in which they differ."""
    made = _MADE.fullmatch(together[0])
    if made is None:
        return together[0]
    numbers = list(zip(*(NUMBER.findall(line) for line in together), strict=True))
    places = list(NUMBER.finditer(together[0]))
    parts, position = [], 0
    for place, values in zip(places, numbers, strict=True):
        if len(set(values)) > 1:
            wanted = _name(made, place.start(), kinds)
            key = (wanted if wanted in _OF_KIND else "size", values)
            name = names.setdefault(key, unused(wanted, names.values()))
            parts += [together[0][position : place.start()], name]
            position = place.end()
    return "".join([*parts, together[0][position:]])


def _name(made: re.Match[str], place: int, kinds: Mapping[str, type]) -> str:
    """What the constructor in a line calls the number at a place."""
    try:
        call = ast.parse(made[2], mode="eval").body
    except SyntaxError:
        return "size"
    if not isinstance(call, ast.Call):
        return "size"
    column = place - made.start(2)
    for number, argument in enumerate([*call.args, *call.keywords]):
        if argument.col_offset <= column < argument.end_col_offset:
            is_named = isinstance(argument, ast.keyword)
            given = argument.value if is_named else argument
            if isinstance(given, ast.Call):
                return "size"
            return argument.arg if is_named else _parameter(kinds.get(made[1]), number)
    return "size"


def _parameter(kind: type | None, number: int) -> str:
    """The name of a positional argument of a module's class."""
    parameters = [] if kind is None else list(inspect.signature(kind).parameters)
    return parameters[number] if number < len(parameters) else "size"

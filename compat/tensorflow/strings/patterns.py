"""Regular expressions as RE2 writes and reads them, for Python's ``re``."""

import functools
import re
import sys
import unicodedata
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from torchkeras.core.checks import argument_error
from torchkeras.layers.preprocessing.texts import as_str

# First and last character of each stretch of a class.
Stretches = list[tuple[int, int]]

_NAMED = {
    "alnum": "09AZaz", "alpha": "AZaz", "ascii": "\x00\x7f", "blank": "\t\t  ",
    "cntrl": "\x00\x1f\x7f\x7f", "digit": "09", "graph": "!~", "lower": "az", "print": " ~",
    "punct": "!/:@[`{~", "space": "\t\r  ", "upper": "AZ", "word": "09AZ__az", "xdigit": "09AFaf",
}  # fmt: skip
_LETTERS = {"d": "09", "w": "09AZ__az", "s": "\t\n\x0c\r  "}


def _stretches(ends: str) -> Stretches:
    codes = list(map(ord, ends))
    return list(zip(codes[::2], codes[1::2], strict=True))


def _others(stretches: Stretches) -> Stretches:
    """What isn't in these stretches, which are in order."""
    starts = [0, *(last + 1 for _, last in stretches)]
    ends = [*(first - 1 for first, _ in stretches), sys.maxunicode]
    return [(a, b) for a, b in zip(starts, ends, strict=True) if a <= b]


def _written(stretches: Stretches) -> str:
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in stretches)


@functools.lru_cache(maxsize=64)
def _of_category(category: str) -> Stretches:
    """The characters of a category such as "L" or "Lu"."""
    found: Stretches = []
    for code in range(sys.maxunicode + 1):
        if unicodedata.category(chr(code)).startswith(category):
            if found and found[-1][1] == code - 1:
                found[-1] = (found[-1][0], code)
            else:
                found.append((code, code))
    return found


class _Reader:
    """Reads a pattern of RE2 from left to right, and gives the same for ``re`` in pieces."""

    def __init__(self, pattern: str) -> None:
        self.rest = pattern
        # With the flag m, $ means the ends of lines to both.
        self.is_multiline = re.search(r"\(\?[a-zA-Z]*m", pattern) is not None

    def taken(self, expression: str) -> re.Match[str] | None:
        """What the rest begins with, if it does; it is read then."""
        found = re.match(expression, self.rest, re.DOTALL)
        if found:
            self.rest = self.rest[found.end() :]
        return found

    def pieces(self) -> Iterator[str]:
        while self.rest:
            if found := self.taken(r"\\Q(.*?)(\\E|$)"):
                yield re.escape(found[1])
            elif stretches := self.stretches():
                yield f"[{_written(stretches)}]"
            elif self.taken(r"\\z"):
                yield r"\Z"
            elif found := self.taken(r"\\[bB]"):
                yield f"(?a:{found[0]})"
            elif found := self.character():
                yield found
            elif self.taken(r"\$"):
                yield "$" if self.is_multiline else r"\Z"
            elif found := self.taken(r"\[\^?\]?"):
                yield found[0].replace("]", r"\]")
                yield from self.members()
            else:
                yield self.taken(".")[0]

    def members(self) -> Iterator[str]:
        """What stands between square brackets."""
        while self.rest:
            if self.taken(r"\]"):
                yield "]"
                return
            if found := self.taken(r"\[:(\^?)(\w+):\]"):
                if found[2] not in _NAMED:
                    raise re.error(f"no class is called {found[2]!r}")
                stretches = _stretches(_NAMED[found[2]])
                yield _written(_others(stretches) if found[1] else stretches)
            elif stretches := self.stretches():
                yield _written(stretches)
            elif found := self.character():
                yield found
            else:
                letter = self.taken(".")[0]
                yield f"\\{letter}" if letter in "[&~|" else letter

    def stretches(self) -> Stretches:
        r"""Of a class such as ``\d`` or ``\p{Lu}``; of ASCII alone, those of one letter."""
        if found := self.taken(r"\\([dws])"):
            return _stretches(_LETTERS[found[1]])
        if found := self.taken(r"\\([DWS])"):
            return _others(_stretches(_LETTERS[found[1].lower()]))
        if found := self.taken(r"\\([pP])(?:\{(\^?)(\w+)\}|(\w))"):
            stretches = _of_category(found[3] or found[4])
            if not stretches:
                raise re.error(f"no category is called {found[3] or found[4]!r}")
            return _others(stretches) if (found[1] == "P") != bool(found[2]) else stretches
        return []

    def character(self) -> str:
        """One that is written with a backslash."""
        if found := self.taken(r"\\x\{([0-9a-fA-F]+)\}"):
            return f"\\U{int(found[1], 16):08x}"
        found = self.taken(r"\\.")
        return found[0] if found else ""


@functools.lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile("".join(_Reader(pattern).pieces()))
    except re.error as error:
        raise argument_error(
            "tf.strings", "pattern", pattern, "a regular expression", f"Python says: {error}."
        ) from error


def compiled(pattern: Any) -> re.Pattern[str]:
    r"""A pattern of RE2, compiled; its classes such as ``\w`` and ``[[:punct:]]`` are of ASCII.

    Raises:
        ValueError: it is no regular expression.
    """
    return _compiled(as_str(pattern.item() if isinstance(pattern, np.ndarray) else pattern))


def rewritten(expression: re.Pattern[str], rewrite: str, everywhere: bool) -> Callable[[str], str]:
    r"""A function that puts ``rewrite``, in which ``\1`` is a group, in the place of matches.

    Raises:
        ValueError: ``rewrite`` names a group that isn't there, or has a backslash before
            something else than a digit or a backslash.
    """
    parts = re.findall(r"[^\\]+|\\[0-9\\]?", rewrite)
    if "\\" in parts or any(
        p[0] == "\\" and p[1:].isdigit() and int(p[1:]) > expression.groups for p in parts
    ):
        raise argument_error(
            "tf.strings.regex_replace", "rewrite", rewrite,
            rf"text in which \0 to \{expression.groups} are groups and \\ a backslash",
        )  # fmt: skip

    def written(match: re.Match[str]) -> str:
        return "".join(
            part if part[0] != "\\" else "\\" if part[1] == "\\" else match[int(part[1])] or ""
            for part in parts
        )

    def change(text: str) -> str:
        made, last = [], None
        for match in expression.finditer(text):
            if match.end() == last:  # nothing, right after something
                continue
            made += [text[last or 0 : match.start()], written(match)]
            last = match.end()
            if not everywhere:
                break
        return "".join([*made, text[last or 0 :]])

    return change

"""Automatic names: snake case of the class and a counter for the session."""

import re

_counters: dict[str, int] = {}
# What a terminal obeys, ends lines or turns text around, and what can't be encoded.
_CONTROLS = re.compile("[\0-\b\v-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def to_snake_case(name: str) -> str:
    """``Conv2D`` -> ``conv2d``, ``LSTMCell`` -> ``lstm_cell``."""
    name = re.sub(r"\W+", "", name)
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


def to_pkg_snake_case(name: str) -> str:
    """Snake case that keeps a leading digit or underscore legal as an attribute name."""
    snake = to_snake_case(name)
    return snake if snake.isidentifier() else f"_{snake}"


def auto_name(prefix: str) -> str:
    """``prefix`` in snake case, made unique in the session: ``dense``, ``dense_1``, ..."""
    return uniquify(to_snake_case(prefix))


def uniquify(name: str) -> str:
    """``name`` at its first use, ``name_1`` at the second, and so on."""
    count = _counters.get(name, 0)
    _counters[name] = count + 1
    return name if count == 0 else f"{name}_{count}"


def get_uid(prefix: str = "") -> int:
    """The next number of ``prefix``, from 1."""
    _counters[prefix] = _counters.get(prefix, 0) + 1
    return _counters[prefix]


def reset_names() -> None:
    """Start all counters again (part of ``clear_session``)."""
    _counters.clear()


def printable(text: str) -> str:
    r"""``text`` with control characters as their codes, but for tabs and line ends.

    Names and texts of files may hold what a terminal takes for orders.

    Example:
        >>> printable("dense\x1b[2J")
        'dense\\x1b[2J'
    """
    return _CONTROLS.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


class LocalNames:
    """Counters for one container, independent of the session's."""

    def __init__(self) -> None:
        self.counters: dict[str, int] = {}

    def __call__(self, prefix: str) -> str:
        count = self.counters.get(prefix, 0)
        self.counters[prefix] = count + 1
        return prefix if count == 0 else f"{prefix}_{count}"

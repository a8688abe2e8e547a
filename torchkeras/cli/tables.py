"""Tables for the terminal: by rich where it is installed, else in plain columns."""

import importlib
import importlib.util
import shutil
import sys
from collections.abc import Sequence

_NARROWEST = 12


def show_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table; a terminal gets lines and colours if rich is there."""
    if sys.stdout.isatty() and importlib.util.find_spec("rich"):
        _show_by_rich(header, rows)
    else:
        print(plain_table(header, rows, shutil.get_terminal_size((160, 24)).columns))


def plain_table(header: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> str:
    """Columns under a header; the longest give way where the lines would be wider than ``width``.

    Of a path its end stays.

    Example:
        >>> print(plain_table(("name", "uses"), [("tf.cast", "12")], 80))
        name     uses
        -------  ----
        tf.cast  12
    """
    table = [tuple(header), *map(tuple, rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    while sum(widths) + 2 * (len(widths) - 1) > width and max(widths) > _NARROWEST:
        widths[widths.index(max(widths))] -= 1
    ruled = [table[0], tuple("-" * w for w in widths), *table[1:]]
    return "\n".join(
        "  ".join(_fitted(cell, w) for cell, w in zip(row, widths, strict=True)).rstrip()
        for row in ruled
    )


def _fitted(cell: str, width: int) -> str:
    if len(cell) <= width:
        return cell.ljust(width)
    return "..." + cell[3 - width :] if "/" in cell else cell[: width - 3] + "..."


def _show_by_rich(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    table = importlib.import_module("rich.table").Table(*header)
    escape = importlib.import_module("rich.markup").escape
    for row in rows:
        table.add_row(*map(escape, row), style="red" if row[-1].lower() == "no" else None)
    importlib.import_module("rich.console").Console().print(table)

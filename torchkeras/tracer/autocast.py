"""Parts of graphs that run under autocast, and how source says so."""

import operator
import re
from collections.abc import Iterable
from typing import Any

import torch
from torch import fx

from torchkeras.core.scopes import local

# Says of a node that it is the same with and without autocast.
ANYWHERE = "anywhere"
_METHODS = {
    "to", "permute", "reshape", "view", "flatten", "unflatten", "transpose", "squeeze", "unsqueeze",
    "size", "contiguous", "expand",
}  # fmt: skip
_FUNCTIONS = {getattr, operator.getitem, torch.relu}
_KEY = "autocast"
_RESULT = re.compile(r"\s*(\w+)\b.* = ")


class AutocastGraph(fx.Graph):
    """A graph whose nodes remember the type that autocast had when they were made."""

    def create_node(self, *args: Any, **kwargs: Any) -> fx.Node:
        node = super().create_node(*args, **kwargs)
        node.meta[_KEY] = local.compute_dtype
        return node


def autocast_of(node: fx.Node) -> Any:
    """The type that autocast has where a node runs; None without; ``ANYWHERE`` if it's the same."""
    if node.op in ("placeholder", "get_attr", "output"):
        return ANYWHERE
    is_same = node.target in (_METHODS if node.op == "call_method" else _FUNCTIONS)
    return ANYWHERE if is_same else node.meta.get(_KEY, ANYWHERE)


def in_blocks(lines: Iterable[tuple[Any, str]], outside: Any, device: str) -> list[str]:
    """Lines of source, those under another autocast than the function itself in ``with`` blocks.

    Args:
        lines: Each with its type of autocast, or ``ANYWHERE``.
        outside: The type in force where the function is called.
        device: Expression for the kind of device that the function computes on.
    """
    found: list[str] = []
    current = outside
    for wanted, line in lines:
        if wanted is not ANYWHERE and wanted != current:
            current = wanted
            if current != outside:
                how = "enabled=False" if current is None else f"{current}"
                found.append(f"with torch.autocast({device}, {how}):")
        found.append(line if current == outside else f"    {line}")
    return found


def with_blocks(source: str, graph: fx.Graph) -> str:
    """What ``torch.fx`` wrote for ``graph``, with blocks for what runs under autocast."""
    states = {node.name: autocast_of(node) for node in graph.nodes}
    if not set(states.values()) - {None, ANYWHERE}:
        return source
    lines = source.strip("\n").splitlines()
    begin = next(n for n, line in enumerate(lines) if line.startswith("def ")) + 1
    body = [line.removeprefix("    ") for line in lines[begin:]]
    named = [(_RESULT.match(line), line) for line in body]
    marked = [(states.get(m[1], ANYWHERE) if m else ANYWHERE, line) for m, line in named]
    first = next(iter(graph.nodes)).name  # is freed when nothing needs it any more
    body = [f"autocast_device = {first}.device.type", *in_blocks(marked, None, "autocast_device")]
    return "\n".join([*lines[:begin], *(f"    {line}" for line in body), ""])

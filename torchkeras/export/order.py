"""The order in which a functional model is written: one branch after the other.

Keras runs such a model layer by layer from its inputs, so that branches alternate.
"""

from collections.abc import Sequence
from typing import Any

from torch import fx

from torchkeras.core import nested
from torchkeras.export.units import Step, made, owner_of, reads


def orders(steps: Sequence[Step], results: Any) -> list[list[Step]]:
    """Orders in which ``steps`` may be written.

    Each layer stands right behind what it needs, and of several branches the first is whole before
    the next one begins: once the branches come as the layer that joins them names them, once the
    longest first. The order that is given is the last one.
    """
    layers: dict[Any, list[Step]] = {}
    for step in steps:
        layers.setdefault(step.frame or step, []).append(step)
    maker = {node: layer for layer, own in layers.items() for step in own for node in made(step)}
    needed = _needed(layers, maker)
    ends = [maker[n] for n in nested.flatten(results) if isinstance(n, fx.Node) and n in maker]
    depths = _depths(needed)
    if depths is None:
        return [list(steps)]
    deepest = {
        layer: sorted(found, key=depths.get, reverse=True) for layer, found in needed.items()
    }
    ways = [_in_branches(known, [*ends, *layers]) for known in (needed, deepest)]
    return [*([step for layer in way for step in layers[layer]] for way in ways), list(steps)]


def _needed(layers: dict[Any, list[Step]], maker: dict[fx.Node, Any]) -> dict[Any, list[Any]]:
    """For each layer those whose results it reads, and the last one before with a weight of its."""
    users: dict[str, Any] = {}
    found: dict[Any, list[Any]] = {}
    for layer, steps in layers.items():
        before = [maker[node] for step in steps for node in reads(step) if node in maker]
        owners = {path for step in steps if (path := owner_of(step)) is not None}
        before += [users[path] for path in sorted(owners) if path in users]
        found[layer] = [other for other in dict.fromkeys(before) if other is not layer]
        users.update(dict.fromkeys(owners, layer))
    return found


def _depths(needed: dict[Any, list[Any]]) -> dict[Any, int] | None:
    """How many layers in a row lead to each; None if they aren't given in an order to run in."""
    depths: dict[Any, int] = {}
    for layer, before in needed.items():
        if any(other not in depths for other in before):
            return None
        depths[layer] = 1 + max((depths[other] for other in before), default=0)
    return depths


def _in_branches(needed: dict[Any, list[Any]], ends: list[Any]) -> dict[Any, None]:
    """All layers that lead to ``ends``, each behind those that it needs."""
    ordered: dict[Any, None] = {}
    waiting = ends[::-1]
    while waiting:
        missing = [other for other in needed[waiting[-1]] if other not in ordered]
        if missing:
            waiting.append(missing[0])
        else:
            ordered[waiting.pop()] = None
    return ordered

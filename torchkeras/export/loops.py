"""What a class does several times in a row with the same weights, as a loop."""

from typing import Any, NamedTuple

from torch import fx

from torchkeras.export.units import Step, Unit, made, owner_of, reads

# The longest body, in steps; the fewest rounds that are worth a loop.
_LONGEST = 60
_FEWEST = 4


class Loop(NamedTuple):
    """Steps that do the same again and again, each round with what the one before made.

    Attributes:
        length: Number of steps of a round.
        rounds: Number of rounds.
        first: What the first round is given.
    """

    length: int
    rounds: int
    first: fx.Node


def loop_at(
    unit: Unit, steps: list[Step], uses: dict[fx.Node, list[int]], begin: int
) -> Loop | None:
    """The loop that begins with a step; None if none does.

    Args:
        unit: What the steps are of.
        steps: All of them.
        uses: Where each result is needed.
        begin: The place of the step.
    """
    owner = owner_of(steps[begin])
    if owner is None:
        return None
    for length in range(1, min(_LONGEST, (len(steps) - begin) // _FEWEST) + 1):
        if owner_of(steps[begin + length]) == owner:
            found = _rounds(unit, steps, uses, begin, length)
            if found is not None:
                return found
    return None


def _rounds(
    unit: Unit, steps: list[Step], uses: dict[fx.Node, list[int]], begin: int, length: int
) -> Loop | None:
    """A loop with rounds of so many steps."""
    first: fx.Node | None = None
    handed: fx.Node | None = None
    rounds = 1
    while begin + (rounds + 1) * length <= len(steps):
        middle = begin + rounds * length
        last = made(steps[middle - 1])
        given = _given(unit, steps[middle - length : middle], steps[middle : middle + length])
        if given is None or last != [given[1]] or handed not in (None, given[0]):
            break
        first, handed = first or given[0], given[1]
        rounds += 1
    if first is None or rounds < _FEWEST:
        return None
    for place in range(begin, begin + rounds * length - 1):
        number, within = divmod(place - begin, length)
        end = begin + (number + 1 + (within == length - 1)) * length
        if any(use >= end for node in made(steps[place]) for use in uses.get(node, ())):
            return None
    return Loop(length, rounds, first)


def _given(unit: Unit, one: list[Step], other: list[Step]) -> tuple[fx.Node, fx.Node] | None:
    """What each of two rounds is given that the other isn't; None if they do different things."""
    pairs: dict[fx.Node, fx.Node] = {}
    for step, twin in zip(one, other, strict=True):
        if owner_of(step) != owner_of(twin) or _form(unit, step) != _form(unit, twin):
            return None
        for left, right in zip(reads(step), reads(twin), strict=True):
            left, right = unit.origin(left), unit.origin(right)
            if pairs.setdefault(left, right) is not right:
                return None
        pairs.update(zip(made(step), made(twin), strict=True))
    inner = {node for step in one for node in made(step)}
    given = [pair for pair in pairs.items() if pair[0] not in inner and pair[0] is not pair[1]]
    return given[0] if len(given) == 1 else None


def _form(unit: Unit, step: Step) -> tuple[Any, ...]:
    """What a step does, apart from which tensors it does it with."""
    node = step.node
    if node is None:
        return len(step.inputs), len(step.outputs)
    twin = unit.choices.get(node, node) if unit.choices else node
    given = [repr(fx.map_arg((n.args, n.kwargs), lambda _: "tensor")) for n in (node, twin)]
    return node.op, node.target, len(reads(step)), *given

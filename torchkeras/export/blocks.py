"""Parts of a model that come again and again, gathered into classes.

A functional model is one long list of layers, however its author made it. What stands in it several
times, layer for layer, was a function or a loop of theirs, and is a class in source that a person
would write.
"""

import itertools
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from torch import fx, nn
from torch.nn import functional as F

from torchkeras.core import naming, nested
from torchkeras.export.arguments import NUMBER
from torchkeras.export.identifiers import identifier, unused
from torchkeras.export.order import orders
from torchkeras.export.statements import is_named_by_class
from torchkeras.export.units import Step, Unit, is_mark, made, owner_of, reads
from torchkeras.tracer.frames import Frame

# The longest block, in steps; how many things it may be given; what gathering is worth.
_LONGEST = 150
_MOST_INPUTS = 4
_WORTH = 6
# What modules left out count in the order of the run.
_OF_RUN = 0.8
_PRIME = (1 << 61) - 1


class Block(nn.Module):
    """Stands for the layers of a block.

    Args:
        name: What its attribute is called.
        title: What its class is called after.
        alike: The units of all blocks of its kind.
    """

    def __init__(self, name: str, title: str, alike: list[Unit]) -> None:
        super().__init__()
        self.name, self.title, self.alike = name, title, alike


def gather(unit: Unit, form: Callable[[Step], Any], declined: set[str]) -> None:
    """Make what a unit does several times a unit of its own; ``unit`` calls those then.

    A block is a run of steps that gives back one tensor, is given few, cuts no layer in two, and
    shares no weights with what is around it. So it may be called where it stood. Few of its kind
    are parts of branches: the only results of layers that are handed on past the others are those
    that all blocks of the kind are given, and what other such blocks give.

    Args:
        unit: Changed in place.
        form: What a step that owns something is, but for the values of its weights.
        declined: Paths of blocks that aren't to be made.
    """
    if unit.choices is None:
        return
    steps = [step for step in unit.steps["training"] if not is_mark(step)]
    forms = {step: _form(unit, step, form) for step in steps}
    ways = [_Search(unit, way, forms) for way in orders(steps, unit.results["training"])]
    found = [way.blocks() for way in ways]
    # The order of the run, in which branches alternate, has to be worth it.
    worth = [*(way.left_out for way in ways[:-1]), ways[-1].left_out * _OF_RUN]
    best = worth.index(max(worth))
    steps, found = ways[best].steps, found[best]
    unit.steps = {"training": steps, "inference": steps}
    if not found:
        return
    taken: set[str] = set()
    calls: dict[int, tuple[int, Step]] = {}  # by where it begins: where it ends, and its call
    named = []
    for runs in found:
        alike: list[Unit] = []
        names = _names(unit, [steps[run.begin : run.end] for run in runs])
        named += [(run, alike, *own) for run, own in zip(runs, names, strict=True)]
    for run, alike, name, inner, title in sorted(named, key=lambda entry: entry[0].begin):
        own = unused(name or f"block_{len(taken) + 1}", taken)
        taken.add(own)
        block = Block(own, title, alike)
        call = _called(unit, steps[run.begin : run.end], run, block, inner)
        alike.append(call.unit)
        calls[run.begin] = (run.end, call)
    if declined & {step.frame.path for _, step in calls.values()}:
        return
    kept, position = [], 0
    while position < len(steps):
        end, step = calls.get(position, (position + 1, steps[position]))
        kept.append(step)
        position = end
    unit.steps = {"training": kept, "inference": kept}


@dataclass(frozen=True)
class _Run:
    """Steps from ``begin`` to before ``end``, and what they are given."""

    begin: int
    end: int
    inputs: tuple[fx.Node, ...] = ()


class _Search:
    """Finds the runs of steps that are worth a class."""

    def __init__(self, unit: Unit, steps: list[Step], forms: dict[Step, Any]) -> None:
        self.unit, self.steps = unit, steps
        self.reads = [[unit.origin(node) for node in reads(step)] for step in steps]
        self.maker = {node: n for n, step in enumerate(steps) for node in made(step)}
        self.last = list(range(len(steps)))  # where what each step makes is needed last
        for position, nodes in enumerate(self.reads):
            for node in nodes:
                if node in self.maker:
                    self.last[self.maker[node]] = position
        for node in nested.flatten(unit.results["training"]):
            if isinstance(node, fx.Node) and unit.origin(node) in self.maker:
                self.last[self.maker[unit.origin(node)]] = len(steps)
        self.weights = [0]  # how many steps own something, up to each
        for step in steps:
            self.weights.append(self.weights[-1] + (owner_of(step) is not None))
        self.bounds = _bounds(steps)
        self.forms = [forms[step] for step in steps]
        self.left_out = 0  # modules that needn't be written, thanks to blocks that were found
        self.deep = self._deep()
        self.given_back: set[fx.Node] = set()  # by blocks that were found
        self.free = [True] * len(steps)

    def _deep(self) -> list[bool]:
        """For each step whether its result depends on weights."""
        found: list[bool] = []
        for position, nodes in enumerate(self.reads):
            sources = [found[self.maker[node]] for node in nodes if node in self.maker]
            found.append(owner_of(self.steps[position]) is not None or any(sources))
        return found

    def blocks(self) -> list[list[_Run]]:
        """Blocks that are alike, the most useful first."""
        groups: dict[tuple[int, int], list[int]] = defaultdict(list)
        for begin, end, key in self._runs():
            groups[end - begin, key].append(begin)
        candidates = {key: begins for key, begins in groups.items() if len(begins) > 1}
        found = []
        while candidates:
            best = self._best(candidates)
            if best is None:
                break
            found.append(best)
            self.left_out += self._saved(len(best), [best[0].begin], best[0].end - best[0].begin)
            for run in best:
                self.given_back.update(made(self.steps[run.end - 1]))
                self.free[run.begin : run.end] = [False] * (run.end - run.begin)
        return found

    def _runs(self) -> Iterator[tuple[int, int, int]]:
        """Runs that give one tensor and cut nothing, each with a number for what it does."""
        numbers: dict[Any, int] = {}
        sums, powers = [0], [1]
        for form in self.forms:
            number = numbers.setdefault(form, len(numbers) + 1)
            sums.append((sums[-1] * 1_000_003 + number) % _PRIME)
            powers.append(powers[-1] * 1_000_003 % _PRIME)
        for end in range(2, len(self.steps) + 1):
            if self.last[end - 1] < end or len(made(self.steps[end - 1])) != 1:
                continue
            first = end
            for begin in range(end - 1, max(end - _LONGEST, 0) - 1, -1):
                if (begin < end - 1 and self.last[begin] >= end) or self.bounds[begin][1] >= end:
                    break
                first = min(first, self.bounds[begin][0])
                if first >= begin and self.weights[end] - self.weights[begin] > 1:
                    yield begin, end, (sums[end] - sums[begin] * powers[end - begin]) % _PRIME

    def _best(self, candidates: dict[tuple[int, int], list[int]]) -> list[_Run] | None:
        """The runs whose gathering leaves out most; the candidates that are no use go."""
        best, rank = None, (_WORTH - 1,)
        for key in list(candidates):
            begins = [b for b in candidates[key] if all(self.free[b : b + key[0]])]
            if self._saved(len(begins), begins[:1], key[0]) < _WORTH:
                del candidates[key]
                continue
            if self._saved(len(begins), begins[:1], key[0]) < rank[0]:
                continue
            runs = self._alike(begins, key[0])
            saved = self._saved(len(runs), [run.begin for run in runs[:1]], key[0])
            if saved >= max(rank[0], _WORTH):
                own = (saved, *self._beauty(runs))
                if own > rank:
                    best, rank = runs, own
        return best

    def _saved(self, count: int, begins: list[int], length: int) -> int:
        """How many modules needn't be written."""
        owned = [self.weights[begin + length] - self.weights[begin] for begin in begins]
        return (count - 1) * owned[0] if owned else 0

    def _alike(self, begins: list[int], length: int) -> list[_Run]:
        """Those runs that hand on their tensors in the same way and don't overlap."""
        groups: dict[Any, list[_Run]] = defaultdict(list)
        for begin in begins:
            flow, inputs = self._flow(begin, begin + length)
            known = groups[flow]
            if flow and (not known or known[-1].end <= begin):
                known.append(_Run(begin, begin + length, inputs))
        return self._whole(max(groups.values(), key=len, default=[]))

    def _whole(self, runs: list[_Run]) -> list[_Run]:
        """``runs`` but for those in branches, unless these are few."""
        if not runs:
            return []
        shared = set.intersection(*(set(run.inputs) for run in runs))
        shared.update(node for run in runs for node in made(self.steps[run.end - 1]))
        known = shared | self.given_back
        free = [run for run in runs if not self._besides(run) - known and not self._goes_on(run)]
        outside = [run for run in free if not self._passed(run) - shared]
        return free if 2 * len(outside) >= len(runs) else outside

    def _goes_on(self, run: _Run) -> bool:
        """Whether the name that the layers of a run share is that of layers beside it, too."""
        name = _shared_name(_layers(self.unit, self.steps[run.begin : run.end]))
        beside = [
            *self.steps[max(run.begin - 1, 0) : run.begin],
            *self.steps[run.end : run.end + 1],
        ]
        return bool(name) and any(
            own.startswith(f"{name}_") for own in _layers(self.unit, beside).values()
        )

    def _besides(self, run: _Run) -> set[fx.Node]:
        """Results of layers that a run is given besides the first."""
        others = [node for node in run.inputs[1:] if node in self.maker]
        return {node for node in others if self.deep[self.maker[node]]}

    def _passed(self, run: _Run) -> set[fx.Node]:
        """Results of layers that are made before a run, and needed behind it."""
        return {
            node
            for position in range(run.begin)
            for node in made(self.steps[position])
            if self.deep[position] and self.last[position] >= run.end
        }

    def _flow(self, begin: int, end: int) -> tuple[tuple, tuple[fx.Node, ...]]:
        """Where each step has from what it reads, and what comes from outside; empty if that is
        more, or other than tensors."""
        inputs: dict[fx.Node, int] = {}
        owners: dict[str | None, int] = {}
        flow: list[Any] = []
        for position in range(begin, end):
            sources = [self.maker.get(node, -1) for node in self.reads[position]]
            for node, source in zip(self.reads[position], sources, strict=True):
                flow.append(source - begin if source >= begin else -1 - _number(inputs, node))
            flow.append(_number(owners, owner_of(self.steps[position])))
        is_plain = all(_is_tensor(node) for node in inputs)
        if not inputs or len(inputs) > _MOST_INPUTS or not is_plain:
            return (), ()
        return tuple(flow), tuple(inputs)

    def _beauty(self, runs: list[_Run]) -> tuple[Any, ...]:
        """What tells which of several ways to cut a chain a person would take: where names begin
        alike, where branches begin, and with all that follows."""
        run = runs[0]
        inside = self.steps[run.begin : run.end]
        named = all(_shared_name(_layers(self.unit, self.steps[r.begin : r.end])) for r in runs)
        nodes = [node for position in range(run.begin, run.end) for node in self.reads[position]]
        branches = nodes.count(run.inputs[0]) > 1
        begins_so = owner_of(inside[0]) is not None
        return named, branches, begins_so, -len(run.inputs), run.end - run.begin, -run.begin


def _number(known: dict[Any, int], key: Any) -> int:
    return known.setdefault(key, len(known))


def _is_tensor(node: fx.Node) -> bool:
    """Whether a node is a tensor that may be handed over: no weight, size or kind."""
    return node.op != "get_attr" and node.target is not getattr and node.target != "size"


def _is_permutation(step: Step) -> bool:
    return step.node is not None and step.node.target == "permute"


def _bounds(steps: list[Step]) -> list[tuple[int, int]]:
    """For each step the first and the last of those that it belongs to: its layer's, permutations
    aside, and those of whoever uses the same weights."""
    groups: dict[Any, list[int]] = defaultdict(list)
    paths = {path for step in steps if (path := owner_of(step)) is not None}
    for position, step in enumerate(steps):
        if step.frame is not None and not _is_permutation(step):
            groups[step.frame].append(position)
        path = owner_of(step)
        while path:
            if path in paths:
                groups[path].append(position)
            path = path.rpartition(".")[0]
    found = [(position, position) for position in range(len(steps))]
    for positions in groups.values():
        for position in positions:
            first, last = found[position]
            found[position] = (min(first, positions[0]), max(last, positions[-1]))
    return found


def _form(unit: Unit, step: Step, form: Callable[[Step], Any]) -> Any:
    """What a step does, apart from which tensors and weights it does it with."""
    node = step.node
    own = form(step) if owner_of(step) is not None else None
    kind = None if step.frame is None else type(step.frame.module)
    if node is None:
        return kind, own, len(step.inputs), len(step.outputs)
    twin = unit.choices.get(node, node)
    target = None if own is not None else node.target
    given = [repr(fx.map_arg((n.args, n.kwargs), lambda _: "tensor")) for n in (node, twin)]
    if node.target is F.pad:
        given = [NUMBER.sub("0", text) for text in given]
    return kind, own, node.op, target, *given


def _called(unit: Unit, steps: list[Step], run: _Run, module: Block, inner: dict[str, str]) -> Step:
    """The step that calls a block."""
    path = f"{unit.frame.path}.block {run.begin}"
    frames = list(dict.fromkeys(step.frame for step in steps if step.frame is not None))
    frame = Frame(module, path, unit.frame, children=frames, autocast=unit.frame.autocast)
    inputs, outputs = list(run.inputs), made(steps[-1])
    given = [pair for s in steps if s.unit for pair in zip(s.unit.inputs, s.inputs, strict=True)]
    masks = {unit.origin(node) for name, node in given if name.endswith("mask")}
    letters = iter("xyzw")
    names = ["mask" if node in masks else next(letters) for node in inputs]
    both = ("training", "inference")
    own = Unit(
        frame, names, dict.fromkeys(both, steps), dict.fromkeys(both, inputs),
        dict.fromkeys(both, outputs), unit.choices, unit.stops | set(inputs), inner,
    )  # fmt: skip
    return Step(None, frame, own, None, inputs, outputs)


# Names


def _layers(unit: Unit, steps: list[Step]) -> dict[str, str]:
    """The names of the layers in a run, by path; empty for those that their class gives."""
    whole = getattr(unit.frame.module, "name", "")
    own = [step for step in steps if step.frame is not None and not _is_permutation(step)]
    modules = {step.frame.path: step.frame.module for step in own}
    return {
        path: "" if is_named_by_class(module) else module.name.removeprefix(f"{whole}_")
        for path, module in modules.items()
    }


def _shared_name(layers: dict[str, str]) -> str:
    """What the names of layers begin with, up to an underscore; empty if that is no word."""
    parts = [name.split("_") for name in layers.values() if name]
    ahead = zip(*(words[:-1] for words in parts), strict=False)
    shared = "_".join(words[0] for words in itertools.takewhile(_is_one, ahead))
    return shared if len(parts) > 1 and re.match("[A-Za-z]", shared) else ""


def _is_one(words: tuple[str, ...]) -> bool:
    return len(set(words)) == 1


def _names(unit: Unit, runs: list[list[Step]]) -> list[tuple[str, dict[str, str], str]]:
    """For each block the name of its attribute, if it has any, those of its layers by path, and its
    class's."""
    layers = [_layers(unit, run) for run in runs]
    shared = [_shared_name(named) for named in layers]
    is_named = all(shared) and len(set(shared)) == len(shared)
    kinds = [{s.frame.path: _kind(s.frame) for s in run if s.frame is not None} for run in runs]
    chosen = [
        {path: _within(named.get(path, ""), begin) or kind for path, kind in own.items()}
        for named, begin, own in zip(layers, shared, kinds, strict=True)
    ]
    if len({tuple(names.values()) for names in chosen}) > 1:
        chosen = kinds
    title = re.sub(r"\d+", "", shared[0]).strip("_") if is_named else ""
    names = [identifier(name) for name in shared] if is_named else [""] * len(runs)
    return [(name, inner, title or "block") for name, inner in zip(names, chosen, strict=True)]


def _within(name: str, block: str) -> str:
    """The name of a layer in its block: without the block's, and without a number behind it."""
    own = name.removeprefix(f"{block}_") if block else re.sub(r"_\d+$", "", name)
    numbered = re.fullmatch(r"(\d+)_(\w+)", own)
    return f"{numbered[2]}_{numbered[1]}" if numbered else own


def _kind(frame: Frame) -> str:
    return naming.to_snake_case(type(frame.module).__name__)

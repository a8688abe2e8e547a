"""A traced model taken apart into classes: which calls stay together, and what each is given."""

import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from torch import fx, nn

from torchkeras.export.expressions import Unwritable
from torchkeras.tracer.frames import Frame, Trace, same

# A layer of more functions than these gets a class of its own.
_LONGEST = 6
_MODES = ("training", "inference")


@dataclass
class Traces:
    """A model's runs in training and otherwise, and which calls are the same in both."""

    training: Trace
    inference: Trace
    twins: dict[Frame, Frame] = field(default_factory=dict)

    def __post_init__(self) -> None:
        found = dict(_numbered(self.inference.root))
        for key, frame in _numbered(self.training.root):
            if key in found:
                self.twins[frame] = found[key]

    def of(self, mode: str) -> Trace:
        """The run of a mode."""
        return getattr(self, mode)


def _numbered(root: Frame) -> Iterator[tuple[tuple[str, int], Frame]]:
    """Each call with its path and number."""
    counts: dict[str, int] = {}
    stack = [root]
    while stack:
        frame = stack.pop()
        counts[frame.path] = counts.get(frame.path, 0) + 1
        yield (frame.path, counts[frame.path]), frame
        stack += reversed(frame.children)


@dataclass(eq=False)
class Step:
    """Something that happens in ``forward``: a node, or the call of a module of our own.

    Attributes:
        node: The node; None for a call.
        frame: The call of a layer that it belongs to: the outermost one inside the unit; None for
            what the unit does itself.
        unit: The unit that is called; None for a node, and for ``replaced``.
        replaced: The module that stands for a whole layer.
        inputs: What is handed over.
        outputs: What comes back.
    """

    node: fx.Node | None = None
    frame: Frame | None = None
    unit: "Unit | None" = None
    replaced: nn.Module | None = None
    inputs: list[fx.Node] = field(default_factory=list)
    outputs: list[fx.Node] = field(default_factory=list)


@dataclass(eq=False)
class Unit:
    """What becomes one class.

    Attributes:
        frame: The call that it was found in.
        inputs: Names of what ``forward`` takes.
        steps: What it does, by mode.
        given: Its inputs as nodes, by mode.
        results: What it gives back, by mode: a structure of nodes.
        choices: Where one text does for both modes, the node of inference for each of training.
        stops: What comes from outside: inputs, and results of other units.
        names: What layers in it are called, by path, where that isn't their own name.
    """

    frame: Frame
    inputs: list[str]
    steps: dict[str, list[Step]]
    given: dict[str, list[fx.Node]]
    results: dict[str, Any]
    choices: dict[fx.Node, fx.Node] | None
    stops: set[fx.Node]
    names: dict[str, str] = field(default_factory=dict)

    def origin(self, node: fx.Node) -> fx.Node:
        """What a node that only marks a result stands for."""
        return origin(node, self.stops)


class Architect:
    """Decides which layers become classes.

    Args:
        traces: What was recorded.
        is_model: Tells models, which always become classes, from other layers.
        replacement: A torch module that stands for a layer, or None.
        inline: Paths of layers that are to become part of what calls them.
    """

    def __init__(
        self,
        traces: Traces,
        is_model: Callable[[nn.Module], bool],
        replacement: Callable[[nn.Module], nn.Module | None],
        inline: set[str],
    ) -> None:
        self.traces = traces
        self.is_model = is_model
        self.replacement = replacement
        self.inline = inline
        self.kinds: dict[Frame, str] = {}
        self.units: dict[Frame, Unit] = {}
        self.order = {
            node: position
            for mode in _MODES
            for position, node in enumerate(traces.of(mode).graph.nodes)
        }
        for frame in _inside_out(traces.training.root):
            self._decide(frame)

    def root(self) -> Unit:
        """The unit of the whole model."""
        results, given = {}, {}
        for mode in _MODES:
            graph = self.traces.of(mode).graph
            results[mode] = next(n for n in reversed(graph.nodes) if n.op == "output").args[0]
            given[mode] = [n for n in graph.nodes if n.op == "placeholder"]
        names = [str(node.target) for node in given["training"]]
        return self._unit(self.traces.training.root, names, given, results)

    def _decide(self, frame: Frame) -> None:
        twin = self.traces.twins.get(frame)
        if twin is None or frame.path in self.inline or frame.parent is None:
            return
        if self.replacement(frame.module) is not None:
            self.kinds[frame] = self.kinds[twin] = "module"
            return
        steps = {"training": self.steps(frame), "inference": self.steps(twin)}
        if not self._is_worth(frame, steps) or self._reaches_out(frame):
            return
        unit = self._enclosed(frame, twin)
        if unit is not None:
            self.kinds[frame] = self.kinds[twin] = "class"
            self.units[frame] = self.units[twin] = unit

    def _is_worth(self, frame: Frame, steps: dict[str, list[Step]]) -> bool:
        """Whether a layer is too much to stand in a line or two of what calls it."""
        if self.is_model(frame.module):
            return True
        given = [node for _, node in [*frame.arguments, *self.traces.twins[frame].arguments]]
        if match(steps["training"], steps["inference"], set(given)) is None:
            return True
        owned = {owner for step in steps["training"] if (owner := owner_of(step)) is not None}
        counted = [step for step in steps["training"] if _counts(step) and not _goes_on(step)]
        return len(owned) > 1 or len(counted) > _LONGEST

    def _reaches_out(self, frame: Frame) -> bool:
        """Whether it uses modules or weights that others use, too."""
        for mode in _MODES:
            trace = self.traces.of(mode)
            mine = self._nodes(frame if mode == "training" else self.traces.twins[frame])
            paths = {str(n.target) for n in mine if n.op in ("call_module", "get_attr")}
            if any(not path.startswith(f"{frame.path}.") for path in paths):
                return True
            for node, owner in trace.frames.items():
                if node.op not in ("call_module", "get_attr"):
                    continue
                if str(node.target).startswith(f"{frame.path}.") and not _is_in(owner, frame.path):
                    return True
        return False

    def _enclosed(self, frame: Frame, twin: Frame) -> Unit | None:
        """The unit of a layer; None if its results aren't those that are used."""
        mine = {"training": self._nodes(frame), "inference": self._nodes(twin)}
        frames = {"training": frame, "inference": twin}
        positions: list[int] = []
        for mode in _MODES:
            for node in sorted(mine[mode], key=self.order.__getitem__):
                if any(user not in mine[mode] for user in node.users):
                    if node.op == "get_attr" or node not in frames[mode].results:
                        return None
                    position = frames[mode].results.index(node)
                    positions += [position] if position not in positions else []
        positions.sort()
        arguments = {mode: [node for _, node in frames[mode].arguments] for mode in _MODES}
        if len(arguments["training"]) != len(arguments["inference"]) or not positions:
            return None
        if max(positions) >= min(len(frames[mode].results) for mode in _MODES):
            return None
        taken: list[int] = []
        for mode in _MODES:
            for node in self._from_outside(mine[mode]):
                if node not in arguments[mode]:
                    return None
                position = arguments[mode].index(node)
                taken += [position] if position not in taken else []
        taken.sort()
        names = [frame.arguments[position][0] for position in taken]
        given = {mode: [arguments[mode][position] for position in taken] for mode in _MODES}
        results = {
            mode: [frames[mode].results[position] for position in positions] for mode in _MODES
        }
        return self._unit(frame, names, given, results)

    def _unit(self, frame: Frame, names: list[str], given: dict, results: dict) -> Unit:
        steps = {
            "training": self.steps(frame),
            "inference": self.steps(self.traces.twins[frame]),
        }
        stops = set(given["training"] + given["inference"])
        choices = match(steps["training"], steps["inference"], stops)
        stops |= _results_of(steps["training"] + steps["inference"])
        if choices is not None:
            choices.update(zip(given["training"], given["inference"], strict=True))
            if not _same_results(results["training"], results["inference"], choices, stops):
                choices = None
        return Unit(frame, names, steps, given, results, choices, stops)

    def _nodes(self, frame: Frame) -> set[fx.Node]:
        found = set(frame.nodes)
        for child in frame.children:
            found |= self._nodes(child)
        return found

    def _from_outside(self, mine: set[fx.Node]) -> list[fx.Node]:
        found: dict[fx.Node, None] = {}
        for node in sorted(mine, key=self.order.__getitem__):
            found.update((n, None) for n in node.all_input_nodes if n not in mine)
        return list(found)

    def steps(self, frame: Frame) -> list[Step]:
        """What the call of a layer does, the calls of other units being single steps."""
        mine = sorted(self._nodes(frame), key=self.order.__getitem__)
        owner: dict[fx.Node, tuple[Frame | None, Frame | None]] = {}

        def walk(current: Frame, top: Frame | None) -> None:
            for node in current.nodes:
                owner[node] = (top, None)
            for child in current.children:
                if child in self.kinds:
                    for node in self._nodes(child):
                        owner[node] = (top or child, child)
                else:
                    walk(child, top or child)

        walk(frame, None)
        steps: list[Step] = []
        called: set[Frame] = set()
        for node in mine:
            top, closed = owner[node]
            if node.op in ("placeholder", "output"):
                continue
            if closed is None:
                steps.append(Step(node, top))
            elif closed not in called:
                called.add(closed)
                steps += self._closed(closed, top)
        return steps

    def _closed(self, frame: Frame, top: Frame | None) -> list[Step]:
        """The steps of a layer that is called as a whole."""
        if self.kinds[frame] == "class":
            unit = self.units[frame]
            mode = "training" if frame in self.traces.twins else "inference"
            results = unit.results[mode]
            if unit.frame is not frame and mode == "training":
                raise Unwritable("a layer in two places")
            return [Step(None, top, unit, None, unit.given[mode], results)]
        module = self.replacement(frame.module)
        first, rest = frame.results[0], frame.results[1:]
        given = [frame.arguments[0][1]]
        masks = [Step(node, top) for node in rest if node in frame.nodes and node.target is same]
        return [Step(None, frame, None, module, given, [first]), *masks]


def _inside_out(frame: Frame) -> Iterator[Frame]:
    for child in frame.children:
        yield from _inside_out(child)
    yield frame


def _is_in(frame: Frame | None, path: str) -> bool:
    while frame is not None and frame.path != path:
        frame = frame.parent
    return frame is not None


def owner_of(step: Step) -> str | None:
    """The path of the module or weight that a step uses itself."""
    if step.node is not None:
        is_owned = step.node.op in ("call_module", "get_attr")
        return str(step.node.target) if is_owned else None
    frame = step.unit.frame if step.unit is not None else step.frame
    return frame.path


def _counts(step: Step) -> bool:
    """Whether a step is more than a change of form."""
    node = step.node
    if node is None or node.op == "call_module":
        return True
    if node.op == "get_attr" or node.target in (same, getattr, operator.getitem):
        return False
    return not (node.op == "call_method" and node.target in ("size", "permute"))


def _goes_on(step: Step) -> bool:
    """Whether a step is one more of a chain, such as a sum's."""
    node = step.node
    if node is None or node.op != "call_function":
        return False
    return any((n.op, n.target) == (node.op, node.target) for n in node.all_input_nodes)


def _results_of(steps: list[Step]) -> set[fx.Node]:
    return {node for step in steps for node in step.outputs}


def match(
    mine: list[Step], others: list[Step], stops: set[fx.Node]
) -> dict[fx.Node, fx.Node] | None:
    """The node of ``others`` for each of ``mine``, if both do the same but for constants.

    Args:
        mine, others: Steps of training and of inference.
        stops: What both are given.
    """
    found: dict[fx.Node, fx.Node] = {}
    stops = stops | _results_of(mine + others)
    plain = [[step for step in steps if not is_mark(step)] for steps in (mine, others)]
    if len(plain[0]) != len(plain[1]):
        return None
    for one, other in zip(*plain, strict=True):
        if not _alike(one, other):
            return None
        for left, right in zip(reads(one), reads(other), strict=True):
            left, right = origin(left, stops), origin(right, stops)
            if left in found and found[left] is not right:
                return None
        found.update(zip(one.outputs, other.outputs, strict=True))
        if one.node is not None:
            found[one.node] = other.node
    return found


def is_mark(step: Step) -> bool:
    """Whether a step only marks a result."""
    return step.node is not None and step.node.target is same


def reads(step: Step) -> list[fx.Node]:
    """What a step needs."""
    return step.inputs if step.node is None else step.node.all_input_nodes


def made(step: Step) -> list[fx.Node]:
    """What a step makes."""
    return step.outputs if step.node is None else [step.node]


def _alike(one: Step, other: Step) -> bool:
    if len(reads(one)) != len(reads(other)) or len(one.outputs) != len(other.outputs):
        return False
    if one.node is None or other.node is None:
        same_path = owner_of(one) == owner_of(other)
        return one.node is other.node and one.unit is other.unit and same_path
    if (one.node.op, one.node.target) != (other.node.op, other.node.target):
        return False
    kwargs = dict(other.node.kwargs)
    if one.node.op == "call_module" and one.node.kwargs.get("training") is False:
        kwargs["training"] = False  # what a frozen layer says in training, and is so in inference
    return _same_form((one.node.args, dict(one.node.kwargs)), (other.node.args, kwargs))


def origin(node: fx.Node, stops: set[fx.Node]) -> fx.Node:
    """What a node that only marks a result stands for."""
    while node.target is same and node not in stops:
        node = node.args[0]
    return node


def _same_form(one: Any, other: Any) -> bool:
    """Whether two structures of arguments differ at most in numbers."""
    if isinstance(one, fx.Node) or isinstance(other, fx.Node):
        return isinstance(one, fx.Node) and isinstance(other, fx.Node)
    if type(one) is not type(other):
        return False
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(_same_form, one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_same_form(one[k], other[k]) for k in one)
    if isinstance(one, slice):
        return all(
            _same_form(getattr(one, k), getattr(other, k)) for k in ("start", "stop", "step")
        )
    return (isinstance(one, (int, float)) and type(one) is not bool) or one == other


def _same_results(
    one: Any, other: Any, choices: dict[fx.Node, fx.Node], stops: set[fx.Node]
) -> bool:
    if isinstance(one, fx.Node):
        one, other = origin(one, stops), origin(other, stops)
        return one.op == "get_attr" or choices.get(one) is other
    if isinstance(one, (list, tuple)):
        pairs = zip(one, other, strict=True)
        return all(_same_results(a, b, choices, stops) for a, b in pairs)
    if isinstance(one, dict):
        return all(_same_results(one[key], other[key], choices, stops) for key in one)
    return True

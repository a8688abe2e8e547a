"""What a class computes, as the statements of its ``forward``."""

import operator
import re
from collections.abc import Callable
from typing import Any

from torch import fx

from torchkeras.core import naming
from torchkeras.export.expressions import (
    ATOM,
    Choice,
    Expression,
    Unwritable,
    call,
    function_call,
    method_call,
    value,
)
from torchkeras.export.identifiers import identifier, unused
from torchkeras.export.loops import Loop, loop_at
from torchkeras.export.units import Step, Unit, is_mark, owner_of, reads
from torchkeras.tracer.autocast import ANYWHERE, autocast_of, in_blocks

# Names of what one line hands to the next.
_SHORT = ("x", "y", "z")
# The longest expression that is put into another one, and a call in it.
_LONGEST = 48
_CALLS = re.compile(r"\w\(")
# Methods that change the form of a tensor alone: they may stand right behind what made it.
_FORMS = {"transpose", "permute", "reshape", "view", "flatten", "unflatten", "squeeze", "unsqueeze"}


class Statements:
    """The lines of ``forward`` in one mode.

    Args:
        unit: What they do.
        attribute: How what is at a path of the model is reached.
        mode: "training" or "inference".
        names: Of the arguments.
        named: Tells what source calls a function.
    """

    def __init__(
        self,
        unit: Unit,
        attribute: Callable[[str], str],
        mode: str,
        names: list[str],
        named: Callable[[Callable], str],
    ) -> None:
        self.unit, self.attribute, self.named = unit, attribute, named
        self.steps = _with_forms_early(unit, [s for s in unit.steps[mode] if not is_mark(s)])
        self.choices = unit.choices or {}
        self.results = unit.results[mode]
        if unit.frame.parent is not None and len(self.results) == 1:
            self.results = self.results[0]
        self.uses: dict[Any, list[int]] = {}  # where each result, or loop's variable, is needed
        for position, step in enumerate(self.steps):
            for node in reads(step):
                self.uses.setdefault(unit.origin(node), []).append(position)
        for node in _nodes(self.results):
            self.uses.setdefault(unit.origin(node), []).append(len(self.steps))
        self.makers = {node: s for s in self.steps for node in (s.outputs or [s.node])}
        given = [pair for child in unit.frame.children for pair in child.arguments]
        self.masks = {unit.origin(node) for name, node in given if name == "mask"}
        self.values: dict[fx.Node, Expression] = {}
        self.inside: set[fx.Node] = set()  # those whose expression stands where they are needed
        self.autocast: dict[fx.Node, Any] = {}  # of what stands where it is needed
        self.holders: dict[str, Any] = {}  # what each variable holds at the moment
        self.names, self.parameters = names, set(names)
        self.functions = functions_of(unit, named)
        for name, node in zip(names, unit.given[mode], strict=True):
            self.values[node] = Expression(name, ATOM)
            self.holders[name] = node
        self.has_changes = any(_changes(step) for step in self.steps)

    def lines(self) -> list[str]:
        """The statements."""
        lines: list[tuple[Any, str]] = []
        position = 0
        while position < len(self.steps):
            loop = self._loop_at(position)
            lines += self._written(position) if loop is None else self._loop(loop, position)
            position += 1 if loop is None else loop.length * loop.rounds
        text = self._value(self.results).text
        is_several = isinstance(self.results, (list, tuple)) and self.unit.frame.parent is not None
        nodes = [self.unit.origin(node) for node in _nodes(self.results)]
        last = next((self.autocast[node] for node in nodes if node in self.autocast), ANYWHERE)
        lines.append((last, f"return {text[1:-1] if is_several else text}"))
        device = f"{next(iter(self.names), '')}.device.type"
        return in_blocks(lines, self.unit.frame.autocast, device)

    def _written(self, position: int) -> list[tuple[Any, str]]:
        """The lines of a step, each with its type of autocast."""
        step = self.steps[position]
        try:
            return [(self._autocast(step), line) for line in self._lines_of(step, position)]
        except Unwritable as error:
            raise named_error(error, step) from error

    def _loop_at(self, begin: int) -> Loop | None:
        """The loop that begins with a step, if all of it runs under one autocast."""
        loop = None if self.has_changes else loop_at(self.unit, self.steps, self.uses, begin)
        round_ = self.steps[begin : begin + loop.length] if loop else []
        return loop if len({*map(self._autocast, round_)} - {ANYWHERE}) < 2 else None

    def _loop(self, loop: Loop, begin: int) -> list[tuple[Any, str]]:
        """The lines of a loop, those of its first round standing for all."""
        last = begin + loop.length - 1
        before = self.values[loop.first]
        name, lines = before.text, []
        is_kept = name in self.parameters - {"x"} or self._last(loop.first) > last
        if name not in self.holders or is_kept:
            name = self._variable(loop.first, Step(loop.first), begin, [])
            lines = [(self.autocast.get(loop.first, ANYWHERE), f"{name} = {before.text}")]
            self.uses[loop] = [use for use in self.uses[loop.first] if use <= last]
            self.holders[name] = loop
            self.values[loop.first] = Expression(name, ATOM)
        body = [line for position in range(begin, last) for line in self._written(position)]
        step = self.steps[last]
        body.append((self._autocast(step), f"{name} = {self._found(step).text}"))
        self.values[loop.first] = before
        end = self.steps[last + loop.length * (loop.rounds - 1)]
        for node in end.outputs or [end.node]:
            self.values[node], self.holders[name] = Expression(name, ATOM), node
        (wanted,) = {autocast for autocast, _ in body} - {ANYWHERE} or {ANYWHERE}
        lines.append((wanted, f"for _ in range({loop.rounds}):"))
        return lines + [(wanted, f"    {line}") for _, line in body]

    def _autocast(self, step: Step) -> Any:
        """The type of autocast that a step runs under; ``ANYWHERE`` if it doesn't matter."""
        if step.unit is not None:
            return step.unit.frame.autocast
        own = ANYWHERE if step.node is None else autocast_of(step.node)
        inner = (self.autocast.get(self.unit.origin(node), ANYWHERE) for node in reads(step))
        return next((found for found in (own, *inner) if found is not ANYWHERE), ANYWHERE)

    def _lines_of(self, step: Step, position: int) -> list[str]:
        node = step.node
        if node is None:
            return self._settle(step.outputs, self._found(step), step, position)
        if node.op == "get_attr":
            return []
        if node.target is operator.setitem:
            owner, index, given = node.args
            target = function_call(operator.getitem, (owner, index), {}, self._node).text
            return [f"{target} = {self._value(given).text}"]
        if node.target is setattr:
            raise Unwritable(f"a change of the attribute {node.args[1]}")
        found = self._found(step)
        if node not in self.uses:
            return [found.text] if _changes(step) or node.op == "call_module" else []
        return self._settle([node], found, step, position)

    def _found(self, step: Step) -> Expression:
        """What gives the results of a step."""
        if step.node is not None:
            return self._expression(step.node)
        return call(self.attribute(owner_of(step)), [self._node(n) for n in step.inputs], {})

    def _settle(
        self, nodes: list[fx.Node], found: Expression, step: Step, position: int
    ) -> list[str]:
        """A statement that keeps a result, or none where it stands inside the one that needs it."""
        node = nodes[0]
        alone = len(nodes) == 1 and node in self.uses
        if alone and self._stands_inside(node, found, position):
            self.values[node] = found
            self.inside.add(node)
            self.autocast[node] = self._autocast(step)
            self._need(reads(step), self.uses[node])
            return []
        return [self._assignment(nodes, found.text, step, position)]

    def _need(self, nodes: list[fx.Node], positions: list[int]) -> None:
        """Note that ``nodes`` are needed at later positions, too."""
        for node in map(self.unit.origin, nodes):
            self.uses[node] = sorted({*self.uses.get(node, ()), *positions})
            if node in self.inside:
                self._need(node.all_input_nodes, positions)

    def _stands_inside(self, node: fx.Node, found: Expression, position: int) -> bool:
        uses = self.uses[node]
        if _is_size(node):
            return True
        if uses == [len(self.steps)]:
            is_result = isinstance(self.results, fx.Node)
            return is_result and position == len(self.steps) - 1
        between = self.steps[position + 1 : uses[0]]
        if len(uses) > 1 or (self.has_changes and between):
            return False
        if node.target is operator.getitem and isinstance(node.args[1], int):
            return found.text.count("[") <= 2
        step, user = self.steps[position], self.steps[uses[0]]
        if len({self._autocast(step), self._autocast(user)} - {ANYWHERE}) > 1:
            return False
        if user.frame is not step.frame and found.text.startswith(("torch.", "F.")):
            return False  # a layer with its activation is a line
        is_activated = step.frame is not None and user.frame is step.frame
        depth = len(_CALLS.findall(found.text)) if is_activated else found.text.count("(")
        return (
            len(found.text) <= _LONGEST
            and depth <= 2
            and all(step.node is not None and _is_plumbing(step.node) for step in between)
        )

    def _assignment(self, nodes: list[fx.Node], text: str, step: Step, position: int) -> str:
        names: list[str] = []
        for node in nodes:
            if node not in self.uses:
                names.append("_")
                continue
            name = self._variable(node, step, position, names)
            names.append(name)
            self.holders[name] = node
            self.values[node] = Expression(name, ATOM)
        return f"{', '.join(names)} = {text}"

    def _variable(self, node: fx.Node, step: Step, position: int, beside: list[str]) -> str:
        """A name for a result: ``x`` as long as nothing else is ``x``, one that its author gave it,
        that of what it was made from if nobody needs that any more, or another letter."""
        held = {name for name, held in self.holders.items() if self._last(held) > position}
        taken = {*beside, *held, *self.functions, *self.parameters - {"x"}}
        chosen = chosen_name(self._maker(step), self.unit)
        is_result = self.uses[node] == [len(self.steps)] and not isinstance(self.results, fx.Node)
        if node in self.masks or (step.frame is not None and node in step.frame.masks):
            return unused("mask", taken)
        goes_on = [] if beside else self._begins_with(step)
        short = _SHORT if self._is_handed_on(node) else ("x", *goes_on)
        free = [name for name in short if name in _SHORT and name not in taken]
        if chosen and (is_result or not free):
            return unused(chosen, {*taken, "x"})
        others = [name for name in goes_on if name in self.holders]
        for name in (*free, *others, *_SHORT):
            if name not in taken:
                return name
        frame = step.frame
        own = "" if frame is None else getattr(frame.module, "name", "")
        name = own if frame is None else self.unit.names.get(frame.path, own)
        return unused(identifier(name or re.sub(r"_\d+$", "", node.name)), taken)

    def _begins_with(self, step: Step) -> list[str]:
        """The name of the first variable that a step needs, what stands in its line included."""
        sources = [self.unit.origin(source) for source in reads(step)[:1]]
        if not sources or sources[0] not in self.values:
            return []
        if sources[0] in self.inside:
            return self._begins_with(self.makers[sources[0]])
        return [self.values[sources[0]].text]

    def _is_handed_on(self, node: fx.Node) -> bool:
        """Whether all that happens to a result is that one thing is made of it alone."""
        positions = self.uses[node]
        if len(positions) > 1 or positions[0] == len(self.steps):
            return False
        user = self.steps[positions[0]]
        if user.node is not None and user.node.target in _FORMS:
            return self._is_handed_on(user.node)
        return all(n is node or _is_plumbing(n) for n in map(self.unit.origin, reads(user)))

    def _maker(self, step: Step) -> Step:
        """The step whose result this one gives another form."""
        while step.node is not None and step.node.target in _FORMS:
            source = self.unit.origin(step.node.args[0])
            found = self.makers.get(source) if source in self.inside else None
            if found is None:
                break
            step = found
        return step

    def _last(self, node: Any) -> int:
        return self.uses.get(node, [-1])[-1]

    # Expressions

    def _node(self, node: fx.Node) -> Expression:
        node = self.unit.origin(node)
        if node.op == "get_attr" and node not in self.values:
            return Expression(self.attribute(str(node.target)), ATOM)
        return self.values[node]

    def _value(self, given: Any) -> Expression:
        return value(given, self._node)

    def _expression(self, node: fx.Node) -> Expression:
        args, kwargs = node.args, node.kwargs
        other = self.choices.get(node)
        if other is not None:
            args, kwargs = _chosen(args, other.args), _chosen(kwargs, other.kwargs)
        if node.op == "call_module":
            name = self.attribute(str(node.target))
            written = {key: self._value(arg) for key, arg in kwargs.items()}
            return call(name, [self._value(arg) for arg in args], written)
        if node.op == "call_method":
            return method_call(str(node.target), args, kwargs, self._node)
        return function_call(node.target, args, kwargs, self._node, self.named)


def _with_forms_early(unit: Unit, steps: list[Step]) -> list[Step]:
    """Steps, those that only change a tensor's form right behind the one that makes it."""
    if any(_changes(step) for step in steps):
        return steps
    users: dict[fx.Node, int] = {}
    for step in steps:
        for node in reads(step):
            users[unit.origin(node)] = users.get(unit.origin(node), 0) + 1
    found: list[Step] = []
    for step in steps:
        node, place = step.node, len(found)
        if node is not None and node.op == "call_method" and node.target in _FORMS:
            sources = [unit.origin(source) for source in reads(step)]
            makers = [n for n, other in enumerate(found) if other.node in sources]
            if len(sources) == len(makers) == 1 and users[sources[0]] == 1:
                place = makers[0] + 1
        found.insert(place, step)
    return found


def functions_of(unit: Unit, named: Callable[[Callable], str]) -> set[str]:
    """Names of the functions of ``torchkeras.nn`` that a unit calls, which no variable may have."""
    nodes = [step.node for steps in unit.steps.values() for step in steps if step.node]
    targets = [node.target for node in nodes if node.op == "call_function"]
    rooms = [getattr(target, "__module__", "") or "" for target in targets]
    own = zip(targets, rooms, strict=True)
    return {named(target) for target, room in own if room.startswith("torchkeras.nn.")}


def is_named_by_class(module: Any) -> bool:
    """Whether a layer has the name that its class gives, and none of its author's."""
    return _is_of_class(getattr(module, "name", ""), module)


def _is_of_class(name: str, module: Any) -> bool:
    return re.fullmatch(rf"{naming.to_snake_case(type(module).__name__)}(_\d+)?", name) is not None


def chosen_name(step: Step, unit: Unit) -> str:
    """The name of the layer whose step this is, if its author gave it one."""
    module = None if step.frame is None else step.frame.module
    name = getattr(module, "name", "")
    if step.frame is not None and step.frame.path in unit.names:
        name = unit.names[step.frame.path]
        return "" if _is_of_class(name, module) else identifier(name)
    if not name or module is unit.frame.module or is_named_by_class(module):
        return ""
    return identifier(name.removeprefix(f"{getattr(unit.frame.module, 'name', '')}_"))


def _chosen(one: Any, other: Any) -> Any:
    """Arguments of training, with choices where those of inference differ."""
    if isinstance(one, (list, tuple)):
        items = [_chosen(a, b) for a, b in zip(one, other, strict=True)]
        return type(one)(items) if type(one) in (list, tuple) else tuple(items)
    if isinstance(one, dict):
        return {key: _chosen(item, other.get(key, item)) for key, item in one.items()}
    if isinstance(one, (int, float)) and one != other:
        return Choice(one, other)
    return one


def _nodes(structure: Any) -> list[fx.Node]:
    if isinstance(structure, fx.Node):
        return [structure]
    if isinstance(structure, dict):
        return [node for item in structure.values() for node in _nodes(item)]
    if isinstance(structure, (list, tuple)):
        return [node for item in structure for node in _nodes(item)]
    return []


def _changes(step: Step) -> bool:
    """Whether a step changes a tensor in place."""
    node = step.node
    if node is None or node.op in ("call_module", "get_attr"):
        return False
    if node.target in (operator.setitem, setattr):
        return True
    if node.target in (operator.and_, operator.or_):
        return False
    name = node.target if isinstance(node.target, str) else getattr(node.target, "__name__", "")
    return (name.endswith("_") and not name.endswith("__")) or "out" in node.kwargs


def _is_size(node: fx.Node) -> bool:
    """Whether a node reads what changes of a tensor's elements don't touch."""
    return node.target is getattr or (node.op == "call_method" and node.target == "size")


def _is_plumbing(node: fx.Node) -> bool:
    """Whether a node is certain to stand inside another."""
    return node.op == "get_attr" or _is_size(node)


def named_error(error: Unwritable, step: Step) -> ValueError:
    """An error that names the layer whose step has no form as source."""
    module = None if step.frame is None else step.frame.module
    if module is None:
        return ValueError(f"The model can't be written as source: it needs {error}.")
    name = getattr(module, "name", "")
    return ValueError(
        f'{type(module).__name__} "{name}" can\'t be written as source: it needs {error}.'
    )

"""Classes of a model as source: ``__init__`` and ``forward``."""

import operator
import re
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, fx, nn

from torchkeras.export.constructors import Constructors
from torchkeras.export.expressions import (
    ATOM,
    Choice,
    Expression,
    Unwritable,
    call,
    constant,
    function_call,
    method_call,
    value,
)
from torchkeras.export.identifiers import attribute_name, class_name, identifier, unused
from torchkeras.export.permutations import without_detours
from torchkeras.export.units import Step, Unit, is_mark, owner_of, reads
from torchkeras.tracer.autocast import ANYWHERE, autocast_of, in_blocks

# The longest expression that is put into another one.
_LONGEST = 48


@dataclass(eq=False)
class Written:
    """A class as source.

    Attributes:
        name: Its name.
        text: Its source.
        state: Module, parameter or buffer of the traced model by the name it has in the class.
    """

    name: str
    text: str
    state: dict[str, Any] = field(default_factory=dict)


class Writer:
    """Writes units as classes, those that they call included.

    Args:
        owners: Modules, parameters and buffers by path.
        constructors: Writes constructors of modules.
        taken: Names that no class may have.
    """

    def __init__(self, owners: dict[str, Any], constructors: Constructors, taken: set[str]) -> None:
        self.owners = owners
        self.constructors = constructors
        self.taken = taken
        self.classes: list[Written] = []  # in the order in which they were finished
        self.by_path: dict[str, Written] = {}
        self.clashes: set[str] = set()  # layers whose calls differ
        self.names_of_inputs: list[str] = []  # of the class written last

    def write(self, unit: Unit, name: str) -> Written:
        """The class of a unit; the same one for units that read alike."""
        before = len(self.classes)
        without_detours(unit, self.owners)
        body = _Body(self, unit)
        text, state = body.text()
        path = unit.frame.path
        for known in self.classes[before:] + self.classes[:before]:
            if known.text == text:
                written = Written(known.name, text, state)
                break
        else:
            copied = self.constructors.sources.names()
            written = Written(class_name(name, self.taken | copied), text, state)
            self.taken.add(written.name)
            self.classes.append(written)
        if path in self.by_path and self.by_path[path].name != written.name:
            self.clashes.add(path)
        self.by_path[path] = written
        return written

    def function(self, unit: Unit, name: str) -> str:
        """A unit without modules as a function.

        Raises:
            Unwritable: it has weights.
        """
        body = _Body(self, unit)
        if body.attributes or unit.choices is None:
            raise Unwritable(f"the function {name}, which isn't one of its argument alone")
        lines = _Statements(body, "inference", ["x"]).lines()
        return "\n    ".join([f"def {identifier(name)}(x: Tensor) -> Tensor:", *lines])

    def source(self, written: Written) -> str:
        """A class with its name."""
        return f"class {written.name}(nn.Module):\n{written.text}"


class _Body:
    """One class: names of its attributes and variables, and its statements."""

    def __init__(self, writer: Writer, unit: Unit) -> None:
        self.writer = writer
        self.unit = unit
        self.attributes: dict[str, str] = {}  # path of what is owned -> attribute
        self.children: dict[str, Written] = {}
        self.replaced: dict[str, nn.Module] = {}
        self.makers: dict[str, Step] = {}  # where each is first used
        self._name_attributes()

    # Attributes

    def _name_attributes(self) -> None:
        """Name what the class owns after the layers of the model."""
        by_layer: dict[str, dict[str, Step]] = {}
        for steps in self.unit.steps.values():
            for step in steps:
                owner = owner_of(step)
                if owner is not None:
                    frame = step.frame
                    layer = "" if frame is None else frame.path
                    by_layer.setdefault(layer, {}).setdefault(owner, step)
        modules = [p for owned in by_layer.values() for p, s in owned.items() if self._is_module(s)]
        for layer, owned in by_layer.items():
            owned = {
                path: step
                for path, step in owned.items()
                if self._is_module(step) or not any(path.startswith(f"{m}.") for m in modules)
            }
            ends = [path.rpartition(".")[2] for path in owned]
            for path, step in owned.items():
                alone = len(owned) == 1 if step.frame is not None else len(set(ends)) == len(ends)
                self._name(layer, path, step, alone)

    @staticmethod
    def _is_module(step: Step) -> bool:
        return step.node is None or step.node.op == "call_module"

    def _name(self, layer: str, path: str, step: Step, alone: bool) -> None:
        frame = step.frame
        rest = path.removeprefix(self.unit.frame.path if frame is None else layer).strip(".")
        if frame is None:
            name = rest.rpartition(".")[2] if alone else rest
        else:
            name = getattr(frame.module, "name", layer)
            name = name if alone and self._is_module(step) else f"{name}_{rest}"
        self.attributes[path] = attribute_name(name, self.attributes.values())
        self.makers[path] = step
        if step.unit is not None:
            kind = type(step.unit.frame.module).__name__
            module = step.unit.frame.module
            wanted = module.name if kind in ("Functional", "Sequential", "Model") else kind
            self.children[path] = self.writer.write(step.unit, wanted)
        elif step.replaced is not None:
            self.replaced[path] = step.replaced

    def _check_children(self, step: Step) -> None:
        """Write other calls of a layer that has its class already, to see that they agree."""
        path = step.unit.frame.path
        if self.children[path] is not None and step.unit is not self._first(path):
            self.writer.write(step.unit, type(step.unit.frame.module).__name__)

    def _first(self, path: str) -> Unit | None:
        for steps in self.unit.steps.values():
            for step in steps:
                if step.unit is not None and step.unit.frame.path == path:
                    return step.unit
        return None

    # Source

    def text(self) -> tuple[str, dict[str, Any]]:
        """The class without its first line, and what it owns by name."""
        for steps in self.unit.steps.values():
            for step in steps:
                if step.unit is not None:
                    self._check_children(step)
        names = []
        for given in self.unit.inputs:
            names.append(unused(identifier(given), names))
        self.writer.names_of_inputs = names
        typed = [f"{name}: Tensor" for name in names]
        lines = [f"    def forward({', '.join(['self', *typed])}):"]
        if self.unit.choices is not None:
            lines += self._forward("training", names, "        ")
        else:
            lines += ["        if self.training:"]
            lines += self._forward("training", names, "            ")
            lines += self._forward("inference", names, "        ")
        set_up, state = self._set_up()
        head = ["    def __init__(self):", "        super().__init__()", *set_up, ""]
        described = f'    """{self._described()}"""'
        return "\n".join([described, "", *(head if set_up else []), *lines]), state

    def _described(self) -> str:
        kind = identifier(type(self.unit.frame.module).__name__)
        if self.unit.frame.parent is None:
            return "The model."
        return f"What Keras's {kind} computes."

    def _set_up(self) -> tuple[list[str], dict[str, Any]]:
        lines, state = [], {}
        for path, name in self.attributes.items():
            try:
                lines += self._made(path, name, state)
            except Unwritable as error:
                raise _named(error, self.makers[path]) from error
        return [f"        {line}" for line in lines], state

    def _made(self, path: str, name: str, state: dict[str, Any]) -> list[str]:
        """The lines that make an attribute; what it holds is added to ``state``."""
        if path in self.children:
            child = self.children[path]
            state.update({f"{name}.{key}": owner for key, owner in child.state.items()})
            return [f"self.{name} = {child.name}()"]
        if path in self.replaced:
            return self._module(name, self.replaced[path])
        owner = state[name] = self.writer.owners[path]
        return (
            self._module(name, owner)
            if isinstance(owner, nn.Module)
            else [self._tensor(name, owner)]
        )

    def _module(self, name: str, module: nn.Module) -> list[str]:
        lines = [f"self.{name} = {self.writer.constructors.of_module(module).text}"]
        parameters = dict(module.named_parameters())
        frozen = [key for key, parameter in parameters.items() if not parameter.requires_grad]
        if frozen and len(frozen) == len(parameters):
            return [*lines, f"self.{name}.requires_grad_(False)"]
        return [*lines, *(f"self.{name}.{key}.requires_grad_(False)" for key in frozen)]

    @staticmethod
    def _tensor(name: str, tensor: Tensor) -> str:
        given = {} if tensor.dtype is torch.float32 else {"dtype": constant(tensor.dtype)}
        zeros = call("torch.zeros", [constant(tuple(tensor.shape))], given)
        if not isinstance(tensor, nn.Parameter):
            return f'self.register_buffer("{name}", {zeros.text})'
        frozen = {} if tensor.requires_grad else {"requires_grad": constant(False)}
        return f"self.{name} = {call('nn.Parameter', [zeros], frozen).text}"

    # Statements

    def _forward(self, mode: str, names: list[str], indent: str) -> list[str]:
        statements = _Statements(self, mode, names)
        return [indent + line for line in statements.lines()]

    def attribute(self, path: str) -> str:
        """How ``forward`` reaches what it owns."""
        if path in self.attributes:
            return f"self.{self.attributes[path]}"
        for owner, name in self.attributes.items():
            if path.startswith(f"{owner}."):
                return f"self.{name}.{self._within(owner, path)}"
        raise Unwritable(f"a weight of another layer ({path})")

    def _within(self, owner: str, path: str) -> str:
        """How what a call owns is reached from there."""
        if owner in self.children:
            wanted = self.writer.owners[path]
            for key, value in self.children[owner].state.items():
                members = _members(value) if isinstance(value, nn.Module) else [("", value)]
                for name, member in members:
                    if member is wanted:
                        return f"{key}.{name}".strip(".")
            self.writer.clashes.add(owner)
        return path.removeprefix(f"{owner}.")


class _Statements:
    """The lines of ``forward`` in one mode."""

    def __init__(self, body: _Body, mode: str, names: list[str]) -> None:
        self.body = body
        self.unit = unit = body.unit
        self.steps = [step for step in unit.steps[mode] if not is_mark(step)]
        self.choices = unit.choices or {}
        self.results = unit.results[mode]
        if unit.frame.parent is not None and len(self.results) == 1:
            self.results = self.results[0]
        self.uses: dict[fx.Node, list[int]] = {}  # where each result is needed
        for position, step in enumerate(self.steps):
            for node in reads(step):
                self.uses.setdefault(unit.origin(node), []).append(position)
        for node in _nodes(self.results):
            self.uses.setdefault(unit.origin(node), []).append(len(self.steps))
        self.values: dict[fx.Node, Expression] = {}
        self.inside: set[fx.Node] = set()  # those whose expression stands where they are needed
        self.autocast: dict[fx.Node, Any] = {}  # of what stands where it is needed
        self.holders: dict[str, fx.Node] = {}  # what each variable holds at the moment
        self.names, self.parameters = names, set(names)
        for name, node in zip(names, unit.given[mode], strict=True):
            self.values[node] = Expression(name, ATOM)
            self.holders[name] = node
        self.has_changes = any(_changes(step) for step in self.steps)

    def lines(self) -> list[str]:
        """The statements."""
        lines: list[tuple[Any, str]] = []
        for position, step in enumerate(self.steps):
            try:
                lines += [(self._autocast(step), line) for line in self._lines_of(step, position)]
            except Unwritable as error:
                raise _named(error, step) from error
        text = self._value(self.results).text
        is_several = isinstance(self.results, (list, tuple)) and self.unit.frame.parent is not None
        nodes = [self.unit.origin(node) for node in _nodes(self.results)]
        last = next((self.autocast[node] for node in nodes if node in self.autocast), ANYWHERE)
        lines.append((last, f"return {text[1:-1] if is_several else text}"))
        device = f"{next(iter(self.names), '')}.device.type"
        return in_blocks(lines, self.unit.frame.autocast, device)

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
            given = [self._node(given) for given in step.inputs]
            text = call(self.body.attribute(owner_of(step)), given, {}).text
            return self._settle(step.outputs, Expression(text, ATOM), step, position)
        if node.op == "get_attr":
            return []
        if node.target is operator.setitem:
            owner, index, given = node.args
            target = function_call(operator.getitem, (owner, index), {}, self._node).text
            return [f"{target} = {self._value(given).text}"]
        if node.target is setattr:
            raise Unwritable(f"a change of the attribute {node.args[1]}")
        found = self._expression(node)
        if node not in self.uses:
            return [found.text] if _changes(step) or node.op == "call_module" else []
        return self._settle([node], found, step, position)

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
        if self.has_changes or len(uses) > 1:
            return False
        if node.target is operator.getitem and isinstance(node.args[1], int):
            return found.text.count("[") <= 2
        step, user = self.steps[position], self.steps[uses[0]]
        if len({self._autocast(step), self._autocast(user)} - {ANYWHERE}) > 1:
            return False
        if user.frame is not step.frame and found.text.startswith(("torch.", "F.")):
            return False  # a layer with its activation is a line
        between = self.steps[position + 1 : uses[0]]
        return (
            len(found.text) <= _LONGEST
            and found.text.count("(") <= 2
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
        """A name for a result: that of what it was made from if nobody needs that any more."""
        taken = {*beside, *(n for n, held in self.holders.items() if self._last(held) > position)}
        if not beside:
            sources = reads(step)[:1]
            for source in map(self.unit.origin, sources):
                name = self.values[source].text if source in self.values else ""
                if name in self.holders and name not in taken | self.parameters - {"x"}:
                    return name
            if "x" not in taken:
                return "x"
        layer = getattr(step.frame.module, "name", "") if step.frame is not None else ""
        if step.frame is not None and node in step.frame.masks:
            layer = "mask"
        name = re.sub(r"_\d+$", "", node.name)
        return unused(identifier(layer or name), taken | {"x"})

    def _last(self, node: fx.Node) -> int:
        return self.uses.get(node, [-1])[-1]

    # Expressions

    def _node(self, node: fx.Node) -> Expression:
        node = self.unit.origin(node)
        if node.op == "get_attr" and node not in self.values:
            return Expression(self.body.attribute(str(node.target)), ATOM)
        return self.values[node]

    def _value(self, given: Any) -> Expression:
        return value(given, self._node)

    def _expression(self, node: fx.Node) -> Expression:
        args, kwargs = node.args, node.kwargs
        other = self.choices.get(node)
        if other is not None:
            args, kwargs = _chosen(args, other.args), _chosen(kwargs, other.kwargs)
        if node.op == "call_module":
            name = self.body.attribute(str(node.target))
            written = {key: self._value(arg) for key, arg in kwargs.items()}
            return call(name, [self._value(arg) for arg in args], written)
        if node.op == "call_method":
            return method_call(str(node.target), args, kwargs, self._node)
        return function_call(node.target, args, kwargs, self._node)


def _members(module: nn.Module) -> list[tuple[str, Any]]:
    """Modules and tensors of a module, itself included, by path."""
    tensors = [*module.named_parameters(), *module.named_buffers()]
    return [*module.named_modules(), *tensors]


def _chosen(one: Any, other: Any) -> Any:
    """Arguments of training, with choices where those of inference differ."""
    if isinstance(one, (list, tuple)):
        items = [_chosen(a, b) for a, b in zip(one, other, strict=True)]
        return type(one)(items) if type(one) in (list, tuple) else tuple(items)
    if isinstance(one, dict):
        return {key: _chosen(one[key], other[key]) for key in one}
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
    name = node.target if isinstance(node.target, str) else getattr(node.target, "__name__", "")
    return (name.endswith("_") and not name.endswith("__")) or "out" in node.kwargs


def _is_size(node: fx.Node) -> bool:
    """Whether a node reads what changes of a tensor's elements don't touch."""
    return node.target is getattr or (node.op == "call_method" and node.target == "size")


def _is_plumbing(node: fx.Node) -> bool:
    """Whether a node is certain to stand inside another."""
    return node.op == "get_attr" or _is_size(node)


def _named(error: Unwritable, step: Step) -> ValueError:
    module = None if step.frame is None else step.frame.module
    if module is None:
        return ValueError(f"The model can't be written as source: it needs {error}.")
    name = getattr(module, "name", "")
    return ValueError(
        f'{type(module).__name__} "{name}" can\'t be written as source: it needs {error}.'
    )

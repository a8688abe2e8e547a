"""Classes of a model as source: ``__init__`` and ``forward``."""

import itertools
import re
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor, fx, nn

from torchkeras.core.configurable import is_builtin
from torchkeras.export.arguments import NUMBER, with_arguments
from torchkeras.export.blocks import Block, gather
from torchkeras.export.chains import Link, chain_of
from torchkeras.export.constructors import Constructors
from torchkeras.export.expressions import (
    Unwritable,
    call,
    constant,
)
from torchkeras.export.identifiers import attribute_name, class_name, identifier, unused
from torchkeras.export.permutations import Detours
from torchkeras.export.statements import (
    Statements,
    chosen_name,
    functions_of,
    is_named_by_class,
    named_error,
)
from torchkeras.export.units import Step, Unit, owner_of
from torchkeras.tracer.frames import Frame


@dataclass(eq=False)
class Written:
    """A class as source, or a chain of modules.

    Attributes:
        name: Its name; empty for a chain.
        text: Its source.
        state: Module, parameter or buffer of the traced model by the name it has in the class.
        maker: The expression that makes one.
        is_frozen: Whether a chain has weights that aren't trained.
    """

    name: str
    text: str
    state: dict[str, Any] = field(default_factory=dict)
    maker: str = ""
    is_frozen: bool = False


class Writer:
    """Writes units as classes, those that they call included.

    Args:
        owners: Modules, parameters and buffers by path.
        constructors: Writes constructors of modules.
        taken: Names that no class may have.
        inline: Paths of blocks that stay where they are.
    """

    def __init__(
        self,
        owners: dict[str, Any],
        constructors: Constructors,
        taken: set[str],
        inline: set[str],
    ) -> None:
        self.owners = owners
        self.constructors = constructors
        self.taken = taken
        self.inline = inline
        self.detours = Detours(owners)
        self.classes: list[Written] = []  # in the order in which they were finished
        self.by_path: dict[str, Written] = {}
        self.blocks: dict[Unit, Written] = {}
        self.gathered: set[Unit] = set()
        self.clashes: set[str] = set()  # layers whose calls differ
        self.names_of_inputs: list[str] = []  # of the class written last

    def write(self, unit: Unit, name: str) -> Written:
        """The class of a unit; the same one for units that read alike."""
        self.detours.leave_out(unit)
        written = self._chain(unit) or self._gathered(unit) or self._class(unit, name)
        path = unit.frame.path
        if path in self.by_path and self.by_path[path].maker != written.maker:
            self.clashes.add(path)
        self.by_path[path] = written
        return written

    def _class(self, unit: Unit, name: str) -> Written:
        if isinstance(unit.frame.module, Block):
            return self._block(unit, name)
        before = len(self.classes)
        text, state = _Body(self, unit).text()
        return self._known(text, state, name, before)

    def _gathered(self, unit: Unit) -> Written | None:
        """A model that is a chain once what it repeats is gathered, which is done here."""
        if unit in self.gathered or not is_plain_model(unit.frame.module):
            return None
        self.gathered.add(unit)
        gather(unit, self._form, self.inline)
        return self._chain(unit)

    def _known(self, text: str, state: dict[str, Any], name: str, before: int) -> Written:
        """A class that reads like that, or a new one."""
        for known in self.classes[before:] + self.classes[:before]:
            if known.text == text:
                return Written(known.name, text, state, f"{known.name}()")
        own = class_name(name, self.taken | self.constructors.sources.names())
        written = Written(own, text, state, f"{own}()")
        self.taken.add(own)
        self.classes.append(written)
        return written

    def _block(self, unit: Unit, name: str) -> Written:
        """The class of a block, one for all that differ in numbers alone."""
        if unit not in self.blocks:
            alike = unit.frame.module.alike
            before = len(self.classes)
            bodies = [_Body(self, member) for member in alike]
            told = [body.numbers() for body in bodies]
            for body in bodies:
                body.also = _differing(told)
            texts, states = zip(*(body.text() for body in bodies), strict=True)
            shared = with_arguments(texts, bodies[0].kinds())
            for place, member in enumerate(alike):
                text, given = texts[place], ""
                if shared is not None:
                    text, given = shared.text, shared.given[place]
                made = self._known(text, states[place], name, before)
                self.blocks[member] = replace(made, maker=f"{made.name}({given})")
        return self.blocks[unit]

    def _form(self, step: Step) -> Any:
        """What the module of a step is, but for its weights' values, and numbers of torch's."""
        owner = step.frame.module if step.unit else self.owners.get(owner_of(step))
        if isinstance(owner, Tensor):
            return type(owner), owner.dtype, owner.ndim, owner.requires_grad
        owner = owner or step.replaced
        trained = [weight.requires_grad for weight in owner.parameters()]
        if step.unit is not None:
            return type(owner), *trained, *(tuple(weight.shape) for weight in owner.parameters())
        try:
            numbers = self.constructors.numbers(owner)
            maker = self.constructors.of_module(owner, _is_given_more(step.node), numbers)
        except Unwritable as error:
            raise named_error(error, step) from error
        return NUMBER.sub("0", maker.text), *trained

    def _chain(self, unit: Unit) -> Written | None:
        """A model that is a straight chain of modules as ``nn.Sequential``."""
        is_plain = unit.frame.parent is not None and is_plain_model(unit.frame.module)
        links = chain_of(unit) if is_plain else None
        if links is None:
            return None
        owned = [
            self.owners[owner_of(link.step)]
            for link in links
            if link.module is None and link.step.unit is None
        ]
        weights = [weight for module in owned for weight in module.parameters()]
        kinds = {weight.requires_grad for weight in weights}
        if len(kinds) > 1 or (False in kinds and any(link.step.unit for link in links)):
            return None
        names = _names_of_links(links, unit)
        makers, state = {}, {}
        for name, link in zip(names, links, strict=True):
            path = owner_of(link.step)
            if link.step.unit is not None:
                part = self.write(link.step.unit, wanted_name(link.step.unit))
                makers[name] = part.maker
                state.update({f"{name}.{key}": owner for key, owner in part.state.items()})
                continue
            if link.module is None:
                state[name] = self.owners[path]
            try:
                makers[name] = self.constructors.of_module(link.module or state[name], False).text
            except Unwritable as error:
                raise named_error(error, link.step) from error
        return Written("", "", state, self.constructors.in_order(makers), False in kinds)

    def function(self, unit: Unit, name: str) -> str:
        """A unit without modules as a function.

        Raises:
            Unwritable: it has weights.
        """
        body = _Body(self, unit)
        if body.attributes or unit.choices is None:
            raise Unwritable(f"the function {name}, which isn't one of its argument alone")
        named = self.constructors.name_of_function
        lines = Statements(unit, body.attribute, "inference", ["x"], named).lines()
        return "\n    ".join([f"def {identifier(name)}(x: Tensor) -> Tensor:", *lines])

    def source(self, written: Written) -> str:
        """A class with its name."""
        return f"class {written.name}(nn.Module):\n{written.text}"


def is_plain_model(module: nn.Module) -> bool:
    """Whether a model is made of layers alone, and has no class of its author's."""
    return type(module).__name__ in ("Functional", "Sequential", "Model")


def wanted_name(unit: Unit) -> str:
    """What the class of a unit is called after."""
    module = unit.frame.module
    if isinstance(module, Block):
        return module.title
    return module.name if is_plain_model(module) else type(module).__name__


def _names_of_inputs(unit: Unit) -> list[str]:
    """Names of what a unit is given; the only input of a model without a name is just that."""
    names = unit.inputs
    is_default = len(names) == 1 and re.fullmatch(r"input(_layer)?(_\d+)?", names[0])
    return ["inputs"] if is_default and unit.frame.parent is None else names


def _names_of_links(links: list[Link], unit: Unit) -> list[str]:
    """Names by layers and kinds where an author gave any, else numbers."""
    chosen = [chosen_name(link.step, unit) for link in links]
    if not any(chosen):
        return [str(number) for number in range(len(links))]
    names: list[str] = []
    for link, name in zip(links, chosen, strict=True):
        kind = type(link.module).__name__ if link.module is not None else "layer"
        names.append(attribute_name(name if name and name not in names else kind.lower(), names))
    return names


class _Body:
    """One class: names of its attributes and variables, and its statements."""

    def __init__(self, writer: Writer, unit: Unit) -> None:
        self.writer = writer
        self.unit = unit
        self.attributes: dict[str, str] = {}  # path of what is owned -> attribute
        self.children: dict[str, Written] = {}
        self.replaced: dict[str, nn.Module] = {}
        self.makers: dict[str, Step] = {}  # where each is first used
        self.also: dict[str, set[str]] = {}  # what makers are told in any case, by attribute
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
            handed = {path for path in owned if isinstance(self._handed(path, owned), nn.Module)}
            for path, step in sorted(owned.items(), key=lambda pair: pair[0] in handed):
                alone = len(owned) == 1 if step.frame is not None else len(set(ends)) == len(ends)
                shared = _shared_end(list(owned)) if handed and step.frame is None else ""
                self._name(layer, path, step, alone, shared)

    @staticmethod
    def _is_module(step: Step) -> bool:
        return step.node is None or step.node.op == "call_module"

    def _handed(self, path: str, owned: dict[str, Step]) -> Any:
        """What is at a path, if it is handed over as it is."""
        node = owned[path].node
        return self.writer.owners[path] if node is not None and node.op == "get_attr" else None

    def _name(self, layer: str, path: str, step: Step, alone: bool, shared: str) -> None:
        frame = step.frame
        rest = path.removeprefix(self.unit.frame.path if frame is None else layer).strip(".")
        rest = rest.removesuffix(shared) or rest
        if frame is None:
            name = rest.rpartition(".")[2] if alone else rest
        else:
            name = self._name_of(frame)
            name = name if alone and self._is_module(step) else f"{name}_{rest}"
        self.attributes[path] = attribute_name(name, self.attributes.values())
        self.makers[path] = step
        if step.unit is not None:
            self.children[path] = self.writer.write(step.unit, wanted_name(step.unit))
        elif step.replaced is not None:
            self.replaced[path] = step.replaced

    def _name_of(self, frame: Frame) -> str:
        """What the attribute of a layer is called: its name, else its author's attribute."""
        whole = self.unit.frame.module
        if frame.path in self.unit.names:
            return self.unit.names[frame.path]
        place = frame.path.removeprefix(f"{self.unit.frame.path}.").strip(".")
        if is_named_by_class(frame.module) and not is_plain_model(whole):
            return place
        return getattr(frame.module, "name", place).removeprefix(f"{getattr(whole, 'name', '')}_")

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
        names: list[str] = []
        functions = functions_of(self.unit, self.writer.constructors.name_of_function)
        for given in _names_of_inputs(self.unit):
            names.append(unused(identifier(given), {*names, *functions}))
        self.writer.names_of_inputs = names
        arguments = ["self", *(f"{name}: Tensor" for name in names)]
        lines = [f"    def forward({', '.join(arguments)}):"]
        if self.unit.choices is not None:
            lines += self._forward("training", names, "        ")
        else:
            lines += ["        if self.training:"]
            lines += self._forward("training", names, "            ")
            lines += self._forward("inference", names, "        ")
        set_up, state = self._set_up()
        head = ["    def __init__(self):", "        super().__init__()", *set_up, ""]
        described = f'    """{self._described()}"""'
        buffers = [f"    {name}: Tensor" for name in self._buffers()]
        typed = [*buffers, ""] if buffers else []
        return "\n".join([described, "", *typed, *(head if set_up else []), *lines]), state

    def _buffers(self) -> list[str]:
        """Attributes whose type torch doesn't know."""
        owned = {name: self.writer.owners.get(path) for path, name in self.attributes.items()}
        return [
            name
            for name, owner in owned.items()
            if isinstance(owner, Tensor) and not isinstance(owner, nn.Parameter)
        ]

    def _described(self) -> str:
        module = self.unit.frame.module
        kind = identifier(type(module).__name__)
        if self.unit.frame.parent is None:
            return "The model."
        if isinstance(module, Block):
            return "Layers that the model has several times."
        if is_plain_model(module):
            return "A model within the model."
        return (
            f"What Keras's {kind} computes."
            if is_builtin(type(module))
            else f"What {kind} computes."
        )

    def _set_up(self) -> tuple[list[str], dict[str, Any]]:
        lines, state = [], {}
        for path, name in self.attributes.items():
            try:
                lines += self._made(path, name, state)
            except Unwritable as error:
                raise named_error(error, self.makers[path]) from error
        return [f"        {line}" for line in lines], state

    def _made(self, path: str, name: str, state: dict[str, Any]) -> list[str]:
        """The lines that make an attribute; what it holds is added to ``state``."""
        if path in self.children:
            child = self.children[path]
            state.update({f"{name}.{key}": owner for key, owner in child.state.items()})
            frozen = [f"self.{name}.requires_grad_(False)"] if child.is_frozen else []
            return [f"self.{name} = {child.maker}", *frozen]
        if path in self.replaced:
            return self._module(path, name, self.replaced[path])
        owner = state[name] = self.writer.owners[path]
        return (
            self._module(path, name, owner)
            if isinstance(owner, nn.Module)
            else [self._tensor(name, owner)]
        )

    def _module(self, path: str, name: str, module: nn.Module) -> list[str]:
        nodes = [step.node for steps in self.unit.steps.values() for step in steps if step.node]
        calls = [node for node in nodes if node.op == "call_module" and node.target == path]
        is_given_more = any(map(_is_given_more, calls))
        also = self.also.get(name, ())
        maker = self.writer.constructors.of_module(module, is_given_more, also)
        lines = [f"self.{name} = {maker.text}"]
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

    def kinds(self) -> dict[str, type]:
        """The class of each module, by attribute."""
        return {name: type(module) for name, module in self._modules().items()}

    def numbers(self) -> dict[str, dict[str, Any]]:
        """Numbers that each module is made with, by attribute and argument."""
        written = self.writer.constructors.numbers
        return {name: written(module) for name, module in self._modules().items()}

    def _modules(self) -> dict[str, nn.Module]:
        owned = {**self.writer.owners, **self.replaced}
        return {
            name: owned[path]
            for path, name in self.attributes.items()
            if isinstance(owned.get(path), nn.Module) and path not in self.children
        }

    # Statements

    def _forward(self, mode: str, names: list[str], indent: str) -> list[str]:
        named = self.writer.constructors.name_of_function
        statements = Statements(self.unit, self.attribute, mode, names, named)
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


def _is_given_more(call: fx.Node | None) -> bool:
    """Whether a module is called with more than one tensor and the mode."""
    return call is not None and bool(len(call.args) != 1 or call.kwargs.keys() - {"training"})


def _differing(told: list[dict[str, dict[str, Any]]]) -> dict[str, set[str]]:
    """Which numbers differ between modules of one name in several classes."""
    return {
        name: {
            key for key in numbers if len({repr(one.get(name, {}).get(key)) for one in told}) > 1
        }
        for name, numbers in told[0].items()
    }


def _shared_end(paths: list[str]) -> str:
    """What all paths end in, from a dot on."""
    parts = [path.split(".")[::-1] for path in paths]
    shared = list(itertools.takewhile(lambda same: len(set(same)) == 1, zip(*parts, strict=False)))
    return "".join(f".{same[0]}" for same in reversed(shared))


def _members(module: nn.Module) -> list[tuple[str, Any]]:
    """Modules and tensors of a module, itself included, by path."""
    tensors = [*module.named_parameters(), *module.named_buffers()]
    return [*module.named_modules(), *tensors]

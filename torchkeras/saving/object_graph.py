"""What lay below what when TensorFlow wrote a checkpoint: its graph of objects."""

from dataclasses import dataclass, field
from typing import Any

from torchkeras.saving import wire
from torchkeras.saving.files import DamagedFileError, damaged
from torchkeras.saving.tensor_bundle import Bundle

KEY = "_CHECKPOINTABLE_OBJECT_GRAPH"
# What TensorFlow calls a variable's value among an object's attributes.
VALUE = "VARIABLE_VALUE"


@dataclass(eq=False)
class Node:
    """An object.

    Attributes:
        children: The objects below it, by name.
        values: Keys of its tensors in the checkpoint, by name.
        full_name: What the variable was called, if it is one.
        slots: An optimizer's: the model's variable, what the slot is, and its own node.
    """

    children: dict[str, "Node"] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)
    full_name: str = ""
    slots: list[tuple["Node", str, "Node"]] = field(default_factory=list)

    @property
    def key(self) -> str | None:
        """Key of a variable's value; None if this is no variable."""
        return self.values.get(VALUE)

    def variables(self) -> dict[str, "Node"]:
        """The children that are variables, by name, each once."""
        found: dict[int, tuple[str, Node]] = {}
        for name, child in self.children.items():
            if child.key is not None:
                found.setdefault(id(child), (name, child))
        return dict(found.values())

    def members(self) -> list["Node"]:
        """The members of a list, in their order."""
        numbered = [(int(name), node) for name, node in self.children.items() if name.isdecimal()]
        return [node for _, node in sorted(numbered, key=lambda pair: pair[0])]


def read(bundle: Bundle) -> Node | None:
    """The object that the checkpoint was made of; None if it is one of variables by name.

    Raises:
        ValueError: the graph is damaged.
    """
    if KEY not in bundle:
        return None
    if not bundle.entry(KEY).is_text or bundle.entry(KEY).shape:
        raise _refuse("no text")
    try:
        return _graph(bundle.read(KEY).item())
    except DamagedFileError:
        raise
    except (ValueError, TypeError, AttributeError) as error:
        raise _refuse(str(error)) from error


def to_bytes(nodes: list[Node]) -> bytes:
    """A graph as TensorFlow writes it; the first node is the object that was saved."""
    numbers = {node: number for number, node in enumerate(nodes)}
    field, data = wire.write_field, b""
    for node in nodes:
        message = b"".join(
            field(1, field(1, numbers[child]) + field(2, name.encode()))
            for name, child in node.children.items()
        )
        for name, key in node.values.items():
            texts = (name, node.full_name, key)
            message += field(2, b"".join(field(n, t.encode()) for n, t in enumerate(texts, 1)))
        for owner, name, slot in node.slots:
            places = field(1, numbers[owner]), field(2, name.encode()), field(3, numbers[slot])
            message += field(3, b"".join(places))
        data += field(1, message)
    return data


def _graph(data: bytes) -> Node:
    messages = [value for number, _, value in wire.fields(data) if number == 1]
    nodes = [Node() for _ in messages]
    for node, message in zip(nodes, messages, strict=True):
        for number, _, value in wire.fields(message):
            if number == 1:
                child = dict(_fields(value))
                node.children[_text(child, 2)] = _numbered(nodes, child.get(1, 0))
            elif number == 2:
                tensor = dict(_fields(value))
                node.values[_text(tensor, 1)] = _text(tensor, 3)
                node.full_name = _text(tensor, 2)
            elif number == 3:
                slot = dict(_fields(value))
                owner, own = (_numbered(nodes, slot.get(n, 0)) for n in (1, 3))
                node.slots.append((owner, _text(slot, 2), own))
    if not nodes:
        raise _refuse("without objects")
    return nodes[0]


def _fields(message: Any) -> Any:
    return ((number, value) for number, _, value in wire.fields(message))


def _text(fields: dict[int, Any], number: int) -> str:
    return fields.get(number, b"").decode()


def _numbered(nodes: list[Node], number: Any) -> Node:
    if not isinstance(number, int) or number >= len(nodes):
        raise _refuse(f"of {len(nodes)} objects, which names number {number!r}")
    return nodes[number]


def _refuse(found: str) -> DamagedFileError:
    return damaged("graph of objects", found, "that of a TensorFlow checkpoint")

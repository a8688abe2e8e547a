"""Vocabularies that a SavedModel keeps as constants among TensorFlow's functions."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from torchkeras.saving import wire
from torchkeras.saving.files import DamagedFileError, damaged
from torchkeras.saving.object_graph import Node
from torchkeras.saving.object_matching import part_pairs
from torchkeras.saving.tensor_bundle import Bundle

_TABLE, _INNER, _WEIGHTS = "lookup_table", "_lookup_layer", "idf_weights"
_STRING, _INT64 = 7, 9  # TensorFlow's numbers of the types


def give(model: Any, data: bytes, bundle: Bundle, root: Node) -> None:
    """Let the text and category layers of ``model`` take over their vocabularies.

    Args:
        model: The model.
        data: Content of ``saved_model.pb``.
        bundle: The checkpoint beside it, which holds document frequencies.
        root: The object that the checkpoint was made of.

    Raises:
        ValueError: it is damaged.
    """
    if not any(hasattr(layer, "load_assets") for layer in model._flatten_layers()):
        return
    file = _opened(data)
    kept = {id(layer): node for layer, node in _pairs(model, root, {})}
    for layer, node in _pairs(model, file.nodes[0], {}):
        if not hasattr(layer, "load_assets") or layer.get_vocabulary(False):
            continue
        tokens = file.tokens(node.children.get(_INNER, node).children.get(_TABLE))
        if tokens:
            held = kept.get(id(layer), Node())
            weights = held.children.get(_INNER, held).children.get(_WEIGHTS)
            if weights is None or weights.key is None:
                layer.set_vocabulary(tokens)
            else:
                layer.set_vocabulary(tokens, bundle.read(weights.key)[-len(tokens) :])


def _pairs(thing: Any, node: Node, seen: dict[int, Any]) -> Iterator[tuple[Any, Node]]:
    """Everything below ``thing``, a layer or a container, with its counterparts."""
    if id(thing) in seen:
        return
    seen[id(thing)] = thing  # kept, so that nothing made later gets its id
    yield thing, node
    if isinstance(thing, (list, tuple)):
        parts: Any = ((p, node.children.get(str(k))) for k, p in enumerate(thing))
    elif isinstance(thing, dict):
        parts = ((part, node.children.get(str(name))) for name, part in thing.items())
    elif hasattr(thing, "weights"):
        parts = part_pairs(thing, node, lambda key: ())
    else:
        return
    for part, found in parts:
        if found is not None:
            yield from _pairs(part, found, seen)


def _opened(data: bytes) -> "_File":
    try:
        return _File(data)
    except DamagedFileError:
        raise
    except (ValueError, TypeError, AttributeError) as error:
        raise _refuse(str(error)) from error


class _File:
    """The objects of a SavedModel, and the constants that its functions are handed."""

    def __init__(self, data: bytes) -> None:
        graph = wire.message(wire.message(data).get(2, b""))
        objects = list(wire.fields(graph.get(7, b"")))
        messages = [value for number, _, value in objects if number == 1]
        self.nodes = [Node() for _ in messages]
        if not messages:
            raise _refuse("without objects")
        self._operations: dict[int, str] = {}
        for number, message in enumerate(messages):
            self._read(number, message)
        self._handed = [
            _numbers(wire.message(wire.message(value).get(2, b"")).get(2, b""))
            for number, _, value in objects
            if number == 2
        ]
        self._constants = {
            name: value
            for number, _, message in wire.fields(graph.get(2, b""))
            if number == 1
            for name, value in [_constant(message)]
        }

    def _read(self, number: int, message: bytes) -> None:
        """Children of an object, or the operation that it is the result of."""
        for field, _, value in wire.fields(message):
            if field == 1:
                child = wire.message(value)
                place = child.get(1, 0)
                if place >= len(self.nodes):
                    raise _refuse(f"of {len(self.nodes)} objects, which names number {place}")
                self.nodes[number].children[child.get(2, b"").decode()] = self.nodes[place]
            elif field == 9:
                self._operations[number] = wire.message(value).get(1, b"").decode()

    def tokens(self, table: Node | None) -> list[Any] | None:
        """The tokens that a table is filled with, in their order; None if it isn't known."""
        if table is None:
            return None
        place = self.nodes.index(table)
        for handed in self._handed:
            if len(handed) == 3 and handed[0] == place:
                names = [self._operations.get(number, "") for number in handed[1:]]
                keys, values = (_values(self._constants.get(name, b"")) for name in names)
                if len(keys) == len(values) and all(isinstance(v, bytes) for v in values):
                    keys, values = values, keys  # a table that inverts
                order = np.argsort(np.asarray(values, np.int64), kind="stable")
                return [keys[k].decode() if isinstance(keys[k], bytes) else keys[k] for k in order]
        return None


def _constant(node: bytes) -> tuple[str, bytes]:
    """Name and value of an operation; the value of one that isn't constant is empty."""
    name, value = "", b""
    for number, _, content in wire.fields(node):
        if number == 1:
            name = content.decode()
        elif number == 5:
            attribute = wire.message(content)
            if attribute.get(1) == b"value":
                value = wire.message(attribute.get(2, b"")).get(8, b"")
    return name, value


def _numbers(data: bytes) -> list[int]:
    return wire.varints(data).tolist()


def _values(tensor: bytes) -> list[Any]:
    """The texts or integers of a ``TensorProto``."""
    held = wire.message(tensor)
    if held.get(1) == _STRING:
        return [value for number, _, value in wire.fields(tensor) if number == 8]
    if held.get(1) == _INT64 and held.get(4):
        return np.frombuffer(held[4], "<i8").tolist()
    listed = [value for number, _, value in wire.fields(tensor) if number == 10]
    return [
        n for value in listed for n in (_numbers(value) if isinstance(value, bytes) else [value])
    ]


def _refuse(found: str) -> DamagedFileError:
    return damaged("saved_model.pb", found, "the objects of a Keras model")

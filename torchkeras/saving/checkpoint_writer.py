"""Writing objects as TensorFlow's checkpoints: what lies below what, and the values.

Names are those of TensorFlow, which finds the objects by them, as ``tensorflow_checkpoint`` does.
"""

import os
from collections import deque
from collections.abc import Callable
from typing import Any

from torchkeras.core.variable import Variable
from torchkeras.distribution import processes
from torchkeras.saving import bundle_writer, checkpoint_state, object_graph
from torchkeras.saving.object_graph import Node
from torchkeras.saving.object_parts import Parts, parts_of

_ATTRIBUTES = ".ATTRIBUTES"
# Ways to objects that have better names elsewhere, unless this is the only one.
_LATE = "_trainable_variables"


def save_weights(model: Any, prefix: str | os.PathLike, overwrite: bool = True) -> None:
    """Write a model's weights and its optimizer's state, and note the files in their folder.

    Args:
        model: The model; each process calls this, the chief writes.
        prefix: What the names of the files begin with.
        overwrite: Whether files that are there are replaced.
    """
    write(model, prefix, parts_of, overwrite)
    if processes.is_chief():
        path = os.fspath(prefix)
        checkpoint_state.write_state(os.path.dirname(path), path, [path])


def write(
    root: Any,
    prefix: str | os.PathLike,
    describe: Callable[[Any], Parts] = parts_of,
    overwrite: bool = True,
) -> None:
    """Write what ``root`` and the objects below it hold.

    Args:
        root: The object to begin with.
        prefix: What the names of the files begin with.
        describe: What a checkpoint keeps of an object.
        overwrite: Whether files that are there are replaced.
    """
    nodes, tensors = graph_of(root, describe)
    if not processes.is_chief():  # which has to collect shares in the same order
        for value in tensors.values():
            if callable(value):
                value()
        return
    tensors[object_graph.KEY] = object_graph.to_bytes(nodes)
    bundle_writer.write(prefix, tensors, overwrite)


def graph_of(
    root: Any, describe: Callable[[Any], Parts] = parts_of
) -> tuple[list[Node], dict[str, Any]]:
    """The graph of objects below ``root``, and their values by key.

    An object that is met several times is there once. Its key is the shortest way to it.
    """
    nodes: dict[Any, Node] = {}
    tensors: dict[str, Any] = {}
    visited: dict[Node, Any] = {}  # keeps what was met, so that nothing else gets its id
    now: deque = deque()
    later: deque = deque()

    def meet(thing: Any, way: tuple[str, ...]) -> Node:
        identity = (id(thing.module), thing.key) if isinstance(thing, Variable) else id(thing)
        node = nodes.setdefault(identity, Node())
        (later if _LATE in way else now).append((node, thing, way))
        return node

    meet(root, ())
    while now or later:
        node, thing, way = (now or later).popleft()
        if node in visited:
            continue
        visited[node] = thing
        parts = describe(thing)
        node.full_name = parts.name
        for name, value in parts.values.items():
            node.values[name] = "/".join((*map(_escaped, way), _ATTRIBUTES, _escaped(name)))
            tensors[node.values[name]] = value
        node.children = {name: meet(part, (*way, name)) for name, part in parts.below.items()}
    return list(nodes.values()), tensors


def _escaped(name: str) -> str:
    """A name as a part of a key."""
    return name.replace(".", "..").replace("/", ".S")

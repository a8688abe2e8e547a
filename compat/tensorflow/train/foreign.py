"""Checkpoints in TensorFlow's form, whoever wrote them."""

import os
from typing import Any

import torch

from tensorflow import dtypes
from tensorflow.module import Tracked
from tensorflow.train import objects
from torchkeras.core.dtypes import torch_dtype
from torchkeras.core.variable import Variable
from torchkeras.saving import object_graph, tensorflow_checkpoint, weights
from torchkeras.saving.object_graph import Node
from torchkeras.saving.tensor_bundle import Bundle, exists

__all__ = ["Contents", "Restoration", "exists"]


class Contents:
    """The files of a checkpoint, open for reading.

    Args:
        path: What the names of the files begin with.

    Raises:
        ValueError: they are damaged.
    """

    def __init__(self, path: Any) -> None:
        self.bundle = Bundle(os.fspath(path))
        self.keys = self.bundle.keys()

    def tensor(self, key: str) -> Any:
        """The value of a key: a tensor, or an array of bytes."""
        value = self.bundle.read(key)
        is_text = self.bundle.entry(key).is_text
        return value if is_text else torch.as_tensor(value)

    def shape(self, key: str) -> list[int]:
        """The shape of a value."""
        return list(self.bundle.entry(key).shape)

    def dtype(self, key: str) -> Any:
        """The type of a value."""
        name = self.bundle.entry(key).dtype
        return dtypes.string if name == "string" else torch_dtype(name)


class Restoration(tensorflow_checkpoint.Restoration):
    """Gives what a ``tf.train.Checkpoint`` keeps the values of such a checkpoint.

    Args:
        contents: The checkpoint.
        checkpoint: The object to fill, with a root or named parts.
        root: The checkpoint's root; None if it has none.
        parts: Its named parts.
    """

    def __init__(
        self, contents: Contents, checkpoint: Tracked, root: Any, parts: dict[str, Any]
    ) -> None:
        super().__init__(contents.bundle)
        self.top = object_graph.read(contents.bundle) or Node()
        with torch.no_grad():
            if root is not None:
                self.start(root, self.top)
            for name, part in parts.items():
                self.roots.append(part)
                self.bind_part(part, self.top, name)
            self.finish()
        vars(checkpoint)["_awaited"] = self._late(self.top)

    def bind(self, thing: Any, node: Node) -> None:
        """Note what ``thing`` and its parts are to be given; modules are told of new attributes."""
        if id(thing) in self.bound:
            return
        super().bind(thing, node)
        if objects.has_state(thing):
            self._give_state(thing, node)
        if isinstance(thing, Tracked) and not isinstance(thing, Variable):
            vars(thing)["_awaited"] = self._late(node)
        if isinstance(thing, Tracked) or weights.is_saveable(thing):
            for name, part in objects.below(thing).items():
                if isinstance(part, Tracked) or not weights.is_saveable(thing):
                    self.bind_part(part, node, name)

    def _give_state(self, thing: Any, node: Node) -> None:
        other = node.children.get(objects.JSON_STATE, Node())
        for name, held in ((objects.STATE, node), (objects.JSON_STATE, other)):
            key = held.values.get(objects.STATE)
            if key is not None:
                objects.give_state(thing, name, self.bundle.read(key).item())
                self.given.add(key)

    def _late(self, node: Node) -> Any:
        def awaited(name: str, part: Any) -> None:
            if objects.is_kept(part):
                with torch.no_grad():
                    self.bind_part(part, node, name)
                    self.finish()

        return awaited

    def missing(self) -> list[Any]:
        """Variables that the checkpoint has nothing for."""
        found, seen, stack = [], set(), list(self.roots)
        while stack:
            thing = stack.pop()
            if id(thing) in seen:
                continue
            seen.add(id(thing))
            own = [thing] if isinstance(thing, Variable) else getattr(thing, "weights", ())
            found += [v for v in own if (id(v.module), v.key) not in self.served]
            if not weights.is_saveable(thing):
                stack += objects.below(thing).values()
        return found

    unmatched = missing

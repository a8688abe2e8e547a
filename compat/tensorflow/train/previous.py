"""Checkpoints in the form that this package wrote before: JSON, and tensors as safetensors."""

import json
import os
from pathlib import Path
from typing import Any

import safetensors
import torch
from torch import Tensor

from tensorflow.module import Tracked
from tensorflow.train import objects
from torchkeras.core.checks import argument_error
from torchkeras.saving.bundle_writer import DATA
from torchkeras.saving.files import damaged
from torchkeras.saving.tensor_bundle import INDEX, is_beside

FORMAT = "torchkeras checkpoint 1"
_PARTS = ("children", "values")  # what each object has


class Contents:
    """A checkpoint's files, open for reading.

    Args:
        path: What the names of the files begin with.

    Raises:
        FileNotFoundError: there are none.
        ValueError: they aren't in this package's form, or are damaged.
    """

    def __init__(self, path: Any) -> None:
        self.path = os.fspath(path)
        index = Path(f"{self.path}{INDEX}")
        if not index.is_file():
            raise FileNotFoundError(
                f"tf.train.Checkpoint: there is no checkpoint {self.path!r}; expected the files "
                f"{index.name} and {Path(self.path).name}{DATA}. tf.train.latest_checkpoint(folder)"
                " finds the last one of a folder."
            )
        try:
            told = json.loads(index.read_bytes())
        except (ValueError, RecursionError) as error:
            raise self._foreign() from error
        if not isinstance(told, dict) or told.get("format") != FORMAT:
            raise self._foreign()
        self._file = self._opened(Path(f"{self.path}{DATA}"))
        self.keys = sorted(self._file.keys())
        self.nodes: list[dict[str, Any]] = self._checked(told.get("nodes"))

    def _opened(self, path: Path) -> Any:
        """The file of tensors.

        Raises:
            ValueError: it is damaged, or there is none.
        """
        if not path.is_file() or not is_beside(str(path), f"{self.path}{INDEX}"):
            raise damaged(f"file {path.name!r}", "missing, or no file", "a checkpoint's tensors")
        try:
            return safetensors.safe_open(str(path), framework="pt")
        except safetensors.SafetensorError as error:
            raise damaged(f"file {path.name!r}", str(error), "a checkpoint's tensors") from error

    def _checked(self, nodes: Any) -> list[dict[str, Any]]:
        """The objects, which name each other and tensors that are there.

        Raises:
            ValueError: they don't.
        """
        known = set(self.keys)
        for node in nodes if isinstance(nodes, list) and nodes else [None]:
            parts = [node.get(name) for name in _PARTS] if isinstance(node, dict) else [None]
            if not all(isinstance(part, dict) for part in parts):
                raise damaged("object", str(node)[:200], "one with children and values")
            children, values = (part.values() for part in parts)
            if not all(type(n) is int and 0 <= n < len(nodes) for n in children):
                raise damaged("children", str(list(children))[:200], f"numbers below {len(nodes)}")
            if not all(isinstance(key, str) and key in known for key in values):
                raise damaged("values", str(list(values))[:200], "names of tensors in the file")
        return nodes

    def _foreign(self) -> ValueError:
        return argument_error(
            "tf.train.Checkpoint", "save_path", self.path, "a checkpoint",
            "Its index is neither this package's nor TensorFlow's.",
        )  # fmt: skip

    def tensor(self, key: str) -> Tensor:
        """A tensor by its key."""
        return self._file.get_tensor(key)

    def shape(self, key: str) -> list[int]:
        """The shape of a tensor."""
        return list(self._file.get_slice(key).get_shape())

    def dtype(self, key: str) -> torch.dtype:
        """The number type of a tensor."""
        return self.tensor(key).dtype


class Restoration:
    """Gives objects the values of a checkpoint: now, or as soon as they have variables.

    Args:
        contents: The checkpoint.
        root: The object to start from.
    """

    def __init__(self, contents: Contents, root: Any) -> None:
        self.contents = contents
        self.root = root
        self.bound: dict[int, Any] = {}
        self.served: set[int] = set()
        with torch.no_grad():
            self.bind(root, 0)

    def bind(self, thing: Any, number: int) -> None:
        """Serve ``thing``, and what is below it, from a node and those below it."""
        if id(thing) in self.bound:
            return
        self.bound[id(thing)] = thing
        node = self.contents.nodes[number]
        if objects.is_unbuilt(thing):
            objects.when_built(thing, lambda: self._bind_again(thing, number))
        if isinstance(thing, Tracked):
            vars(thing)["_awaited"] = lambda name, part: self._bind_part(part, node, name)
        self._serve(thing, number, node)
        for name, part in objects.below(thing).items():
            self._bind_part(part, node, name)

    def _serve(self, thing: Any, number: int, node: dict[str, Any]) -> None:
        values = {name: self.contents.tensor(key) for name, key in node["values"].items()}
        waits = objects.is_unbuilt(thing)
        if values and (not waits or isinstance(thing, objects.Optimizer)):
            objects.give_values(thing, values)
        if "state" in node and objects.has_state(thing):
            _give_state(thing, node["state"])
        if not waits:
            self.served.add(number)

    def _bind_again(self, thing: Any, number: int) -> None:
        self.bound.pop(id(thing), None)
        with torch.no_grad():
            self.bind(thing, number)

    def _bind_part(self, part: Any, node: dict[str, Any], name: str) -> None:
        if name in node["children"] and objects.is_kept(part):
            with torch.no_grad():
                self.bind(part, node["children"][name])

    def unmatched(self) -> list[Any]:
        """Objects with values of their own that the checkpoint had nothing for."""
        found, seen, stack = [], set(), [self.root]
        while stack:
            thing = stack.pop()
            if id(thing) in seen:
                continue
            seen.add(id(thing))
            if id(thing) not in self.bound and objects.values_of(thing):
                found.append(thing)
            stack += objects.below(thing).values()
        return found

    def unused(self) -> list[str]:
        """Keys of values that no object has taken so far."""
        return [
            key
            for number, node in enumerate(self.contents.nodes)
            if number not in self.served
            for key in node["values"].values()
        ]

    def is_trivial(self) -> bool:
        """Whether nothing but the root was matched."""
        return len(self.bound) <= 1


def _give_state(thing: Any, state: Any) -> None:
    """Let ``thing`` take over the state in a file."""
    if hasattr(thing, "set_state"):
        thing.set_state(state)
    else:
        is_bytes = isinstance(state, dict) and set(state) == {"bytes"}
        thing.deserialize(state["bytes"].encode("latin-1") if is_bytes else state)

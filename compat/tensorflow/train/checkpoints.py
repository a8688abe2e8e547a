"""``tf.train.Checkpoint``: the values of objects in files, found again by the objects' names.

A checkpoint is two files: ``<prefix>.index``, JSON that tells what lies below what, and
``<prefix>.data-00000-of-00001``, the tensors as safetensors. Nothing in them names code. Those that
TensorFlow itself wrote are read, too (``foreign``).
"""

import inspect
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from tensorflow.module import Tracked
from tensorflow.tensors import Variable
from tensorflow.train import foreign, objects
from tensorflow.train.states import write_state
from torchkeras.core.checks import argument_error
from torchkeras.distribution import processes
from torchkeras.saving.files import replacing
from torchkeras.saving.tensorflow_checkpoint import LoadStatus

FORMAT = "torchkeras checkpoint 1"
INDEX = ".index"
DATA = ".data-00000-of-00001"
_ATTRIBUTES = ".ATTRIBUTES"


class CheckpointOptions:
    """How checkpoints are written.

    Args:
        experimental_io_device, experimental_enable_async_checkpoint, enable_async,
        experimental_skip_slot_variables, experimental_sharding_callback: Settings of TensorFlow's
            writers; accepted. Files are always whole once ``save`` is back.
        experimental_write_callbacks: Functions to call once the files are there; those that take
            an argument are handed the path.
    """

    def __init__(
        self,
        experimental_io_device: str | None = None,
        experimental_enable_async_checkpoint: bool = False,
        experimental_write_callbacks: list[Callable[..., Any]] | None = None,
        enable_async: bool = False,
        experimental_skip_slot_variables: bool = False,
        experimental_sharding_callback: Any = None,
    ) -> None:
        self.experimental_io_device = experimental_io_device
        self.experimental_enable_async_checkpoint = experimental_enable_async_checkpoint
        self.experimental_write_callbacks = experimental_write_callbacks
        self.enable_async = enable_async
        self.experimental_skip_slot_variables = experimental_skip_slot_variables
        self.experimental_sharding_callback = experimental_sharding_callback


# --- Files


def exists(path: Any) -> bool:
    """Whether there is a checkpoint with this prefix."""
    return Path(f"{os.fspath(path)}{INDEX}").is_file()


def write(root: Any, path: str) -> None:
    """Write what ``root`` holds to the files that begin with ``path``."""
    nodes, tensors = _collect(root)
    if not processes.is_chief():
        return
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    with replacing(f"{path}{DATA}") as temporary:
        safetensors.torch.save_file(tensors, str(temporary))
    with replacing(f"{path}{INDEX}") as temporary:
        temporary.write_text(json.dumps({"format": FORMAT, "nodes": nodes}), encoding="utf-8")


def _collect(root: Any) -> tuple[list[dict[str, Any]], dict[str, Tensor]]:
    """What lies below what, by number, and all tensors by key; what is met twice is there once."""
    nodes: list[dict[str, Any]] = []
    tensors: dict[str, Tensor] = {}
    numbers: dict[int, int] = {}
    kept_alive = []

    def visit(thing: Any, path: str) -> int:
        if id(thing) in numbers:
            return numbers[id(thing)]
        number = numbers[id(thing)] = len(nodes)
        kept_alive.append(thing)
        node: dict[str, Any] = {"values": {}, "children": {}}
        nodes.append(node)
        for name, value in objects.values_of(thing).items():
            key = "/".join(filter(None, (path, _ATTRIBUTES, name)))
            node["values"][name] = key
            tensors[key] = value
        state = objects.state_of(thing)
        if state is not None:
            node["state"] = state
        for name, part in objects.below(thing).items():
            word = name.replace(".", ".D").replace("/", ".S")
            node["children"][name] = visit(part, f"{path}/{word}" if path else word)
        return number

    visit(root, "")
    return nodes, tensors


def open_contents(path: Any) -> Any:
    """A checkpoint's files, whoever wrote them, open for reading."""
    return foreign.Contents(path) if foreign.exists(path) else Contents(path)


class Contents:
    """A checkpoint's files, open for reading.

    Args:
        path: What the names of the files begin with.

    Raises:
        FileNotFoundError: there are none.
        ValueError: they aren't in this package's form.
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
        except ValueError as error:
            raise self._foreign() from error
        if not isinstance(told, dict) or told.get("format") != FORMAT:
            raise self._foreign()
        self.nodes: list[dict[str, Any]] = told["nodes"]
        self._file = safetensors.safe_open(f"{self.path}{DATA}", framework="pt")
        self.keys = sorted(self._file.keys())

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


# --- Restoring


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
            objects.give_state(thing, node["state"])
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


class InitializationOnlyStatus:
    """Stands for a checkpoint that there isn't: objects stay as they are."""

    def assert_consumed(self) -> "InitializationOnlyStatus":
        """Raise an AssertionError: nothing was read."""
        raise AssertionError("No checkpoint specified (save_path=None); nothing is being restored.")

    assert_existing_objects_matched = assert_nontrivial_match = assert_consumed

    def expect_partial(self) -> "InitializationOnlyStatus":
        """Nothing."""
        return self

    def initialize_or_restore(self, session: Any = None) -> None:
        """Nothing: values are there already."""

    run_restore_ops = initialize_or_restore


class Checkpoint(Tracked):
    """Saves and restores the values of objects.

    Models, layers, optimizers, metrics, variables, ``tf.Module``, lists and dicts of them, random
    generators and iterators over datasets are kept, under the names of arguments and attributes.
    What has no variables yet takes its values when it makes them.

    Args:
        root: An object whose own parts are kept at the top.
        **kwargs: Objects by name.

    Raises:
        ValueError: an argument is nothing that can be kept.

    Source: ``tf.train.Checkpoint``; ``safetensors``.

    Example:
        >>> step = tf.Variable(3)
        >>> checkpoint = tf.train.Checkpoint(step=step)
        >>> path = checkpoint.save("runs/ckpt")  # doctest: +SKIP
        >>> checkpoint.restore(path)  # doctest: +SKIP
    """

    def __init__(self, root: Any = None, **kwargs: Any) -> None:
        for name, thing in {**({} if root is None else {"root": root}), **kwargs}.items():
            if not objects.is_kept(thing):
                raise argument_error(
                    "tf.train.Checkpoint", name, thing,
                    "a model, layer, optimizer, metric, variable, tf.Module or a list or dict of "
                    "them",
                )  # fmt: skip
        vars(self)["_root"] = root
        if root is not None:
            vars(self).update(objects.below(root))
        for name, thing in kwargs.items():
            setattr(self, name, thing)

    @property
    def save_counter(self) -> Any:
        """How many times ``save`` was called, as an int64 variable."""
        return self._counter()

    def _counter(self) -> Any:
        state = vars(self)
        if "save_counter_variable" not in state:
            state["save_counter_variable"] = Variable(
                0, dtype="int64", trainable=False, name="save_counter"
            )
        return state["save_counter_variable"]

    def _parts(self) -> "_Parts":
        """What is kept now, under the names that it has in files."""
        own = {k: v for k, v in vars(self).items() if not k.startswith("_")}
        counter = own.pop("save_counter_variable", None)
        root = vars(self)["_root"]
        parts = _Parts({} if root is None else objects.below(root), root)
        vars(parts).update({k: v for k, v in own.items() if objects.is_kept(v)})
        if counter is not None:
            vars(parts)["save_counter"] = counter
        return parts

    def write(self, file_prefix: Any, options: CheckpointOptions | None = None) -> str:
        """Write the values to files whose names begin with ``file_prefix``, which is given back."""
        path = os.fspath(file_prefix)
        write(self._parts(), path)
        for callback in (options and options.experimental_write_callbacks) or ():
            callback(path) if inspect.signature(callback).parameters else callback()
        return path

    def save(self, file_prefix: Any, options: CheckpointOptions | None = None) -> str:
        """Write the values under the next number, ``<file_prefix>-<number>``, and note it.

        ``tf.train.latest_checkpoint`` finds it by the folder's file ``checkpoint``.
        """
        self._counter().assign_add(1)
        path = self.write(f"{os.fspath(file_prefix)}-{int(self._counter())}", options)
        if processes.is_chief():
            write_state(os.path.dirname(path), path, [path])
        return path

    def read(self, save_path: Any, options: CheckpointOptions | None = None) -> LoadStatus:
        """Take over the values that ``write`` wrote; ``options`` are about writing."""
        contents, parts = open_contents(save_path), self._parts()
        if isinstance(contents, foreign.Contents):
            root = vars(self)["_root"]
            named = {k: v for k, v in vars(parts).items() if not k.startswith("_")}
            return LoadStatus(foreign.Restoration(contents, self, root, named))
        restoration = Restoration(contents, parts)
        top = contents.nodes[0]
        vars(self)["_awaited"] = lambda name, part: restoration._bind_part(part, top, name)
        return LoadStatus(restoration)

    def restore(self, save_path: Any, options: CheckpointOptions | None = None) -> Any:
        """Take over the values that ``save`` wrote, and the number of saves.

        Args:
            save_path: What ``save`` gave back; None changes nothing.
            options: Change nothing here: they are about writing.

        Raises:
            FileNotFoundError: there is no such checkpoint.
            ValueError: a value has another shape, or the files are of another kind.
        """
        if save_path is None:
            return InitializationOnlyStatus()
        self._counter()
        return self.read(save_path, options)

    def sync(self) -> None:
        """Nothing: files are whole once ``save`` is back."""

    def __iter__(self) -> Iterator[Any]:
        raise TypeError("A Checkpoint isn't iterable; its parts are its attributes.")


class _Parts(Tracked):
    """The top of what a checkpoint keeps; a root with values of its own hands them on."""

    def __init__(self, parts: dict[str, Any], root: Any) -> None:
        vars(self).update(parts)
        if root is not None and objects.values_of(root):
            vars(self)["root"] = root

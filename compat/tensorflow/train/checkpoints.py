"""``tf.train.Checkpoint``: the values of objects in files, found again by the objects' names.

A checkpoint is two files in TensorFlow's own form: ``<prefix>.index`` and
``<prefix>.data-00000-of-00001``. Nothing in them names code. Those of this package's previous form
are read, too (``previous``).
"""

import inspect
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tensorflow.module import Tracked
from tensorflow.tensors import Variable
from tensorflow.train import foreign, objects, previous
from torchkeras.core.checks import argument_error
from torchkeras.distribution import processes
from torchkeras.saving import checkpoint_writer
from torchkeras.saving.checkpoint_state import write_state
from torchkeras.saving.object_parts import Parts
from torchkeras.saving.tensor_bundle import INDEX
from torchkeras.saving.tensorflow_checkpoint import LoadStatus


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


def open_contents(path: Any) -> Any:
    """A checkpoint's files, in TensorFlow's form or this package's previous one."""
    return foreign.Contents(path) if foreign.exists(path) else previous.Contents(path)


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

    Source: ``tf.train.Checkpoint``.

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

    def named_parts(self) -> dict[str, Any]:
        """What is kept beside the root, under the names that it has in files."""
        own = {k: v for k, v in vars(self).items() if not k.startswith("_") and objects.is_kept(v)}
        if "save_counter_variable" in own:
            own["save_counter"] = own.pop("save_counter_variable")
        return dict(sorted(own.items()))

    def kept_parts(self) -> dict[str, Any]:
        """All that is kept."""
        root = vars(self)["_root"]
        return ({} if root is None else objects.below(root)) | self.named_parts()

    def write(self, file_prefix: Any, options: CheckpointOptions | None = None) -> str:
        """Write the values to files whose names begin with ``file_prefix``, which is given back."""
        path = os.fspath(file_prefix)
        checkpoint_writer.write(self, path, describe)
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
        contents = open_contents(save_path)
        if isinstance(contents, previous.Contents):
            return LoadStatus(previous.Restoration(contents, self))
        return LoadStatus(
            foreign.Restoration(contents, self, vars(self)["_root"], self.named_parts())
        )

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


def describe(thing: Any) -> Parts:
    """What a checkpoint keeps of ``thing``; a checkpoint lies where its root would."""
    if not isinstance(thing, Checkpoint):
        return objects.describe(thing)
    root = vars(thing)["_root"]
    parts = Parts() if root is None else describe(root)
    parts.below |= thing.named_parts()
    return parts

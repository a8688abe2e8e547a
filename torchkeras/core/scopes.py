"""What is in force for the calls below: a thread-local record, entered by context managers.

A ``threading.local`` is used because ``torch.compile`` can trace through one.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

import torch


class Scopes(threading.local):
    """The state of one thread.

    Attributes:
        training: Mode handed down by the enclosing layer call; None outside of any.
        compute_dtype: torch dtype of the policy under which autocast was entered, or None.
        names: Open name scopes, outermost first.
        name_caller: Object for which the innermost of them was opened, or None.
        custom_objects: Dictionaries of the open custom object scopes, outermost first.
        shape_run: True while a layer runs on fake tensors to find shapes.
        recorded: True while such a run is written down as plain torch.
        stateless: The open ``StatelessScope``, which takes over assignments, or None.
        remat: The open ``RematScope``, or None.
        safe_mode: False while the caller allows code from configurations; None or True: never.
        shared_objects: Objects that one configuration mentions several times, by their number,
            while it is read, or None.
        shared_configs: Objects and their dictionaries by id while they are written, or None.
        without_assets: Whether configurations are written for a file that has no place for assets,
            so that vocabularies have to be in them.
        plan: Takes what variables are assigned while a file is read, or None.
        fill_later: Takes a variable and how to fill it while a model is rebuilt from a file, and
            tells whether it will see to that; None fills at once.
        depth: How deep in a configuration the object or container lies that is being read.
        of_keras_2: Whether what is being read was written by tf.keras 2.
        device: Where new tensors go that follow no other one; None is torch's default.
        distribution: The ``keras.distribution`` in force, or None.
        losses: Lists that collect the losses of the open stateless call, or None.
        compiles_next: True while a function runs that is compiled from its next call on.
    """

    def __init__(self) -> None:
        self.training: bool | None = None
        self.compute_dtype: Any = None
        self.names: list[str] = []
        self.name_caller: Any = None
        self.stateless: Any = None
        self.remat: Any = None
        self.custom_objects: list[dict[str, Any]] = []
        self.shape_run = False
        self.recorded = False
        self.device: Any = None
        self.inside = False
        self.losses_recorded = False
        self.safe_mode: bool | None = None
        self.shared_objects: dict[int, Any] | None = None
        self.shared_configs: dict[int, Any] | None = None
        self.without_assets = False
        self.plan: Any = None
        self.fill_later: Any = None
        self.depth = 0
        self.of_keras_2 = False
        self.distribution: Any = None
        self.compiles_next = False


local = Scopes()

# Objects registered for the whole process, under "package>Name".
global_custom_objects: dict[str, Any] = {}


class training_scope:
    """Hand ``training`` down to the layer calls inside."""

    __slots__ = ("previous", "training")

    def __init__(self, training: bool | None) -> None:
        self.training = training

    def __enter__(self) -> None:
        self.previous = local.training
        local.training = self.training

    def __exit__(self, *exc: object) -> None:
        local.training = self.previous


class keras_2_scope:
    """Read configurations inside with the formulas of tf.keras 2 where Keras 3 has others.

    Args:
        version: The release that wrote them, ``"2.15.0"`` or the like; None says nothing.
    """

    __slots__ = ("is_older", "previous")

    def __init__(self, version: Any) -> None:
        self.is_older = isinstance(version, str) and version.startswith(("1.", "2."))

    def __enter__(self) -> None:
        self.previous = local.of_keras_2
        local.of_keras_2 = self.previous or self.is_older

    def __exit__(self, *exc: object) -> None:
        local.of_keras_2 = self.previous


class without_assets_scope:
    """Write configurations inside with what layers would otherwise put into files beside them."""

    __slots__ = ("previous",)

    def __enter__(self) -> None:
        self.previous, local.without_assets = local.without_assets, True

    def __exit__(self, *exc: object) -> None:
        local.without_assets = self.previous


class device_scope:
    """Put new tensors inside on a device: its name, "gpu" standing for "cuda", or a torch device.

    Raises:
        ValueError: it is neither.
    """

    __slots__ = ("device", "previous")

    def __init__(self, device_name: Any) -> None:
        if not isinstance(device_name, (str, torch.device)):
            raise ValueError(
                f"device: Invalid value for argument `device_name`: {device_name!r}. Expected a "
                "string like 'gpu:0' or 'cpu'."
            )
        if isinstance(device_name, str):
            device_name = device_name.lower().replace("gpu", "cuda")
        self.device = torch.device(device_name)

    def __enter__(self) -> torch.device:
        self.previous = local.device
        local.device = self.device
        return self.device

    def __exit__(self, *exc: object) -> None:
        local.device = self.previous


class name_scope:
    """Prefix the paths of variables created inside with ``name``.

    Args:
        name: A non-empty string, without "/".
        caller: Object for which the scope is opened; it tells scopes of one name apart.
        deduplicate: Whether a scope is not entered a second time right inside one of the same name
            and caller, the caller being given.
        override_parent: Path that takes the place of the open scopes; None keeps them.
    """

    def __init__(
        self,
        name: str,
        caller: Any = None,
        deduplicate: bool = True,
        override_parent: str | None = None,
    ) -> None:
        if not isinstance(name, str) or not name or "/" in name:
            raise ValueError(
                f"name_scope: name is {name!r}; expected `name` to be a non-empty string "
                'without "/".'
            )
        self.name = name
        self.caller = caller
        self.deduplicate = deduplicate
        self.override_parent = override_parent

    def __enter__(self) -> "name_scope":
        self.outside = names, caller = local.names, local.name_caller
        repeats = self.caller is not None and self.caller is caller and names[-1:] == [self.name]
        if self.deduplicate and repeats:
            return self
        if self.override_parent is not None:
            names = [part for part in self.override_parent.split("/") if part]
        local.names, local.name_caller = [*names, self.name], self.caller
        return self

    def __exit__(self, *exc: object) -> None:
        local.names, local.name_caller = self.outside


def current_path() -> str:
    """The open name scopes joined by slashes."""
    return "/".join(local.names)


@contextlib.contextmanager
def custom_objects_scope(objects: dict[str, Any] | None) -> Iterator[None]:
    """Let deserialization find ``objects`` by name inside."""
    local.custom_objects.append(dict(objects or {}))
    try:
        yield
    finally:
        local.custom_objects.pop()


def custom_objects() -> dict[str, Any]:
    """All custom objects in force, inner scopes winning over outer ones and the process."""
    merged = dict(global_custom_objects)
    for objects in local.custom_objects:
        merged.update(objects)
    return merged


def once_read(change: Callable[[], Any]) -> None:
    """Let an object change: now, or, while a file is read, when all of it has been found."""
    if local.plan is None:
        change()
    else:
        local.plan.afterwards(change)


@contextlib.contextmanager
def shape_run_scope(recorded: bool = False) -> Iterator[None]:
    """Mark the calls inside as a run on fake tensors that must leave no trace.

    Args:
        recorded: Whether the run is written down, so that it must do what it does on real tensors.
    """
    previous = local.shape_run, local.recorded
    local.shape_run, local.recorded = True, recorded
    try:
        yield
    finally:
        local.shape_run, local.recorded = previous

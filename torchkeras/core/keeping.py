"""What gradients of recorded computations need of variables that have changed since.

As in TensorFlow, a gradient is that of the computation as it was recorded, however variables are
changed before it is asked for. torch keeps variables themselves for its gradients, so that their
old values are put aside here as they change, if a recorded computation still needs them.
"""

import weakref
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, UntypedStorage
from torch.autograd.graph import saved_tensors_hooks


class Kept:
    """Memory whose content recorded computations need as it is now.

    States:
        before: Its content then, once it has changed; None until that.
    """

    __slots__ = ("__weakref__", "before", "storage")

    def __init__(self, storage: UntypedStorage) -> None:
        self.storage = storage
        self.before: UntypedStorage | None = None


class Recording(dict[int, Kept]):
    """What one recording holds, by the memory's identity; what has changed since is no part of it.

    It lives as long as a computation holds something that it kept.
    """

    __slots__ = ("__weakref__",)
    __hash__ = object.__hash__  # to be in a set

    def keep(self, saved: Tensor) -> Any:
        """What a computation stores in place of a tensor."""
        whole = saved._base
        if (saved if whole is None else whole).grad_fn is not None:
            return saved  # made by the computation, so that nobody changes it
        storage = saved.untyped_storage()
        kept = self.get(storage._cdata)
        if kept is None:
            kept = self[storage._cdata] = Kept(storage)
        return self, kept, saved


_recordings: weakref.WeakSet[Recording] = weakref.WeakSet()


def as_recorded() -> saved_tensors_hooks:
    """A context inside which computations keep variables as they are.

    Source: ``torch.autograd.graph.saved_tensors_hooks``.
    """
    recording = Recording()
    _recordings.add(recording)
    return saved_tensors_hooks(recording.keep, _given_back)


def about_to_change(tensors: Iterable[Tensor]) -> None:
    """Put the values of ``tensors`` aside where computations need them."""
    if torch.compiler.is_compiling() or not _recordings:  # before compiled calls, see below
        return
    places = [tensor.untyped_storage()._cdata for tensor in tensors]
    for recording in list(_recordings):
        for place in places:
            kept = recording.pop(place, None)
            if kept is not None:
                kept.before = kept.storage.clone()


def anything_may_change() -> None:
    """Put all values aside that computations need, as before a compiled call."""
    for recording in list(_recordings):
        while recording:
            kept = recording.popitem()[1]
            kept.before = kept.storage.clone()


def _given_back(packed: Any) -> Tensor:
    if isinstance(packed, Tensor):
        return packed
    _, kept, saved = packed
    if kept.before is None:
        return saved
    place = (saved.storage_offset(), saved.size(), saved.stride())
    return saved.new_empty(0).set_(kept.before, *place)

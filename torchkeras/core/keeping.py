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


# By the memory's identity, as long as a computation holds it and it hasn't changed.
_kept: weakref.WeakValueDictionary[int, Kept] = weakref.WeakValueDictionary()


def as_recorded() -> saved_tensors_hooks:
    """A context inside which computations keep variables as they are.

    Source: ``torch.autograd.graph.saved_tensors_hooks``.
    """
    return saved_tensors_hooks(_keep, _given_back)


def about_to_change(tensors: Iterable[Tensor]) -> None:
    """Put the values of ``tensors`` aside where computations need them."""
    if torch.compiler.is_compiling() or not _kept:  # before compiled calls, see below
        return
    for tensor in tensors:
        _put_aside(_kept.pop(tensor.untyped_storage()._cdata, None))


def anything_may_change() -> None:
    """Put all values aside that computations need, as before a compiled call."""
    while _kept:
        _put_aside(_kept.popitem()[1])


def _put_aside(kept: Kept | None) -> None:
    if kept is not None:
        kept.before = kept.storage.clone()


def _keep(saved: Tensor) -> Any:
    whole = saved if saved._base is None else saved._base
    if whole.grad_fn is not None:  # made by the computation, so that nobody changes it
        return saved
    storage = saved.untyped_storage()
    kept = _kept.get(storage._cdata)
    if kept is None:
        kept = _kept[storage._cdata] = Kept(storage)
    return kept, saved


def _given_back(packed: Any) -> Tensor:
    if isinstance(packed, Tensor):
        return packed
    kept, saved = packed
    if kept.before is None:
        return saved
    place = (saved.storage_offset(), saved.size(), saved.stride())
    return saved.new_empty(0).set_(kept.before, *place)

"""What a source of batches remembers from one pass to the next, so that a run can be resumed.

A pass is repeated by starting it as it was started: with the same random numbers, the same states
of the generators that the source holds, and the same values of what it has changed about itself.
"""

import hashlib
import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from torchkeras.core.random_state import get_random_state, set_random_state
from torchkeras.core.seeds import SeedGenerator

_OBJECTS = 5000  # looked at for generators
_SAMPLED = 2**16  # elements of a large array whose values tell whether it has changed
_LEFT_OUT = (str, bytes, int, float, complex, bool, type(None), type, np.ndarray, Tensor)


class Memory:
    """The memory of a source: generators found in it, and attributes that change.

    Args:
        source: An object, with what it holds: loaders, samplers, datasets, functions.
    """

    def __init__(self, source: Any) -> None:
        self.source = source
        self._first = {path: _outline(value) for path, _, _, value in self._attributes()}

    def now(self) -> dict[str, Any]:
        """The present state, together with that of the process's random numbers."""
        generators = {path: _state_of(one) for path, one in self._generators()}
        changed = {
            path: _copied(value)
            for path, _, _, value in self._attributes()
            if self._first.get(path) != _outline(value)
        }
        return {"random": get_random_state(), "generators": generators, "attributes": changed}

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what ``now`` gave."""
        for path, one in self._generators():
            if path in state["generators"]:
                _set_state(one, state["generators"][path])
        for path, owner, name, _ in list(self._attributes()):
            if path in state["attributes"]:
                _assign(owner, name, _copied(state["attributes"][path]))
        set_random_state(state["random"])

    def _generators(self) -> Iterator[tuple[str, Any]]:
        return ((path, one) for path, one in _walk(self.source) if _has_state(one))

    def _attributes(self) -> Iterator[tuple[str, Any, str, Any]]:
        """Path, owner, name and value of what users' own objects hold."""
        for path, owner in _walk(self.source):
            if _is_users(owner):
                for name, value in vars(owner).items():
                    if _can_be_kept(value):
                        yield f"{path}.{name}", owner, name, value


def _walk(source: Any) -> Iterator[tuple[str, Any]]:
    """``source`` and the objects it holds, each once, with the way to it."""
    seen: set[int] = set()
    waiting = [("", source)]
    while waiting and len(seen) < _OBJECTS:
        path, value = waiting.pop()
        if id(value) in seen or isinstance(value, (Memory, *_LEFT_OUT)):
            continue
        seen.add(id(value))
        yield path, value
        waiting += [(f"{path}.{name}", held) for name, held in reversed(list(_held(value)))]


def _held(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        yield from ((str(key), held) for key, held in value.items())
    elif isinstance(value, (list, tuple, set, frozenset)):
        if len(value) <= _OBJECTS:
            yield from ((str(number), held) for number, held in enumerate(value))
    elif hasattr(value, "__dict__") and not _has_state(value):
        yield from vars(value).items()
    for name in ("__self__", "__func__", "func", "args", "keywords"):  # methods and partials
        held = getattr(value, name, None) if callable(value) else None
        if held is not None and type(value).__module__ in ("builtins", "functools"):
            yield name, held
    for number, cell in enumerate(getattr(value, "__closure__", None) or ()):
        try:
            yield f"closure {number}", cell.cell_contents
        except ValueError:  # not yet assigned
            continue


def _has_state(value: Any) -> bool:
    if isinstance(value, (torch.Generator, np.random.Generator, random.Random, SeedGenerator)):
        return True
    methods = getattr(value, "get_state", None), getattr(value, "set_state", None)
    return not isinstance(value, type) and all(map(callable, methods))


def _state_of(one: Any) -> Any:
    if isinstance(one, SeedGenerator):
        return one.state.tensor.detach().clone()
    if isinstance(one, np.random.Generator):
        return one.bit_generator.state
    if isinstance(one, random.Random):
        version, words, next_gauss = one.getstate()
        return version, np.array(words, dtype=np.uint32), next_gauss
    if isinstance(one, np.random.RandomState):
        return one.get_state(legacy=False)
    return one.get_state()


def _set_state(one: Any, state: Any) -> None:
    if isinstance(one, SeedGenerator):
        one.state.assign(state)
    elif isinstance(one, np.random.Generator):
        one.bit_generator.state = state
    elif isinstance(one, random.Random):
        version, words, next_gauss = state
        one.setstate((version, tuple(np.asarray(words).tolist()), next_gauss))
    else:
        one.set_state(state)


def _is_users(value: Any) -> bool:
    """Whether ``value`` is an object of a class from outside the libraries."""
    if not hasattr(value, "__dict__") or callable(getattr(value, "__code__", None)):
        return False
    room = type(value).__module__.split(".", 1)[0]
    own = ("torchkeras", "torch", "tensorflow", "builtins", "functools", "types", "numpy", "pandas")
    return room not in own and not isinstance(value, torch.nn.Module)


def _can_be_kept(value: Any) -> bool:
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "biufc" and value.flags.writeable
    if isinstance(value, (list, tuple)):
        return all(type(item) in (int, float, bool, str) for item in value)
    return value is None or isinstance(value, (bool, int, float, str, Tensor))


def _outline(value: Any) -> Any:
    """Something that differs if ``value`` has changed; large arrays are sampled."""
    if isinstance(value, Tensor):
        value = value.detach().cpu().float().numpy() if value.numel() else value.numpy()
    if isinstance(value, np.ndarray):
        flat = value.reshape(-1) if value.flags.c_contiguous else value.ravel()
        sample = flat[:: max(1, flat.size // _SAMPLED)]
        digest = hashlib.blake2b(np.ascontiguousarray(sample).tobytes(), digest_size=16)
        return value.shape, value.dtype.str, digest.hexdigest()
    if isinstance(value, (list, tuple)):
        return type(value).__name__, hash(tuple(value))
    return type(value).__name__, value


def _copied(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value.detach().clone()
    if isinstance(value, np.ndarray):
        return value.copy()
    return list(value) if isinstance(value, list) else value


def _assign(owner: Any, name: str, value: Any) -> None:
    """Give an attribute its value, in place where others may hold the same array or list."""
    held = getattr(owner, name)
    if isinstance(held, np.ndarray) and held.shape == value.shape and held.dtype == value.dtype:
        held[...] = value
    elif isinstance(held, list) and isinstance(value, list):
        held[:] = value
    else:
        setattr(owner, name, value)

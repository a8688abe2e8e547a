"""Logs whose numbers leave the device only when somebody reads them."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch

Source = Mapping[str, Any] | Callable[[], Mapping[str, Any]]


def to_floats(values: Mapping[str, Any]) -> dict[str, Any]:
    """``values`` sorted by name, one-element tensors and numbers as floats, the rest unchanged.

    Nested mappings are flattened. All tensors of a device are fetched at once.
    """
    flat: dict[str, Any] = {}
    _flatten(values, flat)
    fetched = _fetch(flat)
    return {name: fetched[name] if name in fetched else _as_float(flat[name]) for name in flat}


def _flatten(values: Mapping[str, Any], into: dict[str, Any]) -> None:
    for name in sorted(values):
        value = values[name]
        if isinstance(value, Mapping):
            _flatten(value, into)
        else:
            into[name] = value


def _fetch(values: Mapping[str, Any]) -> dict[str, float]:
    by_device: dict[torch.device, dict[str, torch.Tensor]] = {}
    for name, value in values.items():
        if isinstance(value, torch.Tensor) and value.numel() == 1 and not value.is_complex():
            by_device.setdefault(value.device, {})[name] = value.detach().reshape(())
    fetched: dict[str, float] = {}
    for tensors in by_device.values():
        if len(tensors) == 1:
            numbers = [float(tensor) for tensor in tensors.values()]
        else:
            wide = torch.float32 if _has_no_float64(tensors) else torch.float64
            numbers = torch.stack([tensor.to(wide) for tensor in tensors.values()]).tolist()
        fetched.update(zip(tensors, numbers, strict=True))
    return fetched


def _has_no_float64(tensors: dict[str, torch.Tensor]) -> bool:
    return any(tensor.device.type == "mps" for tensor in tensors.values())


def _as_float(value: Any) -> Any:
    if isinstance(value, str):
        return value
    try:
        return float(value)
    except (TypeError, ValueError):
        return value


class Logs(dict):
    """A dict of floats that is filled when it is first read.

    Args:
        source: Names and values (numbers or tensors of one element), or a callable that gives
            them. It is asked once, at the first read or at ``hold``.

    Example:
        >>> logs = Logs({"loss": torch.tensor(0.5)})
        >>> logs["loss"], "accuracy" in logs
        (0.5, False)
    """

    def __init__(self, source: Source) -> None:
        super().__init__({"": None})  # C code that asks a dict for its size must not find it empty
        self._source: Source | None = source

    @property
    def is_read(self) -> bool:
        """Whether the numbers have been fetched."""
        return self._source is None

    def hold(self) -> None:
        """Fix the values as they are now, without waiting for the device."""
        if callable(self._source):
            self._source = dict(self._source())

    def _read(self) -> None:
        source, self._source = self._source, None
        if source is not None:
            super().clear()
            super().update(to_floats(source() if callable(source) else source))

    def __getitem__(self, name: str) -> Any:
        self._read()
        return super().__getitem__(name)

    def __setitem__(self, name: str, value: Any) -> None:
        self._read()
        super().__setitem__(name, value)

    def __delitem__(self, name: str) -> None:
        self._read()
        super().__delitem__(name)

    def __contains__(self, name: object) -> bool:
        self._read()
        return super().__contains__(name)

    def __iter__(self) -> Iterator[str]:
        self._read()
        return super().__iter__()

    def __len__(self) -> int:
        self._read()
        return super().__len__()

    def __bool__(self) -> bool:
        return len(self) > 0

    def __eq__(self, other: object) -> bool:
        self._read()
        if isinstance(other, Logs):
            other._read()
        return super().__eq__(other)

    __hash__ = None

    def __repr__(self) -> str:
        self._read()
        return super().__repr__()

    def __or__(self, other: Mapping[str, Any]) -> dict[str, Any]:
        return {**self, **other}

    def __ror__(self, other: Mapping[str, Any]) -> dict[str, Any]:
        return {**other, **self}

    def __ior__(self, other: Mapping[str, Any]) -> "Logs":
        self.update(other)
        return self

    def __reversed__(self) -> Iterator[str]:
        self._read()
        return super().__reversed__()

    def __reduce__(self) -> tuple[Any, ...]:
        return (dict, (dict(self),))

    def keys(self) -> Any:
        self._read()
        return super().keys()

    def values(self) -> Any:
        self._read()
        return super().values()

    def items(self) -> Any:
        self._read()
        return super().items()

    def get(self, name: str, default: Any = None) -> Any:
        self._read()
        return super().get(name, default)

    def pop(self, *arguments: Any) -> Any:
        self._read()
        return super().pop(*arguments)

    def popitem(self) -> tuple[str, Any]:
        self._read()
        return super().popitem()

    def setdefault(self, name: str, default: Any = None) -> Any:
        self._read()
        return super().setdefault(name, default)

    def update(self, *arguments: Any, **values: Any) -> None:
        self._read()
        super().update(*arguments, **values)

    def clear(self) -> None:
        self._source = None
        super().clear()

    def copy(self) -> dict[str, Any]:
        return dict(self)

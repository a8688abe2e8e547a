"""``keras.tree``: functions on nested lists, tuples and dictionaries."""

from collections.abc import Callable, Mapping
from typing import Any

from torchkeras.core import nested
from torchkeras.core.nested import (
    flatten,
    flatten_with_path,
    is_nested,
    pack_sequence_as,
)
from torchkeras.core.typing import Nested


class MAP_TO_NONE:
    """Given back by a function of ``traverse``, it stands for None."""


def map_structure(func: Callable[..., Any], *structures: Nested, none_is_leaf: bool = True) -> Any:
    """The structure of ``func`` of corresponding leaves.

    Args:
        none_is_leaf: Whether None is a leaf; otherwise it stays, and ``func`` isn't called.

    Raises:
        TypeError: ``func`` isn't callable.
        ValueError: there is no structure, or the structures differ.

    Example:
        >>> map_structure(lambda a, b: a + b, {"x": 1}, {"x": 2})
        {'x': 3}
    """
    _check_callable("map_structure", func)
    if not structures:
        raise ValueError("map_structure: Must provide at least one structure.")
    if none_is_leaf:
        return nested.map_structure(func, *structures)
    return nested.map_structure(lambda *xs: None if xs[0] is None else func(*xs), *structures)


def _check_callable(owner: str, func: Any) -> None:
    if not callable(func):
        raise TypeError(f"{owner}: `func` must be callable; func is {func!r}.")


def map_structure_up_to(
    shallow_structure: Nested, func: Callable[..., Any], *structures: Nested
) -> Any:
    """``func`` of corresponding parts of ``structures``, at the leaves of ``shallow_structure``."""
    _check_callable("map_structure_up_to", func)
    if not nested.is_nested(shallow_structure):
        return func(*structures)
    rows = []
    for key, child in nested.children(shallow_structure):
        parts = []
        for structure in structures:
            parts.append(_part(structure, key, shallow_structure))
        rows.append(map_structure_up_to(child, func, *parts))
    return nested.rebuild(shallow_structure, rows)


def _part(structure: Any, key: Any, like: Any) -> Any:
    alike = nested.is_nested(structure) and isinstance(structure, Mapping) == isinstance(
        like, Mapping
    )
    if not alike or len(structure) != len(like):
        raise ValueError(
            f"map_structure_up_to: the structures don't match: {structure!r} against {like!r}."
        )
    return structure[key]


def assert_same_structure(a: Nested, b: Nested, check_types: bool | None = None) -> None:
    """Raise a ValueError unless ``a`` and ``b`` nest alike.

    Args:
        check_types: Accepted for older scripts: the kinds of containers are always compared.
    """
    nested.assert_same_structure(a, b)


def assert_same_paths(a: Nested, b: Nested) -> None:
    """Raise a ValueError unless ``a`` and ``b`` have leaves under the same keys and places."""
    first = {path for path, _ in flatten_with_path(a)}
    second = {path for path, _ in flatten_with_path(b)}
    if first != second:
        raise ValueError(
            f"assert_same_paths: `a` and `b` don't have the same paths; only one has "
            f"{sorted(map(str, first ^ second))}."
        )


def traverse(func: Callable[[Any], Any], structure: Nested, top_down: bool = True) -> Any:
    """Replace parts of a structure, containers included, by what ``func`` makes of them.

    Args:
        func: Gives the replacement, None to leave a part as it is (and go on inside), or
            ``MAP_TO_NONE`` to put None in its place.
        top_down: Whether a container is handed over before its parts.
    """
    _check_callable("traverse", func)
    return _traverse(func, structure, top_down)


def _traverse(func: Callable[[Any], Any], structure: Any, top_down: bool) -> Any:
    if top_down:
        replaced = func(structure)
        if replaced is not None:
            return _none_of(replaced)
    if nested.is_nested(structure):
        parts = [_traverse(func, child, top_down) for _, child in nested.children(structure)]
        structure = nested.rebuild(structure, parts)
    if top_down:
        return structure
    replaced = func(structure)
    return structure if replaced is None else _none_of(replaced)


def _none_of(value: Any) -> Any:
    return None if value is MAP_TO_NONE or isinstance(value, MAP_TO_NONE) else value


def lists_to_tuples(structure: Nested) -> Any:
    """``structure`` with tuples in place of its lists."""
    if isinstance(structure, list):
        return tuple([lists_to_tuples(child) for child in structure])
    if nested.is_nested(structure):
        parts = [lists_to_tuples(child) for _, child in nested.children(structure)]
        return nested.rebuild(structure, parts)
    return structure


def map_shape_structure(func: Callable[[Any], Any], structure: Nested) -> Any:
    """``func`` of every shape (a tuple or list of sizes and None) in ``structure``."""
    _check_callable("map_shape_structure", func)
    if _is_shape(structure):
        return func(tuple(structure))
    if not nested.is_nested(structure):
        raise ValueError(
            f"map_shape_structure: Cannot map function to unknown objects {structure!r}."
        )
    parts = [map_shape_structure(func, child) for _, child in nested.children(structure)]
    return nested.rebuild(structure, parts)


def _is_shape(value: Any) -> bool:
    return isinstance(value, (tuple, list)) and all(n is None or isinstance(n, int) for n in value)


__all__ = [
    "MAP_TO_NONE",
    "assert_same_paths",
    "assert_same_structure",
    "flatten",
    "flatten_with_path",
    "is_nested",
    "lists_to_tuples",
    "map_shape_structure",
    "map_structure",
    "map_structure_up_to",
    "pack_sequence_as",
    "traverse",
]

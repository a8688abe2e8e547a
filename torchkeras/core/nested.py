"""Nested structures: lists, tuples, named tuples and dicts around leaves.

Dicts are walked in the order of their sorted keys, as in ``keras.tree``.
"""

import collections
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any


def is_nested(structure: Any) -> bool:
    """Whether ``structure`` is a list, tuple or dict rather than a leaf."""
    return isinstance(structure, (list, tuple, Mapping))


def _keys(structure: Mapping) -> list:
    try:
        return sorted(structure)
    except TypeError:  # keys of several kinds have no order of their own
        return list(structure)


def children(structure: Any) -> list[tuple[Any, Any]]:
    """Pairs of key (or position) and child of one level."""
    if isinstance(structure, Mapping):
        return [(key, structure[key]) for key in _keys(structure)]
    return list(enumerate(structure))


def leaves(structure: Any) -> Iterator[Any]:
    """The leaves of ``structure``, depth first."""
    if isinstance(structure, (list, tuple)):
        for child in structure:
            yield from leaves(child)
    elif isinstance(structure, Mapping):
        for key in _keys(structure):
            yield from leaves(structure[key])
    else:
        yield structure


def flatten(structure: Any) -> list[Any]:
    """List of the leaves of ``structure``; a leaf gives a list of itself."""
    return list(leaves(structure))


def flatten_with_path(structure: Any, path: tuple = ()) -> list[tuple[tuple, Any]]:
    """Pairs of path (keys and positions from the root) and leaf."""
    if not is_nested(structure):
        return [(path, structure)]
    pairs: list[tuple[tuple, Any]] = []
    for key, child in children(structure):
        pairs += flatten_with_path(child, (*path, key))
    return pairs


def rebuild(like: Any, items: Iterable[Any]) -> Any:
    """One level of the kind of ``like`` holding ``items`` (in the order of ``children``)."""
    if isinstance(like, Mapping):
        values = dict(zip(_keys(like), items, strict=True))
        ordered = {key: values[key] for key in like}
        return ordered if type(like) is dict else _of_kind(type(like), ordered)
    if isinstance(like, tuple):
        if hasattr(like, "_fields"):
            return type(like)(*items)
        if hasattr(type(like), "n_sequence_fields"):  # such as what torch.max gives
            names = type(like).__match_args__
            return collections.namedtuple(type(like).__name__, names)(*items)
        return tuple(items)
    return list(items)


def _of_kind(kind: type, ordered: dict) -> Any:
    try:
        return kind(ordered)
    except TypeError:  # a mapping with a constructor of its own, such as defaultdict
        return ordered


def map_structure(function: Callable[..., Any], *structures: Any) -> Any:
    """The structure of ``function`` applied to corresponding leaves.

    Raises:
        ValueError: the structures differ.
    """
    first = structures[0]
    if not is_nested(first):
        return function(*structures)
    if len(structures) > 1:
        for other in structures[1:]:
            _check_level(first, other)
    columns = [[child for _, child in children(structure)] for structure in structures]
    return rebuild(first, [map_structure(function, *row) for row in zip(*columns, strict=True)])


def map_leaves(function: Callable[[Any], Any], structure: Any) -> Any:
    """``map_structure`` on one structure, without its checks."""
    kind = type(structure)
    if kind is list:
        return [map_leaves(function, child) for child in structure]
    if kind is tuple:
        return tuple([map_leaves(function, child) for child in structure])
    if kind is dict:
        return {key: map_leaves(function, child) for key, child in structure.items()}
    if is_nested(structure):
        return rebuild(structure, [map_leaves(function, child) for _, child in children(structure)])
    return function(structure)


def pack_sequence_as(structure: Any, flat_sequence: Iterable[Any]) -> Any:
    """The structure of ``structure`` with the leaves of ``flat_sequence``.

    Raises:
        ValueError: the numbers of leaves differ.
    """
    flat = list(flat_sequence)
    expected = len(flatten(structure))
    if expected != len(flat):
        raise ValueError(
            f"pack_sequence_as: {len(flat)} leaves were given; expected {expected}, as in the "
            "structure."
        )
    position = iter(flat)
    return _pack(structure, position)


def _pack(structure: Any, position: Iterator[Any]) -> Any:
    if not is_nested(structure):
        return next(position)
    return rebuild(structure, [_pack(child, position) for _, child in children(structure)])


def assert_same_structure(a: Any, b: Any) -> None:
    """Raise a ValueError unless ``a`` and ``b`` nest alike."""
    map_structure(lambda *_: None, a, b)


def _check_level(a: Any, b: Any) -> None:
    alike = (
        is_nested(b)
        and isinstance(a, Mapping) == isinstance(b, Mapping)
        and isinstance(a, tuple) == isinstance(b, tuple)
        and len(a) == len(b)
        and (not isinstance(a, Mapping) or set(a) == set(b))
    )
    if not alike:
        raise ValueError(
            f"tree: The structures don't match: {_outline(a)} against {_outline(b)}; expected one "
            "structure."
        )


def _outline(structure: Any) -> str:
    if isinstance(structure, Mapping):
        return "{" + ", ".join(f"{k!r}: {_outline(v)}" for k, v in structure.items()) + "}"
    if isinstance(structure, (list, tuple)):
        inner = ", ".join(_outline(child) for child in structure)
        return f"[{inner}]" if isinstance(structure, list) else f"({inner})"
    return "*"

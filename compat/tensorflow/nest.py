"""``tf.nest``: structures of tuples, lists and dicts.

With ``expand_composites``, ragged and sparse tensors are structures of their parts: values and
row splits; or indices, values and lengths of the axes.
"""

from collections.abc import Callable, Iterable
from typing import Any

from torchkeras_shim.names import missing

from tensorflow.ragged import RaggedTensor
from tensorflow.sparse import SparseTensor
from torchkeras.core import nested
from torchkeras.core.checks import argument_error, kind_error
from torchkeras.core.nested import is_nested

__getattr__ = missing(__name__)

__all__ = ["assert_same_structure", "flatten", "is_nested", "map_structure", "pack_sequence_as"]


def _parts(leaf: Any) -> Any:
    """The parts of a ragged or sparse tensor; another leaf as it is."""
    if isinstance(leaf, RaggedTensor):
        return (leaf.flat_values, *leaf.nested_row_splits)
    if isinstance(leaf, SparseTensor):
        return (leaf.indices, leaf.values, leaf.dense_shape)
    return leaf


def _whole(leaf: Any, parts: Any) -> Any:
    """What ``_parts`` took apart, of other parts."""
    if isinstance(leaf, RaggedTensor):
        return RaggedTensor.from_nested_row_splits(parts[0], parts[1:])
    if isinstance(leaf, SparseTensor):
        return SparseTensor(*parts)
    return parts


def _expanded(structure: Any, expand_composites: bool) -> Any:
    return nested.map_structure(_parts, structure) if expand_composites else structure


def flatten(structure: Any, expand_composites: bool = False) -> list[Any]:
    """List of the leaves; a leaf gives a list of itself."""
    return nested.flatten(_expanded(structure, expand_composites))


def pack_sequence_as(
    structure: Any, flat_sequence: Iterable[Any], expand_composites: bool = False
) -> Any:
    """Leaves in the structure that ``flatten`` took apart.

    Raises:
        ValueError: there are more or less of them.
    """
    packed = nested.pack_sequence_as(_expanded(structure, expand_composites), flat_sequence)
    return _joined(structure, packed) if expand_composites else packed


def _joined(structure: Any, packed: Any) -> Any:
    """``packed`` with the parts of each leaf of ``structure`` as one."""
    if not is_nested(structure):
        return _whole(structure, packed)
    pairs = zip(nested.children(structure), nested.children(packed), strict=True)
    return nested.rebuild(structure, [_joined(like, parts) for (_, like), (_, parts) in pairs])


def map_structure(func: Callable[..., Any], *structure: Any, **kwargs: Any) -> Any:
    """``func`` of the leaves in the same places of structures.

    Args:
        func: The function.
        structure: One structure or several.
        kwargs: ``check_types`` (True): whether lists and tuples must be of one kind;
            ``expand_composites`` (False): see the module.

    Raises:
        TypeError: another keyword.
        ValueError: the structures differ.
    """
    if not structure or not kwargs.keys() <= {"check_types", "expand_composites"}:
        given = sorted(kwargs)
        expected = "one structure or more, and check_types or expand_composites"
        raise kind_error("tf.nest.map_structure", "kwargs", given, expected)
    expand = kwargs.get("expand_composites", False)
    for other in structure[1:]:
        assert_same_structure(structure[0], other, kwargs.get("check_types", True), expand)
    columns = [flatten(one, expand) for one in structure]
    return pack_sequence_as(structure[0], list(map(func, *columns)), expand)


def assert_same_structure(
    nest1: Any, nest2: Any, check_types: bool = True, expand_composites: bool = False
) -> None:
    """Raise unless both have leaves in the same places.

    Args:
        nest1, nest2: The structures.
        check_types: Whether lists and tuples must be of one kind.
        expand_composites: See the module.

    Raises:
        ValueError: they haven't.
    """
    first, second = (_expanded(nest, expand_composites) for nest in (nest1, nest2))
    if check_types:
        nested.assert_same_structure(first, second)
        nested.assert_same_structure(second, first)
    elif _form(first) != _form(second):
        where, expected = "tf.nest.assert_same_structure", f"leaves as in {_form(first)}"
        raise argument_error(where, "nest2", _form(second), expected)


def _form(structure: Any) -> Any:
    """Where leaves are, whatever holds them."""
    if not is_nested(structure):
        return "*"
    return [_form(child) for _, child in nested.children(structure)]

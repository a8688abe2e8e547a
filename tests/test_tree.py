"""keras.tree, beside real Keras."""

import keras
import pytest
from influence import Change, Subject, cases, check, missing

from torchkeras import tree

STRUCTURE = {"b": [1, (2, 3)], "a": {"c": 4, "x": None}}


def test_every_name_of_keras_is_there():
    assert [name for name in dir(keras.tree) if name[0] != "_" and not hasattr(tree, name)] == []


@pytest.mark.parametrize(
    "call",
    [
        lambda tree: tree.flatten(STRUCTURE),
        lambda tree: tree.flatten_with_path(STRUCTURE),
        lambda tree: tree.lists_to_tuples(STRUCTURE),
        lambda tree: tree.map_structure(lambda a, b: (a, b), STRUCTURE, STRUCTURE),
        lambda tree: tree.map_structure(lambda a: a + 1, STRUCTURE, none_is_leaf=False),
        lambda tree: tree.pack_sequence_as(STRUCTURE, "abcde"),
        lambda tree: tree.map_structure_up_to([0, 0], lambda a, b: (a, b), [1, [2]], [[3], 4]),
        lambda tree: tree.map_shape_structure(lambda s: len(s), {"a": (1, None), "b": [(2,)]}),
        lambda tree: tree.traverse(lambda v: len(v) if isinstance(v, tuple) else None, STRUCTURE),
        lambda tree: tree.traverse(
            lambda v: tree.MAP_TO_NONE if v == 4 else v * 2 if isinstance(v, int) else None,
            STRUCTURE,
            top_down=False,
        ),
        lambda tree: tree.is_nested([]),
    ],
)
def test_structures_are_walked_as_in_keras(call):
    assert call(tree) == call(keras.tree)


def test_structures_that_differ_are_an_error():
    tree.assert_same_structure([1, {"a": 2}], [3, {"a": 4}])
    tree.assert_same_paths([1, 2], (3, 4))
    with pytest.raises(ValueError, match="don't match"):
        tree.assert_same_structure([1], (1,))
    with pytest.raises(ValueError, match="don't have the same paths"):
        tree.assert_same_paths([1], [1, 2])
    with pytest.raises(ValueError, match="don't match"):
        tree.map_structure_up_to([0, 0], lambda a: a, [1])


def test_what_is_called_must_be_callable():
    for function in (tree.map_structure, tree.traverse, tree.map_shape_structure):
        with pytest.raises(TypeError, match="must be callable"):
            function(3, [1])
    with pytest.raises(ValueError, match="at least one structure"):
        tree.map_structure(lambda: 0)
    with pytest.raises(ValueError, match="Cannot map function to unknown objects"):
        tree.map_shape_structure(lambda s: s, 3)


def doubled(*leaves):
    return leaves * 2


def total(*leaves):
    return sum(leaf for leaf in leaves if leaf is not None)


def twice_if_tuple(part):
    return part * 2 if isinstance(part, tuple) else None


FLAT, NESTED = [1, (2, 3)], [4, (5, 6)]
TUPLES = {"func": twice_if_tuple, "structure": ((1, 2), 3)}
unlike = Change([1, 2, 3], raises=ValueError)
SUBJECTS = [
    Subject(tree.is_nested, {"structure": FLAT}, {"structure": 1}),
    Subject(tree.flatten, {"structure": NESTED}, {"structure": FLAT}),
    Subject(tree.flatten_with_path, {"structure": NESTED, "path": ("a",)}, {"structure": FLAT}),
    Subject(
        tree.map_structure,
        {
            "func": total,
            "structures": [FLAT, FLAT],
            "none_is_leaf": Change(False, {"structures": [[1, None]]}),
        },
        {"func": doubled, "structures": [FLAT]},
    ),
    Subject(
        tree.map_structure_up_to,
        {
            "shallow_structure": [0, (0, 0)],
            "func": lambda *parts: len(parts),
            "structures": [NESTED, NESTED],
        },
        {"shallow_structure": [0, 0], "func": lambda *parts: parts, "structures": [FLAT, FLAT]},
    ),
    Subject(
        tree.pack_sequence_as,
        {"structure": [1, 2, 3], "flat_sequence": "xyz"},
        {"structure": FLAT, "flat_sequence": "abc"},
    ),
    *(
        Subject(function, {"a": unlike, "b": unlike}, {"a": FLAT, "b": NESTED})
        for function in (tree.assert_same_structure, tree.assert_same_paths)
    ),
    Subject(
        tree.traverse,
        {"func": lambda part: None, "structure": ((1, 2), 4), "top_down": False},
        TUPLES,
    ),
    Subject(tree.lists_to_tuples, {"structure": NESTED}, {"structure": FLAT}),
    Subject(
        tree.map_shape_structure,
        {"func": sum, "structure": [(1, 2), (3,)]},
        {"func": len, "structure": [(1, 2)]},
    ),
]
WITHOUT = {("assert_same_structure", "check_types"): "kinds are always compared"}


@pytest.mark.parametrize("subject, argument", cases(SUBJECTS))
def test_changing_the_argument_matters(subject, argument):
    check(subject, argument)


def test_no_argument_is_left_out():
    assert not missing([tree], SUBJECTS, WITHOUT)
    assert "check_types: Accepted for older scripts" in tree.assert_same_structure.__doc__

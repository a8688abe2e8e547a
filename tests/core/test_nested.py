import collections

import pytest
from hypothesis import given
from hypothesis import strategies as st
from keras.src.tree import optree_impl

from torchkeras.core import nested

leaves = st.integers()
structures = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
    ),
    max_leaves=8,
)
Point = collections.namedtuple("Point", "x y")


@given(structures)
def test_flatten_gives_the_leaves_in_the_order_of_keras(structure):
    assert nested.flatten(structure) == optree_impl.flatten(structure)


@given(structures)
def test_packing_undoes_flattening(structure):
    assert nested.pack_sequence_as(structure, nested.flatten(structure)) == structure


@given(structures)
def test_mapping_is_that_of_keras(structure):
    assert nested.map_structure(str, structure) == optree_impl.map_structure(str, structure)
    assert nested.map_leaves(str, structure) == optree_impl.map_structure(str, structure)


@given(structures)
def test_paths_lead_to_the_leaves(structure):
    for path, leaf in nested.flatten_with_path(structure):
        value = structure
        for key in path:
            value = value[key]
        assert value == leaf


def test_named_tuples_keep_their_class():
    assert nested.map_structure(lambda v: v + 1, Point(1, 2)) == Point(2, 3)


def test_dicts_keep_the_order_of_their_keys():
    assert list(nested.map_structure(lambda v: v, {"b": 1, "a": 2})) == ["b", "a"]
    assert nested.flatten({"b": 1, "a": 2}) == [2, 1]


@pytest.mark.parametrize("other", [[1], (1, 2), {"a": 1}, [1, 2, 3], 1])
def test_structures_that_differ_are_refused(other):
    with pytest.raises(ValueError, match="structures don't match"):
        nested.map_structure(lambda a, b: a, [1, 2], other)


def test_a_wrong_number_of_leaves_is_refused():
    with pytest.raises(ValueError, match="1 leaves were given; expected 2"):
        nested.pack_sequence_as([1, 2], [1])

import pytest
import tensorflow as tf


def test_structures_are_taken_apart_and_put_together():
    structure = {"b": (1, 2), "a": [3]}
    flat = tf.nest.flatten(structure)
    assert flat == [3, 1, 2]
    assert tf.nest.pack_sequence_as(structure, flat) == structure
    assert tf.nest.map_structure(lambda x: x + 1, structure) == {"b": (2, 3), "a": [4]}
    assert tf.nest.is_nested(structure)


def test_ragged_and_sparse_tensors_are_structures_if_asked_for():
    ragged = tf.ragged.constant([[[1], [2, 3]], []])
    sparse = tf.SparseTensor([[0, 1]], [5], [1, 2])
    structure = {"a": ragged, "b": [sparse]}
    assert len(tf.nest.flatten(structure)) == 2
    parts = tf.nest.flatten(structure, expand_composites=True)
    assert [part.tolist() for part in parts] == [
        [1, 2, 3], [0, 2, 2], [0, 1, 3], [[0, 1]], [5], [1, 2],
    ]  # fmt: skip
    again = tf.nest.pack_sequence_as(structure, parts, expand_composites=True)
    assert again["a"].to_list() == ragged.to_list()
    assert tf.sparse.to_dense(again["b"][0]).tolist() == [[0, 5]]
    same = tf.nest.map_structure(tf.identity, structure, expand_composites=True)
    assert same["a"].to_list() == ragged.to_list()


def test_structures_are_compared():
    tf.nest.assert_same_structure([1, (2,)], [3, (4,)])
    tf.nest.assert_same_structure([1, (2,)], (3, [4]), check_types=False)
    added = tf.nest.map_structure(lambda x, y: x + y, [1, 2], (3, 4), check_types=False)
    assert added == [4, 6]
    for other in ((3, [4]), [3, 4], [3, ((4,),)]):
        with pytest.raises(ValueError, match="structures don't match"):
            tf.nest.assert_same_structure([1, (2,)], other)
    with pytest.raises(ValueError, match="leaves as in"):
        tf.nest.assert_same_structure([1, 2], [1, [2]], check_types=False)
    with pytest.raises(TypeError, match="check_types"):
        tf.nest.map_structure(abs, [1], deep=True)

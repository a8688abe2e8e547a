import tensorflow as tf


def test_structures_are_taken_apart_and_put_together():
    structure = {"b": (1, 2), "a": [3]}
    flat = tf.nest.flatten(structure)
    assert flat == [3, 1, 2]
    assert tf.nest.pack_sequence_as(structure, flat) == structure
    assert tf.nest.map_structure(lambda x: x + 1, structure) == {"b": (2, 3), "a": [4]}
    assert tf.nest.is_nested(structure)

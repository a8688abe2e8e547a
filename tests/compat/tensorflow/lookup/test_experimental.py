import tensorflow as tf


def test_tables_that_change_are_here():
    table = tf.lookup.experimental.MutableHashTable(tf.int64, tf.string, "-")
    table.insert(tf.constant([1]), ["x"])
    assert table.lookup(tf.constant([1, 2])).numpy().tolist() == [b"x", b"-"]

import itertools

import tensorflow as tf


def test_older_places():
    assert tf.data.experimental.AUTOTUNE == tf.data.AUTOTUNE
    dataset = tf.data.Dataset.range(4).filter(lambda x: x > 1)
    assert tf.data.experimental.cardinality(dataset) == tf.data.UNKNOWN_CARDINALITY
    known = dataset.apply(tf.data.experimental.assert_cardinality(2))
    assert len(known) == 2
    assert [int(x) for x in itertools.islice(tf.data.experimental.Counter(1, 2), 3)] == [1, 3, 5]
    options = tf.data.Options()
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.DATA
    assert list(dataset.with_options(options).as_numpy_iterator()) == [2, 3]

import pytest
import tensorflow as tf


def test_settings_are_kept_merged_and_compared():
    options = tf.data.Options()
    assert options == tf.data.Options()
    options.deterministic = False
    options.threading.private_threadpool_size = 4
    options.experimental_optimization.map_parallelization = True
    dataset = tf.data.Dataset.range(3).with_options(options)
    later = tf.data.Options()
    later.autotune.enabled = True
    found = dataset.with_options(later).options()
    assert found.deterministic is False
    assert found.threading.private_threadpool_size == 4
    assert found.autotune.enabled is True
    assert found != options
    assert [int(x) for x in dataset] == [0, 1, 2]


def test_a_setting_that_there_is_not_cannot_be_set():
    options = tf.data.Options()
    with pytest.raises(AttributeError, match="Cannot set the property fast"):
        options.fast = True
    with pytest.raises(AttributeError, match="Cannot set the property"):
        options.autotune.fast = True

"""Parts of devices."""

import pytest
import tensorflow as tf


def test_a_limit_is_kept():
    cpu = tf.config.list_physical_devices("CPU")[0]
    part = tf.config.LogicalDeviceConfiguration(memory_limit=1024)
    tf.config.set_logical_device_configuration(cpu, [part])
    assert tf.config.get_logical_device_configuration(cpu) == [part]
    assert tf.config.experimental.VirtualDeviceConfiguration is type(part)


def test_no_device_is_divided():
    cpu = tf.config.list_physical_devices("CPU")[0]
    part = tf.config.LogicalDeviceConfiguration()
    with pytest.warns(UserWarning, match="torch divides none"):
        tf.config.experimental.set_virtual_device_configuration(cpu, [part, part])


def test_clusters_are_started_by_torchrun():
    with pytest.raises(RuntimeError, match="torchrun"):
        tf.config.experimental_connect_to_cluster(None)

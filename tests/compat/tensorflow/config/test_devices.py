import tensorflow as tf
import torch


def test_devices_are_listed_under_tensorflows_names():
    assert tf.config.list_physical_devices("CPU")[0].name == "/physical_device:CPU:0"
    assert len(tf.config.list_physical_devices("GPU")) == torch.cuda.device_count()
    assert tf.config.list_logical_devices("CPU")[0].device_type == "CPU"
    assert tf.config.experimental.list_physical_devices() == tf.config.list_physical_devices()

import tensorflow as tf


def test_memory_grows_anyway():
    for gpu in tf.config.list_physical_devices("GPU"):
        tf.config.experimental.set_memory_growth(gpu, True)
    assert tf.config.experimental.get_memory_growth("GPU:0")
    assert tf.config.experimental.get_memory_info("CPU:0") == {"current": 0, "peak": 0}

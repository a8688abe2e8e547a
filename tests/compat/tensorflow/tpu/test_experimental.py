import pytest
import tensorflow as tf


def test_there_are_no_tpus():
    with pytest.raises(RuntimeError, match=r"get_strategy\(\), or torch_xla"):
        tf.tpu.experimental.initialize_tpu_system()
    tf.tpu.experimental.shutdown_tpu_system()

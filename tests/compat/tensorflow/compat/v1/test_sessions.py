"""Sessions that scripts make to set up devices."""

import pytest
import tensorflow as tf

v1 = tf.compat.v1


def test_a_session_can_be_made_but_runs_nothing():
    config = v1.ConfigProto(gpu_options=v1.GPUOptions(allow_growth=True), device_count={"GPU": 1})
    config.gpu_options.per_process_gpu_memory_fraction = 0.4
    config.graph_options.optimizer_options.global_jit_level = 1
    assert config.device_count == {"GPU": 1}
    with (
        v1.Session(config=config).as_default() as session,
        pytest.raises(RuntimeError, match="everything runs at once"),
    ):
        session.run([], feed_dict={})
    v1.InteractiveSession(config=v1.ConfigProto()).close()

import pytest
import tensorflow as tf


def test_unknown_names_tell_torchs_way():
    with pytest.raises(AttributeError, match="torch_xla"):
        tf.tpu.rewrite  # noqa: B018

import pytest
import tensorflow as tf


def test_unknown_names_tell_torchs_way():
    with pytest.raises(AttributeError, match=r"torch\.profiler"):
        tf.profiler.nothing  # noqa: B018

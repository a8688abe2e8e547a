"""``tf.train.experimental``."""

import pytest
import tensorflow as tf


def test_a_python_state_has_to_say_its_state():
    with pytest.raises(TypeError, match="abstract"):
        tf.train.experimental.PythonState()

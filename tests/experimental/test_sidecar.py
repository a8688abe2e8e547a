import pytest

import torchkeras as keras


def test_it_warns_and_is_the_present_one(tmp_path):
    with pytest.warns(DeprecationWarning, match="use `tf.keras.utils.SidecarEvaluator`"):
        made = keras.experimental.SidecarEvaluator(keras.Sequential(), [], tmp_path, steps=2)
    assert isinstance(made, keras.utils.SidecarEvaluator)
    assert made.steps == 2

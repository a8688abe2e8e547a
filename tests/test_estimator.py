import pytest

from torchkeras import estimator


def test_it_says_that_there_are_none():
    with pytest.raises(RuntimeError, match="not available in your installation.*Call fit"):
        estimator.model_to_estimator(keras_model=None)

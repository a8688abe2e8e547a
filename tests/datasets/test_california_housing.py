import numpy as np
import pytest

from torchkeras.datasets import california_housing


def test_there_is_a_small_version(publish):
    arrays = {"x": np.zeros((700, 8), "float32"), "y": np.zeros(700, "float32")}
    publish(california_housing, "california_housing.npz", lambda path: np.savez(path, **arrays))
    (large, _), _ = california_housing.load_data()
    (small, _), (small_test, _) = california_housing.load_data("small")
    assert (len(large), len(small), len(small_test)) == (560, 480, 120)


def test_another_version_is_an_error():
    with pytest.raises(ValueError, match="version is 'tiny'"):
        california_housing.load_data("tiny")

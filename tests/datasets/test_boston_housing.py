import numpy as np

from torchkeras.datasets import boston_housing


def test_rows_are_shuffled_and_split(publish):
    arrays = {"x": np.arange(20.0).reshape(10, 2), "y": np.arange(10.0)}
    publish(boston_housing, "boston_housing.npz", lambda path: np.savez(path, **arrays))
    (x_train, y_train), (x_test, y_test) = boston_housing.load_data(test_split=0.3)
    assert (x_train.shape, x_test.shape) == ((7, 2), (3, 2))
    assert np.array_equal(x_train[:, 0], y_train * 2)
    assert sorted([*y_train, *y_test]) == list(range(10))

import numpy as np
import pytest

from torchkeras.datasets import mnist

ARRAYS = {
    "x_train": np.arange(8, dtype="uint8").reshape(2, 2, 2),
    "y_train": np.array([1, 2], "uint8"),
    "x_test": np.zeros((1, 2, 2), "uint8"),
    "y_test": np.array([3], "uint8"),
}


def write(path):
    np.savez(path, **ARRAYS)


def test_parts_are_loaded_and_kept(publish, cache):
    publish(mnist, "mnist.npz", write)
    (x_train, y_train), (x_test, y_test) = mnist.load_data()
    assert np.array_equal(x_train, ARRAYS["x_train"])
    assert y_train.tolist() == [1, 2]
    assert x_test.shape == (1, 2, 2)
    assert y_test.tolist() == [3]
    assert (cache / "mnist.npz").is_file()


def test_the_file_may_have_another_name_or_place(publish, cache, tmp_path):
    publish(mnist, "mnist.npz", write)
    mnist.load_data("digits.npz")
    assert (cache / "digits.npz").is_file()
    mnist.load_data(str(tmp_path / "mine" / "digits.npz"))
    assert (tmp_path / "mine" / "digits.npz").is_file()
    mnist.load_data(cache_dir=str(tmp_path / "other"))
    assert (tmp_path / "other" / "datasets" / "mnist.npz").is_file()


def test_another_file_is_refused(publish, monkeypatch):
    publish(mnist, "mnist.npz", write)
    monkeypatch.setattr(mnist, "HASH", "0" * 64)
    with pytest.raises(ValueError, match="Incomplete or corrupted file"):
        mnist.load_data()

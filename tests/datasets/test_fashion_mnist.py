import gzip
import hashlib
import shutil

import numpy as np
import pytest

from torchkeras.datasets import fashion_mnist


def idx(array):
    shape = b"".join(size.to_bytes(4, "big") for size in array.shape)
    return b"\0\0\x08" + bytes([array.ndim]) + shape + array.astype("uint8").tobytes()


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Four small files in a folder ``files`` that are taken for the real ones."""
    folder = tmp_path / "files"
    folder.mkdir()
    contents = {
        "train-images-idx3-ubyte": idx(np.arange(3 * 4).reshape(3, 2, 2)),
        "train-labels-idx1-ubyte": idx(np.array([1, 2, 3])),
        "t10k-images-idx3-ubyte": idx(np.arange(4).reshape(1, 2, 2)),
        "t10k-labels-idx1-ubyte": idx(np.array([9])),
    }
    for name, content in contents.items():
        (folder / f"{name}.gz").write_bytes(gzip.compress(content))
        monkeypatch.setitem(fashion_mnist.CONTENTS, name, hashlib.sha256(content).hexdigest())
    monkeypatch.setattr(fashion_mnist, "DEBIAN", tmp_path / "debian")
    monkeypatch.setattr(fashion_mnist, "ORIGIN", (tmp_path / "nowhere").as_uri() + "/")
    return folder


def check(data):
    (x_train, y_train), (x_test, y_test) = data
    assert x_train.shape == (3, 2, 2)
    assert x_train.dtype == np.uint8
    assert y_train.tolist() == [1, 2, 3]
    assert x_test.tolist() == [[[0, 1], [2, 3]]]
    assert y_test.tolist() == [9]


def test_the_cache_of_keras_comes_first(files, cache):
    shutil.copytree(files, cache / "fashion-mnist")
    check(fashion_mnist.load_data())


def test_then_the_package_of_debian(files, tmp_path, cache):
    shutil.copytree(files, tmp_path / "debian")
    check(fashion_mnist.load_data())
    assert not cache.exists()


def test_a_damaged_cache_is_passed_over(files, tmp_path, cache):
    shutil.copytree(files, cache / "fashion-mnist")
    (cache / "fashion-mnist" / "t10k-labels-idx1-ubyte.gz").write_bytes(b"damaged")
    shutil.copytree(files, tmp_path / "debian")
    check(fashion_mnist.load_data())


def test_then_a_download(files, cache, monkeypatch):
    monkeypatch.setattr(fashion_mnist, "ORIGIN", files.as_uri() + "/")
    check(fashion_mnist.load_data())
    assert len(list((cache / "fashion-mnist").iterdir())) == 4


def test_a_download_of_something_else_is_an_error(files, cache, monkeypatch):
    (files / "t10k-labels-idx1-ubyte.gz").write_bytes(gzip.compress(b"something else"))
    monkeypatch.setattr(fashion_mnist, "ORIGIN", files.as_uri() + "/")
    with pytest.raises(ValueError, match="expected that of Fashion-MNIST"):
        fashion_mnist.load_data()
    assert not (cache / "fashion-mnist" / "t10k-labels-idx1-ubyte.gz").exists()


def test_without_any_it_says_so(files):
    with pytest.raises(OSError, match="URL fetch failure"):
        fashion_mnist.load_data()


@pytest.mark.skipif(not fashion_mnist.DEBIAN.is_dir(), reason="needs dataset-fashion-mnist")
def test_the_package_of_debian_holds_fashion_mnist():
    (x_train, y_train), (x_test, y_test) = fashion_mnist.load_data()
    assert x_train.shape == (60000, 28, 28)
    assert x_test.shape == (10000, 28, 28)
    assert np.bincount(y_train).tolist() == [6000] * 10
    assert y_test[:5].tolist() == [9, 2, 1, 1, 6]
    assert x_train[0].sum() == 76247

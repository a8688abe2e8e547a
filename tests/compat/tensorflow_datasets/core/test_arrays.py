"""The sets of keras.datasets, in the order of tfds."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
import tensorflow_datasets as tfds
from tensorflow_datasets.core import arrays

ORDER = [6, 5, 4, 10, 0, 8, 3, 1, 9, 7, 11, 2]
DEBIAN = Path("/usr/share/datasets/fashion-mnist")


def digits(cache_dir=None):
    pictures = np.arange(12 * 28 * 28, dtype=np.int64).reshape(12, 28, 28).astype(np.uint8)
    labels = np.arange(12, dtype=np.uint8) % 10
    return (pictures, labels), (pictures[:4], labels[:4])


@pytest.fixture
def mnist(monkeypatch, tmp_path):
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(arrays.Mnist, "load", staticmethod(digits))
    monkeypatch.setattr(arrays.Mnist, "counts", {"train": 12, "test": 4})


def test_examples_come_in_the_order_of_tfds(mnist):
    order = arrays.order_of("train", 12)
    # sorted by tensorflow_datasets.core.hashing.Hasher("train").hash_key
    assert order == ORDER
    data, info = tfds.load("mnist", split="train", as_supervised=True, with_info=True)
    assert [int(label) for _, label in data] == [number % 10 for number in order]
    (picture, _), (pictures, _) = next(iter(data)), digits()[0]
    assert np.array_equal(picture[..., 0], pictures[order[0]])
    assert info.features["label"].num_classes == 10
    assert info.splits["train"].num_examples == 12


def test_parts_and_forms(mnist):
    data = tfds.load("mnist", split=["train[:50%]", "train[50%:]+test", "all"])
    assert [len(part) for part in data] == [6, 10, 16]
    assert list(data[0].element_spec) == ["image", "label"]
    assert data[0].element_spec["image"].shape == (28, 28, 1)
    whole = tfds.load("mnist", split="test", batch_size=-1, as_supervised=True)
    pictures, labels = tfds.as_numpy(whole)
    assert pictures.shape == (4, 28, 28, 1)
    assert labels.dtype == np.int64
    assert len(tfds.load("mnist", split="train", batch_size=5)) == 3
    assert sorted(tfds.load("mnist")) == ["test", "train"]
    endless = tfds.ReadConfig(repeat_filenames=True)
    assert len(list(tfds.load("mnist", split="test", read_config=endless).take(9))) == 9


def test_without_a_download_there_is_nothing(mnist):
    with pytest.raises(AssertionError, match="download_and_prepare"):
        tfds.load("mnist", split="train", download=False)
    builder = tfds.builder("mnist")
    assert builder.info.splits["train[:3]"].num_examples == 3
    builder.download_and_prepare()
    with pytest.raises(ValueError, match="decoders"):
        builder.as_dataset(split="train", decoders={"image": tfds.decode.SkipDecoding()})


def test_pictures_of_cifar_have_names(monkeypatch, tmp_path):
    def load(label_mode=None, cache_dir=None):
        labels = np.arange(5).reshape(5, 1) * (1 if label_mode == "coarse" else 2)
        return ((np.zeros((5, 3, 32, 32), np.uint8), labels),) * 2

    monkeypatch.setattr(arrays.cifar100, "load_data", load)
    monkeypatch.setattr(arrays.Cifar100, "counts", {"train": 5, "test": 5})
    data, info = tfds.load("cifar100", split="test", data_dir=tmp_path, with_info=True)
    for example in data:
        assert int(example["label"]) == 2 * int(example["coarse_label"])
        assert example["id"].numpy().decode() == f"test_{int(example['coarse_label']):05d}"
        assert example["image"].shape == (32, 32, 3)
    assert info.features["label"].names[0] == "apple"
    assert len(info.features["label"].names) == 100
    assert info.features["coarse_label"].num_classes == 20
    assert tfds.builder("cifar10").info.features["label"].int2str(3) == "cat"


def test_iris_is_that_of_tfds():
    pytest.importorskip("sklearn")
    data = tfds.load("iris", split="train", batch_size=-1, as_supervised=True)
    whole, labels = tfds.as_numpy(data)
    assert whole.shape == (150, 4)
    assert np.bincount(labels).tolist() == [50, 50, 50]
    # Sums of UCI's iris.data; Fisher's article has 458.6 and 180.
    assert np.allclose(whole.sum(0, dtype=np.float64), [876.5, 458.1, 563.8, 179.8], atol=0.05)


@pytest.mark.skipif(not DEBIAN.is_dir(), reason="needs Debian's dataset-fashion-mnist")
def test_all_pictures_of_fashion_mnist_are_those_of_tfds(tmp_path):
    data = tfds.load("fashion_mnist", data_dir=tmp_path, batch_size=-1, as_supervised=True)
    sums = {
        split: [hashlib.md5(np.ascontiguousarray(part).tobytes()).hexdigest() for part in parts]
        for split, parts in tfds.as_numpy(data).items()
    }
    assert sums == {  # of tensorflow_datasets 4.9.10, of the same four files
        "train": ["130d186edbfdcceea07504a859a500d3", "6e79c50191c188e071342d8c3fd2c93e"],
        "test": ["d894fd36a47444e1a13518b2c0a2e458", "19655e09ca2c2b70540ddf9b74b4efdb"],
    }

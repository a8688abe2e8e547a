import io
import pickle
import tarfile

import numpy as np
import pytest

from torchkeras.datasets import cifar100


def write(path):
    with tarfile.open(path, "w:gz") as archive:
        for name in ("train", "test"):
            batch = {
                b"data": np.zeros((2, 3072), "uint8"),
                b"fine_labels": [7, 8],
                b"coarse_labels": [1, 2],
            }
            content = pickle.dumps(batch, 2)
            info = tarfile.TarInfo(f"cifar-100-python/{name}")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))


def test_labels_are_fine_or_coarse(publish):
    publish(cifar100, "cifar-100-python.tar.gz", write)
    (x_train, y_train), _ = cifar100.load_data()
    assert x_train.shape == (2, 32, 32, 3)
    assert y_train.tolist() == [[7], [8]]
    _, (_, y_test) = cifar100.load_data("coarse")
    assert y_test.tolist() == [[1], [2]]


def test_other_labels_are_an_error():
    with pytest.raises(ValueError, match="label_mode is 'rough'"):
        cifar100.load_data("rough")

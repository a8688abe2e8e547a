import io
import pickle
import tarfile

import numpy as np

from torchkeras.datasets import cifar10


def write(path):
    with tarfile.open(path, "w:gz") as archive:
        for name, label in [*((f"data_batch_{i}", i) for i in range(1, 6)), ("test_batch", 9)]:
            batch = {b"data": np.full((2, 3072), label, "uint8"), b"labels": [label, label]}
            content = pickle.dumps(batch, 2)
            info = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))


def test_batches_are_joined(publish, cache):
    publish(cifar10, "cifar-10-python.tar.gz", write)
    for _ in range(2):
        (x_train, y_train), (x_test, y_test) = cifar10.load_data()
        assert x_train.shape == (10, 32, 32, 3)
        assert y_train.dtype == np.uint8
        assert y_train[:, 0].tolist() == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
        assert x_test.max() == 9
        assert y_test.tolist() == [[9], [9]]
    assert (cache / "cifar-10-batches-py-target" / "cifar-10-batches-py").is_dir()

import pickle

import numpy as np

from torchkeras.core import settings
from torchkeras.datasets import cifar


def test_images_take_the_default_layout(tmp_path):
    data = np.arange(2 * 3 * 32 * 32, dtype="uint32").reshape(2, -1)
    (tmp_path / "a").write_bytes(pickle.dumps({b"data": data, b"labels": [4, 5]}, 2))
    x, y = cifar.read([tmp_path / "a", tmp_path / "a"], "labels")
    assert x.shape == (4, 32, 32, 3)
    assert x[0, 0, 0].tolist() == [0, 1024, 2048]
    assert y.tolist() == [[4], [5], [4], [5]]
    settings.set_image_data_format("channels_first")
    try:
        assert cifar.read([tmp_path / "a"], "labels")[0].shape == (2, 3, 32, 32)
    finally:
        settings.set_image_data_format("channels_last")

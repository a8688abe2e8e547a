"""CIFAR-10: 60,000 colour images, 32 x 32, in 10 classes."""

from torchkeras.datasets import cifar
from torchkeras.datasets.source import Pair

HASH = "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce"


def load_data(cache_dir: str | None = None) -> tuple[Pair, Pair]:
    """Training and test part, from Keras's cache or a download.

    Classes: 0 airplane, 1 automobile, 2 bird, 3 cat, 4 deer, 5 dog, 6 frog, 7 horse, 8 ship,
    9 truck.

    Args:
        cache_dir: Root of the cache; None is Keras's.

    Shape:
        x: ``(50000, 32, 32, 3)`` and ``(10000, 32, 32, 3)``, uint8.
        y: ``(50000, 1)`` and ``(10000, 1)``, uint8.

    Source: Keras 3 ``cifar10.load_data``.
    """
    folder = cifar.folder_of(
        "cifar-10-python.tar.gz",
        "cifar-10-batches-py-target",
        "cifar-10-batches-py",
        HASH,
        cache_dir,
    )
    x_train, y_train = cifar.read([folder / f"data_batch_{i}" for i in range(1, 6)], "labels")
    x_test, y_test = cifar.read([folder / "test_batch"], "labels")
    return (x_train, y_train.astype("uint8")), (x_test, y_test.astype("uint8"))

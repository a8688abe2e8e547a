"""MNIST: 70,000 images of handwritten digits, 28 x 28."""

from torchkeras.datasets.source import Pair, fetch, load_npz

HASH = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"


def load_data(path: str = "mnist.npz", cache_dir: str | None = None) -> tuple[Pair, Pair]:
    """Training and test part, from Keras's cache or a download.

    Args:
        path: Name of the file in the cache.
        cache_dir: Root of the cache; None is Keras's.

    Shape:
        x: ``(60000, 28, 28)`` and ``(10000, 28, 28)``, uint8.
        y: ``(60000,)`` and ``(10000,)``, uint8, the digits.

    Source: Keras 3 ``mnist.load_data``.
    """
    arrays = load_npz(fetch(path, "mnist.npz", HASH, cache_dir))
    return (arrays["x_train"], arrays["y_train"]), (arrays["x_test"], arrays["y_test"])

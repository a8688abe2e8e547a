"""CIFAR-100: 60,000 colour images, 32 x 32, in 100 classes of 20 kinds."""

from torchkeras.core.checks import argument_error
from torchkeras.datasets import cifar
from torchkeras.datasets.source import Pair

HASH = "85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7"


def load_data(label_mode: str = "fine", cache_dir: str | None = None) -> tuple[Pair, Pair]:
    """Training and test part, from Keras's cache or a download.

    Args:
        label_mode: ``"fine"`` for the 100 classes, ``"coarse"`` for the 20 kinds.
        cache_dir: Root of the cache; None is Keras's.

    Shape:
        x: ``(50000, 32, 32, 3)`` and ``(10000, 32, 32, 3)``, uint8.
        y: ``(50000, 1)`` and ``(10000, 1)``, int64.

    Raises:
        ValueError: another ``label_mode``.

    Source: Keras 3 ``cifar100.load_data``.
    """
    if label_mode not in ("fine", "coarse"):
        raise argument_error("cifar100", "label_mode", label_mode, '"fine" or "coarse"')
    folder = cifar.folder_of(
        "cifar-100-python.tar.gz", "cifar-100-python-target", "cifar-100-python", HASH, cache_dir
    )
    labels = f"{label_mode}_labels"
    return cifar.read([folder / "train"], labels), cifar.read([folder / "test"], labels)

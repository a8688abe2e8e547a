"""What CIFAR-10 and CIFAR-100 have in common."""

from pathlib import Path

import numpy as np

from torchkeras.core.settings import image_data_format
from torchkeras.datasets.source import Pair, load_pickle
from torchkeras.utils.files import get_file

ORIGIN = "https://www.cs.toronto.edu/~kriz/"


def folder_of(archive: str, name: str, inner: str, file_hash: str, cache_dir: str | None) -> Path:
    """The folder ``inner`` of the archive, unpacked in the cache under ``name``."""
    path = get_file(name, ORIGIN + archive, extract=True, file_hash=file_hash, cache_dir=cache_dir)
    return Path(path, inner)


def read(paths: list[Path], labels: str) -> Pair:
    """Images ``(n, 32, 32, 3)`` in the default layout and classes ``(n, 1)`` of some files."""
    parts = []
    for path in paths:
        with open(path, "rb") as file:
            parts.append(load_pickle(file))
    x = np.concatenate([part["data"] for part in parts]).reshape(-1, 3, 32, 32)
    y = np.concatenate([np.asarray(part[labels]) for part in parts]).reshape(-1, 1)
    if image_data_format() == "channels_last":
        x = x.transpose(0, 2, 3, 1)
    return x, y

"""Fashion-MNIST: 70,000 images of clothes, 28 x 28, in 10 classes."""

import gzip
import hashlib
import zlib
from pathlib import Path

import numpy as np

from torchkeras.core.checks import argument_error
from torchkeras.core.settings import keras_home
from torchkeras.datasets.source import ORIGIN, Pair, idx_array
from torchkeras.utils.files import get_file

DEBIAN = Path("/usr/share/datasets/fashion-mnist")  # of the package dataset-fashion-mnist
# SHA-256 of what the files hold; Debian's are compressed anew.
CONTENTS = {
    "train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
}

LONGEST = 16 + 60_000 * 28 * 28  # bytes of the longest of them


def load_data(cache_dir: str | None = None) -> tuple[Pair, Pair]:
    """Training and test part: Keras's cache, then Debian's package, then a download.

    Classes: 0 T-shirt/top, 1 trouser, 2 pullover, 3 dress, 4 coat, 5 sandal, 6 shirt, 7 sneaker,
    8 bag, 9 ankle boot.

    Args:
        cache_dir: Root of the cache; None is Keras's.

    Shape:
        x: ``(60000, 28, 28)`` and ``(10000, 28, 28)``, uint8.
        y: ``(60000,)`` and ``(10000,)``, uint8.

    Raises:
        ValueError: a file whose content isn't that of Fashion-MNIST.
        OSError: it can't be downloaded.

    Source: Keras 3 ``fashion_mnist.load_data``.
    """
    base = keras_home() if cache_dir is None else Path(cache_dir).expanduser()
    folder = base / "datasets" / "fashion-mnist"
    arrays = {name: _array(f"{name}.gz", folder, cache_dir) for name in CONTENTS}
    x_train, y_train, x_test, y_test = arrays.values()
    return (x_train, y_train), (x_test, y_test)


def _array(name: str, folder: Path, cache_dir: str | None) -> np.ndarray:
    for place in (folder / name, DEBIAN / name):
        content = _content(place) if place.is_file() else b""
        if _is_right(name, content):
            return idx_array(content, name)
    path = get_file(
        name,
        ORIGIN + name,
        cache_subdir="datasets/fashion-mnist",
        cache_dir=cache_dir,
        force_download=True,
    )
    content = _content(Path(path))
    if not _is_right(name, content):
        Path(path).unlink()
        raise argument_error(
            "fashion_mnist", name, "another file", "that of Fashion-MNIST", "Its hash is wrong."
        )
    return idx_array(content, name)


def _content(path: Path) -> bytes:
    try:
        with gzip.open(path) as file:
            return file.read(LONGEST + 1)  # what is longer is none of them
    except (OSError, EOFError, zlib.error):
        return b""


def _is_right(name: str, content: bytes) -> bool:
    return hashlib.sha256(content).hexdigest() == CONTENTS[name.removesuffix(".gz")]

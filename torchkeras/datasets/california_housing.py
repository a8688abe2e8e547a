"""California housing: 20,640 blocks, 8 numbers each, and the median price in dollars."""

from torchkeras.core.checks import argument_error
from torchkeras.datasets.source import Pair, fetch, load_npz, shuffled_split

HASH = "1a2e3a52e0398de6463aebe6f4a8da34fb21fbb6b934cf88c3425e766f2a1a6f"
SMALL = 600  # rows of the small version


def load_data(
    version: str = "large",
    path: str = "california_housing.npz",
    test_split: float = 0.2,
    seed: int = 113,
    cache_dir: str | None = None,
) -> tuple[Pair, Pair]:
    """Training and test part, from Keras's cache or a download.

    Args:
        version: ``"large"`` for all rows, ``"small"`` for the first 600.
        path: Name of the file in the cache.
        test_split: Fraction in [0, 1) kept for the test.
        seed: Of the order before splitting.
        cache_dir: Root of the cache; None is Keras's.

    Shape:
        x: ``(n, 8)``, float32.
        y: ``(n,)``, float32.

    Raises:
        ValueError: another ``version``.

    Source: Keras 3 ``california_housing.load_data``.
    """
    if version not in ("large", "small"):
        raise argument_error("california_housing", "version", version, '"large" or "small"')
    arrays = load_npz(fetch(path, "california_housing.npz", HASH, cache_dir))
    count = SMALL if version == "small" else None
    return shuffled_split(arrays["x"][:count], arrays["y"][:count], test_split, seed)

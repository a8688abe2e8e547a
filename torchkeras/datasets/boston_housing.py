"""Boston housing: 506 districts, 13 numbers each, and the median price in 1000 dollars."""

from torchkeras.datasets.source import Pair, fetch, load_npz, shuffled_split

HASH = "f553886a1f8d56431e820c5b82552d9d95cfcb96d1e678153f8839538947dff5"


def load_data(
    path: str = "boston_housing.npz",
    test_split: float = 0.2,
    seed: int = 113,
    cache_dir: str | None = None,
) -> tuple[Pair, Pair]:
    """Training and test part, from Keras's cache or a download.

    Args:
        path: Name of the file in the cache.
        test_split: Fraction in [0, 1) kept for the test.
        seed: Of the order before splitting.
        cache_dir: Root of the cache; None is Keras's.

    Shape:
        x: ``(n, 13)``, float64.
        y: ``(n,)``, float64.

    Source: Keras 3 ``boston_housing.load_data``.
    """
    arrays = load_npz(fetch(path, "boston_housing.npz", HASH, cache_dir))
    return shuffled_split(arrays["x"], arrays["y"], test_split, seed)

"""``split_dataset``."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import torch

from torchkeras.core.checks import argument_error, kind_error


def split_dataset(
    dataset: Any,
    left_size: float | int | None = None,
    right_size: float | int | None = None,
    shuffle: bool = False,
    seed: int | None = None,
    preferred_backend: str | None = None,
) -> tuple[torch.utils.data.Dataset, torch.utils.data.Dataset]:
    """Cut a dataset in two.

    Args:
        dataset: An array, a tensor, a list or tuple of them, or a map-style or iterable dataset.
        left_size: Size of the first part: a fraction in (0, 1) or a number of items.
        right_size: The same of the second part. One of the two may be None.
        shuffle: Whether items are drawn in random order.
        seed: Of that order.
        preferred_backend: ``"torch"`` or None.

    Returns:
        Two map-style torch datasets.

    Raises:
        ValueError: both sizes are None, or they ask for more than there is.

    Source: Keras 3 ``split_dataset``.
    """
    if preferred_backend not in (None, "torch"):
        raise argument_error("split_dataset", "preferred_backend", preferred_backend, '"torch"')
    items = _as_items(dataset)
    left, right = _part_sizes(len(items), left_size, right_size)
    order = np.arange(len(items))
    if shuffle:
        np.random.default_rng(seed).shuffle(order)
    subset = torch.utils.data.Subset
    return subset(items, order[:left].tolist()), subset(items, order[len(order) - right :].tolist())


def _as_items(dataset: Any) -> Any:
    if isinstance(dataset, (list, tuple)) and all(hasattr(part, "shape") for part in dataset):
        lengths = {len(part) for part in dataset}
        if len(lengths) > 1:
            raise argument_error(
                "split_dataset", "dataset", f"arrays of {sorted(lengths)}", "one length"
            )
        return torch.utils.data.TensorDataset(*map(torch.as_tensor, dataset))
    if hasattr(dataset, "__getitem__") and hasattr(dataset, "__len__"):
        return dataset
    if isinstance(dataset, Iterable):
        return list(dataset)
    raise kind_error("split_dataset", "dataset", dataset, "arrays or a dataset")


def _part_sizes(total: int, left: float | None, right: float | None) -> tuple[int, int]:
    if left is None and right is None:
        raise argument_error(
            "split_dataset",
            "left_size and right_size",
            None,
            "a size of at least one part",
            "At least one of the `left_size` or `right_size` must be specified.",
        )
    left_count = None if left is None else _count("left_size", left, total)
    right_count = None if right is None else _count("right_size", right, total)
    left_count = total - right_count if left_count is None else left_count
    right_count = total - left_count if right_count is None else right_count
    if left_count + right_count > total or not left_count or not right_count:
        raise argument_error(
            "split_dataset",
            "left_size and right_size",
            (left, right),
            f"two parts, none empty, of at most {total} items",
        )
    return left_count, right_count


def _count(argument: str, size: float, total: int) -> int:
    if isinstance(size, (bool, str)) or not isinstance(size, (int, float)):
        raise kind_error("split_dataset", argument, size, "a fraction or a number of items")
    if size <= 0 or (isinstance(size, float) and size >= 1) or size >= total:
        raise argument_error(
            "split_dataset",
            argument,
            size,
            f"a fraction in (0, 1) or a number from 1 to {total - 1}",
        )
    return round(size * total) if isinstance(size, float) else size

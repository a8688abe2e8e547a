"""Any input of ``fit``, ``evaluate`` and ``predict`` as one stream of batches."""

import inspect
from collections.abc import Iterator
from typing import Any

import torch
from torch.utils.data import DataLoader, Dataset

from torchkeras.core import nested
from torchkeras.core.checks import argument_error, kind_error
from torchkeras.data import rows
from torchkeras.data.arrays import ArrayBatches
from torchkeras.data.generators import (
    IterableBatches,
    IteratorBatches,
    PyDataset,
    PyDatasetBatches,
)
from torchkeras.data.loaders import LoaderBatches, dataset_batches
from torchkeras.data.streams import Batches
from torchkeras.data.weights import ClassWeights


def batches(
    x: Any,
    y: Any = None,
    sample_weight: Any = None,
    batch_size: int | None = None,
    steps: int | None = None,
    shuffle: bool | str = False,
    class_weight: dict[int, float] | None = None,
    seed: int | None = None,
    device: torch.device | None = None,
) -> Batches:
    """One stream of batches from any kind of data.

    Args:
        x: Arrays (NumPy, torch, pandas, scipy sparse, lists of numbers) or lists, tuples and
            dicts of them; or a source of batches: a ``DataLoader`` or ``Dataset`` of torch, a
            ``PyDataset``, an iterator, a generator function, or anything that can be iterated
            over again and again, such as a tf.data dataset. An object with a method
            ``torchkeras_batches(device, class_weights)`` gives its own stream.
        y: Targets; for a source of batches they come with it.
        sample_weight: Weights of the samples; for a source of batches they come with it.
        batch_size: Samples of a batch, 1 or more, for arrays and datasets; None means 32.
        steps: Batches of an epoch, from which a missing ``batch_size`` follows.
        shuffle: Whether to draw a new order for each pass, of samples (of batches in a
            ``PyDataset``); a source that can't be indexed keeps its own.
        class_weight: Weight of each class index.
        seed: Integer that the orders follow from; None draws one from torch's generator.
        device: Where the batches shall lie; None leaves them where they are.

    Raises:
        TypeError: ``x`` is nothing of this.
        ValueError: sample counts differ, there are no samples, or an argument is out of range.

    Example:
        >>> stream = batches(np.arange(5.0), batch_size=2)
        >>> [batch.tolist() for batch in stream]
        [[0.0, 1.0], [2.0, 3.0], [4.0]]
    """
    class_weights = None if class_weight is None else ClassWeights(class_weight)
    if rows.are_arrays(x) and rows.are_arrays((y, sample_weight)):
        return ArrayBatches(
            x, y, sample_weight, batch_size, steps, shuffle, seed, device, class_weights
        )
    source = _source(x, batch_size, shuffle, seed, device, class_weights)
    for name, given in (("y", y), ("sample_weight", sample_weight)):
        if given is not None:
            raise argument_error(
                "fit",
                name,
                "given",
                f"nothing beside a {type(x).__name__}",
                f"When providing `x` as a {type(x).__name__}, `{name}` should not be passed: it "
                "comes with the batches.",
            )
    return source


def _source(
    x: Any,
    batch_size: int | None,
    shuffle: bool | str,
    seed: int | None,
    device: torch.device | None,
    class_weights: ClassWeights | None,
) -> Batches:
    if isinstance(x, Batches):
        return x
    if hasattr(x, "torchkeras_batches"):
        return x.torchkeras_batches(device=device, class_weights=class_weights)
    if isinstance(x, PyDataset):
        return PyDatasetBatches(x, shuffle, seed, device, class_weights)
    if isinstance(x, DataLoader):
        return LoaderBatches(x, device, class_weights)
    if isinstance(x, Dataset) or hasattr(x, "__getitems__"):  # Hugging Face's have no base
        return dataset_batches(x, batch_size, shuffle, seed, device, class_weights)
    if isinstance(x, Iterator):
        return IteratorBatches(x, device, class_weights)
    if hasattr(x, "__getitem__") and hasattr(x, "on_epoch_end"):  # a Sequence of another make
        return PyDatasetBatches(x, shuffle, seed, device, class_weights)
    if inspect.isgeneratorfunction(x) or (hasattr(x, "__iter__") and not nested.is_nested(x)):
        return IterableBatches(x, device, class_weights)
    raise kind_error(
        "fit",
        "x",
        _outline(x),
        "arrays, tensors, or lists and dicts of them, or a DataLoader, Dataset, PyDataset, "
        "generator or iterable of batches",
        "Unrecognized data type.",
    )


def _outline(x: Any) -> str:
    kinds = sorted({type(leaf).__name__ for leaf in nested.leaves(x)})
    return f"{type(x).__name__} of {', '.join(kinds)}" if nested.is_nested(x) else kinds[0]

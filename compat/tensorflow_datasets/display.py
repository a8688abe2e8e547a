"""Data sets as NumPy's arrays, tables and pictures, and how fast they are read."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
import torch
from torchkeras_shim.text import Texts

from tensorflow_datasets.features.media import Image
from tensorflow_datasets.features.tensors import ClassLabel
from torchkeras.core.checks import argument_error, kind_error


class _NumpyDataset:
    """A dataset whose elements are NumPy's arrays; each pass begins anew."""

    def __init__(self, dataset: Any) -> None:
        self._dataset = dataset

    def __iter__(self) -> Iterator[Any]:
        return map(as_numpy, self._dataset)

    def __len__(self) -> int:
        return len(self._dataset)

    @property
    def element_spec(self) -> Any:
        """Shapes and types of an element."""
        return self._dataset.element_spec


def as_numpy(dataset: Any) -> Any:
    """Tensors as NumPy's arrays, datasets as something to iterate over that gives such.

    Args:
        dataset: A dataset, a tensor, or a structure of such.

    Raises:
        TypeError: something else.

    Source: ``tfds.as_numpy``.

    Example:
        >>> [int(x) for x in as_numpy(tf.data.Dataset.range(3))]  # doctest: +SKIP
        [0, 1, 2]
    """
    if isinstance(dataset, dict):
        return {key: as_numpy(part) for key, part in dataset.items()}
    if isinstance(dataset, (tuple, list)):
        return type(dataset)(as_numpy(part) for part in dataset)
    if isinstance(dataset, tf.data.Dataset):
        return _NumpyDataset(dataset)
    if isinstance(dataset, Texts):
        return dataset.numpy()
    if isinstance(dataset, torch.Tensor):
        array = dataset.detach().cpu().numpy()
        return array if array.ndim else array[()]
    if dataset is None or isinstance(dataset, (tf.RaggedTensor, np.ndarray, np.generic)):
        return dataset
    raise kind_error("tfds.as_numpy", "dataset", dataset, "tensors or tf.data.Dataset")


def as_dataframe(ds: Any, ds_info: Any = None) -> Any:
    """A table of pandas, a row for each example and a column for each feature.

    Args:
        ds: A dataset without batches, which is read whole.
        ds_info: Accepted; the table has the values as they are.

    Source: ``tfds.as_dataframe``.
    """
    try:
        import pandas as pd
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "tfds.as_dataframe needs pandas. Try pip install torchkeras-compat[pandas]."
        ) from error
    rows = [_flat(example) for example in as_numpy(ds)]
    names = list(_flat(ds.element_spec))
    return pd.DataFrame({name: [row[name] for row in rows] for name in names})


def _flat(structure: Any, path: str = "") -> dict[str, Any]:
    """Parts by paths; those of tuples by their numbers."""
    if isinstance(structure, (tuple, list)):
        structure = {str(number): part for number, part in enumerate(structure)}
    if not isinstance(structure, dict):
        return {path: structure}
    found: dict[str, Any] = {}
    for name in sorted(structure):
        found.update(_flat(structure[name], f"{path}/{name}" if path else name))
    return found


def show_examples(
    ds: Any,
    ds_info: Any,
    is_batched: bool = False,
    *,
    rows: int = 3,
    cols: int = 3,
    plot_scale: float = 3.0,
    image_key: str | None = None,
    label_key: str | None = None,
) -> Any:
    """A figure of matplotlib with the first pictures and their classes.

    Args:
        ds: A dataset of dicts.
        ds_info: What is known of it; the two may change places, as in old releases.
        is_batched: Whether its elements are batches.
        rows, cols: How many pictures.
        plot_scale: Inches of a picture.
        image_key, label_key: Names of the features; None if there is only one.

    Raises:
        ValueError: there is no picture, or more than one feature of pictures.

    Source: ``tfds.show_examples``.
    """
    try:
        from matplotlib import pyplot
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "tfds.show_examples needs matplotlib. Try pip install torchkeras-compat[plot]."
        ) from error
    if isinstance(ds_info, tf.data.Dataset):
        ds, ds_info = ds_info, ds
    features = ds_info.features
    pictures = [image_key] if image_key else _names_of(features, Image)
    if len(pictures) != 1:
        raise argument_error(
            "tfds.show_examples", "image_key", image_key, f"one of {_names_of(features, Image)}"
        )
    labels = [label_key] if label_key else _names_of(features, ClassLabel)
    examples: Iterable[Any] = as_numpy((ds.unbatch() if is_batched else ds).take(rows * cols))
    figure = pyplot.figure(figsize=(plot_scale * cols, plot_scale * rows))
    figure.subplots_adjust(hspace=1 / plot_scale, wspace=1 / plot_scale)
    for number, example in enumerate(examples, start=1):
        if not isinstance(example, dict):
            raise argument_error(
                "tfds.show_examples", "ds", type(example).__name__,
                "a dataset of dicts: one made without as_supervised",
            )  # fmt: skip
        axes = figure.add_subplot(rows, cols, number)
        axes.imshow(np.squeeze(example[pictures[0]]), cmap="gray")
        axes.set_xticks([])
        axes.set_yticks([])
        if len(labels) == 1:
            label = example[labels[0]]
            axes.set_xlabel(f"{features[labels[0]].int2str(label)} ({label})")
    if pyplot.isinteractive() or pyplot.get_backend().lower() != "agg":
        pyplot.show()
    return figure


def _names_of(features: Any, kind: type) -> list[str]:
    return [name for name, feature in features.items() if isinstance(feature, kind)]


@dataclass(frozen=True)
class BenchmarkResult:
    """Times of one pass.

    Args:
        num_iter: Elements read.
        batch_size: Examples of an element.
        start_time, first_batch_time, end_time: Seconds of a clock: at the start, after the first
            element, at the end.
    """

    num_iter: int
    batch_size: int
    start_time: float
    first_batch_time: float
    end_time: float

    @property
    def stats(self) -> dict[str, dict[str, float]]:
        """Duration in seconds, examples and examples a second: of all, of the first element, of
        the others."""
        rest = (self.num_iter - 1) * self.batch_size
        return {
            "first+lasts": self._row(self.start_time, self.end_time, rest + self.batch_size),
            "first": self._row(self.start_time, self.first_batch_time, self.batch_size),
            "lasts": self._row(self.first_batch_time, self.end_time, rest),
        }

    @staticmethod
    def _row(start: float, end: float, number: int) -> dict[str, float]:
        seconds = end - start
        return {
            "duration": seconds,
            "num_examples": number,
            "avg": number / seconds if seconds else 0.0,
        }


def benchmark(
    ds: Iterable[Any], num_iter: int | None = None, batch_size: int = 1
) -> BenchmarkResult:
    """Read a dataset, and print and return how long that took.

    Args:
        ds: What is read.
        num_iter: How many elements; None is all.
        batch_size: Examples of an element.

    Raises:
        ValueError: there is no element.

    Source: ``tfds.benchmark``.
    """
    start = first = time.perf_counter()
    count = 0
    for count, _ in enumerate(ds, start=1):
        if count == 1:
            first = time.perf_counter()
        if count == num_iter:
            break
    if not count:
        raise argument_error("tfds.benchmark", "ds", "no elements", "a dataset with some")
    found = BenchmarkResult(count, batch_size, start, first, time.perf_counter())
    print("\n************ Summary ************\n")
    for name, row in found.stats.items():
        print(
            f"Examples/sec ({name}) {row['avg']:.2f} ex/sec "
            f"(total: {row['num_examples']} ex, {row['duration']:.2f} sec)"
        )
    return found

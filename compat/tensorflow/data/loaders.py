"""Keras's functions that make datasets of folders and arrays, as ``tf.data.Dataset``."""

import functools
from collections.abc import Callable
from typing import Any

import torch
from torch.utils.data import DataLoader
from torch.utils.data import Dataset as TorchDataset

from tensorflow.data import elements
from tensorflow.data.dataset import Dataset
from tensorflow.data.streams import Stream
from tensorflow.ragged import RaggedTensor
from torchkeras import utils
from torchkeras.core import nested


def _as_datasets(make: Callable[..., Any]) -> Callable[..., Any]:
    """``make`` with its loaders, one or a list of them, as datasets."""

    @functools.wraps(make)
    def made(*args: Any, **kwargs: Any) -> Any:
        loaders = make(*args, **kwargs)
        return list(map(_of_loader, loaders)) if isinstance(loaders, list) else _of_loader(loaders)

    return made


def _of_loader(loader: DataLoader) -> Dataset:
    """The batches of a loader, or its samples if it makes no batches."""

    def spec() -> Any:
        one = elements.spec_of(_element(loader.dataset[0]))
        if loader.batch_size is None:
            return one
        return elements.map_specs(lambda leaf: leaf.batched(None), one)

    dataset = Dataset(Stream(lambda: map(_element, loader), len(loader)), spec)
    for name in ("class_names", "file_paths"):
        if hasattr(loader, name):
            setattr(dataset, name, getattr(loader, name))
    return dataset


def _element(value: Any) -> Any:
    """What a loader gives as an element."""
    return elements.returned(nested.map_structure(_leaf, value))


def _leaf(leaf: Any) -> Any:
    if isinstance(leaf, torch.Tensor) and leaf.is_nested:
        return RaggedTensor.of_rows(leaf.unbind())
    return leaf


image_dataset_from_directory = _as_datasets(utils.image_dataset_from_directory)
text_dataset_from_directory = _as_datasets(utils.text_dataset_from_directory)
audio_dataset_from_directory = _as_datasets(utils.audio_dataset_from_directory)
timeseries_dataset_from_array = _as_datasets(utils.timeseries_dataset_from_array)


@functools.wraps(utils.split_dataset)
def split_dataset(
    dataset: Any,
    left_size: float | None = None,
    right_size: float | None = None,
    shuffle: bool = False,
    seed: int | None = None,
    preferred_backend: str | None = None,
) -> tuple[Dataset, Dataset]:
    backend = None if preferred_backend == "tensorflow" else preferred_backend
    is_one = not isinstance(dataset, (list, tuple, Dataset)) and hasattr(dataset, "shape")
    items = [dataset] if is_one else dataset
    items = _Elements(list(dataset)) if isinstance(dataset, Dataset) else items
    parts = utils.split_dataset(items, left_size, right_size, shuffle, seed, backend)
    return tuple(_of_items(part, is_one) for part in parts)


class _Elements(TorchDataset):
    """Elements by number."""

    def __init__(self, found: list[Any]) -> None:
        self.found = found

    def __len__(self) -> int:
        return len(self.found)

    def __getitem__(self, index: int) -> Any:
        return self.found[index]


def _of_items(items: TorchDataset, is_one: bool) -> Dataset:
    """The items of a torch dataset; ``is_one`` if they are tuples of one array's rows."""

    def element(index: int) -> Any:
        item = items[index]
        return elements.returned(item[0] if is_one else item)

    number = len(items)
    return Dataset(Stream(lambda: map(element, range(number)), number))

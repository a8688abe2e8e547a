"""``tf.compat.v1.data``: what the first generation asks of datasets."""

import sys
from typing import Any

from torchkeras.core import nested


def get_output_shapes(dataset_or_iterator: Any) -> Any:
    """The shapes of an element."""
    return nested.map_structure(lambda spec: spec.shape, dataset_or_iterator.element_spec)


def get_output_types(dataset_or_iterator: Any) -> Any:
    """The types of an element."""
    return nested.map_structure(lambda spec: spec.dtype, dataset_or_iterator.element_spec)


def get_output_classes(dataset_or_iterator: Any) -> Any:
    """The classes of an element's parts: tensors."""
    tensor = sys.modules["tensorflow"].Tensor
    return nested.map_structure(lambda spec: tensor, dataset_or_iterator.element_spec)


def make_one_shot_iterator(dataset: Any) -> Any:
    """An iterator over a dataset."""
    return iter(dataset)


make_initializable_iterator = make_one_shot_iterator


def __getattr__(name: str) -> Any:
    return getattr(sys.modules["tensorflow"].data, name)

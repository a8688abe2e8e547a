"""``tf.data.experimental``: older places of what ``tf.data`` has, and what it has only here."""

import enum
from collections.abc import Callable, Sequence
from collections.abc import Iterator as Elements
from typing import Any

import torch
from torchkeras_shim.names import missing

from tensorflow.data.base import Iterator, call
from tensorflow.data.dataset import (
    AUTOTUNE,
    INFINITE_CARDINALITY,
    UNKNOWN_CARDINALITY,
    Dataset,
)
from tensorflow.data.elements import returned, spec_of, structure
from tensorflow.data.files import CsvDataset, SqlDataset
from tensorflow.data.optional import Optional
from tensorflow.data.options import (
    AutotuneOptions,
    DistributeOptions,
    OptimizationOptions,
    ServiceOptions,
    ThreadingOptions,
)
from tensorflow.data.streams import Stream
from tensorflow.data.tables import make_batched_features_dataset, make_csv_dataset
from tensorflow.errors import OutOfRangeError
from tensorflow.io import records
from tensorflow.io.parsing import parse_example
from torchkeras.core import nested
from torchkeras.core.checks import argument_error, kind_error, moment_error

__getattr__ = missing(__name__)

SHARD_HINT = -1

# For ``Dataset.apply``.
Change = Callable[[Dataset], Dataset]

Counter = Dataset.counter
choose_from_datasets = Dataset.choose_from_datasets
sample_from_datasets = Dataset.sample_from_datasets
load = Dataset.load
save = Dataset.save
RandomDataset = Dataset.random


class AutoShardPolicy(enum.IntEnum):
    """How a dataset is cut over processes. Every policy means the same here: each batch is cut."""

    OFF = -1
    AUTO = 0
    FILE = 1
    DATA = 2
    HINT = 3


class AutotuneAlgorithm(enum.Enum):
    """How TensorFlow chooses numbers of threads and sizes of buffers."""

    DEFAULT = 0
    HILL_CLIMB = 1
    GRADIENT_DESCENT = 2
    MAX_PARALLELISM = 3
    STAGE_BASED = 4


class ExternalStatePolicy(enum.Enum):
    """What TensorFlow does about state outside a graph that is written to a file."""

    WARN = 0
    IGNORE = 1
    FAIL = 2


class Reducer:
    """How elements are summed up: ``init_func(key)``, ``reduce_func(state, element)`` and
    ``finalize_func(state)``.
    """

    def __init__(
        self,
        init_func: Callable[[Any], Any],
        reduce_func: Callable[[Any, Any], Any],
        finalize_func: Callable[..., Any],
    ) -> None:
        self.init_func = init_func
        self.reduce_func = reduce_func
        self.finalize_func = finalize_func


class TFRecordWriter:
    """Writes a dataset of serialized examples to a TFRecord file.

    Args:
        filename: The file's name.
        compression_type: ``"GZIP"``, ``"ZLIB"`` or ``""``, which None stands for.
    """

    def __init__(self, filename: Any, compression_type: Any = None) -> None:
        self._filename = filename
        self._compression = compression_type

    def write(self, dataset: Dataset) -> None:
        """Write all elements, each a text."""
        with records.TFRecordWriter(self._filename, self._compression) as writer:
            for element in dataset._pass():
                writer.write(element)


def cardinality(dataset: Dataset) -> torch.Tensor:
    """Number of elements; -1 if there is no end, -2 if it is unknown."""
    return dataset.cardinality()


def assert_cardinality(expected_cardinality: Any) -> Change:
    """The number of elements the dataset is known to have, which each pass is checked for."""
    expected = int(expected_cardinality)

    def assert_in(dataset: Dataset) -> Dataset:
        def start() -> Elements[Any]:
            number = 0
            for element in dataset._pass():
                number += 1
                if 0 <= expected < number:
                    raise moment_error(
                        "Dataset", f"expected to contain {expected} elements, but has more"
                    )
                yield element
            if number != expected:
                raise moment_error(
                    "Dataset", f"expected to contain {expected} elements, but has {number}"
                )

        return Dataset(Stream(start, expected), dataset._spec)

    return assert_in


def at(dataset: Dataset, index: Any) -> Any:
    """The element of this number.

    Raises:
        tf.errors.OutOfRangeError: there is none.
    """
    number = int(index)
    element = next(dataset.skip(number)._pass(), dataset) if number >= 0 else dataset
    if element is dataset:
        raise OutOfRangeError(None, None, f"The dataset has no element {number}.")
    return element


def from_list(elements: Sequence[Any], name: str | None = None) -> Dataset:
    """The elements of a list.

    Raises:
        ValueError: it is empty, or elements are of different forms.
    """
    if not elements:
        raise argument_error("from_list", "elements", elements, "at least one element")
    made = [structure(element) for element in elements]
    for element in made:
        nested.assert_same_structure(made[0], element)
    return Dataset(Stream(lambda: iter(made), len(made)), lambda: spec_of(made[0]))


def get_single_element(dataset: Dataset) -> Any:
    """The only element."""
    return dataset.get_single_element()


def get_next_as_optional(iterator: Iterator) -> Optional:
    """The next element of an iterator, or an optional without a value."""
    return iterator.get_next_as_optional()


def get_structure(dataset_or_iterator: Any) -> Any:
    """Shapes and types of an element."""
    return dataset_or_iterator.element_spec


def enable_debug_mode() -> None:
    """Nothing: functions of elements always run as Python."""


def unbatch() -> Change:
    """``Dataset.unbatch``."""
    return lambda dataset: dataset.unbatch()


def unique() -> Change:
    """``Dataset.unique``."""
    return lambda dataset: dataset.unique()


def enumerate_dataset(start: Any = 0) -> Change:
    """``Dataset.enumerate``."""
    return lambda dataset: dataset.enumerate(start)


def ignore_errors(log_warning: bool = False) -> Change:
    """``Dataset.ignore_errors``."""
    return lambda dataset: dataset.ignore_errors(log_warning)


def take_while(predicate: Callable[..., Any]) -> Change:
    """``Dataset.take_while``."""
    return lambda dataset: dataset.take_while(predicate)


def scan(initial_state: Any, scan_func: Callable[..., Any]) -> Change:
    """``Dataset.scan``."""
    return lambda dataset: dataset.scan(initial_state, scan_func)


def snapshot(
    path: Any, compression: Any = "AUTO", reader_func: Any = None, shard_func: Any = None
) -> Change:
    """``Dataset.snapshot``."""
    return lambda dataset: dataset.snapshot(path, compression, reader_func, shard_func)


def shuffle_and_repeat(buffer_size: Any, count: Any = None, seed: Any = None) -> Change:
    """``Dataset.shuffle`` and then ``repeat``."""
    return lambda dataset: dataset.shuffle(buffer_size, seed).repeat(count)


def dense_to_ragged_batch(
    batch_size: Any, drop_remainder: bool = False, row_splits_dtype: Any = torch.int64
) -> Change:
    """``Dataset.ragged_batch``."""
    return lambda dataset: dataset.ragged_batch(batch_size, drop_remainder, row_splits_dtype)


def dense_to_sparse_batch(batch_size: Any, row_shape: Any) -> Change:
    """``Dataset.sparse_batch``."""
    return lambda dataset: dataset.sparse_batch(batch_size, row_shape)


def map_and_batch(
    map_func: Callable[..., Any],
    batch_size: Any,
    num_parallel_batches: Any = None,
    drop_remainder: bool = False,
    num_parallel_calls: Any = None,
) -> Change:
    """``Dataset.map`` and then ``batch``."""
    workers = num_parallel_batches if num_parallel_calls is None else num_parallel_calls
    return lambda dataset: dataset.map(map_func, workers).batch(batch_size, drop_remainder)


def parallel_interleave(
    map_func: Callable[..., Any],
    cycle_length: int,
    block_length: int = 1,
    sloppy: bool = False,
    buffer_output_elements: Any = None,
    prefetch_input_elements: Any = None,
) -> Change:
    """``Dataset.interleave``.

    ``sloppy``, ``buffer_output_elements`` and ``prefetch_input_elements`` change nothing here: the
    datasets are read in turn, in the order that ``sloppy`` leaves open.
    """
    return lambda dataset: dataset.interleave(map_func, cycle_length, block_length)


def group_by_window(
    key_func: Callable[..., Any],
    reduce_func: Callable[..., Any],
    window_size: Any = None,
    window_size_func: Any = None,
) -> Change:
    """``Dataset.group_by_window``."""
    return lambda dataset: dataset.group_by_window(
        key_func, reduce_func, window_size, window_size_func
    )


def bucket_by_sequence_length(
    element_length_func: Callable[..., Any],
    bucket_boundaries: list[int],
    bucket_batch_sizes: list[int],
    padded_shapes: Any = None,
    padding_values: Any = None,
    pad_to_bucket_boundary: bool = False,
    no_padding: bool = False,
    drop_remainder: bool = False,
) -> Change:
    """``Dataset.bucket_by_sequence_length``."""
    return lambda dataset: dataset.bucket_by_sequence_length(
        element_length_func, bucket_boundaries, bucket_batch_sizes, padded_shapes, padding_values,
        pad_to_bucket_boundary, no_padding, drop_remainder,
    )  # fmt: skip


def rejection_resample(
    class_func: Callable[..., Any], target_dist: Any, initial_dist: Any = None, seed: Any = None
) -> Change:
    """``Dataset.rejection_resample``."""
    return lambda dataset: dataset.rejection_resample(class_func, target_dist, initial_dist, seed)


def group_by_reducer(key_func: Callable[..., Any], reducer: Reducer) -> Change:
    """What a reducer makes of all elements of each key, in the order of the keys."""

    def group(dataset: Dataset) -> Dataset:
        def start() -> Elements[Any]:
            states: dict[int, Any] = {}
            for element in dataset._pass():
                key = int(call(key_func, element))
                if key not in states:
                    states[key] = structure(reducer.init_func(torch.tensor(key)))
                states[key] = returned(reducer.reduce_func(states[key], element))
            for key in sorted(states):
                yield returned(call(reducer.finalize_func, states[key]))

        return Dataset(Stream(start))

    return group


def pad_to_cardinality(cardinality: Any, mask_key: str = "valid") -> Change:
    """Elements up to this number, zeros after the last; the feature ``mask_key`` tells which."""
    wanted = int(cardinality)

    def pad(dataset: Dataset) -> Dataset:
        def start() -> Elements[Any]:
            number, element = 0, None
            for element in dataset._pass():
                if not isinstance(element, dict) or mask_key in element:
                    raise kind_error(
                        "pad_to_cardinality", "an element", element, f"a dict without {mask_key!r}"
                    )
                number += 1
                yield {**element, mask_key: torch.tensor(True)}
            for _ in range(number, wanted):
                zeros = nested.map_structure(lambda leaf: leaf * 0, element)
                yield {**zeros, mask_key: torch.tensor(False)}

        return Dataset(Stream(start, wanted))

    return pad


def parse_example_dataset(
    features: dict[str, Any], num_parallel_calls: Any = 1, deterministic: bool | None = None
) -> Change:
    """The features of batches of serialized examples; see ``tf.io.parse_example``.

    ``num_parallel_calls`` and ``deterministic`` are those of ``Dataset.map``.
    """
    workers = None if num_parallel_calls == 1 else num_parallel_calls
    return lambda dataset: dataset.map(
        lambda batch: parse_example(batch, features), workers, deterministic
    )


def copy_to_device(target_device: Any, source_device: str = "/cpu:0") -> Change:
    """The same elements: ``fit`` moves batches to its device, from ``source_device`` or anywhere.

    ``target_device`` changes nothing here.
    """
    return lambda dataset: dataset


def prefetch_to_device(device: Any, buffer_size: Any = None) -> Change:
    """The same elements: ``fit`` moves batches to its device; ``buffer_size`` changes nothing."""
    return lambda dataset: dataset

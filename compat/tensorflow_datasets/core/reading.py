"""Examples out of TFRecord files, in the order of tfds."""

import dataclasses
import itertools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import tensorflow as tf
from tensorflow.data.streams import Stream
from tensorflow.io.records import read_records
from torchkeras_shim.text import as_texts

from tensorflow_datasets.core.decoding import PartialDecoding
from tensorflow_datasets.core.splits import FileInstruction
from tensorflow_datasets.features.base import FeatureConnector
from tensorflow_datasets.features.examples import Parser, decoded, spec_of
from torchkeras.core.checks import argument_error

FORMATS = ("tfrecord",)


@dataclasses.dataclass
class ReadConfig:
    """How examples are read.

    Args:
        options: ``tf.data.Options`` of the dataset.
        try_autocache: Whether small data sets are kept in memory from the first pass on.
        repeat_filenames: Whether the files are read again and again.
        add_tfds_id: Whether examples have ``"tfds_id"``, a text that names each.
        shuffle_seed: What the order of shuffled files follows from.
        shuffle_reshuffle_each_iteration: Whether each pass has an order of its own.
        interleave_cycle_length: From how many files examples come in turn; None or left out: 16,
            or 1 for data sets that are in order.
        interleave_block_length: How many examples a file gives at its turn.
        input_context: A ``tf.distribute.InputContext``: each worker reads files of its own.
        experimental_interleave_sort_fn: Puts the list of ``FileInstruction`` in order.
        skip_prefetch: Accepted.
        num_parallel_calls_for_decode: Accepted.
        num_parallel_calls_for_interleave_files: Accepted.
        enable_ordering_guard: Whether data sets that are in order can't be shuffled.
        assert_cardinality: Whether a pass must have as many examples as dataset_info.json says.
        override_buffer_size: Accepted.
        file_format: ``"tfrecord"``.

    Source: ``tfds.ReadConfig``.
    """

    options: Any = None
    try_autocache: bool = True
    repeat_filenames: bool = False
    add_tfds_id: bool = False
    shuffle_seed: int | None = None
    shuffle_reshuffle_each_iteration: bool | None = None
    interleave_cycle_length: int | None = None
    interleave_block_length: int | None = 16
    input_context: Any = None
    experimental_interleave_sort_fn: Callable[..., Any] | None = None
    skip_prefetch: bool = False
    num_parallel_calls_for_decode: Any = None
    num_parallel_calls_for_interleave_files: Any = None
    enable_ordering_guard: bool = True
    assert_cardinality: bool = True
    override_buffer_size: int | None = None
    file_format: Any = None

    def replace(self, **changes: Any) -> "ReadConfig":
        """The same with some values changed."""
        return dataclasses.replace(self, **changes)


def read(
    instructions: Sequence[FileInstruction],
    features: FeatureConnector,
    config: ReadConfig,
    shuffle_files: bool = False,
    decoders: Any = None,
    in_order: bool = False,
) -> Any:
    """The examples that are to be read of files.

    Raises:
        ValueError: a data set that is in order shall be shuffled.
    """
    if isinstance(decoders, PartialDecoding):
        features, decoders = decoders.extract_features(features), decoders.decoders
    cycle = config.interleave_cycle_length or (1 if in_order else 16)
    _guard(config, in_order, shuffle_files, cycle)
    if config.experimental_interleave_sort_fn is not None:
        instructions = config.experimental_interleave_sort_fn(list(instructions))
    instructions = list(instructions)
    parse = Parser(features.get_serialized_info())
    with_id = config.add_tfds_id

    def examples(part: FileInstruction) -> Iterator[Any]:
        records = itertools.islice(read_records(part.filename), part.skip, part.skip + part.take)
        for number, record in enumerate(records, start=part.skip):
            example = decoded(features, parse(record), decoders)
            if with_id:
                example["tfds_id"] = as_texts(f"{Path(part.filename).name}__{number}")
            yield example

    spec = spec_of(features, decoders)
    if with_id:
        spec = {**spec, "tfds_id": tf.TensorSpec((), tf.string)}
    files = _files(len(instructions), config, shuffle_files)
    dataset = files.interleave(
        lambda index: tf.data.Dataset(
            Stream(lambda: examples(instructions[int(index)])), lambda: spec
        ),
        cycle_length=cycle,
        block_length=config.interleave_block_length,
    )
    dataset = tf.data.Dataset(dataset._stream, lambda: spec)
    if config.assert_cardinality and config.input_context is None and not config.repeat_filenames:
        number = sum(part.take for part in instructions)
        dataset = dataset.apply(tf.data.experimental.assert_cardinality(number))
    return dataset if config.options is None else dataset.with_options(config.options)


def _files(number: int, config: ReadConfig, shuffle: bool) -> Any:
    """Numbers of the files, in the order in which they are read."""
    files = tf.data.Dataset.range(number)
    context = config.input_context
    if context is not None:
        if context.num_input_pipelines > 1 and number < context.num_input_pipelines:
            raise argument_error(
                "tfds.ReadConfig", "input_context", context.num_input_pipelines,
                f"{number} workers or fewer, as many as there are files",
                "Give each worker a part of the split: tfds.even_splits.",
            )  # fmt: skip
        files = files.shard(context.num_input_pipelines, context.input_pipeline_id)
    if shuffle and number > 1:
        files = files.shuffle(number, config.shuffle_seed, config.shuffle_reshuffle_each_iteration)
    return files.repeat() if config.repeat_filenames else files


def _guard(config: ReadConfig, in_order: bool, shuffle: bool, cycle: int) -> None:
    if in_order and config.enable_ordering_guard and (shuffle or cycle != 1):
        given = "shuffle_files=True" if shuffle else f"interleave_cycle_length={cycle}"
        raise argument_error(
            "tfds.ReadConfig", "enable_ordering_guard", True,
            f"a data set without an order of its own beside {given}",
            "This one has disable_shuffling=True; enable_ordering_guard=False reads it anyway.",
        )  # fmt: skip

"""Datasets of whole folders of records: tables of columns, and examples by feature."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Iterator as Elements
from typing import Any

import torch

from tensorflow import dtypes
from tensorflow.data.dataset import Dataset
from tensorflow.data.files import TFRecordDataset, csv_rows
from tensorflow.data.sources import matching_files
from tensorflow.data.streams import Stream
from tensorflow.io.parsing import parse_example
from tensorflow.io.tables import Column, Form
from tensorflow.tensors import TensorSpec
from torchkeras.core.checks import argument_error, nearest

_OWNER = "tf.data.experimental.make_csv_dataset"


def make_csv_dataset(
    file_pattern: Any,
    batch_size: int,
    column_names: Sequence[str] | None = None,
    column_defaults: Sequence[Any] | None = None,
    label_name: str | None = None,
    select_columns: Sequence[Any] | None = None,
    field_delim: str = ",",
    use_quote_delim: bool = True,
    na_value: str = "",
    header: bool = True,
    num_epochs: int | None = None,
    shuffle: bool = True,
    shuffle_buffer_size: int = 10000,
    shuffle_seed: int | None = None,
    prefetch_buffer_size: int | None = None,
    num_parallel_reads: int | None = None,
    sloppy: bool = False,
    num_rows_for_inference: int | None = 100,
    compression_type: Any = None,
    ignore_errors: bool = False,
    encoding: str = "utf-8",
) -> Dataset:
    """Batches of the lines of CSV files: a dict of columns, or a pair of it and the label.

    Args:
        file_pattern: Pattern, or several, of the files' names.
        batch_size: Lines of a batch.
        column_names: Names of all columns; None takes those of the first file's first line.
        column_defaults: For each column that is read, its type, for which no field may be empty,
            or what stands for an empty one; None finds the types and takes 0 and "".
        label_name: Column that is the label.
        select_columns: Names or numbers of the columns that are read; None means all.
        field_delim, use_quote_delim, na_value: As in ``tf.io.decode_csv``.
        header: Whether files begin with a line of names.
        num_epochs: How often the lines are gone through; None never ends.
        shuffle: Whether lines, and files, are shuffled.
        shuffle_buffer_size, shuffle_seed: As in ``Dataset.shuffle``.
        prefetch_buffer_size, sloppy: Accepted.
        num_parallel_reads: How many files take turns, one line each; None means 1.
        num_rows_for_inference: Lines from which types are found; None means all.
        compression_type: ``"GZIP"``, ``"ZLIB"`` or ``""``, which None stands for.
        ignore_errors: Whether lines that can't be read are left out.
        encoding: Encoding of the files.

    Raises:
        ValueError: there are no files, or no such columns, or a line can't be read.

    Source: ``tf.data.experimental.make_csv_dataset``.
    """
    files = _files(_OWNER, file_pattern)
    form = Form(field_delim, use_quote_delim)

    def rows(file: str, skip: bool = header) -> Elements[list[str]]:
        return csv_rows(file, form, skip, compression_type, encoding)

    names = list(column_names) if column_names is not None else next(rows(files[0], False), [])
    if column_names is None and not header:
        raise argument_error(_OWNER, "column_names", None, "names, as header is False")
    if len(set(names)) != len(names):
        raise argument_error(_OWNER, "column_names", names, "names that differ")
    chosen = _chosen(names, select_columns)
    if label_name is not None and label_name not in [names[index] for index in chosen]:
        raise argument_error(
            _OWNER, "label_name", label_name, f"one of the columns {names}",
            nearest(label_name, names),
        )  # fmt: skip
    if column_defaults is None:
        some = itertools.islice(
            itertools.chain.from_iterable(map(rows, files)), num_rows_for_inference
        )
        column_defaults = _inferred([_picked(row, names, chosen) for row in some], chosen, na_value)
    elif len(column_defaults) == len(names) != len(chosen):
        column_defaults = [column_defaults[index] for index in chosen]
    if len(column_defaults) != len(chosen):
        raise argument_error(
            _OWNER, "column_defaults", column_defaults, f"one for each of {len(chosen)} columns"
        )
    columns = [Column(default, na_value) for default in column_defaults]

    def lines(file: str) -> Elements[list[str]]:
        for row in rows(file):
            try:
                fields = _picked(row, names, chosen)
                if ignore_errors:
                    for number, (column, field) in enumerate(zip(columns, fields, strict=True)):
                        column.read([field], number)
            except ValueError:
                if not ignore_errors:
                    raise
                continue
            yield fields

    def batch(chunk: list[list[str]]) -> Any:
        fields = list(zip(*chunk, strict=True))
        values = [column.read(fields[number], number) for number, column in enumerate(columns)]
        return _with_label(dict(zip([names[i] for i in chosen], values, strict=True)), label_name)

    stream = _lines_of(files, lines, shuffle, shuffle_seed, num_parallel_reads or 1)
    stream = _in_epochs(stream, num_epochs, shuffle, shuffle_buffer_size, shuffle_seed)
    lead = int(batch_size) if num_epochs is None else None
    specs = {names[i]: TensorSpec((lead,), c.dtype) for i, c in zip(chosen, columns, strict=True)}
    return Dataset(
        stream.batched(int(batch_size), num_epochs is None, batch),
        lambda: _with_label(dict(specs), label_name),
    )


def make_batched_features_dataset(
    file_pattern: Any,
    batch_size: int,
    features: Mapping[str, Any],
    reader: Callable[..., Any] = TFRecordDataset,
    label_key: str | None = None,
    reader_args: Sequence[Any] | None = None,
    num_epochs: int | None = None,
    shuffle: bool = True,
    shuffle_buffer_size: int = 10000,
    shuffle_seed: int | None = None,
    prefetch_buffer_size: int | None = None,
    reader_num_threads: int | None = None,
    parser_num_threads: int | None = None,
    sloppy_ordering: bool = False,
    drop_final_batch: bool = False,
) -> Dataset:
    """Batches of the examples in files: a dict of features, or a pair of it and the label.

    Args:
        file_pattern: Pattern, or several, of the files' names.
        batch_size: Examples of a batch.
        features: What is known of each feature, as for ``tf.io.parse_example``.
        reader: Makes a dataset of serialized examples of a file's name and ``reader_args``.
        label_key: Feature that is the label.
        reader_args: Further arguments of ``reader``.
        num_epochs: How often the examples are gone through; None never ends.
        shuffle: Whether examples, and files, are shuffled.
        shuffle_buffer_size, shuffle_seed: As in ``Dataset.shuffle``.
        prefetch_buffer_size, parser_num_threads, sloppy_ordering: Accepted.
        reader_num_threads: How many files take turns, one example each; None means 1.
        drop_final_batch: Whether a last batch that isn't full is left out.

    Raises:
        ValueError: there are no files, or no such feature.

    Source: ``tf.data.experimental.make_batched_features_dataset``.
    """
    owner = "tf.data.experimental.make_batched_features_dataset"
    files = _files(owner, file_pattern)
    if label_key is not None and label_key not in features:
        raise argument_error(owner, "label_key", label_key, f"one of {list(features)}")

    def records(file: str) -> Elements[Any]:
        return reader(file, *(reader_args or ()))._pass()

    def batch(chunk: list[Any]) -> Any:
        return _with_label(parse_example(chunk, features), label_key)

    stream = _lines_of(files, records, shuffle, shuffle_seed, reader_num_threads or 1)
    stream = _in_epochs(stream, num_epochs, shuffle, shuffle_buffer_size, shuffle_seed)
    drop = drop_final_batch or num_epochs is None
    return Dataset(stream.batched(int(batch_size), drop, batch))


def _files(owner: str, pattern: Any) -> list[str]:
    files = matching_files(pattern)
    if not files:
        raise argument_error(owner, "file_pattern", pattern, "some files", "No files match.")
    return files


def _lines_of(
    files: list[str],
    read: Callable[[str], Elements[Any]],
    shuffle: bool,
    seed: int | None,
    together: int,
) -> Stream:
    """What files hold, some of them in turn."""
    names = Dataset.from_tensor_slices(files)
    if shuffle:
        names = names.shuffle(len(files), seed)
    parts = names.interleave(
        lambda name: Dataset(Stream(lambda: read(name.item()))), cycle_length=together
    )
    return Stream(parts._pass)


def _in_epochs(
    stream: Stream, number: int | None, shuffle: bool, buffer: int, seed: int | None
) -> Stream:
    if shuffle:
        stream = stream.shuffled(int(buffer), seed, True)
    return stream if number == 1 else stream.repeated(-1 if number is None else int(number))


def _with_label(columns: dict[str, Any], label: str | None) -> Any:
    if label is None:
        return columns
    target = columns.pop(label)
    return columns, target


def _chosen(names: list[str], select: Sequence[Any] | None) -> list[int]:
    """Numbers of the columns that are read, ascending."""
    if select is None:
        return list(range(len(names)))
    for one in select:
        if one not in names and not (isinstance(one, int) and 0 <= one < len(names)):
            raise argument_error(
                _OWNER, "select_columns", one, f"names or numbers of the columns {names}",
                nearest(str(one), names),
            )  # fmt: skip
    return sorted(one if isinstance(one, int) else names.index(one) for one in select)


def _picked(row: list[str], names: list[str], chosen: list[int]) -> list[str]:
    if len(row) != len(names):
        raise argument_error(
            _OWNER, "number of fields in a line", len(row), f"{len(names)}, as there are names"
        )
    return [row[index] for index in chosen]


def _inferred(rows: list[list[str]], chosen: list[int], na_value: str) -> list[Any]:
    """What stands for an empty field of each column, in the narrowest type that fits all."""
    columns = list(zip(*rows, strict=True)) or [() for _ in chosen]
    return [_default_of(column, na_value) for column in columns]


def _default_of(fields: Sequence[str], na_value: str) -> Any:
    known = [field for field in fields if field not in ("", na_value)]
    for dtype in (torch.int32, torch.int64, torch.float32, torch.float64):
        if known and all(_fits(field, dtype) for field in known):
            return torch.zeros((), dtype=dtype)
    return "" if known else torch.zeros((), dtype=torch.int32)


def _fits(field: str, dtype: torch.dtype) -> bool:
    try:
        if dtype.is_floating_point:
            value = float(field)
            return abs(value) <= torch.finfo(dtype).max or value in (float("inf"), -float("inf"))
        return torch.iinfo(dtype).min <= int(field) <= torch.iinfo(dtype).max
    except ValueError:
        return False

"""Datasets of the lines and records of files."""

import io
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torchkeras_shim.text import as_path, as_texts

from tensorflow import dtypes
from tensorflow.data.dataset import Dataset
from tensorflow.data.streams import Stream
from tensorflow.io.records import open_compressed, read_records
from tensorflow.io.tables import Column, Form, selected, text_file
from tensorflow.tensors import TensorSpec
from torchkeras.core.checks import argument_error

_TEXT = TensorSpec((), dtypes.string)


class _FileDataset(Dataset):
    """Elements read from files, one file after another.

    Args:
        filenames: A name, several, or a dataset of names.
        read: Gives the elements of a file.
        num_parallel_reads: How many files take turns, one element each; None reads one after
            another.
        spec: Form of an element.
    """

    def __init__(
        self,
        filenames: Any,
        read: Callable[[str], Iterator[Any]],
        num_parallel_reads: Any,
        spec: Any,
    ) -> None:
        if not isinstance(filenames, Dataset):
            names = [filenames] if _is_one(filenames) else list(filenames)
            filenames = Dataset.from_tensor_slices(as_texts([as_path(name) for name in names]))

        def elements(name: Any) -> Dataset:
            path = as_path(name)
            return Dataset(Stream(lambda: read(path)), lambda: spec)

        if num_parallel_reads is None:
            together = filenames.flat_map(elements)
        else:
            together = filenames.interleave(elements, cycle_length=int(num_parallel_reads))
        super().__init__(together._stream, lambda: spec)


def _is_one(filenames: Any) -> bool:
    return (
        isinstance(filenames, (str, bytes))
        or hasattr(filenames, "__fspath__")
        or (getattr(filenames, "ndim", 1) == 0)
    )


class TextLineDataset(_FileDataset):
    """The lines of text files, without their ends.

    Args:
        filenames: A name, several, or a dataset of names.
        compression_type: ``"GZIP"``, ``"ZLIB"`` or ``""``, which None stands for.
        buffer_size: Accepted.
        num_parallel_reads: How many files take turns, one line each; None reads one after
            another.
        name: Accepted.

    Source: ``tf.data.TextLineDataset``.
    """

    def __init__(
        self,
        filenames: Any,
        compression_type: Any = None,
        buffer_size: Any = None,
        num_parallel_reads: Any = None,
        name: str | None = None,
    ) -> None:
        def read(path: str) -> Iterator[Any]:
            with open_compressed(path, compression_type) as file:
                for line in file:
                    yield as_texts(line.removesuffix(b"\n").removesuffix(b"\r"))

        super().__init__(filenames, read, num_parallel_reads, _TEXT)


class TFRecordDataset(_FileDataset):
    """The records of TFRecord files, as texts.

    Args:
        filenames: A name, several, or a dataset of names.
        compression_type: ``"GZIP"``, ``"ZLIB"`` or ``""``, which None stands for.
        buffer_size: Accepted.
        num_parallel_reads: How many files take turns, one record each; None reads one after
            another.
        name: Accepted.

    Raises:
        tf.errors.DataLossError: a file is cut short, or its checksums don't fit.

    Source: ``tf.data.TFRecordDataset``.
    """

    def __init__(
        self,
        filenames: Any,
        compression_type: Any = None,
        buffer_size: Any = None,
        num_parallel_reads: Any = None,
        name: str | None = None,
    ) -> None:
        def read(path: str) -> Iterator[Any]:
            return map(as_texts, read_records(path, compression_type))

        super().__init__(filenames, read, num_parallel_reads, _TEXT)


class FixedLengthRecordDataset(_FileDataset):
    """Records of ``record_bytes`` bytes each, as texts.

    Args:
        filenames: A name, several, or a dataset of names.
        record_bytes: Bytes of a record.
        header_bytes, footer_bytes: Bytes to leave out where a file begins, and where it ends.
        buffer_size: Accepted.
        compression_type: ``"GZIP"``, ``"ZLIB"`` or ``""``, which None stands for.
        num_parallel_reads: How many files take turns, one record each; None reads one after
            another.
        name: Accepted.

    Raises:
        ValueError: what a file holds can't be cut to whole records.

    Source: ``tf.data.FixedLengthRecordDataset``.
    """

    def __init__(
        self,
        filenames: Any,
        record_bytes: Any,
        header_bytes: Any = None,
        footer_bytes: Any = None,
        buffer_size: Any = None,
        compression_type: Any = None,
        num_parallel_reads: Any = None,
        name: str | None = None,
    ) -> None:
        size, head, foot = int(record_bytes), int(header_bytes or 0), int(footer_bytes or 0)

        def read(path: str) -> Iterator[Any]:
            with open_compressed(path, compression_type) as file:
                data = file.read()
            body = memoryview(data)[head : len(data) - foot]
            if len(body) % size:
                raise argument_error(
                    "tf.data.FixedLengthRecordDataset", f"length of {path}", len(data),
                    f"{head} bytes, records of {size} and {foot} bytes",
                )  # fmt: skip
            for start in range(0, len(body), size):
                yield as_texts(bytes(body[start : start + size]))

        super().__init__(filenames, read, num_parallel_reads, _TEXT)


class CsvDataset(_FileDataset):
    """The lines of CSV files, each a tuple of its fields.

    Args:
        filenames: A name, several, or a dataset of names.
        record_defaults: For each column that is read, its type, for which no field may be empty,
            or what stands for an empty one.
        compression_type: ``"GZIP"``, ``"ZLIB"`` or ``""``, which None stands for.
        buffer_size: Accepted.
        header: Whether the first line of each file is left out.
        field_delim: What stands between fields, one character.
        use_quote_delim: Whether fields in double quotes may hold the delimiter.
        na_value: Text that counts as an empty field.
        select_cols, exclude_cols: Numbers of the columns that are read, or of those that are not.

    Raises:
        ValueError: a line has another number of fields, or one that is no number.

    Source: ``tf.data.experimental.CsvDataset``.
    """

    def __init__(
        self,
        filenames: Any,
        record_defaults: Sequence[Any],
        compression_type: Any = None,
        buffer_size: Any = None,
        header: bool = False,
        field_delim: str = ",",
        use_quote_delim: bool = True,
        na_value: str = "",
        select_cols: Sequence[int] | None = None,
        exclude_cols: Sequence[int] | None = None,
    ) -> None:
        if select_cols is not None and exclude_cols is not None:
            raise argument_error(
                "tf.data.experimental.CsvDataset", "exclude_cols", exclude_cols,
                "None beside select_cols",
            )  # fmt: skip
        columns = [Column(default, na_value) for default in record_defaults]
        form = Form(field_delim, use_quote_delim)

        def read(path: str) -> Iterator[Any]:
            for row in csv_rows(path, form, header, compression_type):
                chosen = select_cols
                if exclude_cols is not None:
                    chosen = [n for n in range(len(row)) if n not in exclude_cols]
                fields = selected(row, chosen, len(columns))
                yield tuple(
                    column.read([field], number)[0]
                    for number, (column, field) in enumerate(zip(columns, fields, strict=True))
                )

        spec = tuple(TensorSpec((), column.dtype) for column in columns)
        super().__init__(filenames, read, None, spec)


def csv_rows(
    path: str, form: Form, header: bool, compression: Any = None, encoding: str = "utf-8"
) -> Iterator[list[str]]:
    """The fields of each line of a CSV file."""
    with open_compressed(path, compression) as file:
        binary = file if isinstance(file, io.IOBase) else io.BytesIO(file.read())
        lines = text_file(binary, encoding)
        rows = form.rows(lines)
        if header:
            next(rows, None)
        yield from rows


class SqlDataset(Dataset):
    """The rows that an SQLite database answers a query with.

    Args:
        driver_name: ``"sqlite"``.
        data_source_name: The database's file.
        query: A question in SQL.
        output_types: Type of each column.

    Raises:
        ValueError: ``driver_name`` is another.

    Source: ``tf.data.experimental.SqlDataset``.
    """

    def __init__(
        self, driver_name: str, data_source_name: str, query: str, output_types: Sequence[Any]
    ) -> None:
        if as_path(driver_name) != "sqlite":
            raise argument_error(
                "tf.data.experimental.SqlDataset", "driver_name", driver_name, '"sqlite"'
            )
        types = [dtypes.as_dtype(kind) for kind in output_types]

        def rows() -> Iterator[Any]:
            connection = sqlite3.connect(as_path(data_source_name))
            try:
                for row in connection.execute(as_path(query)):
                    yield tuple(map(_cell, row, types))
            finally:
                connection.close()

        super().__init__(Stream(rows), lambda: tuple(TensorSpec((), kind) for kind in types))


def _cell(value: Any, kind: Any) -> Any:
    if kind is dtypes.string:
        value = "" if value is None else value
        return as_texts(value if isinstance(value, (str, bytes)) else str(value))
    return torch.tensor(0 if value is None else value, dtype=kind)

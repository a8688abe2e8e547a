"""``tf.io.decode_csv``, and how lines of values separated by commas are read."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torchkeras_shim.text import as_octets, as_texts, octets_of

from tensorflow import dtypes
from tensorflow.tensors import convert_to_tensor, is_text
from torchkeras.core.checks import argument_error
from torchkeras.core.dtypes import NAMES

KINDS = (torch.float32, torch.float64, torch.int32, torch.int64, dtypes.string)


class Column:
    """How the fields of one column are read.

    Args:
        default: What stands for an empty field; its type is the column's. A type alone, or an
            empty list or tensor, means that no field may be empty.
        na_value: Text that counts as an empty field.

    Raises:
        ValueError: the type is none of float32, float64, int32, int64 and string.
    """

    def __init__(self, default: Any, na_value: str = "") -> None:
        self.na_value = na_value
        self.default: Any = None
        if isinstance(default, torch.dtype) or default is dtypes.string:
            self.dtype = default
        else:
            value = as_texts(default) if is_text(default) else convert_to_tensor(default)
            self.dtype = dtypes.string if is_text(default) else value.dtype
            if is_text(default) or value.numel():
                self.default = np.ravel(np.asarray(value))[0]
        if self.dtype not in KINDS:
            raise argument_error(
                "tf.io.decode_csv", "type of record_defaults", self.dtype,
                "tf.float32, tf.float64, tf.int32, tf.int64 or tf.string",
            )  # fmt: skip

    @property
    def is_text(self) -> bool:
        """Whether the fields are texts."""
        return self.dtype is dtypes.string

    def read(self, fields: Sequence[str], number: int) -> Any:
        """The column's fields as a tensor.

        Raises:
            ValueError: a field is empty that must not be, or is no number.
        """
        values: list[Any] = [self._known(field, number) for field in fields]
        if self.is_text:
            flat = np.empty(len(values), dtype=object)
            flat[:] = [as_octets(value) for value in values]
            return as_texts(flat)
        kind = NAMES[self.dtype]
        try:
            # Through Python's own numbers: NumPy reads texts of integers more slowly.
            convert = float if self.dtype.is_floating_point else int
            return torch.tensor([convert(value) for value in values], dtype=self.dtype)
        except (ValueError, RuntimeError, OverflowError) as error:
            raise argument_error(
                "tf.io.decode_csv", f"field {number}", list(fields)[:5], f"valid {kind}",
                str(error),
            ) from error  # fmt: skip

    def _known(self, field: str, number: int) -> Any:
        if field and field != self.na_value:
            return field
        if self.default is None:
            raise argument_error(
                "tf.io.decode_csv", f"field {number}", field, "a value",
                f"Field {number} is required but missing in a record; a default lets it be.",
            )  # fmt: skip
        return self.default


def decode_csv(
    records: Any,
    record_defaults: Sequence[Any],
    field_delim: str = ",",
    use_quote_delim: bool = True,
    na_value: str = "",
    select_cols: Sequence[int] | None = None,
    name: str | None = None,
) -> list[Any]:
    """The fields of lines, a tensor for each column, in the shape of ``records``.

    Args:
        records: Texts, each a line.
        record_defaults: For each column, what stands for an empty field, and by its type the
            column's: a number, a text, or an empty list or tensor, for which there must be one.
        field_delim: What stands between fields, one character.
        use_quote_delim: Whether fields in double quotes may hold the delimiter.
        na_value: Text that counts as an empty field.
        select_cols: Ascending numbers of the columns that are read; None means all.
        name: Accepted.

    Raises:
        ValueError: a line has another number of fields, or one that is no number.
    """
    octets = octets_of(records)
    columns = [Column(default, na_value) for default in record_defaults]
    lines = [text.decode("utf-8", "surrogateescape") for text in octets.ravel().tolist()]
    form = Form(field_delim, use_quote_delim)
    rows = [selected(next(form.rows([line]), []), select_cols, len(columns)) for line in lines]
    read = [
        column.read([row[number] for row in rows], number) for number, column in enumerate(columns)
    ]
    return [values.reshape(octets.shape) for values in read]


class Form:
    """How fields are set apart.

    Args:
        field_delim: What stands between fields, one character.
        use_quote_delim: Whether fields in double quotes may hold the delimiter.

    Raises:
        ValueError: ``field_delim`` isn't one character.
    """

    def __init__(self, field_delim: str = ",", use_quote_delim: bool = True) -> None:
        delimiter = as_octets(field_delim).decode()
        if len(delimiter) != 1:
            raise argument_error("tf.io.decode_csv", "field_delim", field_delim, "one character")
        self._options: dict[str, Any] = {"delimiter": delimiter, "strict": True}
        if not use_quote_delim:
            self._options["quoting"] = csv.QUOTE_NONE

    def rows(self, lines: Iterable[str]) -> Iterator[list[str]]:
        """The fields of each line, which quotes may draw out over several.

        Raises:
            ValueError: quotes don't match.
        """
        reader = csv.reader(lines, **self._options)
        while True:
            try:
                row = next(reader, None)
            except csv.Error as error:
                raise argument_error(
                    "tf.io.decode_csv", "a record", f"line {reader.line_num}", "matching quotes",
                    str(error),
                ) from error  # fmt: skip
            if row is None:
                return
            yield row or [""]  # a line without anything has one field


def selected(row: list[str], chosen: Sequence[int] | None, number: int) -> list[str]:
    """The fields of the columns that are read.

    Raises:
        ValueError: there are more or fewer.
    """
    if chosen is not None and len(chosen) == number and max(chosen, default=-1) < len(row):
        return [row[index] for index in chosen]
    if chosen is not None or len(row) != number:
        raise argument_error(
            "tf.io.decode_csv", "number of fields in a record", len(row),
            f"{number}" if chosen is None else f"fields {list(chosen)}",
            f"Expect {number} fields but have {len(row)} in record.",
        )  # fmt: skip
    return row


def text_file(file: Any, encoding: str = "utf-8") -> io.TextIOWrapper:
    """A file of bytes as lines of text."""
    return io.TextIOWrapper(file, encoding=encoding, errors="surrogateescape", newline="")

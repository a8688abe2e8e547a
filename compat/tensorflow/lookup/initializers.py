"""What tables are filled with: keys and values from tensors, or from a file's lines."""

from typing import Any

import torch
from torchkeras_shim.text import as_path, as_texts

from tensorflow import dtypes
from tensorflow.tensors import convert_to_tensor
from torchkeras.core.checks import argument_error


class TextFileIndex:
    """Parts of a line that aren't columns: the whole of it, and its number from 0."""

    WHOLE_LINE = -2
    LINE_NUMBER = -1


class KeyValueTensorInitializer:
    """Keys and their values.

    Args:
        keys, values: As many of the ones as of the others.
        key_dtype, value_dtype: Their types; None takes those of the tensors.
        name: Accepted.
    """

    def __init__(
        self,
        keys: Any,
        values: Any,
        key_dtype: Any = None,
        value_dtype: Any = None,
        name: str | None = None,
    ) -> None:
        self.keys, self.key_dtype = _typed(keys, key_dtype)
        self.values, self.value_dtype = _typed(values, value_dtype)

    def pairs(self) -> tuple[Any, Any]:
        """The keys and the values."""
        return self.keys, self.values


class TextFileInitializer:
    """Keys and their values from the lines of a file.

    Args:
        filename: The file's name.
        key_dtype, value_dtype: Types of the keys and values.
        key_index, value_index: Which columns, from 0, hold them; or a ``TextFileIndex``.
        vocab_size: Number of lines that are read; None means all.
        delimiter: What stands between columns.
        name: Accepted.
        value_index_offset: Added to line numbers that are values.

    Raises:
        ValueError: types don't fit what is read, or there are too few lines or columns.
    """

    def __init__(
        self,
        filename: Any,
        key_dtype: Any,
        key_index: int,
        value_dtype: Any,
        value_index: int,
        vocab_size: int | None = None,
        delimiter: str = "\t",
        name: str | None = None,
        value_index_offset: int = 0,
    ) -> None:
        self.filename = as_path(filename)
        self.key_dtype, self.value_dtype = dtypes.as_dtype(key_dtype), dtypes.as_dtype(value_dtype)
        self.key_index, self.value_index = key_index, value_index
        self.vocab_size = vocab_size
        self.delimiter = delimiter
        self.value_index_offset = value_index_offset
        for argument, index, dtype in (
            ("key_dtype", key_index, self.key_dtype),
            ("value_dtype", value_index, self.value_dtype),
        ):
            if index == TextFileIndex.LINE_NUMBER and dtype not in (torch.int64, torch.int32):
                raise argument_error(self, argument, dtype, "tf.int64, for line numbers")
            if index == TextFileIndex.WHOLE_LINE and dtype is not dtypes.string:
                raise argument_error(self, argument, dtype, "tf.string, for whole lines")

    def pairs(self) -> tuple[Any, Any]:
        """The keys and the values."""
        with open(self.filename, encoding="utf-8", errors="surrogateescape") as file:
            lines = file.read().split("\n")
        if lines[-1] == "":
            lines.pop()
        if self.vocab_size is not None:
            if self.vocab_size > len(lines):
                raise argument_error(
                    self, "vocab_size", self.vocab_size, f"at most the {len(lines)} lines there are"
                )
            lines = lines[: self.vocab_size]
        keys = self._column(lines, self.key_index, self.key_dtype, 0)
        values = self._column(lines, self.value_index, self.value_dtype, self.value_index_offset)
        return keys, values

    def _column(self, lines: list[str], index: int, dtype: Any, offset: int) -> Any:
        if index == TextFileIndex.LINE_NUMBER:
            return torch.arange(offset, offset + len(lines), dtype=dtype)
        if index == TextFileIndex.WHOLE_LINE:
            return as_texts(lines)
        rows = [line.split(self.delimiter) for line in lines]
        short = next((row for row in rows if len(row) <= index), None)
        if short is not None:
            raise argument_error(
                self, "column", index, f"one that every line has; one has {len(short)}"
            )
        fields = [row[index] for row in rows]
        if dtype is dtypes.string:
            return as_texts(fields)
        convert = float if dtype.is_floating_point else int
        return torch.tensor([convert(field) for field in fields], dtype=dtype)


def _typed(values: Any, dtype: Any) -> tuple[Any, Any]:
    """Values as a tensor or texts, and their type."""
    tensor = convert_to_tensor(values, dtype=None if dtype is None else dtypes.as_dtype(dtype))
    return tensor, tensor.dtype if isinstance(tensor, torch.Tensor) else dtypes.string

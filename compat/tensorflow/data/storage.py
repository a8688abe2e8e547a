"""Datasets kept in memory or in files: ``cache``, ``save``, ``load`` and ``snapshot``.

A file holds records: first the structure of the elements, then for each element its tensors. It is
in the form of TFRecord files; TensorFlow's own snapshots are written otherwise.
"""

import contextlib
import json
import os
from collections.abc import Callable, Iterable
from collections.abc import Iterator as Elements
from pathlib import Path
from typing import Any

import torch
from torchkeras_shim.text import as_path

from tensorflow import dtypes
from tensorflow.data import elements
from tensorflow.data.base import Pipeline, call
from tensorflow.data.streams import RowBatches, RowStream, Stream
from tensorflow.io.records import TFRecordOptions, TFRecordWriter, read_records
from tensorflow.io.tensors import tensor_bytes, tensor_of_bytes
from tensorflow.ragged import RaggedTensor, RaggedTensorSpec
from tensorflow.sparse import SparseTensor, SparseTensorSpec
from tensorflow.tensors import TensorSpec
from torchkeras.core import nested
from torchkeras.core.checks import argument_error, kind_error
from torchkeras.core.dtypes import NAMES
from torchkeras.saving import wire
from torchkeras.saving.files import damaged, replacing, replacing_within

_ENDING = ".records"


class Storage(Pipeline):
    """The ways to keep elements."""

    def cache(self, filename: Any = "", name: str | None = None) -> Any:
        """The elements, kept from the first whole pass on.

        Args:
            filename: Where they are kept, for later processes too; "" means in memory.
            name: Accepted.
        """
        path = as_path(filename)
        if path:
            return self._with(Stream(_kept_in(path + _ENDING, self, ""), self._stream.size))
        stream = self._stream
        if isinstance(stream, RowStream) and not stream.shuffles:
            return self
        if isinstance(stream, RowBatches) and not stream.source.shuffles:
            return self
        kept: list[Any] = []
        complete = False

        def start() -> Elements[Any]:
            nonlocal complete
            if complete:
                yield from kept
                return
            fresh = []
            for element in self._pass():
                fresh.append(element)
                yield element
            kept[:], complete = fresh, True

        return self._with(Stream(start, self._stream.size))

    def save(
        self,
        path: Any,
        compression: Any = None,
        shard_func: Callable[..., Any] | None = None,
        checkpoint_args: Any = None,
    ) -> None:
        """Write all elements to files in a folder, which ``load`` reads.

        What was saved there before stays until all is written; other files stay, too.

        Args:
            path: The folder, which is made.
            compression: ``"GZIP"``; None, "AUTO" and "SNAPPY" mean none.
            shard_func: Gives the number of the file that an element goes to; None puts all in
                one.
            checkpoint_args: Accepted; the files are written in one go.
        """
        target = Path(as_path(path))
        target.parent.mkdir(parents=True, exist_ok=True)
        kind = _compression("Dataset.save", compression)
        with replacing_within(target, lambda name: name.endswith(_ENDING)) as folder:
            writers: dict[int, _Writer] = {}
            with contextlib.ExitStack() as stack:
                for element in self._pass():
                    number = 0 if shard_func is None else int(call(shard_func, element))
                    if number not in writers:
                        writers[number] = _Writer(folder / f"{number:08d}{_ENDING}", kind)
                        stack.callback(writers[number].close)
                    writers[number].write(element)
                if not writers:
                    _Writer(folder / f"{0:08d}{_ENDING}", kind, self._spec).close()
            (folder / "compression").write_text(kind)

    @classmethod
    def load(
        cls,
        path: Any,
        element_spec: Any = None,
        compression: Any = None,
        reader_func: Callable[[Any], Any] | None = None,
        wait: bool = False,
    ) -> Any:
        """The dataset that ``save`` wrote to a folder.

        Args:
            path: The folder.
            element_spec: Shapes and types of an element; None takes those that were saved.
            compression: Accepted; the files know theirs.
            reader_func: Makes the dataset of a dataset of one dataset for each file; None reads
                the files one after another.
            wait: Accepted; ``save`` has always ended.

        Raises:
            FileNotFoundError: there is no such dataset.
        """
        folder = Path(as_path(path))
        files = sorted(folder.glob(f"*{_ENDING}"))
        if not files:
            raise FileNotFoundError(
                f"Dataset.load: {folder} holds no dataset that torchkeras's Dataset.save wrote."
            )
        kind = (folder / "compression").read_text()
        spec = _read_spec(files[0], kind) if element_spec is None else element_spec

        def part(file: Path) -> Any:
            return cls._make(Stream(lambda: _read(file, kind)), lambda: spec)

        parts = cls._make(Stream(lambda: map(part, files), len(files)))
        if reader_func is None:
            return parts.flat_map(lambda dataset: dataset)
        made = reader_func(parts)
        return made

    def snapshot(
        self,
        path: Any,
        compression: Any = "AUTO",
        reader_func: Callable[[Any], Any] | None = None,
        shard_func: Callable[..., Any] | None = None,
        name: str | None = None,
    ) -> Any:
        """The elements, written to a folder in the first whole pass and read from it later on.

        Args:
            path: The folder, which is made.
            compression: ``"GZIP"``; None, "AUTO" and "SNAPPY" mean none.
            reader_func, shard_func: As in ``load`` and ``save``.
            name: Accepted.
        """
        folder = Path(as_path(path))
        if reader_func is None and shard_func is None:
            folder.mkdir(parents=True, exist_ok=True)
            kind = _compression("Dataset.snapshot", compression)
            file = str(folder / f"{0:08d}{_ENDING}")
            return self._with(Stream(_kept_in(file, self, kind), self._stream.size))

        def start() -> Elements[Any]:
            if not (folder / "compression").exists():
                self.save(folder, compression, shard_func)
            return type(self).load(folder, reader_func=reader_func)._pass()

        return self._with(Stream(start, self._stream.size))


def _compression(owner: str, compression: Any) -> str:
    if compression in (None, "AUTO", "SNAPPY", "NONE", ""):
        return ""
    if compression != "GZIP":
        raise argument_error(owner, "compression", compression, '"GZIP", "AUTO" or None')
    return "GZIP"


def _kept_in(path: str, dataset: Pipeline, compression: str) -> Callable[[], Elements[Any]]:
    """Starts a pass that writes a file, or reads the one that a whole pass has written."""

    def start() -> Elements[Any]:
        if os.path.exists(path):
            yield from _read(Path(path), compression)
            return
        with replacing(path) as unfinished:
            writer = _Writer(unfinished, compression)
            with contextlib.closing(writer):
                for element in dataset._pass():
                    writer.write(element)
                    yield element
                if not writer.is_begun:
                    writer.begin(dataset.element_spec)

    return start


class _Writer:
    """Writes elements to a file.

    Args:
        path: The file.
        compression: "GZIP" or "".
        spec: Gives the structure, for a file without elements.
    """

    def __init__(self, path: Path, compression: str, spec: Callable[[], Any] | None = None) -> None:
        self._writer = TFRecordWriter(str(path), TFRecordOptions(compression))
        self.is_begun = False
        if spec is not None:
            self.begin(spec())

    def begin(self, spec: Any) -> None:
        """Write the structure of the elements."""
        self.is_begun = True
        self._writer.write(json.dumps(_outline(spec)))

    def write(self, element: Any) -> None:
        """Add an element."""
        tensors = [part for leaf in nested.leaves(element) for part in _parts(leaf)]
        if not self.is_begun:
            self.begin(elements.spec_of(element))
        self._writer.write(b"".join(wire.write_field(1, tensor_bytes(part)) for part in tensors))

    def close(self) -> None:
        """End the file."""
        self._writer.close()


def _read(path: Path, compression: str) -> Elements[Any]:
    """The elements of a file."""
    records = read_records(str(path), compression)
    spec = _told_spec(path, records)
    kinds = nested.flatten(spec)
    for record in records:
        tensors = (tensor_of_bytes(value) for _, _, value in wire.fields(record))
        try:
            leaves = [_leaf(kind, tensors) for kind in kinds]
        except StopIteration as error:
            raise damaged(f"saved dataset {path}", "an element cut short", "all parts") from error
        yield nested.pack_sequence_as(spec, leaves)


def _read_spec(path: Path, compression: str) -> Any:
    return _told_spec(path, read_records(str(path), compression))


def _told_spec(path: Path, records: Elements[bytes]) -> Any:
    """The structure that a file's first record tells.

    Raises:
        DamagedFileError: it tells none.
    """
    try:
        return _spec(json.loads(next(records)))
    except (StopIteration, LookupError, TypeError, ValueError, RecursionError) as error:
        raise damaged(
            f"saved dataset {path}", f"{type(error).__name__}: {str(error)[:200]}",
            "the structure of its elements",
        ) from error  # fmt: skip


def _parts(leaf: Any) -> list[Any]:
    """The tensors that a leaf consists of."""
    if leaf is None:
        return []
    if isinstance(leaf, SparseTensor):
        return [leaf.indices, leaf.values, leaf.dense_shape]
    if isinstance(leaf, RaggedTensor):
        return [leaf.flat_values, *leaf.nested_row_splits]
    if elements.is_dataset(leaf):
        raise kind_error("Dataset.save", "an element", leaf, "tensors")
    return [leaf]


def _leaf(kind: Any, tensors: Iterable[Any]) -> Any:
    """The leaf that ``_parts`` took apart."""
    parts = iter(tensors)
    if kind is None:
        return None
    if isinstance(kind, SparseTensorSpec):
        return SparseTensor(next(parts), next(parts), next(parts))
    if not isinstance(kind, RaggedTensorSpec):
        return next(parts)
    values = next(parts)
    for splits in reversed([next(parts) for _ in range(kind.ragged_rank)]):
        values = RaggedTensor.from_row_splits(values, splits)
    return values


def _outline(spec: Any) -> Any:
    """A structure of specs as JSON has it."""
    if isinstance(spec, dict):
        return {"dict": {key: _outline(part) for key, part in spec.items()}}
    if isinstance(spec, (tuple, list)):
        return {"tuple": list(map(_outline, spec))}
    if spec is None:
        return None
    kind = {RaggedTensorSpec: "ragged", SparseTensorSpec: "sparse"}.get(type(spec), "tensor")
    shape = None if spec.shape is None else list(spec.shape)
    leaf = {"kind": kind, "shape": shape, "dtype": _name(spec.dtype)}
    if kind == "ragged":
        leaf.update(rank=spec.ragged_rank, splits=_name(spec.row_splits_dtype))
    return leaf


def _name(dtype: Any) -> str:
    return "string" if dtype is dtypes.string else NAMES[dtype]


def _spec(outline: Any) -> Any:
    """The structure that ``_outline`` wrote."""
    if outline is None:
        return None
    if "dict" in outline:
        return {key: _spec(part) for key, part in outline["dict"].items()}
    if "tuple" in outline:
        return tuple(map(_spec, outline["tuple"]))
    shape, dtype = outline["shape"], dtypes.as_dtype(outline["dtype"])
    if outline["kind"] == "sparse":
        return SparseTensorSpec(shape, dtype)
    if outline["kind"] == "ragged":
        splits = dtypes.as_dtype(outline["splits"])
        return RaggedTensorSpec(shape, dtype, outline["rank"], splits)
    return TensorSpec(shape, dtype)

"""Where datasets begin: arrays, generators, files, other datasets."""

import glob
import itertools
import random
from collections.abc import Callable
from collections.abc import Iterator as Elements
from typing import Any

import torch

from tensorflow.data import elements
from tensorflow.data.base import Pipeline
from tensorflow.data.streams import INFINITE, UNKNOWN, RowStream, Stream
from tensorflow.tensors import TensorSpec, convert_to_tensor
from torchkeras.core import nested
from torchkeras.core.checks import argument_error


class Sources(Pipeline):
    """The ways to make a dataset."""

    @classmethod
    def from_tensor_slices(cls, tensors: Any, name: str | None = None) -> Any:
        """One element for each row of the arrays in ``tensors``.

        Raises:
            ValueError: the arrays differ in their number of rows.
        """
        columns = _map_columns(tensors)
        counts = {leaf.shape[0] for leaf in nested.flatten(columns)}
        if len(counts) != 1:
            raise argument_error(
                "Dataset.from_tensor_slices", "number of rows", sorted(counts), "one number"
            )
        return cls(RowStream(columns))

    @classmethod
    def from_tensors(cls, tensors: Any, name: str | None = None) -> Any:
        """``tensors`` as the only element."""
        element = elements.structure(tensors)
        return cls(Stream(lambda: iter((element,)), 1))

    @classmethod
    def from_generator(
        cls,
        generator: Callable[..., Any],
        output_types: Any = None,
        output_shapes: Any = None,
        args: tuple[Any, ...] | None = None,
        output_signature: Any = None,
        name: str | None = None,
    ) -> Any:
        """What a generator function yields, in the types that are named.

        Args:
            generator: Called with ``args`` at the start of each pass.
            output_types: Structure of types; or ``output_signature``.
            output_shapes: Structure of shapes, for ``element_spec``.
            args: Arguments of ``generator``.
            output_signature: Structure of ``TensorSpec``.
            name: Accepted.
        """
        if output_signature is None and output_types is None:
            raise argument_error(
                "Dataset.from_generator", "output_signature", None, "TensorSpec, or output_types"
            )
        signature = output_signature
        if signature is None:
            signature = _signature(output_types, output_shapes)
        specs = nested.flatten(signature)

        def start() -> Elements[Any]:
            for value in generator(*(args or ())):
                parts = [value] if len(specs) == 1 and not nested.is_nested(signature) else None
                leaves = parts or _flatten_to(value, signature)
                yield nested.pack_sequence_as(
                    signature,
                    [
                        convert_to_tensor(leaf, dtype=spec.dtype)
                        for leaf, spec in zip(leaves, specs, strict=True)
                    ],
                )

        return cls(Stream(start), lambda: signature)

    @classmethod
    def range(cls, *args: Any, output_type: Any = torch.int64, name: str | None = None) -> Any:
        """Whole numbers: ``range(stop)`` or ``range(start, stop, step)``, as Python's."""
        return cls(RowStream(torch.arange(*(int(arg) for arg in args), dtype=output_type)))

    @classmethod
    def list_files(
        cls,
        file_pattern: Any,
        shuffle: bool | None = None,
        seed: int | None = None,
        name: Any = None,
    ) -> Any:
        """Names of the files that fit a pattern or several; shuffled unless told otherwise."""
        patterns = file_pattern if isinstance(file_pattern, (list, tuple)) else [file_pattern]
        names = sorted(itertools.chain.from_iterable(glob.glob(str(p)) for p in patterns))
        if not names:
            raise argument_error("Dataset.list_files", "file_pattern", file_pattern, "some files")
        dataset = cls.from_tensor_slices(names)
        return dataset if shuffle is False else dataset.shuffle(len(names), seed)

    @classmethod
    def zip(cls, *args: Any, datasets: Any = None, name: str | None = None) -> Any:
        """Tuples of one element of each dataset, as long as the shortest lasts."""
        parts = datasets if datasets is not None else (args[0] if len(args) == 1 else args)
        flat = nested.flatten(parts)
        sizes = [dataset._stream.size for dataset in flat]

        def start() -> Elements[Any]:
            for row in zip(*(dataset._pass() for dataset in flat), strict=False):
                yield nested.pack_sequence_as(parts, row)

        known = [size for size in sizes if size >= 0]
        unknown = UNKNOWN if UNKNOWN in sizes else INFINITE
        size = UNKNOWN if UNKNOWN in sizes else min(known, default=unknown)
        return cls(
            Stream(start, size),
            lambda: nested.map_structure(lambda dataset: dataset.element_spec, parts),
        )

    @classmethod
    def sample_from_datasets(
        cls,
        datasets: list[Any],
        weights: Any = None,
        seed: int | None = None,
        stop_on_empty_dataset: bool = False,
        rerandomize_each_iteration: bool | None = None,
    ) -> Any:
        """Elements of datasets drawn at random, as often as ``weights`` say."""

        def start() -> Elements[Any]:
            generator = random.Random(int(torch.randint(2**62, ())) if seed is None else seed)
            passes = [dataset._pass() for dataset in datasets]
            shares = [1.0] * len(passes) if weights is None else [float(w) for w in weights]
            while any(shares):
                index = generator.choices(range(len(passes)), shares)[0]
                element = next(passes[index], passes)
                if element is not passes:
                    yield element
                elif stop_on_empty_dataset:
                    return
                else:
                    shares[index] = 0.0

        return cls(Stream(start), lambda: datasets[0].element_spec)


def _map_columns(tensors: Any) -> Any:
    """``tensors`` with its tuples and dicts kept and every array as rows."""
    if isinstance(tensors, dict):
        return {key: _map_columns(part) for key, part in tensors.items()}
    if isinstance(tensors, tuple):
        return tuple(map(_map_columns, tensors))
    return elements.column(tensors)


def _signature(types: Any, shapes: Any) -> Any:
    """Specs from the older pair of structures."""
    flat = nested.flatten(types)
    if shapes is None:
        wanted: list[Any] = [None] * len(flat)
    else:
        wanted = [shapes] if not nested.is_nested(types) else list(shapes)
    return nested.pack_sequence_as(
        types, [TensorSpec(shape, dtype) for shape, dtype in zip(wanted, flat, strict=True)]
    )


def _flatten_to(value: Any, signature: Any) -> list[Any]:
    """The parts of ``value`` that stand where ``signature`` has a leaf."""
    if isinstance(signature, dict):
        return [
            leaf for key in sorted(signature) for leaf in _flatten_to(value[key], signature[key])
        ]
    if nested.is_nested(signature):
        pairs = zip(value, signature, strict=True)
        return [leaf for part, spec in pairs for leaf in _flatten_to(part, spec)]
    return [value]

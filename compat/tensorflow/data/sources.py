"""Where datasets begin: arrays, generators, names of files, other datasets."""

import glob
import itertools
import random
from collections.abc import Callable
from collections.abc import Iterator as Elements
from typing import Any

import numpy as np
import torch
from torchkeras_shim.text import as_path

from tensorflow.data import elements
from tensorflow.data.base import Pipeline
from tensorflow.data.streams import INFINITE, UNKNOWN, RowStream, Stream
from tensorflow.tensors import TensorSpec, convert_to_tensor
from torchkeras.core import nested
from torchkeras.core.checks import argument_error, kind_error
from torchkeras.core.dtypes import torch_dtype


class Sources(Pipeline):
    """The ways to make a dataset."""

    @classmethod
    def from_tensor_slices(cls, tensors: Any, name: str | None = None) -> Any:
        """One element for each row of the arrays in ``tensors``.

        Raises:
            ValueError: the arrays differ in their number of rows.
        """
        columns = _map_columns(tensors)
        flat = nested.flatten(columns)
        counts = {leaf.shape[0] for leaf in flat}
        if len(counts) != 1:
            raise argument_error(
                "Dataset.from_tensor_slices", "number of rows", sorted(counts), "one number"
            )
        if all(isinstance(leaf, (torch.Tensor, np.ndarray)) for leaf in flat):
            return cls._make(RowStream(columns), lambda: elements.row_spec(columns))

        def start() -> Elements[Any]:
            for row in zip(*map(elements.rows_of, flat), strict=True):
                yield nested.pack_sequence_as(columns, row)

        return cls._make(Stream(start, counts.pop()), lambda: elements.row_spec(columns))

    @classmethod
    def from_tensors(cls, tensors: Any, name: str | None = None) -> Any:
        """``tensors`` as the only element."""
        element = elements.structure(tensors)
        return cls._make(Stream(lambda: iter((element,)), 1))

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
            output_shapes: Structure of shapes, which elements are checked against.
            args: Arguments of ``generator``, which it gets as NumPy arrays.
            output_signature: Structure of ``TensorSpec``.
            name: Accepted.

        Raises:
            TypeError: ``generator`` isn't callable, or an element isn't of the types.
            ValueError: no types are named, or an element has another shape or structure.
        """
        if not callable(generator):
            raise kind_error("Dataset.from_generator", "generator", generator, "a callable")
        if (output_signature is None) == (output_types is None):
            raise argument_error(
                "Dataset.from_generator",
                "output_signature",
                output_signature,
                "TensorSpec, or output_types in its place",
            )
        signature = output_signature
        if signature is None:
            signature = _signature(output_types, output_shapes)
        signature = _tuples(signature)
        specs = nested.flatten(signature)
        given = [elements.as_numpy(convert_to_tensor(arg)) for arg in args or ()]
        owner = "Dataset.from_generator"

        def start() -> Elements[Any]:
            for value in generator(*given):
                leaves = _flatten_to(value, signature)
                yield nested.pack_sequence_as(
                    signature,
                    [elements.fitted(*pair, owner) for pair in zip(leaves, specs, strict=True)],
                )

        return cls._make(Stream(start), lambda: signature)

    @classmethod
    def range(cls, *args: Any, **kwargs: Any) -> Any:
        """Whole numbers: ``range(stop)`` or ``range(start, stop, step)``, as Python's.

        Args:
            args: The bounds.
            kwargs: ``output_type``, int64 if there is none, and ``name``.
        """
        dtype = torch_dtype(kwargs.pop("output_type", torch.int64))
        kwargs.pop("name", None)
        if kwargs or not 1 <= len(args) <= 3:
            raise kind_error("Dataset.range", "arguments", (args, kwargs), "one to three numbers")
        numbers = torch.arange(0)  # of a step away from the end there are none
        bounds = range(*(int(arg) for arg in args))
        if bounds:
            numbers = torch.arange(bounds.start, bounds.stop, bounds.step)
        return cls._make(RowStream(numbers.to(dtype)), lambda: TensorSpec((), dtype))

    @classmethod
    def list_files(
        cls,
        file_pattern: Any,
        shuffle: bool | None = None,
        seed: int | None = None,
        name: Any = None,
    ) -> Any:
        """Names of the files that fit a pattern or several; shuffled unless told otherwise.

        Raises:
            ValueError: there are none.
        """
        names = matching_files(file_pattern)
        if not names:
            raise argument_error(
                "Dataset.list_files", "file_pattern", file_pattern, "some files", "No files matched"
            )
        dataset = cls.from_tensor_slices(names)
        return dataset if shuffle is False else dataset.shuffle(len(names), seed)

    @classmethod
    def random(
        cls,
        seed: Any = None,
        rerandomize_each_iteration: bool | None = None,
        name: str | None = None,
    ) -> Any:
        """Random int64 from 0 up to 2**32, without end.

        Args:
            seed: Integer they follow from; None draws one.
            rerandomize_each_iteration: Whether each pass has numbers of its own.
            name: Accepted.
        """
        first = int(torch.randint(2**62, ())) if seed is None else int(seed)
        passes = itertools.count()

        def start() -> Elements[Any]:
            number = next(passes) if rerandomize_each_iteration else 0
            generator = random.Random(f"{first} {number}")
            while True:
                yield torch.tensor(generator.getrandbits(32))

        return cls._make(Stream(start, INFINITE), lambda: TensorSpec((), torch.int64))

    @classmethod
    def counter(
        cls, start: Any = 0, step: Any = 1, dtype: Any = torch.int64, name: str | None = None
    ) -> Any:
        """``start``, ``start + step`` and so on without end."""
        first, gap, kind = int(start), int(step), torch_dtype(dtype)

        def count() -> Elements[Any]:
            return (torch.tensor(value, dtype=kind) for value in itertools.count(first, gap))

        return cls._make(Stream(count, INFINITE), lambda: TensorSpec((), kind))

    @classmethod
    def zip(cls, *args: Any, datasets: Any = None, name: str | None = None) -> Any:
        """Tuples of one element of each dataset, as long as the shortest lasts.

        Raises:
            TypeError: something isn't a dataset.
        """
        parts = datasets if datasets is not None else (args[0] if len(args) == 1 else args)
        parts = _tuples(parts)
        flat = nested.flatten(parts)
        for part in flat:
            if not isinstance(part, Pipeline):
                raise kind_error("Dataset.zip", "datasets", part, "datasets")
        sizes = [dataset._stream.size for dataset in flat]

        def start() -> Elements[Any]:
            for row in zip(*(dataset._pass() for dataset in flat), strict=False):
                yield nested.pack_sequence_as(parts, row)

        known = [size for size in sizes if size >= 0]
        unknown = UNKNOWN if UNKNOWN in sizes else INFINITE
        size = UNKNOWN if UNKNOWN in sizes else min(known, default=unknown)
        return cls._make(
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
        """Elements of datasets drawn at random, as often as ``weights`` say.

        Args:
            datasets: The datasets.
            weights: How likely each is: numbers, a tensor, or a dataset of such that tells them
                anew for each element; None means equally.
            seed: Integer that the choices follow from; None draws one.
            stop_on_empty_dataset: Whether the end of one dataset is the end of all.
            rerandomize_each_iteration: Whether each pass makes choices of its own; None means so
                if there is no seed.

        Raises:
            ValueError: there are no datasets, or not one weight for each.
        """
        _checked_datasets("Dataset.sample_from_datasets", datasets)
        shares = _shares(weights, len(datasets))
        if weights is not None and not isinstance(weights, Pipeline):
            # One that is never drawn would never end.
            datasets = [d for d, weight in zip(datasets, weights, strict=True) if weight > 0]
            shares = _shares([weight for weight in weights if weight > 0], len(datasets))
        first = int(torch.randint(2**62, ())) if seed is None else int(seed)
        again = seed is None if rerandomize_each_iteration is None else rerandomize_each_iteration
        passes = itertools.count()

        def choose() -> Elements[int]:
            generator = random.Random(f"{first} {next(passes) if again else 0}")
            places = range(len(datasets))
            return (generator.choices(places, chances)[0] for chances in shares())

        size = UNKNOWN if len(datasets) > 1 else datasets[0]._stream.size
        return cls._make(
            Stream(_taking_turns(datasets, choose, stop_on_empty_dataset), size),
            lambda: datasets[0].element_spec,
        )

    @classmethod
    def choose_from_datasets(
        cls, datasets: list[Any], choice_dataset: Any, stop_on_empty_dataset: bool = True
    ) -> Any:
        """Elements of datasets in the order that ``choice_dataset`` tells by number.

        Raises:
            ValueError: there are no datasets, or a number is none of one.
        """
        _checked_datasets("Dataset.choose_from_datasets", datasets)

        def choose() -> Elements[int]:
            for choice in choice_dataset._pass():
                if not 0 <= int(choice) < len(datasets):
                    raise argument_error(
                        "Dataset.choose_from_datasets",
                        "choice_dataset",
                        int(choice),
                        f"numbers from 0 to {len(datasets) - 1}",
                    )
                yield int(choice)

        return cls._make(
            Stream(_taking_turns(datasets, choose, stop_on_empty_dataset)),
            lambda: datasets[0].element_spec,
        )


def matching_files(pattern: Any) -> list[str]:
    """Names of the files that fit a pattern or several, in order."""
    if isinstance(pattern, (list, tuple)) or np.ndim(pattern):
        patterns = list(pattern)
    else:
        patterns = [pattern]
    return sorted(itertools.chain.from_iterable(glob.glob(as_path(one)) for one in patterns))


def _checked_datasets(owner: str, datasets: Any) -> None:
    if not datasets:
        raise argument_error(owner, "datasets", datasets, "at least one dataset")


def _shares(weights: Any, number: int) -> Callable[[], Elements[list[float]]]:
    """Starts the weights of each element's choice."""
    if isinstance(weights, Pipeline):
        return lambda: (row.tolist() for row in weights._pass())
    shares = [1.0] * number if weights is None else [float(weight) for weight in weights]
    if len(shares) != number:
        raise argument_error(
            "Dataset.sample_from_datasets", "weights", shares, f"one for each of {number} datasets"
        )
    return lambda: itertools.repeat(shares)


def _taking_turns(
    datasets: list[Any], choose: Callable[[], Elements[int]], stops: bool
) -> Callable[[], Elements[Any]]:
    """Starts a pass over elements of datasets; one that has ended is passed over or ends it."""

    def start() -> Elements[Any]:
        passes: list[Any] = [dataset._pass() for dataset in datasets]
        ended: set[int] = set()
        for index in choose():
            if index in ended:
                continue
            element = next(passes[index], passes)
            if element is not passes:
                yield element
                continue
            ended.add(index)
            if stops or len(ended) == len(passes):
                return

    return start


def _tuples(structure: Any) -> Any:
    """``structure`` with its lists as tuples, as in elements."""
    if isinstance(structure, dict):
        return {key: _tuples(part) for key, part in structure.items()}
    if isinstance(structure, list) or type(structure) is tuple:
        return tuple(map(_tuples, structure))
    return structure


def _map_columns(tensors: Any) -> Any:
    """``tensors`` with its tuples and dicts kept and every array as rows."""
    if isinstance(tensors, dict):
        return {key: _map_columns(part) for key, part in tensors.items()}
    if isinstance(tensors, tuple):
        parts = map(_map_columns, tensors)
        return type(tensors)(*parts) if hasattr(tensors, "_fields") else tuple(parts)
    if hasattr(tensors, "items") and not hasattr(tensors, "to_numpy"):  # not a table of pandas
        return {key: _map_columns(part) for key, part in tensors.items()}
    return elements.column(tensors)


def _signature(types: Any, shapes: Any) -> Any:
    """Specs from the older pair of structures."""
    if isinstance(types, dict):
        return {k: _signature(t, None if shapes is None else shapes[k]) for k, t in types.items()}
    if isinstance(types, (list, tuple)):
        known = [None] * len(types) if shapes is None else shapes
        return tuple(_signature(t, s) for t, s in zip(types, known, strict=True))
    return TensorSpec(shapes, types)


def _flatten_to(value: Any, signature: Any) -> list[Any]:
    """The parts of ``value`` that stand where ``signature`` has a leaf."""
    if isinstance(signature, dict):
        if not hasattr(value, "keys") or set(value) != set(signature):
            raise _structure_error(value, signature)
        return [
            leaf for key in sorted(signature) for leaf in _flatten_to(value[key], signature[key])
        ]
    if isinstance(signature, tuple):
        if not isinstance(value, (tuple, list)) or len(value) != len(signature):
            raise _structure_error(value, signature)
        pairs = zip(value, signature, strict=True)
        return [leaf for part, spec in pairs for leaf in _flatten_to(part, spec)]
    return [value]


def _structure_error(value: Any, signature: Any) -> TypeError:
    return kind_error("Dataset.from_generator", "an element", value, f"the structure {signature}")

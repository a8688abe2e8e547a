"""``tf.data.Dataset``."""

import glob
import itertools
import random
from collections.abc import Callable, Iterator as Elements
from typing import Any

import torch

from tensorflow.data import elements
from tensorflow.data.streams import INFINITE, UNKNOWN, RowBatches, RowStream, Stream
from tensorflow.tensors import TensorSpec, convert_to_tensor
from torchkeras.core import nested
from torchkeras.core.checks import argument_error, moment_error
from torchkeras.data import ArrayBatches, Batches, ClassWeights, IterableBatches

AUTOTUNE = -1
INFINITE_CARDINALITY = INFINITE
UNKNOWN_CARDINALITY = UNKNOWN


class Options:
    """Settings of ``tf.data``; they tune TensorFlow's runtime and change nothing here."""

    def __init__(self) -> None:
        self.experimental_distribute = _Settings()
        self.experimental_optimization = _Settings()
        self.threading = _Settings()
        self.autotune = _Settings()
        self.deterministic = True
        self.experimental_deterministic = True


class _Settings:
    """A group of settings."""


class Iterator:
    """One pass over a dataset."""

    def __init__(self, dataset: "Dataset") -> None:
        self._elements = dataset._pass()
        self._dataset = dataset

    @property
    def element_spec(self) -> Any:
        """Shapes and types of an element."""
        return self._dataset.element_spec

    def __iter__(self) -> "Iterator":
        return self

    def __next__(self) -> Any:
        return next(self._elements)

    def get_next(self) -> Any:
        """The next element."""
        return next(self._elements)


class Dataset:
    """A pipeline of elements, worked out while it is iterated.

    An element is a tensor, or a tuple or dict of them. Functions handed to ``map`` and kin are Python and run once
    for each element; ``from_tensor_slices(...).shuffle(...).batch(...)`` touches no single element but cuts batches
    out of the arrays by index. ``num_parallel_calls``, ``deterministic`` and ``prefetch``'s buffer say how TensorFlow
    spreads work over threads; the elements and their order are the same with any of them.

    Source: ``tf.data.Dataset``.

    Example:
        >>> [x.tolist() for x in Dataset.range(5).map(lambda x: x * x).batch(2)]
        [[0, 1], [4, 9], [16]]
    """

    def __init__(self, stream: Stream, spec: Callable[[], Any] | None = None) -> None:
        self._stream = stream
        self._find_spec = spec

    # Sources.

    @staticmethod
    def from_tensor_slices(tensors: Any, name: str | None = None) -> "Dataset":
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
        return Dataset(RowStream(columns))

    @staticmethod
    def from_tensors(tensors: Any, name: str | None = None) -> "Dataset":
        """``tensors`` as the only element."""
        element = elements.structure(tensors)
        return Dataset(Stream(lambda: iter((element,)), 1))

    @staticmethod
    def from_generator(
        generator: Callable[..., Any],
        output_types: Any = None,
        output_shapes: Any = None,
        args: tuple[Any, ...] | None = None,
        output_signature: Any = None,
        name: str | None = None,
    ) -> "Dataset":
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

        return Dataset(Stream(start), lambda: signature)

    @staticmethod
    def range(*args: Any, output_type: Any = torch.int64, name: str | None = None) -> "Dataset":
        """Whole numbers: ``range(stop)``, ``range(start, stop)`` or ``range(start, stop, step)``."""
        return Dataset(RowStream(torch.arange(*(int(arg) for arg in args), dtype=output_type)))

    @staticmethod
    def list_files(
        file_pattern: Any, shuffle: bool | None = None, seed: int | None = None, name: Any = None
    ) -> "Dataset":
        """Names of the files that fit a pattern or several; shuffled unless told otherwise."""
        patterns = file_pattern if isinstance(file_pattern, (list, tuple)) else [file_pattern]
        names = sorted(itertools.chain.from_iterable(glob.glob(str(p)) for p in patterns))
        if not names:
            raise argument_error("Dataset.list_files", "file_pattern", file_pattern, "some files")
        dataset = Dataset.from_tensor_slices(names)
        return dataset if shuffle is False else dataset.shuffle(len(names), seed)

    @staticmethod
    def zip(*args: Any, datasets: Any = None, name: str | None = None) -> "Dataset":
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
        return Dataset(
            Stream(start, size),
            lambda: nested.map_structure(lambda dataset: dataset.element_spec, parts),
        )

    @staticmethod
    def sample_from_datasets(
        datasets: list["Dataset"],
        weights: Any = None,
        seed: int | None = None,
        stop_on_empty_dataset: bool = False,
        rerandomize_each_iteration: bool | None = None,
    ) -> "Dataset":
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

        return Dataset(Stream(start), lambda: datasets[0].element_spec)

    # Element by element.

    def map(
        self,
        map_func: Callable[..., Any],
        num_parallel_calls: Any = None,
        deterministic: bool | None = None,
        synchronous: bool | None = None,
        use_unbounded_threadpool: bool = False,
        name: str | None = None,
    ) -> "Dataset":
        """``map_func`` of each element; a tuple's parts are handed over as arguments."""

        def start() -> Elements[Any]:
            for element in self._pass():
                yield elements.structure(_call(map_func, element))

        return Dataset(Stream(start, self._stream.size))

    def filter(self, predicate: Callable[..., Any], name: str | None = None) -> "Dataset":
        """The elements for which ``predicate`` holds."""

        def start() -> Elements[Any]:
            return (element for element in self._pass() if bool(_call(predicate, element)))

        return Dataset(Stream(start), self._spec)

    def flat_map(self, map_func: Callable[..., Any], name: str | None = None) -> "Dataset":
        """The elements of the datasets that ``map_func`` makes, one dataset after another."""

        def start() -> Elements[Any]:
            for element in self._pass():
                yield from _call(map_func, element)._pass()

        return Dataset(Stream(start))

    def interleave(
        self,
        map_func: Callable[..., Any],
        cycle_length: int | None = None,
        block_length: int = 1,
        num_parallel_calls: Any = None,
        deterministic: bool | None = None,
        name: str | None = None,
    ) -> "Dataset":
        """The elements of the datasets that ``map_func`` makes, some datasets in turn.

        Args:
            map_func: Makes a dataset of an element.
            cycle_length: How many datasets take turns; None or AUTOTUNE means 10.
            block_length: How many elements each gives at a time.
            num_parallel_calls, deterministic, name: As in ``Dataset``.
        """
        width = 10 if cycle_length is None or cycle_length < 1 else cycle_length

        def start() -> Elements[Any]:
            sources = self._pass()
            open_passes: list[Elements[Any]] = []
            while True:
                for element in itertools.islice(sources, width - len(open_passes)):
                    open_passes.append(_call(map_func, element)._pass())
                if not open_passes:
                    return
                for one in tuple(open_passes):
                    block = list(itertools.islice(one, block_length))
                    yield from block
                    if len(block) < block_length:
                        open_passes.remove(one)

        return Dataset(Stream(start))

    def enumerate(self, start: int = 0, name: str | None = None) -> "Dataset":
        """Pairs of a number, from ``start``, and the element."""
        numbers = Dataset(
            Stream(lambda: (torch.tensor(i) for i in itertools.count(start)), INFINITE)
        )
        return Dataset.zip((numbers, self))

    def scan(
        self, initial_state: Any, scan_func: Callable[..., Any], name: Any = None
    ) -> "Dataset":
        """``scan_func(state, element)`` gives the next state and an element."""

        def start() -> Elements[Any]:
            state = elements.structure(initial_state)
            for element in self._pass():
                state, result = scan_func(state, element)
                yield elements.structure(result)

        return Dataset(Stream(start, self._stream.size))

    def reduce(self, initial_state: Any, reduce_func: Callable[..., Any], name: Any = None) -> Any:
        """The last of the states that ``reduce_func(state, element)`` gives one after another."""
        state = elements.structure(initial_state)
        for element in self._pass():
            state = elements.structure(reduce_func(state, element))
        return state

    def take_while(self, predicate: Callable[..., Any], name: str | None = None) -> "Dataset":
        """The elements up to the first for which ``predicate`` doesn't hold."""
        return Dataset(
            Stream(lambda: itertools.takewhile(lambda e: bool(_call(predicate, e)), self._pass())),
            self._spec,
        )

    # Order and number.

    def shuffle(
        self,
        buffer_size: Any,
        seed: int | None = None,
        reshuffle_each_iteration: bool | None = True,
        name: str | None = None,
    ) -> "Dataset":
        """The elements in an order drawn from a buffer.

        Args:
            buffer_size: How many elements wait to be drawn from, 1 or more; as many as there are elements make
                every order equally likely.
            seed: Integer that the orders follow from; None draws one, which ``tf.random.set_seed`` decides.
            reshuffle_each_iteration: Whether each pass has an order of its own.
            name: Accepted.
        """
        size = int(buffer_size)
        if size < 1:
            raise argument_error("Dataset.shuffle", "buffer_size", size, "an integer, 1 or more")
        again = reshuffle_each_iteration is not False
        return self._with(self._stream.shuffled(size, seed, again))

    def repeat(self, count: Any = None, name: str | None = None) -> "Dataset":
        """The passes one after another; None or -1 passes never end."""
        return self._with(self._stream.repeated(-1 if count is None else int(count)))

    def take(self, count: Any, name: str | None = None) -> "Dataset":
        """The first ``count`` elements; -1 means all."""
        count = int(count)
        return self if count < 0 else self._with(self._stream.cut(0, count))

    def skip(self, count: Any, name: str | None = None) -> "Dataset":
        """The elements after the first ``count``; -1 leaves none."""
        count = int(count)
        return self.take(0) if count < 0 else self._with(self._stream.cut(count, None))

    def shard(self, num_shards: Any, index: Any, name: str | None = None) -> "Dataset":
        """Each ``num_shards``-th element, from number ``index``.

        Raises:
            ValueError: ``index`` is not below ``num_shards``.
        """
        if not 0 <= int(index) < int(num_shards):
            raise argument_error(
                "Dataset.shard", "index", index, f"an integer from 0 to {int(num_shards) - 1}"
            )
        return self._with(self._stream.cut(int(index), None, int(num_shards)))

    def concatenate(self, dataset: "Dataset", name: str | None = None) -> "Dataset":
        """These elements and then those of ``dataset``."""
        sizes = (self._stream.size, dataset._stream.size)
        size = min(sizes) if min(sizes) < 0 else sum(sizes)
        return Dataset(
            Stream(lambda: itertools.chain(self._pass(), dataset._pass()), size), self._spec
        )

    def cache(self, filename: str = "", name: str | None = None) -> "Dataset":
        """The elements, kept in memory from the first whole pass on; ``filename`` makes no file."""
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

        return (
            self
            if isinstance(self._stream, RowStream)
            else Dataset(Stream(start, self._stream.size), self._spec)
        )

    def prefetch(self, buffer_size: Any = AUTOTUNE, name: str | None = None) -> "Dataset":
        """The same elements; torch's devices run behind Python anyway."""
        return self

    # Batches.

    def batch(
        self,
        batch_size: Any,
        drop_remainder: bool = False,
        num_parallel_calls: Any = None,
        deterministic: bool | None = None,
        name: str | None = None,
    ) -> "Dataset":
        """``batch_size`` elements at a time, joined along a new first axis.

        Raises:
            ValueError: ``batch_size`` is below 1, or shapes in a batch differ.
        """
        size = _checked_batch_size(batch_size)
        stream = self._stream
        if isinstance(stream, RowStream):
            batches: Stream = RowBatches(stream, size, drop_remainder)
        else:
            batches = stream.batched(size, drop_remainder, elements.stacked)
        lead = size if drop_remainder else None
        return Dataset(
            batches,
            lambda: nested.map_structure(lambda spec: spec.batched(lead), self.element_spec),
        )

    def padded_batch(
        self,
        batch_size: Any,
        padded_shapes: Any = None,
        padding_values: Any = None,
        drop_remainder: bool = False,
        name: str | None = None,
    ) -> "Dataset":
        """Like ``batch``, with shorter elements filled up at their ends.

        Args:
            batch_size: Elements of a batch, 1 or more.
            padded_shapes: Structure of shapes to fill up to; None, and None in it, means the longest of a batch.
            padding_values: What to fill up with; None means 0.
            drop_remainder: Whether a last batch that isn't full is left out.
            name: Accepted.
        """
        return Dataset(
            self._stream.batched(
                _checked_batch_size(batch_size),
                drop_remainder,
                lambda chunk: elements.padded(chunk, padded_shapes, padding_values),
            )
        )

    def unbatch(self, name: str | None = None) -> "Dataset":
        """The rows of each element as elements."""

        def start() -> Elements[Any]:
            for batch in self._pass():
                leaves = nested.flatten(batch)
                for row in zip(*leaves, strict=True):
                    yield nested.pack_sequence_as(batch, row)

        return Dataset(Stream(start))

    def rebatch(self, batch_size: Any, drop_remainder: bool = False, name: Any = None) -> "Dataset":
        """The rows of all elements in batches of another size."""
        return self.unbatch().batch(batch_size, drop_remainder)

    def window(
        self,
        size: Any,
        shift: Any = None,
        stride: Any = 1,
        drop_remainder: bool = False,
        name: str | None = None,
    ) -> "Dataset":
        """Datasets of ``size`` elements, ``stride`` apart, each beginning ``shift`` after the last."""
        size, stride = int(size), int(stride)
        step = size if shift is None else int(shift)

        def start() -> Elements[Any]:
            source = self._pass()
            waiting: list[Any] = []
            reach = (size - 1) * stride + 1
            while True:
                waiting += itertools.islice(source, max(0, reach - len(waiting)))
                chosen = waiting[:reach:stride]
                if not chosen or (drop_remainder and len(chosen) < size):
                    return
                yield _window(chosen, nested.is_nested(chosen[0]))
                if step > len(waiting):
                    next(itertools.islice(source, step - len(waiting), step - len(waiting)), None)
                waiting = waiting[step:]

        return Dataset(Stream(start))

    # Around it.

    def apply(self, transformation_func: Callable[["Dataset"], "Dataset"]) -> "Dataset":
        """What ``transformation_func`` makes of this dataset."""
        return transformation_func(self)

    def with_options(self, options: Options, name: str | None = None) -> "Dataset":
        """This dataset; the options tune TensorFlow's runtime."""
        return self

    def options(self) -> Options:
        """Fresh options."""
        return Options()

    def cardinality(self, name: str | None = None) -> torch.Tensor:
        """Number of elements; -1 if there is no end, -2 if it is unknown."""
        return torch.tensor(self._stream.size)

    def as_numpy_iterator(self) -> Elements[Any]:
        """One pass, with NumPy arrays in place of tensors."""
        return (elements.as_numpy(element) for element in self._pass())

    def get_single_element(self, name: str | None = None) -> Any:
        """The only element.

        Raises:
            ValueError: there are none or several.
        """
        found = list(itertools.islice(self._pass(), 2))
        if len(found) != 1:
            raise argument_error(
                "Dataset.get_single_element", "number of elements", len(found), "exactly one"
            )
        return found[0]

    @property
    def element_spec(self) -> Any:
        """Shapes and types of an element; found from the first one if nothing else tells."""
        if self._find_spec is None:
            first = next(self._pass(), None)
            if first is None:
                raise moment_error("Dataset.element_spec", "the dataset has no elements")
            spec = elements.spec_of(first)
            self._find_spec = lambda: spec
        return self._find_spec()

    def __iter__(self) -> Iterator:
        return Iterator(self)

    def __len__(self) -> int:
        if self._stream.size < 0:
            known = "infinite" if self._stream.size == INFINITE else "unknown"
            raise TypeError(f"The dataset is {known}: its length is {known}.")
        return self._stream.size

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        return f"<Dataset element_spec={self.element_spec}>"

    def torchkeras_batches(
        self, device: torch.device | None, class_weights: ClassWeights | None
    ) -> Batches:
        """The stream of batches that ``fit`` and kin read.

        Rows cut to batches, shuffled as a whole or not at all, go the way of plain arrays.
        """
        stream = self._stream
        if (
            isinstance(stream, RowBatches)
            and stream.source.is_whole
            and not (stream.drop_remainder and stream.source.count % stream.batch_size)
        ):
            x, y, weights = _three_parts(stream.source.columns)
            shuffle = stream.source.shuffle
            if shuffle is None or shuffle.again:
                return ArrayBatches(
                    x,
                    y,
                    weights,
                    batch_size=stream.batch_size,
                    shuffle=shuffle is not None,
                    seed=shuffle.seed if shuffle is not None else None,
                    device=device,
                    class_weights=class_weights,
                )
        return IterableBatches(_Passes(self), device, class_weights)

    def _pass(self) -> Elements[Any]:
        """One pass, during which nothing is recorded for gradients."""
        source = self._stream.start()
        while True:
            with torch.no_grad():
                element = next(source, source)
            if element is source:
                return
            yield element

    def _spec(self) -> Any:
        return self.element_spec

    def _with(self, stream: Stream) -> "Dataset":
        """A dataset of elements of the same form."""
        return Dataset(stream, self._spec)


class _Passes:
    """A dataset as something iterable that knows its length, if there is one."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset

    def __iter__(self) -> Elements[Any]:
        return self.dataset._pass()

    def __len__(self) -> int:
        return len(self.dataset)


def _call(function: Callable[..., Any], element: Any) -> Any:
    return function(*element) if isinstance(element, tuple) else function(element)


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


def _window(chosen: list[Any], is_structure: bool) -> Any:
    """A dataset of elements; of structures, a structure of datasets."""
    if not is_structure:
        return Dataset(Stream(lambda: iter(chosen), len(chosen)))
    columns = zip(*map(nested.flatten, chosen), strict=True)
    return nested.pack_sequence_as(chosen[0], [_window(list(column), False) for column in columns])


def _checked_batch_size(batch_size: Any) -> int:
    size = int(batch_size)
    if size < 1:
        raise argument_error("Dataset.batch", "batch_size", size, "an integer, 1 or more")
    return size


def _three_parts(columns: Any) -> tuple[Any, Any, Any]:
    """Inputs, targets and weights of an element."""
    if not isinstance(columns, tuple):
        return columns, None, None
    return (*columns, None, None)[:3]

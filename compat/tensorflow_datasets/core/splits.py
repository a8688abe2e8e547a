"""Parts of data sets, and what texts such as ``"train[:80%]+test"`` mean."""

import itertools
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from tensorflow_datasets.core.naming import shard_name
from tensorflow_datasets.core.sizes import Size
from torchkeras.core.checks import argument_error, kind_error, nearest

_SPLIT = re.compile(r"([\w-]+)(?:\[([\w%:.-]+)\])?")
_BOUND = re.compile(r"(?:(-?[\d_.]+)(%|shard)?)?")
_FORMS = '"train", "train[:80%]", "train[10:20]", "train[1shard]" or sums of such with +'


class Span(NamedTuple):
    """Examples ``start`` up to ``stop`` of a split."""

    split: str
    start: int
    stop: int


@dataclass(frozen=True)
class FileInstruction:
    """Examples to read from a file.

    Args:
        filename: The file.
        skip: How many examples come before.
        take: How many are read.
        examples_in_shard: How many the file has.
    """

    filename: str
    skip: int
    take: int
    examples_in_shard: int

    @property
    def takes_all(self) -> bool:
        """Whether the file is read to its end."""
        return self.skip + self.take == self.examples_in_shard


class Split(str):
    """A split's name; the usual ones are ``Split.TRAIN``, ``TEST``, ``VALIDATION`` and ``ALL``."""

    TRAIN: "Split"
    TEST: "Split"
    VALIDATION: "Split"
    ALL: "Split"

    def subsplit(self, arg: Any = None, k: int | None = None, weighted: Any = None) -> Any:
        """Parts of this split, as in the first releases.

        Args:
            arg: A slice of ``tfds.percent``, a number ``k``, or weights.
            k: Number of parts of the same size; gives a list.
            weighted: Weight of each part; gives a list.
        """
        if isinstance(arg, slice):
            return ReadInstruction(str(self), from_=arg.start, to=arg.stop, unit="%")
        k = arg if isinstance(arg, int) else k
        weights = weighted if weighted is not None else arg if k is None else None
        shares = list(weights) if weights is not None else [1] * (k or 0)
        if not shares:
            raise argument_error("tfds.Split.subsplit", "k", k, "a number of parts, or weights")
        bounds = [round(100 * sum(shares[:n]) / sum(shares)) for n in range(len(shares) + 1)]
        return [
            ReadInstruction(str(self), from_=start, to=stop, unit="%")
            for start, stop in itertools.pairwise(bounds)
        ]

    def __repr__(self) -> str:
        return f"Split({super().__repr__()})"


Split.TRAIN, Split.TEST = Split("train"), Split("test")
Split.VALIDATION, Split.ALL = Split("validation"), Split("all")


class _Percent:
    """``tfds.percent[:25]``: a slice in hundredths."""

    def __getitem__(self, part: slice) -> slice:
        return part


percent = _Percent()


@dataclass(frozen=True)
class SplitInfo:
    """What is known of a split.

    Args:
        name: Its name.
        shard_lengths: How many examples each file has.
        num_bytes: Bytes of all examples.
        folder: Where the files lie; None for arrays in memory.
        dataset: The data set's name.
        template: How files are called.
        file_format: ``"tfrecord"``.
    """

    name: str
    shard_lengths: list[int]
    num_bytes: int = 0
    folder: Path | None = None
    dataset: str = ""
    template: str | None = None
    file_format: str = "tfrecord"

    def __post_init__(self) -> None:
        object.__setattr__(self, "num_bytes", Size(self.num_bytes))

    @property
    def num_examples(self) -> int:
        """Number of examples."""
        return sum(self.shard_lengths)

    @property
    def num_shards(self) -> int:
        """Number of files."""
        return len(self.shard_lengths)

    @property
    def filenames(self) -> list[str]:
        """Names of the files, in order."""
        number = self.num_shards
        return [
            shard_name(self.template, self.dataset, self.name, self.file_format, index, number)
            for index in range(number)
        ]

    @property
    def filepaths(self) -> list[Path]:
        """Paths of the files, in order."""
        return [(self.folder or Path()) / name for name in self.filenames]

    @property
    def file_instructions(self) -> list[FileInstruction]:
        """The files, each to be read whole."""
        return self.instructions(0, self.num_examples)

    def instructions(self, start: int, stop: int) -> list[FileInstruction]:
        """What to read of which files for examples ``start`` up to ``stop``."""
        found, first = [], 0
        for path, length in zip(self.filepaths, self.shard_lengths, strict=True):
            skip, end = max(start - first, 0), min(stop - first, length)
            if skip < end:
                found.append(FileInstruction(str(path), skip, end - skip, length))
            first += length
        return found

    def replace(self, **changes: Any) -> "SplitInfo":
        """The same with some values changed."""
        return replace(self, **changes)

    def __repr__(self) -> str:
        examples = self.num_examples or "unknown"
        return f"<SplitInfo num_examples={examples}, num_shards={self.num_shards}>"


@dataclass(frozen=True)
class JoinedSplit(SplitInfo):
    """A split whose files lie in several folders.

    Args:
        parts: The split in each folder.
    """

    parts: list[SplitInfo] = field(default_factory=list)

    @classmethod
    def of(cls, parts: Sequence[SplitInfo]) -> "JoinedSplit":
        """The split made of ``parts``."""
        lengths = [length for part in parts for length in part.shard_lengths]
        size = sum(part.num_bytes for part in parts)
        return cls(parts[0].name, lengths, size, parts=list(parts))

    @property
    def filenames(self) -> list[str]:
        return [name for part in self.parts for name in part.filenames]

    @property
    def filepaths(self) -> list[Path]:
        return [path for part in self.parts for path in part.filepaths]

    __repr__ = SplitInfo.__repr__


@dataclass(frozen=True)
class SubSplitInfo:
    """What is known of parts of splits.

    Args:
        name: What was asked for.
        file_instructions: What is read of which files.
    """

    name: Any
    file_instructions: list[FileInstruction]

    @property
    def shard_lengths(self) -> list[int]:
        """How many examples are read of each file."""
        return [part.take for part in self.file_instructions]

    @property
    def num_examples(self) -> int:
        """Number of examples."""
        return sum(self.shard_lengths)

    @property
    def num_shards(self) -> int:
        """Number of files."""
        return len(self.file_instructions)

    @property
    def num_bytes(self) -> int:
        """0, as it is not known."""
        return 0

    @property
    def filepaths(self) -> list[Path]:
        """Paths of the files."""
        return sorted(Path(part.filename) for part in self.file_instructions)

    @property
    def filenames(self) -> list[str]:
        """Names of the files."""
        return sorted(path.name for path in self.filepaths)


class SplitDict(dict):
    """The splits of a data set by name; ``splits["train[:10%]"]`` is a part of one.

    Args:
        split_infos: The splits.
    """

    def __init__(self, split_infos: Iterable[SplitInfo] = ()) -> None:
        super().__init__((info.name, info) for info in split_infos)

    def __getitem__(self, key: Any) -> Any:
        if not self:
            raise KeyError(
                f"splits[{key!r}]: there are no splits; call download_and_prepare first."
            )
        if isinstance(key, str) and str(key) in self:
            return super().__getitem__(str(key))
        return SubSplitInfo(key, self.instructions(key))

    def instructions(self, split: Any) -> list[FileInstruction]:
        """What to read of which files for a split or parts of some."""
        return [
            one
            for span in spans(split, self)
            for one in super(SplitDict, self).__getitem__(span.split).instructions(*span[1:])
        ]

    @property
    def total_num_examples(self) -> int:
        """Number of examples of all splits."""
        return sum(info.num_examples for info in self.values())


class AbstractSplit:
    """Parts of splits, which add up with ``+``."""

    def spans(self, splits: Mapping[str, SplitInfo]) -> Iterator[Span]:
        """The examples that are meant."""
        raise kind_error("tfds.load", "split", self, f"{_FORMS}, or a tfds.core.ReadInstruction")

    @classmethod
    def from_spec(cls, spec: Any) -> "AbstractSplit":
        """What a text means.

        Raises:
            ValueError: it isn't of the form.
        """
        if isinstance(spec, AbstractSplit):
            return spec
        if not isinstance(spec, str):
            raise kind_error(
                "tfds.load", "split", spec, f"{_FORMS}, or a tfds.core.ReadInstruction"
            )
        parts = [_read(part, spec) for part in re.split(r"\s*\+\s*", str(spec))]
        return parts[0] if len(parts) == 1 else _Sum(tuple(parts))

    def __add__(self, other: Any) -> "AbstractSplit":
        return _Sum((self, AbstractSplit.from_spec(other)))


@dataclass(frozen=True)
class _Sum(AbstractSplit):
    parts: tuple[AbstractSplit, ...]

    def spans(self, splits: Mapping[str, SplitInfo]) -> Iterator[Span]:
        for part in self.parts:
            yield from part.spans(splits)

    def __repr__(self) -> str:
        return "+".join(map(repr, self.parts))


class _All(AbstractSplit):
    def spans(self, splits: Mapping[str, SplitInfo]) -> Iterator[Span]:
        for name, info in splits.items():
            yield Span(name, 0, info.num_examples)

    def __repr__(self) -> str:
        return "ReadInstruction('all')"


@dataclass(frozen=True)
class ReadInstruction(AbstractSplit):
    """A part of a split.

    Args:
        split_name: The split.
        from_, to: Bounds in ``unit``, negative ones from the end; None is the split's own.
        unit: ``"abs"`` for examples, ``"%"`` for hundredths, ``"shard"`` for files.
        rounding: ``"closest"``: hundredths end at the nearest example;
            ``"pct1_dropremainder"``: every hundredth has the same length, rounded down.

    Raises:
        ValueError: ``unit`` or ``rounding`` is none of these, or hundredths are beyond 100.

    Source: ``tfds.core.ReadInstruction``.
    """

    split_name: str
    from_: Any = None
    to: Any = None
    unit: str = "abs"
    rounding: str = "closest"

    def __post_init__(self) -> None:
        owner = "tfds.core.ReadInstruction"
        if self.unit not in ("%", "abs", "shard"):
            raise argument_error(owner, "unit", self.unit, '"%", "abs" or "shard"')
        if self.rounding not in ("closest", "pct1_dropremainder"):
            raise argument_error(
                owner, "rounding", self.rounding, '"closest" or "pct1_dropremainder"'
            )
        for bound in (self.from_, self.to):
            if self.unit == "%" and abs(bound or 0) > 100:
                raise argument_error(owner, "bound", bound, "hundredths from -100 to 100")

    def spans(self, splits: Mapping[str, SplitInfo]) -> Iterator[Span]:
        if self.split_name not in splits:
            raise argument_error(
                "tfds.load", "split", self.split_name, f"one of {list(splits)}",
                f"Unknown split. {nearest(self.split_name, splits)}".rstrip(),
            )  # fmt: skip
        info = splits[self.split_name]
        number = info.num_examples
        start, stop = self._bound(self.from_, info, 0), self._bound(self.to, info, number)
        if max(abs(start), abs(stop)) > number:
            raise argument_error(
                "tfds.load", "split", repr(self), f"bounds within the {number} examples of "
                f'"{self.split_name}"', "Requested slice is incompatible with the split.",
            )  # fmt: skip
        start, stop = (bound + number if bound < 0 else bound for bound in (start, stop))
        yield Span(self.split_name, start, max(start, stop))

    def _bound(self, bound: Any, info: SplitInfo, default: int) -> int:
        """A bound as a number of examples, negative from the end."""
        if bound is None:
            return default
        if self.unit == "%":
            if self.rounding == "closest":
                return round(bound * info.num_examples / 100.0)
            if info.num_examples < 100:
                raise argument_error(
                    "tfds.core.ReadInstruction", "rounding", self.rounding,
                    '"closest" for a split of fewer than 100 examples',
                )  # fmt: skip
            return bound * math.trunc(info.num_examples / 100.0)
        if self.unit == "abs":
            return bound
        if default and bound <= 0:  # the end, from which files count backwards
            bound += info.num_shards
        return sum(info.shard_lengths[:bound])

    def __repr__(self) -> str:
        unit = "" if self.unit == "abs" else self.unit
        first, last = (
            "" if bound is None else f"{bound:g}{unit}" for bound in (self.from_, self.to)
        )
        part = f"[{first}:{last}]" if first or last else ""
        rounding = f", rounding={self.rounding!r}" if self.unit == "%" else ""
        return f"ReadInstruction('{self.split_name}{part}'{rounding})"


@dataclass(frozen=True)
class _Even(AbstractSplit):
    """One of ``count`` parts of the same size."""

    split: Any
    index: int
    count: int
    drop_remainder: bool

    def spans(self, splits: Mapping[str, SplitInfo]) -> Iterator[Span]:
        for span in spans(self.split, splits):
            each, rest = divmod(span.stop - span.start, self.count)
            rest = 0 if self.drop_remainder else rest
            start, stop = (
                span.start + each * place + min(place, rest)
                for place in (self.index, self.index + 1)
            )
            yield Span(span.split, start, stop)


def even_splits(split: Any, n: int, *, drop_remainder: bool = False) -> list[AbstractSplit]:
    """``n`` parts of the same size.

    Args:
        split: What is divided.
        n: Number of parts.
        drop_remainder: Whether examples that don't come out even are left out, rather than given
            to the first parts.
    """
    return [_Even(split, index, n, drop_remainder) for index in range(n)]


def split_for_jax_process(
    split: Any,
    *,
    process_index: int | None = None,
    process_count: int | None = None,
    drop_remainder: bool = False,
) -> AbstractSplit:
    """The part of one process of several; by default, of the only one."""
    index, count = process_index or 0, process_count or 1
    return even_splits(split, count, drop_remainder=drop_remainder)[index]


def spans(split: Any, splits: Mapping[str, SplitInfo]) -> list[Span]:
    """The examples that a split means, which aren't none each."""
    known = dict(splits.items())
    found = AbstractSplit.from_spec(split).spans(known)
    return [span for span in found if span.start < span.stop]


def _read(text: str, whole: Any) -> AbstractSplit:
    """One part of a sum."""
    wrong = argument_error("tfds.load", "split", str(whole), _FORMS, "Error parsing split.")
    found = _SPLIT.fullmatch(text)
    if not found:
        raise wrong
    name, part = found.groups()
    if name == "all":
        if part:
            raise wrong
        return _All()
    if part is None:
        return ReadInstruction(name)
    bounds = [_BOUND.fullmatch(bound) for bound in part.split(":")]
    if not all(bounds) or not any(bound[0] for bound in bounds) or len(bounds) > 2:
        raise wrong
    unit = next((bound[2] for bound in bounds if bound[2]), "abs")
    values = [None if bound[1] is None else _number(bound[1], unit, wrong) for bound in bounds]
    if len(values) == 1:
        if unit != "shard":
            raise wrong
        values.append(values[0] + 1)
    if unit == "%" and any(abs(value or 0) > 100 for value in values):
        raise wrong
    return ReadInstruction(name, from_=values[0], to=values[1], unit=unit)


def _number(text: str, unit: str, wrong: ValueError) -> Any:
    try:
        return float(text) if unit == "%" else int(text)
    except ValueError:
        raise wrong from None

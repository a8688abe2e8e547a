"""What every stream of batches offers, and how it is cut into epochs and shares."""

import itertools
import weakref
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from torchkeras.core import nested
from torchkeras.core.checks import argument_error
from torchkeras.core.notices import warn
from torchkeras.data import rows
from torchkeras.data.memory import Memory
from torchkeras.data.weights import ClassWeights, weighted


class Share(NamedTuple):
    """One process's part of a batch.

    Attributes:
        data: The part; one sample of the batch stands in where there is nothing for this process.
        rows: Samples of the part that count, 0 for a stand-in.
        total: Samples of the whole batch.
    """

    data: Any
    rows: int
    total: int


class Pass:
    """The batches of one pass; it ends when it is closed, with whatever works for it."""

    def __init__(self, batches: Iterator[Any]) -> None:
        self._batches = batches

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        return next(self._batches)

    def close(self) -> None:
        """Let go of workers."""
        self._batches = iter(())


class Batches:
    """A stream of batches, packed as ``x``, ``(x, y)`` or ``(x, y, sample_weight)``.

    Iterating makes one pass. A subclass says in ``_pass`` what one consists of.

    Args:
        device: Where the tensors shall lie; None leaves them where they are.
        class_weights: Gives each sample the weight of its class.

    Attributes:
        steps: Batches of one pass; None if that is unknown.
        batch_size: Samples of a full batch; None if that is unknown.
        repeats: Whether there can be another pass.
        has_begun: Whether a pass was started.
    """

    steps: int | None = None
    batch_size: int | None = None
    repeats = True
    has_begun = False

    def __init__(
        self, device: torch.device | None = None, class_weights: ClassWeights | None = None
    ) -> None:
        self.device = device
        self.class_weights = class_weights
        self._ahead: tuple[Any, Iterator[Any]] | None = None
        self._memory: Memory | None = None
        self._began: dict[str, Any] | None = None
        self._open: weakref.ref[Pass] | None = None

    def __iter__(self) -> Iterator[Any]:
        self.has_begun = True
        if self._ahead is None:
            return self._begin()
        (first, rest), self._ahead = self._ahead, None
        return itertools.chain((first,), rest)

    def _pass(self) -> Iterator[Any]:
        raise TypeError(f"{type(self).__name__} doesn't say what a pass consists of.")

    def _begin(self) -> Iterator[Any]:
        if self._memory is not None:
            self._began = self._memory.now()
        begun = Pass(self._pass())
        self._open = weakref.ref(begun)  # a pass that nobody reads any more ends by itself
        return begun

    def peek(self) -> Any:
        """The first batch of the next pass, which will still come.

        Raises:
            ValueError: there is none.
        """
        if not self._looked_ahead():
            raise empty_error()
        return self._ahead[0]

    @property
    def is_over(self) -> bool:
        """Whether there can't be another pass, all batches of the only one having been read."""
        return self.has_begun and not self.repeats and not self._looked_ahead()

    def _looked_ahead(self) -> bool:
        """Whether there is a next batch, which is kept for the pass it belongs to."""
        if self._ahead is None:
            iterator = self._begin()
            for first in iterator:
                self._ahead = first, iterator
                break
        return self._ahead is not None

    def shares(self, index: int, number: int) -> Iterator[Share]:
        """A pass in which process ``index`` of ``number`` gets its part of each batch."""
        for batch in self:
            total = batch_length(batch)
            start, stop = total * index // number, total * (index + 1) // number
            first, last = (start, stop) if stop > start else (0, min(1, total))
            data = nested.map_leaves(
                lambda leaf, first=first, last=last: None if leaf is None else leaf[first:last],
                batch,
            )
            yield Share(data, stop - start, total)

    def on_epoch_begin(self) -> None:
        """Called before the first batch of each epoch."""

    def on_epoch_end(self) -> None:
        """Called after the last batch of each epoch."""

    def remember(self) -> None:
        """Note how each pass begins, so that it can be gone on with in another process."""
        self._memory = Memory(vars(self))  # as an object it has a state itself

    @property
    def traits(self) -> dict[str, Any]:
        """What tells these data from others when a run is resumed."""
        return {
            "kind": type(self).__name__,
            "batches": self.steps,
            "batch_size": self.batch_size,
        }

    def get_state(self, in_pass: bool) -> dict[str, Any]:
        """What the rest of this pass and all later ones follow from.

        Args:
            in_pass: Whether a pass was begun that hasn't ended.
        """
        return {"memory": self._began if in_pass else self._memory.now()}

    def set_state(self, state: dict[str, Any]) -> None:
        """Take over what ``get_state`` gave; random numbers are then those of the pass's start."""
        self._ahead = None
        self._memory.restore(state["memory"])

    def resume(self, number: int, share: tuple[int, int] | None = None) -> Iterator[Any]:
        """The rest of a pass of which ``number`` batches were read, after ``set_state``."""
        rest = iter(self) if share is None else self.shares(*share)
        for _ in itertools.islice(rest, number):
            pass
        return rest

    def close(self) -> None:
        """End the present pass."""
        self._ahead = None
        begun = self._open and self._open()
        if begun is not None:
            begun.close()

    def finish(self, raw: Any) -> Any:
        """``raw`` as a batch of tensors on the device, with the weights of its classes."""
        batch = as_batch(raw)
        if self.device is not None:
            batch = to_device(batch, self.device)
        return batch if self.class_weights is None else weighted(batch, self.class_weights)


class Epochs:
    """A stream cut into epochs.

    Args:
        batches: The stream.
        steps: Batches of one epoch; None makes each epoch one pass. Given it, a pass goes on in
            the next epoch where the last one stopped, as in Keras.
        share: Index of this process and number of processes; None if it is alone. The epochs
            then consist of ``Share``.

    Raises:
        ValueError: ``steps`` is below 1.

    Attributes:
        read: Batches read in the present epoch.
        first: Those of them that were read before the run was resumed.
        is_empty: Whether there has been no batch at all.
        is_exhausted: Whether there won't be any more.
    """

    def __init__(
        self, batches: Batches, steps: int | None = None, share: tuple[int, int] | None = None
    ) -> None:
        if steps is not None and steps < 1:
            raise argument_error(
                "fit", "steps_per_epoch", steps, "an integer, 1 or more, or None for a whole pass"
            )
        self.batches = batches
        self.share = share
        self.is_exhausted = False
        self.is_empty = True
        self.read = self.first = 0
        self._steps = steps
        self._counted = batches.steps
        self._current: Iterator[Any] | None = None
        self._seen = 0
        self._pulled = 0  # batches of the present pass, read in epochs before this one
        self._is_open = False
        self._at_end: dict[str, Any] = {}  # where the stream stood behind the last batch

    @property
    def steps(self) -> int | None:
        """Batches of one epoch; None as long as that is unknown."""
        return self._steps or self._counted

    def __iter__(self) -> Iterator[Any]:
        if not self.first:
            self.batches.on_epoch_begin()
        self.read = self.first
        self._is_open = True
        return self._whole_pass() if self._steps is None else self._portion(self._steps)

    def _start(self) -> Iterator[Any]:
        if self._current is not None:  # the pass of a run that was resumed
            rest, self._current = self._current, None
            return rest
        return iter(self.batches) if self.share is None else self.batches.shares(*self.share)

    def _whole_pass(self) -> Iterator[Any]:
        for batch in self._start():
            self.read += 1
            yield batch
        self._end_epoch()
        self._counted = self._counted or self.read or None
        self.is_exhausted = not self.batches.repeats

    def _portion(self, steps: int) -> Iterator[Any]:
        if self._current is None:
            self._current, self._pulled = self._start(), 0
        for batch in itertools.islice(self._current, steps - self.first):
            self.read += 1
            yield batch
        self._end_epoch()
        self._pulled += self.read
        if self.read < steps:
            self._current, self._seen = None, 0
            self.is_exhausted = not self.batches.repeats
            warn(
                f"Your input ran out of data after {self.read} of {steps} batches; interrupting "
                "training. Make sure that your dataset or generator can generate at least "
                "`steps_per_epoch * epochs` batches. You may need to use the `.repeat()` function "
                "when building your dataset."
            )
        elif self._counted and self.batches.repeats:
            self._count_down(steps)

    def _end_epoch(self) -> None:
        self._at_end = self._position()
        self.is_empty = self.is_empty and not self.read
        self.first = 0
        self._is_open = False
        self.batches.on_epoch_end()

    def _count_down(self, steps: int) -> None:
        """Start the next epoch with a new pass if this one came out even."""
        self._seen += steps
        if self._seen >= self._counted:
            self._current, self._seen = None, 0

    def get_state(self, within_epoch: bool = False) -> dict[str, Any]:
        """Where the stream stands, for ``set_state`` in another process.

        Args:
            within_epoch: Whether the epoch isn't over for its reader, who may have asked in vain
                for a batch behind the last.
        """
        position = self._at_end if within_epoch and not self._is_open else self._position()
        return {**position, "counted": self._counted, "traits": self._traits()}

    def _position(self) -> dict[str, Any]:
        in_pass = self._is_open or self._current is not None
        before = 0 if self._current is None else self._pulled
        return {
            "read": self.read if self._is_open else 0,
            "pulled": before + (self.read if self._is_open else 0) if in_pass else None,
            "seen": self._seen,
            "is_empty": self.is_empty and not self.read,
            "is_exhausted": self.is_exhausted,
            "batches": self.batches.get_state(in_pass),
        }

    def _traits(self) -> dict[str, Any]:
        return {**self.batches.traits, "steps_per_epoch": self._steps}

    def set_state(self, state: dict[str, Any]) -> None:
        """Stand where ``get_state`` was called.

        Between two epochs the data may be others than then, which is said; they are read from the
        start.

        Raises:
            ValueError: that was within an epoch, and the data are others.
        """
        told = state["traits"]
        if self.batches.traits["kind"] == told["kind"]:
            self.batches.set_state(state["batches"])
        changes = {name for name, value in self._traits().items() if value != told.get(name)}
        if changes:
            self._tell_of(changes, told, within_epoch=state["read"] > 0)
        self.is_empty = state["is_empty"]
        if changes <= {"values", "steps_per_epoch"}:
            self._go_on(state)

    def _tell_of(self, changes: set[str], told: dict[str, Any], within_epoch: bool) -> None:
        """Say which ``changes`` of the data there are since the state was kept."""
        plain = ["kind"] if "kind" in changes else sorted(changes - {"values"})
        found = self._traits()
        now = ", ".join(f"{name}={found.get(name)}" for name in plain)
        then = ", ".join(f"{name}={told.get(name)}" for name in plain)
        if within_epoch and plain:
            raise argument_error(
                "BackupAndRestore", "x", now, f"{then}, as when the state was kept in an epoch",
                "Start with the same data and arguments; or remove the folder to train anew.",
            )  # fmt: skip
        difference = f"{now}, not {then}" if plain else "the values differ"
        warn(f"The run goes on with other data than those it was kept with: {difference}.")

    def _go_on(self, state: dict[str, Any]) -> None:
        self.first = self.read = state["read"]
        self.is_exhausted = state["is_exhausted"]
        self._seen, self._counted = state["seen"], state["counted"]
        if state["pulled"] is None:
            self._current = None
        else:
            self._current = self.batches.resume(state["pulled"], self.share)
            self._pulled = state["pulled"] - state["read"]


def empty_error() -> ValueError:
    """The error of data without a single sample."""
    return argument_error("fit", "x", "empty", "data with at least one sample")


def as_batch(raw: Any) -> Any:
    """A batch as some iterable gave it, lists of parts as tuples and arrays as tensors."""
    if raw is None:
        raise argument_error("fit", "a batch", None, "x, (x, y) or (x, y, sample_weight)")
    if isinstance(raw, tuple) or (isinstance(raw, list) and not _starts_with_a_number(raw)):
        return tuple([_convert(part) for part in raw])
    return _convert(raw)


def _starts_with_a_number(items: list[Any]) -> bool:
    return bool(items) and isinstance(items[0], (int, float, complex, str, bytes, np.generic))


def _convert(part: Any) -> Any:
    if isinstance(part, Tensor) or part is None:
        return part
    if isinstance(part, np.ndarray):
        return rows.as_tensor(part)
    if rows.is_list_of_numbers(part):
        return rows.as_tensor(np.asarray(part))
    if nested.is_nested(part):
        return nested.map_leaves(_convert, part)
    if isinstance(part, (rows.TextRows, rows.SparseRows, rows.OtherRows)):
        return rows.cut(part, 0, part.shape[0])
    if hasattr(part, "rows_at"):
        return part
    if hasattr(part, "tocsr"):
        return rows.as_tensor(part.toarray())
    return rows.as_tensor(part)


def to_device(batch: Any, device: torch.device) -> Any:
    """``batch`` with its tensors on ``device``."""

    def move(leaf: Any) -> Any:
        if not isinstance(leaf, Tensor) or leaf.device == device:
            return leaf
        if leaf.device.type == "cpu" and device.type == "cuda" and not leaf.is_pinned():
            leaf = leaf.pin_memory()
        return leaf.to(device, non_blocking=True)

    return nested.map_leaves(move, batch)


def batch_length(batch: Any) -> int:
    """Number of samples of a batch: the length of the first array in it."""
    for leaf in nested.leaves(batch):
        if leaf is not None:
            return leaf.shape[0]
    return 0

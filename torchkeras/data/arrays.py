"""Batches cut from arrays that lie in memory."""

import hashlib
import numbers
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from torchkeras.core import nested
from torchkeras.core.checks import argument_error, kind_error
from torchkeras.data import rows
from torchkeras.data.rows import Rows
from torchkeras.data.streams import Batches, Share, empty_error, to_device
from torchkeras.data.weights import (
    ClassWeights,
    both_weights_error,
    pack_x_y_sample_weight,
    spread,
)

# Several batches are gathered in one call and split, which costs less than a call each; this
# bounds what lies in memory at a time (bytes) and how many batches that are.
_GATHER_BYTES = 2**22
_GATHER_BATCHES = 64
# Share of a device's free memory that data may take to stay there for good.
_RESIDENT_SHARE = 0.25
_COMPARED = 64  # samples by which data are known again


class ArrayBatches(Batches):
    """Batches cut by index from arrays, on the device where that is possible.

    Args:
        x, y, sample_weight: Structures of arrays with the same number of samples.
        batch_size: Samples of a batch, 1 or more; None means 32, or what ``steps`` asks for.
        steps: Batches of an epoch, from which a missing ``batch_size`` follows.
        shuffle: True draws a new order for each pass; ``"batch"`` shuffles within each batch.
        seed: Integer that the orders follow from; None draws one from torch's generator.
        device: Where the batches shall lie.
        class_weights: Gives each sample the weight of its class.

    Raises:
        ValueError: sample counts differ, there are no samples, or an argument is out of range.
    """

    def __init__(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        batch_size: int | None = None,
        steps: int | None = None,
        shuffle: bool | str = False,
        seed: int | None = None,
        device: torch.device | None = None,
        class_weights: ClassWeights | None = None,
    ) -> None:
        super().__init__(device)
        x, y = rows.standardize(x, "x"), rows.standardize(y, "y")
        sample_weight = spread(rows.standardize(sample_weight, "sample_weight"), y)
        if class_weights is not None:
            sample_weight = _class_sample_weights(y, sample_weight, class_weights)
        self.size = rows.count({"x": x, "y": y, "sample_weight": sample_weight})
        if self.size == 0:
            raise empty_error()
        self.batch_size = _checked_batch_size(batch_size, self.size, steps)
        self.steps = -(-self.size // self.batch_size)
        self.shuffle = _checked_shuffle(shuffle)
        self.seed = int(torch.randint(2**62, ())) if shuffle and seed is None else seed
        self.passes = 0
        self._values = ""
        self._targets = y
        self._names = [
            name
            for name, part in (("x", x), ("y", y), ("sample_weight", sample_weight))
            for leaf in nested.leaves(part)
            if leaf is not None
        ]
        self._structure = pack_x_y_sample_weight(x, y, sample_weight)
        self._rows = [leaf for leaf in nested.leaves(self._structure) if leaf is not None]
        self._is_flat = isinstance(self._structure, tuple) and len(self._rows) == len(
            self._structure
        ) == sum(not nested.is_nested(part) for part in self._structure)
        self._settle()
        self._together = self._batches_gathered_at_once()
        self._copies_views = False

    @property
    def targets(self) -> Any:
        """All targets, in the structure they were given in; None if there are none."""
        return self._targets

    def samples_with_nan(self) -> dict[str, Tensor]:
        """Numbers of the samples in which something isn't a number, by the part it is in."""
        found: dict[str, Tensor] = {}
        for name, leaf in zip(self._names, self._rows, strict=True):
            if not isinstance(leaf, Tensor) or not leaf.is_floating_point():
                continue
            if leaf.sum().isfinite():  # much faster than to look at each
                continue
            samples = leaf.isnan().flatten(1).any(1) if leaf.dim() > 1 else leaf.isnan()
            if samples.any():
                found[name] = samples.nonzero().flatten()
        return found

    def samples(self, numbers: Tensor) -> Any:
        """A batch of the samples of these numbers."""
        return self._assemble([rows.take(leaf, numbers) for leaf in self._rows])

    def _settle(self) -> None:
        """Move the arrays to the device if they fit there."""
        tensors = [leaf for leaf in self._rows if isinstance(leaf, Tensor)]
        self._moves = self.device is not None and any(t.device != self.device for t in tensors)
        if not self._moves:
            return
        if self.device.type == "cuda":
            free, _ = torch.cuda.mem_get_info(self.device)
            if sum(t.nbytes for t in tensors) > free * _RESIDENT_SHARE:
                return
        self._rows = [to_device(leaf, self.device) for leaf in self._rows]
        self._moves = False

    def _batches_gathered_at_once(self) -> int:
        row_bytes = sum(
            leaf[:1].nbytes if isinstance(leaf, Tensor) else 8 * len(leaf.shape)
            for leaf in self._rows
        )
        return max(1, min(_GATHER_BATCHES, _GATHER_BYTES // max(1, row_bytes * self.batch_size)))

    def peek(self) -> Any:
        return self._assemble(self._slices(0, min(self.batch_size, self.size)))

    def _begin(self) -> Iterator[Any]:  # nothing works for a pass, and nothing is to be noted
        return self._rest(0)

    def _rest(self, number: int) -> Iterator[Any]:
        """A pass without its first ``number`` batches."""
        order, start = self._next_order(), number * self.batch_size
        if start >= self.size:
            return iter(())
        return self._in_place(start) if order is None else self._gathered(order[start:])

    def remember(self) -> None:
        """The seed and the number of the pass say it all, if the values are the same."""
        digest = hashlib.blake2b(digest_size=16)
        numbers = torch.linspace(0, self.size - 1, min(self.size, _COMPARED)).long()
        for leaf in nested.leaves(self.samples(self._placed(numbers))):
            if isinstance(leaf, Tensor):
                digest.update(leaf.detach().cpu().contiguous().view(torch.uint8).numpy())
            else:
                digest.update(repr(leaf).encode())
        self._values = digest.hexdigest()

    @property
    def traits(self) -> dict[str, Any]:
        return {
            **super().traits,
            "samples": self.size,
            "shuffle": self.shuffle,
            "values": self._values,
        }

    def get_state(self, in_pass: bool) -> dict[str, Any]:
        return {"seed": self.seed, "passes": self.passes - in_pass}

    def set_state(self, state: dict[str, Any]) -> None:
        self._ahead = None
        self.seed, self.passes = state["seed"], state["passes"]

    def resume(self, number: int, share: tuple[int, int] | None = None) -> Iterator[Any]:
        return self._rest(number) if share is None else self._rest_of_shares(number, *share)

    def _next_order(self) -> Tensor | None:
        """Order of the samples in the next pass; None where it is that of the arrays."""
        number, self.passes = self.passes, self.passes + 1
        if not self.shuffle:
            return None
        # Consecutive seeds, spread over the generator's range by an odd constant.
        seed = (self.seed + number * 0x9E3779B97F4A7C15) % 2**63
        generator = torch.Generator().manual_seed(seed)
        if self.shuffle == "batch":
            order = torch.cat(
                [
                    start
                    + torch.randperm(min(self.batch_size, self.size - start), generator=generator)
                    for start in range(0, self.size, self.batch_size)
                ]
            )
        else:
            order = torch.randperm(self.size, generator=generator)
        return self._placed(order)

    def _placed(self, numbers: Tensor) -> Tensor:
        """``numbers`` of samples where the arrays lie."""
        return numbers if self._moves or self.device is None else numbers.to(self.device)

    def _gathered(self, order: Tensor) -> Iterator[Any]:
        for part in order.split(self.batch_size * self._together):
            columns = [self._split(rows.take(leaf, part)) for leaf in self._rows]
            yield from self._assembled(columns)

    def _in_place(self, start: int) -> Iterator[Any]:
        """Batches that are views of the arrays, from sample ``start`` on.

        A model that writes to its input would change the user's data. Whether it does shows on
        the first batch, which is a copy; if so, all are copies.
        """
        first = [
            leaf.clone() if isinstance(leaf, Tensor) else leaf
            for leaf in self._slices(start, start + self.batch_size)
        ]
        versions = _versions(first)
        yield self._assemble(first)
        self._copies_views = self._copies_views or _versions(first) != versions
        del first
        stride = self.batch_size * self._together
        for position in range(start + self.batch_size, self.size, stride):
            columns = [self._split(leaf) for leaf in self._slices(position, position + stride)]
            yield from self._assembled(columns)

    def _slices(self, start: int, stop: int) -> list[Any]:
        slices = [rows.cut(leaf, start, min(stop, self.size)) for leaf in self._rows]
        if self._copies_views:
            slices = [leaf.clone() if isinstance(leaf, Tensor) else leaf for leaf in slices]
        return slices

    def _split(self, leaf: Any) -> Any:
        if isinstance(leaf, Tensor):
            return (to_device(leaf, self.device) if self._moves else leaf).split(self.batch_size)
        size = self.batch_size
        starts = range(0, int(leaf.shape[0]), size)
        if hasattr(leaf, "rows_at"):
            whole = rows.OtherRows(leaf)
            return [whole.cut(start, start + size) for start in starts]
        return [leaf[start : start + size] for start in starts]

    def _assembled(self, columns: list[Any]) -> Iterator[Any]:
        if isinstance(self._structure, Rows):
            return iter(columns[0])
        leaves = zip(*columns, strict=True)
        return leaves if self._is_flat else map(self._assemble, leaves)

    def _assemble(self, leaves: Any) -> Any:
        """The leaves of one batch in the structure of the data."""
        if self._moves:
            leaves = [to_device(leaf, self.device) for leaf in leaves]
        if self._is_flat:
            return tuple(leaves)
        if isinstance(self._structure, Rows):
            return leaves[0]
        remaining = iter(leaves)
        return nested.pack_sequence_as(
            self._structure,
            [None if leaf is None else next(remaining) for leaf in nested.leaves(self._structure)],
        )

    def shares(self, index: int, number: int) -> Iterator[Share]:
        return self._rest_of_shares(0, index, number)

    def _rest_of_shares(self, first: int, index: int, number: int) -> Iterator[Share]:
        order = self._next_order()
        if order is None:
            order = torch.arange(self.size, device=None if self._moves else self.device)
        for part in order.split(self.batch_size)[first:]:
            total = part.shape[0]
            start, stop = total * index // number, total * (index + 1) // number
            mine = part[start:stop] if stop > start else part[:1]
            yield Share(
                self.samples(mine),
                stop - start,
                total,
            )


def _versions(leaves: list[Any]) -> list[int]:
    """How often each tensor was written to."""
    return [leaf._version for leaf in leaves if isinstance(leaf, Tensor)]


def _class_sample_weights(y: Any, sample_weight: Any, class_weights: ClassWeights) -> Tensor:
    if sample_weight is not None:
        raise both_weights_error("fit")
    if y is None:
        raise argument_error("fit", "class_weight", "given", "targets y")
    return class_weights.of(y)


def _checked_batch_size(batch_size: Any, size: int, steps: int | None) -> int:
    if batch_size is None:
        return -(-size // steps) if steps else 32
    if not isinstance(batch_size, numbers.Real):
        raise kind_error("fit", "batch_size", batch_size, "an integer, 1 or more")
    if isinstance(batch_size, bool) or int(batch_size) != batch_size or batch_size < 1:
        raise argument_error("fit", "batch_size", batch_size, "an integer, 1 or more")
    return int(batch_size)


def _checked_shuffle(shuffle: Any) -> bool | str:
    if shuffle == "batch" or shuffle is None or isinstance(shuffle, (bool, int)):
        return shuffle if isinstance(shuffle, str) else bool(shuffle)
    raise argument_error("fit", "shuffle", shuffle, 'True, False or "batch"')

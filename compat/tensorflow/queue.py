"""``tf.queue``: tensors that wait to be taken, by threads or not."""

import heapq
import itertools
import random
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torchkeras_shim.names import missing
from torchkeras_shim.shapes import TensorShape

from tensorflow import dtypes
from tensorflow.arrays import stack
from tensorflow.data.elements import padded
from tensorflow.errors import CancelledError, OutOfRangeError
from tensorflow.tensors import convert_to_tensor
from torchkeras.core.checks import argument_error, moment_error

__getattr__ = missing(__name__)


class QueueBase:
    """Elements, each one tensor or several, that are put in and taken out.

    ``enqueue`` waits while the queue is full, and ``dequeue`` while it is empty, for other threads
    to do something about it; a thread that is alone would wait for ever, so it is told instead.

    Args:
        capacity: How many elements there may be at a time.
        dtypes: Type of each tensor of an element.
        shapes: Their shapes; None for shapes that differ.
        names: Their names, if elements are dicts.
        shared_name: Accepted.
        name: The queue's name.

    Raises:
        ValueError: not as many shapes or names as types.

    Source: ``tf.queue.QueueBase``.
    """

    def __init__(
        self,
        capacity: int,
        dtypes: Any,
        shapes: Any = None,
        names: Any = None,
        shared_name: str | None = None,
        name: str = "queue",
    ) -> None:
        self.dtypes = _types(dtypes)
        number = len(self.dtypes)
        if shapes is None:
            shapes = [None] * number
        elif number == 1 and not (
            isinstance(shapes, (list, tuple))
            and len(shapes) == 1
            and isinstance(shapes[0], (list, tuple, TensorShape, type(None)))
        ):
            shapes = [shapes]
        self.shapes = [None if shape is None else TensorShape(shape) for shape in shapes]
        self.names = [names] if isinstance(names, str) else list(names) if names else None
        for argument, given in (("shapes", self.shapes), ("names", self.names)):
            if given is not None and len(given) != number:
                raise argument_error("tf.queue", argument, given, f"{number}, one for each type")
        self.name = name
        self._capacity = int(capacity) if capacity and capacity > 0 else None
        self._is_closed = False
        self._changed = threading.Condition()
        self._items: Any = deque()

    # What is in it.

    def size(self, name: str | None = None) -> torch.Tensor:
        """How many elements there are."""
        return torch.tensor(len(self._items), dtype=torch.int32)

    def is_closed(self, name: str | None = None) -> torch.Tensor:
        """Whether nothing more can be put in."""
        return torch.tensor(self._is_closed)

    def close(self, cancel_pending_enqueues: bool = False, name: str | None = None) -> None:
        """Let nothing more be put in; what is there can be taken.

        Args:
            cancel_pending_enqueues: Whether those that wait to put something in get an error.
            name: Accepted.
        """
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    # In.

    def enqueue(self, vals: Any, name: str | None = None) -> None:
        """Put an element in.

        Raises:
            tf.errors.CancelledError: the queue is closed.
            ValueError: it isn't of the types and shapes.
        """
        self._put([self._checked(vals)])

    def enqueue_many(self, vals: Any, name: str | None = None) -> None:
        """Put in an element for each row of the tensors."""
        columns = [
            convert_to_tensor(column, dtype=dtype)
            for column, dtype in zip(self._parts(vals), self.dtypes, strict=True)
        ]
        if len({len(column) for column in columns}) > 1:
            raise argument_error("tf.queue", "rows", [len(c) for c in columns], "as many of each")
        self._put([self._checked(list(row)) for row in zip(*columns, strict=True)])

    def _parts(self, vals: Any) -> list[Any]:
        if isinstance(vals, Mapping):
            if self.names is None or set(vals) != set(self.names):
                raise argument_error("tf.queue", "vals", sorted(vals), f"the names {self.names}")
            return [vals[name] for name in self.names]
        if self.names is not None:
            raise argument_error("tf.queue", "vals", vals, f"a dict of {self.names}")
        if len(self.dtypes) == 1 and not (isinstance(vals, (list, tuple)) and len(vals) == 1):
            return [vals]
        if len(vals) != len(self.dtypes):
            raise argument_error("tf.queue", "vals", len(vals), f"{len(self.dtypes)} tensors")
        return list(vals)

    def _checked(self, vals: Any) -> list[Any]:
        parts = [
            convert_to_tensor(part, dtype=dtype)
            for part, dtype in zip(self._parts_of_one(vals), self.dtypes, strict=True)
        ]
        for part, shape in zip(parts, self.shapes, strict=True):
            if shape is not None and not shape.is_compatible_with(tuple(part.shape)):
                raise argument_error("tf.queue", "shape", tuple(part.shape), f"{shape}")
        return parts

    def _parts_of_one(self, vals: Any) -> list[Any]:
        is_row = isinstance(vals, list) and len(vals) == len(self.dtypes) > 1
        return vals if is_row else self._parts(vals)

    def _put(self, elements: Sequence[list[Any]]) -> None:
        with self._changed:
            for element in elements:
                self._wait(
                    lambda: (
                        self._is_closed
                        or self._capacity is None
                        or len(self._items) < self._capacity
                    ),
                    "full",
                )
                if self._is_closed:
                    raise CancelledError(None, None, f"Queue '{self.name}' is closed.")
                self._add(element)
                self._changed.notify_all()

    def _wait(self, ready: Any, state: str) -> None:
        """Until something is so; an error if nobody is there to make it so."""
        while not ready():
            if threading.active_count() == 1:
                raise moment_error(
                    f"tf.queue {self.name!r}",
                    f"it is {state}, and there is no other thread to change that",
                    "This one would wait for ever.",
                )
            self._changed.wait(timeout=1.0)

    # Out.

    def dequeue(self, name: str | None = None) -> Any:
        """Take an element out.

        Raises:
            tf.errors.OutOfRangeError: the queue is closed, and there is none.
        """
        (element,) = self._take(1, 1)
        return self._packed(element)

    def dequeue_many(self, n: Any, name: str | None = None) -> Any:
        """Take ``n`` elements out, joined along a new first axis.

        Raises:
            tf.errors.OutOfRangeError: the queue is closed, and there are fewer.
        """
        return self._packed(self._joined(self._take(int(n), int(n))))

    def dequeue_up_to(self, n: Any, name: str | None = None) -> Any:
        """``dequeue_many`` that takes what is left of a closed queue."""
        return self._packed(self._joined(self._take(int(n), 1)))

    def _take(self, most: int, least: int) -> list[list[Any]]:
        with self._changed:
            self._wait(lambda: self._is_closed or self._ready(most), "short of elements")
            count = min(most, len(self._items))
            if count < least:
                raise OutOfRangeError(
                    None, None, f"Queue '{self.name}' is closed and has insufficient elements "
                    f"(requested {most}, current size {len(self._items)})",
                )  # fmt: skip
            taken = [self._remove() for _ in range(count)]
            self._changed.notify_all()
        return taken

    def _ready(self, count: int) -> bool:
        return len(self._items) >= count

    def _joined(self, elements: list[list[Any]]) -> list[Any]:
        if any(shape is None or not shape.is_fully_defined() for shape in self.shapes):
            raise argument_error(
                f"tf.queue {self.name!r}", "shapes", self.shapes, "known ones, to join elements"
            )
        return [stack(list(column)) for column in zip(*elements, strict=True)]

    def _packed(self, parts: list[Any]) -> Any:
        if self.names is not None:
            return dict(zip(self.names, parts, strict=True))
        return parts[0] if len(parts) == 1 else parts

    def _add(self, element: list[Any]) -> None:
        self._items.append(element)

    def _remove(self) -> list[Any]:
        return self._items.popleft()


class FIFOQueue(QueueBase):
    """A queue whose first element is taken first."""


class PaddingFIFOQueue(QueueBase):
    """A queue whose elements are filled up with zeros when they are joined.

    Args:
        capacity, dtypes, shapes, names, shared_name, name: See ``QueueBase``; None in a shape is
            a length that differs.
    """

    def _joined(self, elements: list[list[Any]]) -> list[Any]:
        found = padded([tuple(element) for element in elements], None, None)
        return list(found)


class PriorityQueue(QueueBase):
    """A queue whose element with the smallest first part, an int64, is taken first.

    Args:
        capacity: See ``QueueBase``.
        types: Types of the other parts.
        shapes: Shapes of the other parts.
        names: Names of the other parts.
        shared_name, name: See ``QueueBase``.
    """

    def __init__(
        self,
        capacity: int,
        types: Any,
        shapes: Any = None,
        names: Any = None,
        shared_name: str | None = None,
        name: str = "priority_queue",
    ) -> None:
        types = _types(types)
        shapes = [None] * len(types) if shapes is None else list(shapes)
        names = ["priority", *names] if names else None
        super().__init__(capacity, [torch.int64, *types], [(), *shapes], names, None, name)
        self._items = []
        self._numbers = itertools.count()

    def _add(self, element: list[Any]) -> None:
        heapq.heappush(self._items, (int(element[0]), next(self._numbers), element))

    def _remove(self) -> list[Any]:
        return heapq.heappop(self._items)[2]


class RandomShuffleQueue(QueueBase):
    """A queue of which any element may be taken next.

    Args:
        capacity: See ``QueueBase``.
        min_after_dequeue: How many elements are left in an open queue.
        dtypes, shapes, names: See ``QueueBase``.
        seed: Integer that the choices follow from; None draws one.
        shared_name, name: See ``QueueBase``.
    """

    def __init__(
        self,
        capacity: int,
        min_after_dequeue: int,
        dtypes: Any,
        shapes: Any = None,
        names: Any = None,
        seed: int | None = None,
        shared_name: str | None = None,
        name: str = "random_shuffle_queue",
    ) -> None:
        super().__init__(capacity, dtypes, shapes, names, shared_name, name)
        self._items = []
        self._least = int(min_after_dequeue)
        self._random = random.Random(int(torch.randint(2**62, ())) if seed is None else seed)

    def _ready(self, count: int) -> bool:
        return len(self._items) >= count + self._least

    def _remove(self) -> list[Any]:
        place = self._random.randrange(len(self._items))
        self._items[place], self._items[-1] = self._items[-1], self._items[place]
        return self._items.pop()


def _types(given: Any) -> list[Any]:
    given = given if isinstance(given, (list, tuple)) else [given]
    return [dtypes.as_dtype(one) for one in given]

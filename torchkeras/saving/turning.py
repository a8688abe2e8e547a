"""Arrays whose axes lie in another order than in their file: cut into parts, and turned.

Keras's files hold most kernels turned, as torch sees it. Both sides are cut into parts that stay
in the processor's cache while their axes are turned.
"""

import threading
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import torch

# Bytes of a part that stays in the cache, and of what a thread is given at a time.
_PART = 2**19
SHARE = 2**22
# Rows as long as a multiple of this compete for the same few lines of the cache; a line's length.
_ALIASING = 1024
_LINE = 64
_BEST_LINES = 8  # that are written in a row
_MOST_TURNED = 2**23  # bytes of a part whose rows are very long
# Types that torch turns with the processor's vector instructions, by their size.
_IN_VECTORS = {1: torch.uint8, 4: torch.float32}


def pieces(start: int, size: int, most: int) -> Iterator[tuple[int, int]]:
    """Beginnings and sizes of pieces of at most ``most``.

    Example:
        >>> list(pieces(10, 5, 2))
        [(10, 2), (12, 2), (14, 1)]
    """
    for first in range(start, start + size, most):
        yield first, min(most, start + size - first)


_own = threading.local()


def room(size: int) -> np.ndarray:
    """So many bytes of this thread, which it uses again and again."""
    if getattr(_own, "room", None) is None or _own.room.size < size:
        _own.room = np.empty(size, np.uint8)
    return _own.room[:size]


class Part(NamedTuple):
    """A part of an array whose axes are turned.

    Attributes:
        inside: The part of the array.
        room: Memory for it, in the order of the file.
        runs: Where pieces of that memory lie in the file.
    """

    inside: np.ndarray
    room: np.ndarray
    runs: list[tuple[list[memoryview], int]]


class Turned:
    """An array that isn't in C order, cut along its longest axis but the last.

    Rows, along the last axis, stay whole, since they lie together in the file.

    Args:
        array: Of any strides.
        is_filled: Whether the array is filled from parts, rather than parts from the array.

    Example:
        >>> turned = Turned(np.zeros((3, 2), "int32").T, is_filled=True)
        >>> for part in turned.parts(0, turned.length):
        ...     part.room[...] = [[0, 1, 2], [3, 4, 5]]
        ...     turned.copy(part.room, part.inside)
        >>> turned.array.tolist()
        [[0, 1, 2], [3, 4, 5]]
    """

    def __init__(self, array: np.ndarray, is_filled: bool) -> None:
        itemsize = array.itemsize
        array = joined(array)
        self.array = array.view(f"i{itemsize}") if itemsize <= 8 else array
        self.order = sorted(range(array.ndim), key=lambda axis: -abs(array.strides[axis]))
        shape = array.shape
        self.axis = shape.index(max(shape[:-1]))
        self.length = shape[self.axis]
        one = array.nbytes // self.length
        # What is written lies that many elements in a row: whole lines, and best several.
        line = max(_LINE // itemsize, 1)
        count = max(_PART // one // line, min(_BEST_LINES, _MOST_TURNED // one // line)) * line
        self.step = min(count or 1, self.length)
        self.share = self.step * max(1, SHARE // (one * self.step))
        # Vectors are the better way of filling only: the other way they'd write rows that alias.
        is_matrix = self.order == [1, 0] and itemsize <= 8 and min(shape) >= line
        self._in_vectors = is_filled and is_matrix

    def shares(self) -> Iterator[tuple[int, int]]:
        """What is given to a thread: from where along the axis, and how much."""
        return pieces(0, self.length, self.share)

    def parts(self, first: int, count: int) -> Iterator[Part]:
        """The parts of a share; each uses the memory of the last one."""
        shape, axis = self.array.shape, self.axis
        space, rows = self._space()
        times = int(np.prod(shape[:axis]))
        below = int(np.prod(shape[axis + 1 : -1]))
        row = shape[-1] * self.array.itemsize
        before = (slice(None),) * axis
        for start, length in pieces(first, count, self.step):
            runs = []
            for number in range(times):
                begin = number * self.step * below
                place = (number * self.length + start) * below * row
                runs.append((rows(begin, begin + length * below), place))
            inside = self.array[(*before, slice(start, start + length))]
            yield Part(inside, space[(*before, slice(length))], runs)

    @property
    def takes_any_memory(self) -> bool:
        """Whether rows needn't lie in memory that ``parts`` made for them."""
        return self._in_vectors

    def rows(
        self, memory: memoryview, first: int, count: int
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Like ``parts``, of a matrix whose bytes are in ``memory``.

        Returns:
            Of each part, its bytes as rows, and the part of the array.
        """
        width = self.array[0].nbytes
        for start, length in pieces(first, count, self.step):
            content = memory[start * width : (start + length) * width]
            inside = self.array[start : start + length]
            yield np.frombuffer(content, inside.dtype).reshape(inside.shape), inside

    def copy(self, source: np.ndarray, target: np.ndarray) -> None:
        """Copy between a part and its memory, in the order in which the part lies.

        The other order would jump from line to line of the array, which fall out of the cache.
        """
        if self._in_vectors:
            np.copyto(target.T, exchanged(source))
            return
        source, target = source.transpose(self.order), target.transpose(self.order)
        if self.array.dtype.kind == "i":
            np.positive(source, out=target, order="C")
        else:
            np.copyto(target, source)

    def _space(self) -> tuple[np.ndarray, Callable[[int, int], list[memoryview]]]:
        """Memory for a part, and a function that gives the bytes of rows, from one to another."""
        *outer, row = self.array.shape
        outer[self.axis] = self.step
        itemsize = self.array.itemsize
        is_aliasing = row * itemsize % _ALIASING == 0 and not self._in_vectors
        gap = _LINE // itemsize if is_aliasing else 0
        count = int(np.prod(outer))
        octets = room(count * (row + gap) * itemsize)
        space = octets.view(self.array.dtype).reshape(*outer, row + gap)[..., :row]
        if gap:
            each = [memoryview(one) for one in octets.reshape(count, -1)[:, : row * itemsize]]
            return space, lambda first, last: each[first:last]
        size = row * itemsize
        whole = memoryview(octets)
        return space, lambda first, last: [whole[first * size : last * size]]


def joined(array: np.ndarray) -> np.ndarray:
    """A view of ``array`` whose neighbouring axes are one where memory allows that; two or more.

    Example:
        >>> joined(np.zeros((4, 2, 3)).transpose(1, 2, 0)).shape
        (6, 4)
    """
    shape, strides = [1], [array.itemsize]
    for size, stride in zip(array.shape, array.strides, strict=True):
        if strides[-1] == size * stride or shape == [1]:
            shape[-1], strides[-1] = shape[-1] * size, stride
        elif size != 1:
            shape.append(size)
            strides.append(stride)
    if len(shape) == 1:
        shape, strides = [*shape, 1], [*strides, array.itemsize]
    return np.lib.stride_tricks.as_strided(array, shape, strides)


def exchanged(matrix: np.ndarray) -> np.ndarray:
    """A copy in C order of a matrix of integers in C order, with its axes exchanged.

    Torch's ``channel_shuffle`` is that of each picture's channels, group by group. For numbers of
    one and of four bytes it takes a fifth of the time that a copy takes.

    Example:
        >>> exchanged(np.array([[1, 2, 3], [4, 5, 6]], "int32")).tolist()
        [[1, 4], [2, 5], [3, 6]]
    """
    rows = torch.from_numpy(matrix)
    kind, size = _IN_VECTORS.get(rows.itemsize), rows.numel()
    if kind is None or len(rows) < 2:
        return rows.t().contiguous().numpy()
    pictures = rows.view(kind).as_strided((1, size, 1, 1), (size, 1, size, size))
    turned = torch.channel_shuffle(pictures, len(rows))
    return turned.view(rows.dtype).view(rows.shape[1], len(rows)).numpy()

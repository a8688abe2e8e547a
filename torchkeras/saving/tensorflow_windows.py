"""Functions of TensorFlow on windows that torch has no word for, which tf.keras 2 noted in graphs.

Arguments have TensorFlow's names, since nodes give them by name.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from torchkeras.nn.geometry import same_pads
from torchkeras.saving.tensorflow_networks import array_of, refuse_other, window_of
from torchkeras.tracer import traceable


def _pairs(values: Any) -> tuple[int, int]:
    """Height and width of a number or of a list for two or four axes."""
    found = window_of(values, 2)
    return found if isinstance(found, tuple) else (found, found)


def _morphology(sign: int) -> Callable[..., Any]:
    def compute(
        input: Any = None, filters: Any = None, strides: Any = 1, padding: str = "VALID",
        data_format: str = "NHWC", dilations: Any = 1, **older: Any,
    ) -> Any:  # fmt: skip
        refuse_other("nn.dilation2d", {"data_format": None if data_format == "NHWC" else 1})
        x = older.get("value", input)
        kernel = older.get("kernel", older.get("filter", filters))
        spread = older.get("rates", dilations)
        grown = grown_by(
            sign * x, array_of(kernel), _pairs(strides), _pairs(spread), padding == "SAME", sign < 0
        )
        return sign * grown

    return compute


@traceable
def grown_by(
    x: Tensor,
    kernel: Tensor,
    strides: tuple[int, int],
    spread: tuple[int, int],
    is_same: bool,
    is_turned: bool,
) -> Tensor:
    """The largest of the sums of a window and a kernel, channel by channel.

    Args:
        x: ``(batch, height, width, channels)``.
        kernel: ``(height, width, channels)``.
        strides: Steps of the window.
        spread: Distances between members of the window.
        is_same: Whether the window may reach over the border.
        is_turned: Whether the kernel is turned round.

    Source: ``tf.nn.dilation2d``; ``erosion2d`` is that of ``-x``, with the kernel turned round.

    Example:
        >>> x = torch.arange(4.0).reshape(1, 2, 2, 1)
        >>> grown_by(x, torch.zeros(2, 2, 1), (1, 1), (1, 1), False, False)
        tensor([[[[3.]]]])
    """
    kernel = kernel.flip(0, 1) if is_turned else kernel
    sizes = kernel.shape[:2]
    if is_same:
        x = _padded(x, sizes, strides, spread)
    counts = [
        (x.shape[axis + 1] - (sizes[axis] - 1) * spread[axis] - 1) // strides[axis] + 1
        for axis in (0, 1)
    ]
    sums = []
    for row in range(sizes[0]):
        for column in range(sizes[1]):
            top, left = row * spread[0], column * spread[1]
            part = x[:, top :: strides[0], left :: strides[1]][:, : counts[0], : counts[1]]
            sums.append(part + kernel[row, column])
    return torch.stack(sums).amax(0)


def _padded(x: Tensor, sizes: Any, strides: Any, spread: Any) -> Tensor:
    """``x``, ``(batch, height, width, channels)``, with borders lower than anything."""
    rows, columns = (
        same_pads(x.shape[axis + 1], (sizes[axis] - 1) * spread[axis] + 1, strides[axis])
        for axis in (0, 1)
    )
    return F.pad(x, (0, 0, *columns, *rows), value=float("-inf"))


def _pool_with_places(
    input: Any, ksize: Any, strides: Any, padding: str, data_format: str = "NHWC",
    output_dtype: Any = "int64", include_batch_in_index: bool = False, **rest: Any,
) -> Any:  # fmt: skip
    is_other = data_format != "NHWC" or include_batch_in_index or output_dtype != "int64"
    refuse_other("nn.max_pool_with_argmax", {**rest, "data_format": is_other or None})
    return list(largest_with_places(input, _pairs(ksize), _pairs(strides), padding == "SAME"))


@traceable
def largest_with_places(
    x: Tensor, sizes: tuple[int, int], strides: tuple[int, int], is_same: bool
) -> tuple[Tensor, Tensor]:
    """The largest number of each window, and where it is in its sample, told in one number.

    Args:
        x: ``(batch, height, width, channels)``.
        sizes: Height and width of the window.
        strides: Its steps.
        is_same: Whether it may reach over the border.

    Source: ``tf.nn.max_pool_with_argmax``.

    Example:
        >>> x = torch.tensor([1.0, 5.0, 2.0, 0.0]).reshape(1, 2, 2, 1)
        >>> [part.item() for part in largest_with_places(x, (2, 2), (2, 2), False)]
        [5.0, 1]
    """
    _, height, width, channels = x.shape
    top = left = 0
    if is_same:
        top, left = (
            same_pads(size, window, step)[0]
            for size, window, step in zip((height, width), sizes, strides, strict=True)
        )
        x = _padded(x, sizes, strides, (1, 1))
    found, places = F.max_pool2d(x.movedim(-1, 1), sizes, strides, return_indices=True)
    rows, columns = places // x.shape[2] - top, places % x.shape[2] - left
    numbers = torch.arange(channels, device=x.device).view(-1, 1, 1)
    return found.movedim(1, -1), ((rows * width + columns) * channels + numbers).movedim(1, -1)


@traceable
def overlapped(frames: Tensor, step: int) -> Tensor:
    """Frames that begin ``step`` apart, added up to a signal.

    Args:
        frames: ``(..., frames, frame)``.
        step: Samples from the begin of a frame to that of the next.

    Source: ``tf.signal.overlap_and_add``.

    Example:
        >>> overlapped(torch.ones(2, 3), 2)
        tensor([1., 1., 2., 1., 1.])
    """
    *lead, count, length = frames.shape
    columns = frames.reshape(-1, count, length).transpose(1, 2)
    whole = (count - 1) * step + length
    signal = F.fold(columns, (1, whole), (1, length), stride=(1, step))
    return signal.reshape(*lead, whole)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "nn.dilation2d": _morphology(1),
    "nn.erosion2d": _morphology(-1),
    "nn.max_pool_with_argmax": _pool_with_places,
    "signal.overlap_and_add": lambda signal, frame_step: overlapped(signal, frame_step),
}

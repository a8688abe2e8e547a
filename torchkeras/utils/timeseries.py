"""``timeseries_dataset_from_array``."""

from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from torchkeras.core.checks import argument_error


def timeseries_dataset_from_array(
    data: Any,
    targets: Any,
    sequence_length: int,
    sequence_stride: int = 1,
    sampling_rate: int = 1,
    batch_size: int | None = 128,
    shuffle: bool = False,
    seed: int | None = None,
    start_index: int | None = None,
    end_index: int | None = None,
    format: str = "tf",
) -> DataLoader:
    """A loader of windows over a series.

    Args:
        data: The series, time first.
        targets: ``targets[i]`` belongs to the window that starts at ``i``; None for none.
        sequence_length: Steps in a window.
        sequence_stride: Steps between the starts of two windows.
        sampling_rate: Steps between two values of a window.
        batch_size: Windows in a batch; None gives single ones.
        shuffle: Whether each epoch comes in a new random order.
        seed: Of that order.
        start_index, end_index: The part of the series to use; None for all.
        format: ``"tf"`` or ``"grain"``; both give a torch ``DataLoader``.

    Shape:
        data: ``(time, ...)``.
        windows: ``(batch, sequence_length, ...)``.

    Raises:
        ValueError: an index, stride or rate out of range.

    Source: Keras 3 ``timeseries_dataset_from_array``.

    Example:
        >>> windows = timeseries_dataset_from_array(np.arange(6), None, 3, batch_size=2)
        >>> next(iter(windows))
        tensor([[0, 1, 2],
                [1, 2, 3]])
    """
    if format not in ("tf", "grain"):
        raise _error("format", format, '"tf" or "grain"')
    _check_range(len(data), start_index, end_index)
    for argument, value in (("sampling_rate", sampling_rate), ("sequence_stride", sequence_stride)):
        if not 0 < value < len(data):
            raise _error(argument, value, f"above 0 and lower than the length {len(data)}")
    start, end = start_index or 0, len(data) if end_index is None else end_index
    count = end - start - (sequence_length - 1) * sampling_rate
    count = count if targets is None else min(count, len(targets))
    windows = Windows(
        torch.as_tensor(np.asarray(data))[start:end],
        None if targets is None else torch.as_tensor(np.asarray(targets))[start:end],
        torch.arange(0, max(count, 0), sequence_stride),
        torch.arange(sequence_length) * sampling_rate,
    )
    generator = None if seed is None else torch.Generator().manual_seed(seed)
    return DataLoader(
        windows,
        batch_size=batch_size,
        shuffle=shuffle,
        generator=generator,
        collate_fn=None if batch_size is None else _as_it_is,
    )


class Windows(Dataset):
    """Windows of a series and their targets; a batch is one look-up."""

    def __init__(
        self,
        data: torch.Tensor,
        targets: torch.Tensor | None,
        starts: torch.Tensor,
        steps: torch.Tensor,
    ) -> None:
        self.data, self.targets, self.starts, self.steps = data, targets, starts, steps

    def __len__(self) -> int:
        return len(self.starts)

    def __getitem__(self, index: Any) -> Any:
        starts = self.starts[index]
        window = self.data[starts[..., None] + self.steps]
        return window if self.targets is None else (window, self.targets[starts])

    def __getitems__(self, indices: list[int]) -> Any:
        return self[torch.as_tensor(indices)]


def _as_it_is(batch: Any) -> Any:
    return batch


def _check_range(length: int, start: int | None, end: int | None) -> None:
    if start is not None and not 0 <= start < length:
        raise _error(
            "start_index", start, f"0 or greater, and lower than the length of the data, {length}"
        )
    if end is not None and not (start or 0) < end <= length:
        raise _error(
            "end_index",
            end,
            f"higher than `start_index` and at most the length of the data, {length}",
        )


def _error(argument: str, given: Any, expected: str) -> ValueError:
    return argument_error("timeseries_dataset_from_array", argument, given, expected)

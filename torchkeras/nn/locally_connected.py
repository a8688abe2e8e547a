"""Convolutions with another kernel at each place."""

import math

import torch
from torch import Tensor, nn

from torchkeras.nn.geometry import CHANNELS_LAST, Pads, Window, pad, to_channels_first

PLACES, DENSE, USED = "places", "dense", "used"


class LocallyConnected(nn.Module):
    """Products of the windows of a map with a kernel for each of them.

    The weight may be kept in three ways, which compute the same:

    - "places": ``(places, window, filters)``, a matrix for each place; only without padding;
    - "dense": from every input element to every output element, ``(*inputs, *outputs)``, of which
      only those within windows count;
    - "used": a vector of those that count, in the order of output elements, then input elements.

    Args:
        window: The window, without dilation; its layout is that of inputs and outputs. With "same"
            padding, its middle element (of an even number, the one after the middle) begins at the
            first input element and goes by strides, unlike a convolution's.
        lengths: Lengths of the inputs.
        channels: Channels of the inputs.
        filters: Channels of the output.
        bias: Whether there is one, for each output element; it has the shape ``(*outputs,
            filters)``, but its elements in the order of the output's.
        kept: "places", "dense" or "used".

    Shape:
        x: ``(b, *lengths, channels)``, or ``(b, channels, *lengths)``.
        output: the same with the lengths that the window makes, and ``filters`` channels.
    """

    def __init__(
        self,
        window: Window,
        lengths: tuple[int, ...],
        channels: int,
        filters: int,
        bias: bool = True,
        kept: str = PLACES,
        device: torch.device | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.window, self.kept = window, kept
        self.lengths, self.channels, self.filters = lengths, channels, filters
        self.outputs = window.output_lengths(lengths)
        self.places = math.prod(self.outputs)
        self.is_last = window.layout == CHANNELS_LAST
        shape: tuple[int, ...]
        if kept == PLACES:
            shape, index = (self.places, math.prod(window.size) * channels, filters), None
        else:
            index, size = self._index()
            ends = self._in_layout(lengths, channels), self._in_layout(self.outputs, filters)
            shape = (*ends[0], *ends[1]) if kept == DENSE else (size,)
            index = index.to(device)
        self.register_buffer("index", index, persistent=False)
        factory = {"device": device, "dtype": dtype}
        self.weight = nn.Parameter(torch.empty(shape, **factory))
        of_bias = (*self.outputs, filters)
        self.bias = nn.Parameter(torch.zeros(of_bias, **factory)) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Uniform values within one over the root of a window's elements."""
        bound = (math.prod(self.window.size) * self.channels) ** -0.5
        nn.init.uniform_(self.weight, -bound, bound)

    @property
    def pads(self) -> Pads:
        """Padding of each axis."""
        if self.window.padding == "valid":
            return ((0, 0),) * self.window.rank
        window, result = self.window, []
        for n, m, size, step in zip(
            self.lengths, self.outputs, window.size, window.strides, strict=True
        ):
            before = size // 2
            result.append((before, max((m - 1) * step - before + size - n, 0)))
        return tuple(result)

    def _in_layout(self, lengths: tuple[int, ...], channels: int) -> tuple[int, ...]:
        return (*lengths, channels) if self.is_last else (channels, *lengths)

    # Which element of the weight stands where in (places, window, filters).

    def connections(self) -> tuple[Tensor, Tensor, Tensor]:
        """For each element of ``(places, window, filters)``, what it connects.

        Returns:
            target: Index of the output element.
            source: Index of the input element.
            inside: Whether that one is an element, and not beyond the border.
        """
        rank = self.window.rank
        grid: list[int] = [*self.outputs, *self.window.size, self.channels, self.filters]
        source, target = torch.zeros(grid, dtype=torch.long), torch.zeros(grid, dtype=torch.long)
        inside = torch.ones(grid, dtype=torch.bool)

        def along(axis: int, values: Tensor) -> Tensor:
            return values.view(*values.shape, *(1,) * (len(grid) - axis - values.ndim))

        of_source = _steps(self._in_layout(self.lengths, self.channels))
        of_target = _steps(self._in_layout(self.outputs, self.filters))
        if not self.is_last:  # channels last in both
            of_source, of_target = (*of_source[1:], of_source[0]), (*of_target[1:], of_target[0])
        for axis in range(rank):
            places = along(axis, torch.arange(self.outputs[axis]))
            elements = along(rank + axis, torch.arange(self.window.size[axis]))
            position = places * self.window.strides[axis] + elements - self.pads[axis][0]
            inside &= (position >= 0) & (position < self.lengths[axis])
            source += position * of_source[axis]
            target += places * of_target[axis]
        source += along(2 * rank, torch.arange(self.channels)) * of_source[rank]
        target += torch.arange(self.filters) * of_target[rank]
        return self._by_place(target), self._by_place(source), self._by_place(inside)

    def _by_place(self, grid: Tensor) -> Tensor:
        """``(*outputs, *size, channels, filters)`` -> ``(places, window, filters)``."""
        rank = self.window.rank
        if not self.is_last:
            grid = grid.movedim(2 * rank, rank)
        return grid.reshape(self.places, -1, self.filters)

    def _index(self) -> tuple[Tensor, int]:
        """Where in the weight, flat, each element is, one past its end for none; and its size."""
        target, source, inside = self.connections()
        inputs, outputs = math.prod(self.lengths) * self.channels, self.places * self.filters
        if self.kept == DENSE:
            index, size = source * outputs + target, inputs * outputs
        else:
            order = target * inputs + source
            index, size = torch.zeros_like(order), int(inside.sum())
            index[inside] = order[inside].argsort().argsort()
        return torch.where(inside, index, size), size

    # The product.

    def kernels(self) -> Tensor:
        """The weight as ``(places, window, filters)``; 0 beyond the border."""
        if self.index is None:
            return self.weight
        flat = self.weight.flatten()
        if self.window.padding != "valid":
            flat = torch.cat([flat, flat.new_zeros(1)])
        return flat.index_select(0, self.index.flatten()).view(self.index.shape)

    def pieces(self, x: Tensor) -> Tensor:
        """The windows of the inputs, ``(places, b, window)``."""
        rank, window = self.window.rank, self.window
        x = to_channels_first(x) if self.is_last else x
        if window.padding != "valid":
            x = pad(x, self.pads)
        for axis in range(rank):
            x = x.unfold(2 + axis, window.size[axis], window.strides[axis])
        outputs, elements = range(2, 2 + rank), range(2 + rank, 2 + 2 * rank)
        inner = (*elements, 1) if self.is_last else (1, *elements)
        x = x.permute(*outputs, 0, *inner)  # (*outputs, b, *size, c)
        return x.reshape(self.places, x.shape[rank], math.prod(window.size) * self.channels)

    def forward(self, x: Tensor) -> Tensor:
        pieces, kernels = self.pieces(x), self.kernels()
        if self.bias is None:
            y = torch.bmm(pieces, kernels)
        else:
            y = torch.baddbmm(self._bias_by_place(self.bias), pieces, kernels)
        y = y.view(*self.outputs, x.shape[0], self.filters)
        rank = self.window.rank
        if self.is_last:
            return y.permute(rank, *range(rank), rank + 1)
        return y.permute(rank, rank + 1, *range(rank))

    def _bias_by_place(self, bias: Tensor) -> Tensor:
        """``(places, 1, filters)``"""
        if self.is_last:
            return bias.view(self.places, 1, self.filters)
        return bias.view(self.filters, self.places).mT.unsqueeze(1)

    def extra_repr(self) -> str:
        return f"{self.channels}, {self.filters}, lengths={self.lengths}, kept={self.kept!r}"


def _steps(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Distance between neighbours along each axis of a contiguous tensor."""
    return tuple(math.prod(shape[axis + 1 :]) for axis in range(len(shape)))

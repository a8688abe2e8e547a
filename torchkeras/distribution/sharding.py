"""Weights of which each process holds a part."""

from typing import Any

import torch
from torch import Tensor

from torchkeras.core.layout import Layout
from torchkeras.distribution.alone import current_group
from torchkeras.distribution.replicas import is_divided


class Sharding:
    """How the parameters of a model are divided, and how they are made whole.

    Args:
        mesh: torch's mesh.
        batch_axis: The mesh's axis over which batches are divided: gradients are averaged there.
    """

    def __init__(self, mesh: Any, batch_axis: int) -> None:
        self.mesh = mesh
        self.batch_axis = batch_axis

    def gathered(self, stored: Tensor) -> Tensor:
        """The whole of ``stored``, to which gradients flow back; of a whole one itself."""
        if not is_divided(stored):
            return stored
        return _Gather.apply(stored, self.batch_axis, current_group())

    def scattered(self, whole: Tensor, like: Tensor) -> Tensor:
        """This process's part of ``whole``, divided as ``like`` is."""
        return scattered(whole, like)

    def part(self, stored: Any, mesh: Any) -> Tensor:
        """``stored`` as a DTensor of the axis ``mesh`` alone, to which gradients flow back."""
        from torch.distributed.tensor import DTensor  # loads slowly

        local = _Part.apply(stored, self.batch_axis, current_group())
        placement = stored.placements[1 - self.batch_axis]
        return DTensor.from_local(
            local, mesh, [placement], run_check=False, shape=stored.shape, stride=stored.stride()
        )

    def __deepcopy__(self, memo: dict) -> "Sharding":
        return self  # process groups can't be copied


def replicated(tensor: Tensor, mesh: Any) -> Any:
    """``tensor``, which all processes of ``mesh`` have, as a DTensor."""
    from torch.distributed.tensor import DTensor, Replicate  # loads slowly

    return DTensor.from_local(tensor, mesh, [Replicate()] * mesh.ndim, run_check=False)


def scattered(whole: Tensor, like: Any) -> Tensor:
    """This process's part of ``whole``, which all processes have, divided as ``like`` is."""
    if not is_divided(like):
        return whole
    on_device = whole.to(like.device, like.dtype)
    return replicated(on_device, like.device_mesh).redistribute(placements=like.placements)


def whole(tensor: Any) -> Tensor:
    """A DTensor as a plain tensor that all processes have, with which all do the same."""
    from torch.distributed.tensor import Replicate  # loads slowly

    return tensor.full_tensor(grad_placements=[Replicate()] * tensor.device_mesh.ndim)


class _Gather(torch.autograd.Function):
    """A whole tensor from its parts; its gradient is averaged over the batches, and divided."""

    @staticmethod
    def forward(ctx: Any, stored: Any, batch_axis: int, group: Any) -> Tensor:
        ctx.mesh, ctx.placements = stored.device_mesh, stored.placements
        ctx.batch_axis, ctx.group = batch_axis, group
        ctx.shape, ctx.stride = stored.shape, stored.stride()
        return stored.full_tensor()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Any, ...]:
        from torch.distributed.tensor import Replicate  # loads slowly

        places = [Replicate()] * ctx.mesh.ndim
        return _averaged(ctx, gradient, places), None, None


class _Part(torch.autograd.Function):
    """This process's part of a tensor; its gradient is averaged over the batches."""

    @staticmethod
    def forward(ctx: Any, stored: Any, batch_axis: int, group: Any) -> Tensor:
        ctx.mesh, ctx.placements = stored.device_mesh, stored.placements
        ctx.batch_axis, ctx.group = batch_axis, group
        ctx.shape, ctx.stride = stored.shape, stored.stride()
        return stored.to_local()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Any, ...]:
        return _averaged(ctx, gradient, list(ctx.placements)), None, None


def _averaged(ctx: Any, gradient: Tensor, places: list[Any]) -> Any:
    """The mean over batches of a gradient that lies as ``places`` say, divided as its weight."""
    from torch.distributed.tensor import DTensor, Partial  # loads slowly

    places[ctx.batch_axis] = Partial()
    gradient = gradient * ctx.group.factor(ctx.mesh.size(ctx.batch_axis))
    parts = DTensor.from_local(
        gradient.contiguous(),
        ctx.mesh,
        places,
        run_check=False,
        shape=ctx.shape,
        stride=ctx.stride,
    )
    return parts.redistribute(ctx.mesh, ctx.placements)


def stored_axis(layout: Layout, stored_shape: tuple[int, ...], axis: int) -> int:
    """The axis of the stored tensor that belongs to ``axis`` of the one that Keras shows.

    Where one is a mixture of others it is the axis along which the stored position moves furthest.
    """
    if layout.is_identity:
        return axis
    found, furthest = 0, -1
    for candidate, length in enumerate(stored_shape):
        view = [1] * len(stored_shape)
        view[candidate] = length
        positions = torch.arange(length).view(view).expand(stored_shape)
        shown = layout.to_keras(positions)
        moved = int((shown.select(axis, -1) - shown.select(axis, 0)).abs().max())
        if moved > furthest:
            found, furthest = candidate, moved
    return found

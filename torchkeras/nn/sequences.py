"""Masked steps of sequences: a loop that leaves them out, and batches that have them last."""

import contextlib
from collections.abc import Callable

import torch
from torch import Tensor

State = tuple[Tensor, ...]
Stepped = tuple[Tensor, State]  # output and new state
Step = Callable[[Tensor, State], Stepped]


def scan(
    step: Step, x: Tensor, state: State, mask: Tensor | None = None, sequences: bool = True
) -> tuple[Tensor | None, Tensor, State]:
    """Outputs at all steps, the last of them, and the final state of ``step`` over a sequence.

    At a step masked False, the state stays, and the output is the one before (zeros at first).

    Args:
        step: ``(x_t, state) -> (output, state)``.
        x: ``(b, t, ...)``.
        state: The initial state.
        mask: Boolean, ``(b, t)``.
        sequences: Whether the outputs at all steps are wanted; None may be given without.
    """
    if torch.compiler.is_exporting() and not isinstance(x.shape[1], int):
        # What torch can't write as one operation (mixed precision, say) settles the length.
        with contextlib.suppress(torch._dynamo.exc.TorchDynamoException):
            if not torch.is_autocast_enabled(x.device.type):
                return _scan_any_length(step, x, state, mask)
    outputs: list[Tensor] = []
    steps = None if mask is None else mask.unbind(1)
    for index, x_t in enumerate(x.unbind(1)):
        output, new_state = step(x_t, state)
        if steps is not None:
            previous = outputs[-1] if outputs else torch.zeros_like(output)
            output, new_state = _kept(steps[index], (output, new_state), (previous, state))
        outputs.append(output)
        state = new_state
    return torch.stack(outputs, 1) if sequences else None, outputs[-1], state


def _scan_any_length(
    step: Step, x: Tensor, state: State, mask: Tensor | None
) -> tuple[Tensor, Tensor, State]:
    """``scan`` as one operation of a program, which takes any number of steps."""
    given, begin = [x.movedim(1, 0)], tuple(state)
    if mask is not None:
        shown = step(x[:, 0], state)[0]
        zeros = torch.zeros(shown.shape, dtype=shown.dtype, device=shown.device)
        given, begin = [*given, mask.movedim(1, 0)], (zeros, *begin)

    def body(carried: State, at: list[Tensor]) -> tuple[State, Tensor]:
        old = carried if mask is None else carried[1:]
        output, new = step(at[0], old)
        if mask is not None:
            output, new = _kept(at[1], (output, new), (carried[0], old))
            new = (output, *new)
        return tuple(map(_apart, new)), _apart(output)

    begin = tuple(map(_apart, begin))  # zeros may be one tensor for several states
    final, outputs = torch._higher_order_ops.scan(body, begin, given)
    outputs = outputs.movedim(0, 1)
    return outputs, outputs[:, -1], final if mask is None else final[1:]


def _apart(x: Tensor) -> Tensor:
    """A copy laid out in order: what a program hands on from step to step may be no view."""
    return x.clone(memory_format=torch.contiguous_format)


def _kept(mask: Tensor, new: Stepped, old: Stepped) -> Stepped:
    """What a step gives where it is valid, else what was before."""
    states = tuple(choose(mask, *pair) for pair in zip(new[1], old[1], strict=True))
    return choose(mask, new[0], old[0]), states


def choose(mask: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """``x`` where ``mask``, which has the first axes of ``x``, is True, else ``y``."""
    return torch.where(mask.reshape(*mask.shape, *(1,) * (x.ndim - mask.ndim)), x, y)


class PaddedAtEnd:
    """A batch whose masked steps are the last ones of each sample, where they do no harm.

    Args:
        mask: ``(b, t)``, True at valid steps, no False before a True.

    Attributes:
        padded: ``(b, t)``, True at masked steps.
        count: ``(b,)``, number of valid steps.
    """

    def __init__(self, mask: Tensor) -> None:
        self.mask = mask
        self.count = mask.sum(1)

    @property
    def padded(self) -> Tensor:
        return ~self.mask

    def compact(self, x: Tensor) -> Tensor:
        """``(b, t, f)`` with the valid steps first, in their order."""
        return x

    def spread(self, y: Tensor) -> Tensor:
        """The compacted ``(b, t, u)`` back at its steps; a masked step repeats the one before.

        Steps before the first valid one are zero.
        """
        return choose(self.mask, y, self.last(y).unsqueeze(1))

    def restore(self, y: Tensor) -> Tensor:
        """The compacted ``(b, t, u)`` back at its steps; zero at masked ones."""
        return y.masked_fill(self.padded.unsqueeze(-1), 0.0)

    def last(self, y: Tensor) -> Tensor:
        """The compacted ``(b, t, u)`` at each last valid step, ``(b, u)``; zero without any."""
        places = (self.count - 1).clamp(min=0).reshape(-1, 1, 1).expand(-1, 1, y.shape[2])
        last = y.gather(1, places).squeeze(1)
        return torch.where((self.count > 0).unsqueeze(-1), last, 0.0)


class Scattered:
    """A batch with masked steps anywhere, and the order that puts them last.

    Rows are taken in the order of time, as the kernels keep them, so nothing is copied twice.

    Args:
        mask: ``(b, t)``, True at valid steps.

    Attributes:
        rows: ``(t * b,)``, for each place of the compacted sequence the row of ``(b * t, f)`` that
            it comes from.
        reached: ``(b, t)``, number of valid steps up to each step, itself included.
        count: ``(b,)``, number of valid steps.
    """

    def __init__(self, mask: Tensor) -> None:
        batch, steps = mask.shape
        self.mask = mask
        self.samples = torch.arange(batch, device=mask.device)
        order = torch.argsort((~mask).to(torch.uint8), dim=1, stable=True)
        self.rows = (order.mT + self.samples * steps).flatten()
        self.reached = mask.cumsum(1)
        self.count = self.reached[:, -1]

    @property
    def padded(self) -> Tensor:
        """``(b, t)``, True where the compacted batch holds a masked step."""
        steps = torch.arange(self.reached.shape[1], device=self.reached.device)
        return steps >= self.count.unsqueeze(1)

    def compact(self, x: Tensor) -> Tensor:
        """``(b, t, f)`` with the valid steps first, in their order."""
        moved = x.flatten(0, 1).index_select(0, self.rows)  # (t * b, f)
        return moved.view(x.shape[1], x.shape[0], x.shape[2]).transpose(0, 1)

    def _taken(self, y: Tensor, places: Tensor) -> Tensor:
        """The compacted ``(b, t, u)`` at these places, ``(..., b)`` -> ``(..., b, u)``."""
        rows = (places * y.shape[0] + self.samples).flatten()
        taken = y.transpose(0, 1).flatten(0, 1).index_select(0, rows)
        return taken.view(*places.shape, y.shape[2])

    def spread(self, y: Tensor) -> Tensor:
        """The compacted ``(b, t, u)`` back at its steps; a masked step repeats the one before.

        Steps before the first valid one are zero.
        """
        reached = self.reached.mT  # (t, b)
        spread = self._taken(y, (reached - 1).clamp(min=0))
        return torch.where((reached > 0).unsqueeze(-1), spread, 0.0).transpose(0, 1)

    def restore(self, y: Tensor) -> Tensor:
        """The compacted ``(b, t, u)`` back at its steps; zero at masked ones."""
        spread = self._taken(y, (self.reached.mT - 1).clamp(min=0)).transpose(0, 1)
        return torch.where(self.mask.unsqueeze(-1), spread, 0.0)

    def last(self, y: Tensor) -> Tensor:
        """The compacted ``(b, t, u)`` at each last valid step, ``(b, u)``; zero without any."""
        last = self._taken(y, (self.count - 1).clamp(min=0))
        return torch.where((self.count > 0).unsqueeze(-1), last, 0.0)


def arrangement(mask: Tensor) -> PaddedAtEnd | Scattered:
    """How the valid steps of ``mask``, ``(b, t)``, come first.

    Where looking at its values costs next to nothing, on the CPU outside of recorded graphs, a mask
    that is padded at the end already is recognized.
    """
    recorded = torch.compiler.is_compiling() or torch.jit.is_tracing()
    looks = mask.device.type == "cpu" and type(mask) is Tensor and not recorded
    if looks and not bool((mask[:, 1:] & ~mask[:, :-1]).any()):
        return PaddedAtEnd(mask)
    return Scattered(mask)

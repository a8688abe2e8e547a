"""Modules of ``torchkeras.nn`` as those of torch, where they do the same on the sizes at hand.

"same" padding depends on the length of an axis. Where a model says what that is, a convolution or a
pool is one of torch's, with zeros added before it, or elements cut off after it, at most.
"""

import operator
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import fx, nn
from torch.nn import functional as F

from torchkeras.export.units import Traces
from torchkeras.nn import conv, norm, pooling
from torchkeras.nn.geometry import Pads, Window, is_symmetric, transposed_margins
from torchkeras.tracer.frames import Frame, Trace

# Marks padding that belongs to the module behind it: permutations aren't moved past it.
STAYS = "stays"

_PADDED = {conv.PADDED[rank]: conv.PLAIN[rank] for rank in conv.PLAIN}
_CROPPED = {conv.CROPPED[rank]: conv.TRANSPOSED[rank] for rank in conv.TRANSPOSED}
_POOLS = {pooling.SameMaxPool: "max", pooling.SameAveragePool: "average"}


@dataclass
class Plain:
    """What stands for a module.

    Attributes:
        module: One of torch, with the same weights.
        before: Zeros added to the last axes of what it is given.
        after: How many elements are cut off the ends of the last axes of its result.
    """

    module: nn.Module
    before: Pads = ()
    after: tuple[int, ...] = ()


def use_plain_modules(traces: Traces, knows_lengths: bool) -> None:
    """Put torch's modules in the place of others, in the graphs of both modes.

    Args:
        traces: What was recorded.
        knows_lengths: Whether the model says itself what lengths its inputs have, so that no others
            will ever come; models within it may do so, too.
    """
    for path, called in calls_of(traces).items():
        knows = knows_lengths or all(_is_told(trace.frames[node]) for trace, node in called)
        found = _plain(called[0][0].owners[path], list(_shapes(called)), knows)
        if found is None:
            continue
        for trace, node in called:
            trace.owners[path] = found.module
            _put_around(trace, node, found)


def calls_of(traces: Traces) -> dict[str, list[tuple[Trace, fx.Node]]]:
    """The calls of each module in both modes, by its path."""
    calls: dict[str, list[tuple[Trace, fx.Node]]] = {}
    for trace in (traces.training, traces.inference):
        for node in trace.graph.nodes:
            if node.op == "call_module":
                calls.setdefault(str(node.target), []).append((trace, node))
    return calls


def _is_told(frame: Frame | None) -> bool:
    """Whether a call is made in a model that says, and checks, how long its inputs are."""
    while frame is not None:
        checks = getattr(frame.module, "_checks_sizes", False)
        symbols = getattr(frame.module, "inputs", None) if checks else None
        if symbols and all(None not in symbol.shape[1:] for symbol in symbols):
            return True
        frame = frame.parent
    return False


def _shapes(called: list[tuple[Trace, fx.Node]]) -> Iterator[tuple[int | None, ...] | None]:
    """What the calls of a module are given; None where that is more than a tensor of floats."""
    for trace, node in called:
        alone = len(node.args) == 1 and not node.kwargs and isinstance(node.args[0], fx.Node)
        is_cast = trace.frames[node].autocast is not None
        yield node.args[0].meta.get("shape") if alone and not is_cast else None


def _plain(
    module: nn.Module, shapes: list[tuple[int | None, ...] | None], knows_lengths: bool
) -> Plain | None:
    kind = type(module)
    if None in shapes:
        return None
    if kind in _CROPPED:
        return _transposed(module, _CROPPED[kind])
    if kind in (norm.LayerNorm, norm.RMSNorm):
        return _normalization(module, {len(shape) for shape in shapes})
    if kind not in _PADDED and kind not in _POOLS:
        return None
    pads = {_pads(module.window, shape[2:], knows_lengths) for shape in shapes}
    if len(pads) != 1 or None in pads:
        return None
    (found,) = pads
    if kind in _POOLS:
        return _pool(module.window, _POOLS[kind], found)
    return _convolution(module, _PADDED[kind], found)


def _pads(window: Window, lengths: tuple[int | None, ...], knows_lengths: bool) -> Pads | None:
    if window.fixed_pads is not None:
        return window.fixed_pads
    if set(window.extents) == {1}:
        return ((0, 0),) * window.rank
    return window.pads(lengths) if knows_lengths and None not in lengths else None


def _convolution(module: Any, kind: type[nn.Module], pads: Pads) -> Plain:
    window, before = module.window, ()
    padding: Any = tuple(pair[0] for pair in pads)
    if not is_symmetric(pads):  # torch's own "same" warns of its copy where the kernel is even
        padding, before = 0, pads
    made = kind(
        module.in_channels,
        module.out_channels,
        window.size,
        stride=window.strides,
        padding=padding,
        dilation=window.dilation,
        groups=module.groups,
        bias=module.bias is not None,
        device="meta",
    )
    return Plain(_with_weights(made, module), before)


def _transposed(module: Any, kind: type[nn.Module]) -> Plain | None:
    window: Window = module.window
    margins = transposed_margins(window, module.extra)
    surplus = [after - before for before, after in margins]
    added = tuple(max(n, 0) for n in surplus)
    within = zip(added, window.strides, window.dilation, strict=True)
    if any(n >= max(stride, dilation) for n, stride, dilation in within):
        return None
    made = kind(
        module.in_channels,
        module.out_channels,
        window.size,
        stride=window.strides,
        padding=tuple(-before for before, _ in margins),
        output_padding=added,
        bias=module.bias is not None,
        dilation=window.dilation,
        device="meta",
    )
    cut = tuple(max(-n, 0) for n in surplus)
    return Plain(_with_weights(made, module), after=cut if any(cut) else ())


def _pool(window: Window, reduction: str, pads: Pads) -> Plain | None:
    even = [before == after for before, after in pads]
    if not all(one or stride > 1 for one, stride in zip(even, window.strides, strict=True)):
        return None
    options: dict[str, Any] = {"ceil_mode": not all(even)}
    padding = tuple(before for before, _ in pads)
    if reduction == "average" and (any(padding) or not all(even)):
        options["count_include_pad"] = False
    kind = pooling.PLAIN[reduction][window.rank]
    return Plain(kind(window.size, window.strides, padding, **options))


def _normalization(module: Any, ranks: set[int]) -> Plain | None:
    size = len(module.axes)
    ends = [tuple(range(rank - size, rank)) for rank in ranks]
    places = [tuple(axis % rank for axis in module.axes) for rank in ranks]
    weight, bias = module.weight, module.bias
    is_float = weight is not None and weight.dtype is torch.float32
    if places != ends or not is_float:
        return None
    options = {"eps": module.epsilon, "device": "meta"}
    if type(module) is norm.RMSNorm:
        return Plain(_with_weights(nn.RMSNorm(module.shape, **options), module))
    made = nn.LayerNorm(module.shape, bias=bias is not None, **options)
    return Plain(_with_weights(made, module))


def _with_weights(made: nn.Module, module: nn.Module) -> nn.Module:
    """``made`` with the very weights of ``module``."""
    for name, weight in module.named_parameters():
        setattr(made, name, weight)
    return made


def _put_around(trace: Trace, node: fx.Node, found: Plain) -> None:
    """The nodes that add zeros before a call, and cut off elements after it."""
    graph, frame = trace.graph, trace.frames[node]
    made: list[fx.Node] = []
    with graph.inserting_before(node):
        if found.before:
            flat = tuple(size for pair in reversed(found.before) for size in pair)
            made.append(graph.call_function(F.pad, (node.args[0], flat)))
            made[-1].meta[STAYS] = True
            node.args = (made[-1],)
        if found.after:
            made.append(graph.call_module(str(node.target), node.args))
    if found.after:
        ends = tuple(slice(None, -n if n else None) for n in found.after)
        node.op, node.target, node.args = (
            "call_function",
            operator.getitem,
            (made[-1], (..., *ends)),
        )
    for new in made:
        trace.frames[new] = frame
        frame.nodes.append(new)

"""Recurrent modules of ``torchkeras.nn`` as those of torch, where they do the same.

Masks, dropout of states and other activations are beyond torch's modules. Of the two biases that an
``nn.LSTM`` or ``nn.RNN`` adds up, the second is zero and stays so.
"""

import operator
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, fx, nn

from torchkeras.export.plain import calls_of
from torchkeras.export.units import Traces
from torchkeras.nn import recurrent
from torchkeras.tracer.autocast import autocast_of
from torchkeras.tracer.frames import Trace, same

_KINDS: dict[type, type[nn.RNNBase]] = {
    recurrent.LSTM: nn.LSTM,
    recurrent.GRU: nn.GRU,
    recurrent.SimpleRNN: nn.RNN,
}
_PLAIN_OPTIONS = {"state", "sequences", "finals", "backward"}
_WHOLE = "whole"  # notes of a state's node: the state with its axis for directions
# Places in what a module of ``torchkeras.nn`` gives.
_OUTPUTS, _LAST, _FINAL = range(3)


def use_recurrent_modules(traces: Traces) -> None:
    """Put torch's recurrent modules in the place of others, in the graphs of both modes."""
    calls = calls_of(traces)
    for path, called in calls.items():
        trace, node = called[0]
        module, other = trace.owners[path], _backward(node)
        fits = all(_backward(n) == other and _fits(n, module) for _, n in called)
        if not fits or other in calls:
            continue
        made = _made(module, None if other is None else trace.owners[other])
        for trace, node in called:
            trace.owners[path] = made
            _Rewriting(trace, node, made).run()


def _backward(node: fx.Node) -> str | None:
    """The path of the module for the other direction."""
    backward = node.kwargs.get("backward")
    return None if backward is None else str(backward.target)


def _fits(node: fx.Node, module: nn.Module) -> bool:
    """Whether a call does what torch's module does, and only single parts of it are used."""
    is_cast = isinstance(autocast_of(node), torch.dtype)
    if type(module) not in _KINDS or not module.is_fused or is_cast:
        return False
    state = _state(node)
    if state is not None and (_backward(node) or not all(isinstance(h, fx.Node) for h in state)):
        return False
    parts = [user for user in node.users if _is_part(user)]
    finals = [user for part in parts if part.args[1] == _FINAL for user in part.users]
    is_plain = set(node.kwargs) <= _PLAIN_OPTIONS and len(node.args) <= 2
    is_float = all(weight.dtype is torch.float32 for weight in module.parameters())
    return is_plain and is_float and len(parts) == len(node.users) and all(map(_is_part, finals))


def _state(node: fx.Node) -> Any:
    return node.args[1] if len(node.args) > 1 else node.kwargs.get("state")


def _is_part(node: fx.Node) -> bool:
    return node.target is operator.getitem and isinstance(node.args[1], int)


def _made(module: Any, backward: Any) -> nn.RNNBase:
    """A module of torch with the weights of one or both directions."""
    kind = _KINDS[type(module)]
    options = {"nonlinearity": "relu"} if module.kernel_name == "rnn_relu" else {}
    made = kind(
        module.features,
        module.units,
        bias=module.bias is not None,
        batch_first=True,
        bidirectional=backward is not None,
        device="meta",
        **options,
    )
    for direction, end in ((module, "l0"), (backward, "l0_reverse")):
        for name, weight in _weights(direction) if direction is not None else ():
            setattr(made, f"{name}_{end}", weight)
    return made


def _weights(module: Any) -> Iterator[tuple[str, Tensor]]:
    yield from (("weight_ih", module.weight_ih), ("weight_hh", module.weight_hh))
    bias = module.bias
    if bias is not None and bias.ndim == 2:
        for name, part in zip(("bias_ih", "bias_hh"), bias.detach(), strict=True):
            yield name, nn.Parameter(part, requires_grad=bias.requires_grad)
    elif bias is not None:
        yield "bias_ih", bias
        yield "bias_hh", nn.Parameter(torch.zeros_like(bias), requires_grad=False)


class _Rewriting:
    """Has one call, and what uses its results, do with torch's module.

    That gives the outputs and, with an axis for directions before them, the final states.
    """

    def __init__(self, trace: Trace, node: fx.Node, made: nn.RNNBase) -> None:
        self.trace, self.node = trace, node
        self.has_cell = isinstance(made, nn.LSTM)
        self.is_both = made.bidirectional

    def run(self) -> None:
        users = list(self.node.users)
        self._call()
        for user in users:
            if user.args[1] == _LAST:
                self._last(user)
            elif user.args[1] == _FINAL:
                user.args = (self.node, 1)
                for part in list(user.users):
                    self._final(part)

    def _call(self) -> None:
        node, state, backward = self.node, _state(self.node), self.node.kwargs.get("backward")
        given = []
        if state is not None:
            whole = [h.meta.get(_WHOLE) or self._new(node, "unsqueeze", (h, 0)) for h in state]
            given = [tuple(whole) if self.has_cell else whole[0]]
        node.args, node.kwargs = (node.args[0], *given), {}
        if backward is not None and not backward.users:
            self.trace.frames.pop(backward).nodes.remove(backward)
            self.trace.graph.erase_node(backward)

    def _last(self, user: fx.Node) -> None:
        """The last output, that of both directions side by side."""
        if not self.is_both:
            user.args = (self._new(user, operator.getitem, (self.node, 0)), (slice(None), -1))
            return
        final = self._new(user, operator.getitem, (self.node, 1))
        if self.has_cell:
            final = self._new(user, operator.getitem, (final, 0))
        ends = tuple(self._new(user, operator.getitem, (final, place)) for place in (0, 1))
        user.target, user.args = torch.cat, (ends, -1)

    def _final(self, part: fx.Node) -> None:
        """One of the final states."""
        whole = part.args[0]
        if self.is_both:
            if not self.has_cell:
                part.target, part.args = same, (whole,)
            return
        if self.has_cell:
            whole = self._new(part, operator.getitem, part.args)
            part.args = (whole, 0)
        part.meta[_WHOLE] = whole

    def _new(self, before: fx.Node, target: Any, args: tuple[Any, ...]) -> fx.Node:
        """A node of the layer that ``before`` belongs to."""
        graph, frame = self.trace.graph, self.trace.frames[before]
        with graph.inserting_before(before):
            make = graph.call_method if isinstance(target, str) else graph.call_function
            made = make(target, args)
        self.trace.frames[made] = frame
        frame.nodes.append(made)
        return made

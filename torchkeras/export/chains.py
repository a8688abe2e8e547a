"""Parts of a model that do one thing after the other, as an ``nn.Sequential``."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import fx, nn
from torch.nn import functional as F

from torchkeras.core import nested
from torchkeras.export.borders import permutation
from torchkeras.export.expressions import without_defaults
from torchkeras.export.units import Step, Unit, reads
from torchkeras.nn.geometry import Permute

# Functions of one tensor as modules, with the names of their further arguments in order.
_MODULES: dict[Any, tuple[type[nn.Module], tuple[str, ...]]] = {
    torch.relu: (nn.ReLU, ()),
    F.relu: (nn.ReLU, ()),
    torch.sigmoid: (nn.Sigmoid, ()),
    F.sigmoid: (nn.Sigmoid, ()),
    torch.tanh: (nn.Tanh, ()),
    F.tanh: (nn.Tanh, ()),
    torch.softmax: (nn.Softmax, ("dim",)),
    F.softmax: (nn.Softmax, ("dim",)),
    F.log_softmax: (nn.LogSoftmax, ("dim",)),
    torch.log_softmax: (nn.LogSoftmax, ("dim",)),
    F.gelu: (nn.GELU, ("approximate",)),
    F.leaky_relu: (nn.LeakyReLU, ("negative_slope",)),
    F.elu: (nn.ELU, ("alpha",)),
    F.celu: (nn.CELU, ("alpha",)),
    torch.celu: (nn.CELU, ("alpha",)),
    F.selu: (nn.SELU, ()),
    torch.selu: (nn.SELU, ()),
    F.silu: (nn.SiLU, ()),
    F.mish: (nn.Mish, ()),
    F.relu6: (nn.ReLU6, ()),
    F.hardswish: (nn.Hardswish, ()),
    F.hardsigmoid: (nn.Hardsigmoid, ()),
    F.hardshrink: (nn.Hardshrink, ("lambd",)),
    torch.hardshrink: (nn.Hardshrink, ("lambd",)),
    F.softshrink: (nn.Softshrink, ("lambd",)),
    F.tanhshrink: (nn.Tanhshrink, ()),
    F.softplus: (nn.Softplus, ("beta", "threshold")),
    F.softsign: (nn.Softsign, ()),
    F.logsigmoid: (nn.LogSigmoid, ()),
}


@dataclass
class Link:
    """A member of a chain.

    Attributes:
        step: What it does.
        module: The module of torch that does it; None where the step calls one itself.
    """

    step: Step
    module: nn.Module | None = None


def chain_of(unit: Unit) -> list[Link] | None:
    """The links of a unit that is a straight chain of modules; None if it is more than that."""
    if unit.choices is None or len(unit.given["training"]) != 1:
        return None
    results = unit.results["training"]
    if not isinstance(results, list) or len(results) != 1:
        return None
    current = unit.given["training"][0]
    sizes: dict[fx.Node, fx.Node] = {}  # those of batches, with what they were read off
    links: list[Link] = []
    for step in unit.steps["training"]:
        node = step.node
        if node is not None and node.op == "call_method" and node.target == "size":
            sizes[node] = unit.origin(node.args[0])
            continue
        if any(unit.origin(source) not in (current, *sizes) for source in reads(step)):
            return None
        link = _link(unit, step, current, sizes)
        if link is None:
            return None
        links.append(link)
        current = step.outputs[0] if node is None else node
    is_whole = links and unit.origin(results[0]) is current
    return links if is_whole and not _repeats(links) else None


def _link(unit: Unit, step: Step, current: fx.Node, sizes: dict[fx.Node, fx.Node]) -> Link | None:
    node = step.node
    if node is None:
        return Link(step, step.replaced) if len(step.inputs) == len(step.outputs) == 1 else None
    if not node.args or unit.origin(node.args[0]) is not current or _differs(unit, node):
        return None
    if node.op == "call_module":
        return Link(step) if len(node.args) == 1 and not node.kwargs else None
    module = _shape(node, sizes) if node.op == "call_method" else _function(node)
    return None if module is None else Link(step, module)


def _differs(unit: Unit, node: fx.Node) -> bool:
    """Whether what a node is given besides tensors differs between training and inference."""
    twin = unit.choices.get(node, node)
    given = [nested.flatten((n.args, n.kwargs)) for n in (node, twin)]
    plain = [[leaf for leaf in leaves if not isinstance(leaf, fx.Node)] for leaves in given]
    return plain[0] != plain[1]


_PADDING = {2: nn.ZeroPad1d, 4: nn.ZeroPad2d, 6: nn.ZeroPad3d}


def _function(node: fx.Node) -> nn.Module | None:
    if node.target is F.pad and len(node.args) == 2 and node.kwargs.get("value", 0) == 0:
        is_zero = node.kwargs.get("mode", "constant") == "constant"
        kind = _PADDING.get(len(node.args[1])) if is_zero else None
        return None if kind is None else kind(tuple(node.args[1]))
    kind, names = _MODULES.get(node.target, (None, ()))
    named = without_defaults(node.target, dict(node.kwargs))
    given = dict(zip(names, node.args[1:], strict=False)) | named
    if kind is None or len(node.args) > 1 + len(names) or not given.keys() <= set(names):
        return None
    plain = all(isinstance(value, (int, float, str)) for value in given.values())
    return kind(**given) if plain else None


def _shape(node: fx.Node, sizes: dict[fx.Node, fx.Node]) -> nn.Module | None:
    """``nn.Flatten`` and ``nn.Unflatten``, and axes in another order."""
    order = permutation(node)
    if order is not None:
        return Permute(order)
    if node.target == "flatten" and node.args[1:] == (1,) and not node.kwargs:
        return nn.Flatten()
    shape = node.args[0].meta.get("shape", ())
    if node.target != "reshape" or len(shape) != 2 or len(node.args) < 4:
        return None
    batch, *lengths = node.args[1:]
    is_batch = batch in sizes and batch.args[1:] == (0,)
    if not is_batch or not all(isinstance(length, int) for length in lengths):
        return None
    return nn.Unflatten(1, tuple(lengths))


def _repeats(links: list[Link]) -> bool:
    """Whether a module has two places in a chain."""
    paths = [str(link.step.node.target) for link in links if link.module is None and link.step.node]
    return len(set(paths)) != len(paths)

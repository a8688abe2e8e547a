"""Lowered graphs whose nodes tell which call of which layer made them.

From these a graph can be taken apart again into the layers and models it was recorded from, each
with its own inputs and results: what source code for people to read is written from.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, fx, nn

from torchkeras.core import nested
from torchkeras.core.scopes import local
from torchkeras.tracer.autocast import AutocastGraph
from torchkeras.tracer.graph import attach_mask
from torchkeras.tracer.lower import Recorder


@dataclass(eq=False)
class Frame:
    """One call of a layer.

    Attributes:
        module: The layer.
        path: Where it is in the model; empty for the model itself.
        parent: The call that this one was made in.
        arguments: Name and node of each tensor it was given, masks included.
        results: Node of each tensor it gave, masks included.
        masks: Those of the results that are masks.
        children: The calls made in it, in order.
        nodes: The nodes that it made itself.
        autocast: The type that autocast had where it was called; None without.
    """

    module: nn.Module
    path: str
    parent: "Frame | None"
    arguments: list[tuple[str, fx.Node]] = field(default_factory=list)
    results: list[fx.Node] = field(default_factory=list)
    masks: set[fx.Node] = field(default_factory=set)
    children: "list[Frame]" = field(default_factory=list)
    nodes: list[fx.Node] = field(default_factory=list)
    autocast: torch.dtype | None = None


@dataclass
class Trace:
    """One run of a model.

    Attributes:
        graph: What it computes, as ``torch.fx`` nodes; ``meta["shape"]`` of each that is a tensor
            has its sizes, None where they are open, and ``meta["dtype"]`` its type.
        root: The call of the model.
        frames: The call that made each node.
        owners: The modules, parameters and buffers used, by path.
    """

    graph: fx.Graph
    root: Frame
    frames: dict[fx.Node, Frame]
    owners: dict[str, Any]


def same(x: Tensor) -> Tensor:
    """``x``; marks where a layer gives back what it was given."""
    return x


def trace(
    module: nn.Module, *examples: Any, is_layer: Callable[[nn.Module], bool], training: bool
) -> Trace:
    """What ``module`` computes in training or otherwise; arguments and errors as of ``lower``."""
    recorder = _FramedRecorder(module, is_layer)
    graph = recorder.record(examples, training=training)
    for node in graph.nodes:
        if node.op == "call_method" and node.target == "view_as" and node.args[0] is node.args[1]:
            node.op, node.target, node.args = "call_function", same, node.args[:1]
    frames = {node: recorder.frames[node] for node in graph.nodes}
    for node, frame in frames.items():
        frame.nodes.append(node)
    return Trace(graph, recorder.root, frames, recorder.owners)


class _FramedGraph(AutocastGraph):
    """A graph that tells ``made`` of each new node."""

    def __init__(self, made: Callable[[fx.Node], None]) -> None:
        super().__init__()
        self.made = made

    def create_node(self, *args: Any, **kwargs: Any) -> fx.Node:
        node = super().create_node(*args, **kwargs)
        self.made(node)
        return node


class _FramedRecorder(Recorder):
    """Notes what is called, and in which layer.

    Sizes and devices are taken from what the layer at hand was given, so that its part of the graph
    needs no more than that.
    """

    def __init__(self, module: nn.Module, is_layer: Callable[[nn.Module], bool]) -> None:
        super().__init__(module, is_layer)
        self.root = self.frame = Frame(module, "", None)
        self.frames: dict[fx.Node, Frame] = {}
        self.outer_sizes: list[dict[Any, Any]] = []
        self.graph = _FramedGraph(self._made)

    def _made(self, node: fx.Node) -> None:
        self.frames[node] = self.frame

    def _keep(self, tensor: Any, node: fx.Node) -> None:
        super()._keep(tensor, node)
        if isinstance(tensor, Tensor):
            sizes = tuple(size if isinstance(size, int) else None for size in tensor.shape)
            node.meta.update(shape=sizes, dtype=tensor.dtype)

    def look_into(
        self, call: Callable, module: nn.Module, path: str, args: tuple, kwargs: dict[str, Any]
    ) -> Any:
        """Call a layer in a frame of its own."""
        if module is self.module:
            return self._finished(self.frame, call(module, *args, **kwargs))
        frame = Frame(module, path, self.frame, autocast=local.compute_dtype)
        frame.arguments = self._arguments(module, args, kwargs)
        self.frame.children.append(frame)
        outer = self.frame, self.sizes, self.device
        self.outer_sizes.append(self.sizes)
        self.frame, self.sizes, self.device = frame, {}, None
        for tensor in _tensors((args, kwargs)):
            self.note_sizes(tensor, self._argument(tensor))
        try:
            result = self._finished(frame, call(module, *args, **kwargs))
        finally:
            self.outer_sizes.pop()
            self.frame, self.sizes, self.device = outer
        for tensor in _tensors(result):
            self.note_sizes(tensor, self._argument(tensor))
        return result

    def _arguments(
        self, module: nn.Module, args: tuple, kwargs: dict[str, Any]
    ) -> list[tuple[str, fx.Node]]:
        found = []
        for name, value in _by_name(module, args, kwargs):
            tensors = _tensors(value)
            for position, tensor in enumerate(tensors):
                is_mask = position and tensor is getattr(tensors[position - 1], "_keras_mask", None)
                found.append((f"{name}_mask" if is_mask else name, self._argument(tensor)))
        return found

    def _finished(self, frame: Frame, result: Any) -> Any:
        """``result`` with a node of this frame for each of its tensors."""
        changed: dict[int, Tensor] = {}

        def own(leaf: Any) -> Any:
            if not isinstance(leaf, Tensor):
                return leaf
            mask = getattr(leaf, "_keras_mask", None)
            copied = self._own(leaf, frame, changed)
            if isinstance(mask, Tensor):
                own_mask = self._own(mask, frame, changed)
                copied = copied if copied._keras_mask is own_mask else attach_mask(copied, own_mask)
            return copied

        result = nested.map_leaves(own, result)
        tensors = _tensors(result)
        frame.results = [self._argument(tensor) for tensor in tensors]
        masks = {id(getattr(tensor, "_keras_mask", None)) for tensor in tensors}
        named = zip(tensors, frame.results, strict=True)
        frame.masks = {node for tensor, node in named if id(tensor) in masks}
        return result

    def _own(self, tensor: Tensor, frame: Frame, changed: dict[int, Tensor]) -> Tensor:
        """``tensor`` if this frame made it, else the same under another identity."""
        node = self._argument(tensor)
        if self._is_within(self.frames[node], frame) and node.op != "get_attr":
            return tensor
        if id(tensor) not in changed:
            self.quiet = True
            try:
                twin = tensor.view(tensor.shape)
            finally:
                self.quiet = False
            twin.__dict__.update(tensor.__dict__)
            self._keep(twin, self.graph.call_function(same, (node,)))
            changed[id(tensor)] = twin
        return changed[id(tensor)]

    @staticmethod
    def _is_within(inner: Frame | None, outer: Frame) -> bool:
        while inner is not None and inner is not outer:
            inner = inner.parent
        return inner is outer

    def _argument(self, value: Any) -> Any:
        """As ever, but each layer reads its weights itself."""
        known = self.nodes.get(id(value)) if isinstance(value, Tensor) else None
        if known is None or known.op != "get_attr" or self.frames[known] is self.frame:
            return super()._argument(value)
        return self._stored(value)

    def _size(self, expression: Any) -> Any:
        if expression.is_Symbol and expression not in self.sizes:
            for sizes in reversed(self.outer_sizes):
                if expression in sizes:
                    self.sizes[expression] = sizes[expression]
                    break
        return super()._size(expression)

    def _device(self) -> fx.Node:
        if self.device is None and self.frame.arguments:
            self.device = self.graph.call_function(getattr, (self.frame.arguments[0][1], "device"))
        return super()._device()


def _tensors(structure: Any) -> list[Tensor]:
    """The tensors in a structure, each before its mask."""
    found = []
    for leaf in nested.flatten(structure):
        if isinstance(leaf, Tensor):
            found.append(leaf)
            mask = getattr(leaf, "_keras_mask", None)
            if isinstance(mask, Tensor):
                found.append(mask)
    return found


def _by_name(module: nn.Module, args: tuple, kwargs: dict[str, Any]) -> list[tuple[str, Any]]:
    """The arguments of a call under the names that the layer gives them."""
    parameters = list(inspect.signature(module.call).parameters.values())
    names = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    names += ["x"] * len(args)
    return [*zip(names, args, strict=False), *kwargs.items()]

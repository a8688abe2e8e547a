"""Modules that run recorded graphs."""

import re
from collections.abc import Callable, Collection
from typing import Any

import torch
from torch import fx, nn

from torchkeras.core import nested
from torchkeras.tracer.autocast import with_blocks


class Lowered(nn.Module):
    """Torch modules, and the functions that connect them: what layers come down to.

    It has those modules and weights of the layers that are used (the same tensors, under the same
    keys of ``state_dict``), and computes the same numbers without them: in training what they
    compute in training, otherwise what they compute otherwise.

    Attributes:
        graphs: The ``torch.fx`` graphs: ``"inference"`` and ``"training"``.
    """

    def __init__(
        self, graphs: dict[str, fx.Graph], owners: dict[str, Any], saved: Collection[str]
    ) -> None:
        super().__init__()
        for path, value in owners.items():
            _put(self, path, value, persistent=path in saved)
        self.graphs = graphs
        self._compile()

    def _compile(self) -> None:
        self._functions = {mode: _function(graph) for mode, graph in self.graphs.items()}

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        function = self._functions["training" if self.training else "inference"]
        return function(self, *nested.flatten((args, kwargs)))

    @property
    def code(self) -> str:
        """The function that runs, as Python source."""
        mode = "training" if self.training else "inference"
        source = with_blocks(self.graphs[mode].python_code("self").src, self.graphs[mode])
        return re.sub(r";  [\w =]+ = None", "", source).strip()  # what frees memory early

    def __getstate__(self) -> dict[str, Any]:
        return {key: value for key, value in self.__dict__.items() if key != "_functions"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self._compile()


def _function(graph: fx.Graph) -> Callable:
    """The graph as a function of its module and its inputs."""
    code = graph.python_code("self")
    namespace = {**code.globals, "torch": torch}
    source = with_blocks(code.src, graph)  # what torch.fx wrote from the graph
    exec(compile(source, "<lowered>", "exec"), namespace)
    return namespace["forward"]


def _put(root: nn.Module, path: str, value: Any, persistent: bool) -> None:
    """Give ``root`` a module, parameter or buffer at a dotted path."""
    *prefix, name = path.split(".")
    for key in prefix:
        if key not in root._modules:
            root.add_module(key, nn.Module())
        root = root._modules[key]
    if isinstance(value, nn.Module):
        root.add_module(name, value)
    elif isinstance(value, nn.Parameter):
        root.register_parameter(name, value)
    elif name not in root._buffers and name not in root._parameters:
        root.register_buffer(name, value, persistent)

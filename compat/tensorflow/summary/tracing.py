"""What a program computes, as a graph for TensorBoard, and how long it takes."""

import itertools
from typing import Any

import numpy as np
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.weak import WeakTensorKeyDictionary

from tensorflow.profiler import experimental as measuring
from torchkeras.callbacks import events, summaries
from torchkeras.core.checks import moment_error

_PLUGIN = "graph_run_metadata_graph"


class _Recorder(TorchDispatchMode):
    """Notes each operation of torch and which results it takes."""

    def __init__(self) -> None:
        super().__init__()
        self.nodes: list[tuple[str, str, list[str]]] = []
        self._makers = WeakTensorKeyDictionary()
        self._numbers: dict[str, Any] = {}

    def __torch_dispatch__(
        self, function: Any, types: Any, args: tuple = (), kwargs: dict | None = None
    ) -> Any:
        result = function(*args, **(kwargs or {}))
        kind = function.overloadpacket.__name__
        leaves = tree_leaves((args, kwargs))
        inputs = [self._name_of(leaf) for leaf in leaves if isinstance(leaf, Tensor)]
        name = self._add(kind, inputs)
        for leaf in tree_leaves(result):
            if isinstance(leaf, Tensor):
                self._makers[leaf] = name
        return result

    def _name_of(self, tensor: Tensor) -> str:
        if tensor not in self._makers:
            self._makers[tensor] = self._add("input", [])
        return self._makers[tensor]

    def _add(self, kind: str, inputs: list[str]) -> str:
        number = next(self._numbers.setdefault(kind, itertools.count()))
        name = f"{kind}_{number}" if number else kind
        self.nodes.append((name, kind, inputs))
        return name


class _Trace:
    """The trace that is being taken; there is one at most."""

    recorder: _Recorder | None = None
    profiles: bool = False


def trace_on(
    graph: bool = True, profiler: bool = False, profiler_outdir: str | None = None
) -> None:
    """Note from here on what is computed, until ``trace_export`` or ``trace_off``.

    Args:
        graph: Whether operations are noted, for a graph.
        profiler: Whether times are measured.
        profiler_outdir: Folder for what was measured; ``trace_export`` may name it instead.
    """
    trace_off()
    if graph:
        _Trace.recorder = _Recorder()
        _Trace.recorder.__enter__()
    if profiler:
        _Trace.profiles = True
        measuring.start(profiler_outdir)


def trace_export(name: str, step: Any = None, profiler_outdir: str | None = None) -> None:
    """Write what was noted to the summary writer in force, and stop.

    Args:
        name: The name under which the graph is shown.
        step: Its number; None takes the one in force.
        profiler_outdir: Folder for what the profiler measured.

    Raises:
        RuntimeError: nothing was noted, or no writer is in force.
    """
    recorder, profiles = _Trace.recorder, _Trace.profiles
    if recorder is None and not profiles:
        raise moment_error("tf.summary.trace_export", "no trace is on", "Call trace_on() first.")
    if not summaries.should_record_summaries():
        raise moment_error(
            "tf.summary.trace_export", "no default writer found",
            "Call it inside `with writer.as_default():`.",
        )  # fmt: skip
    if profiles:
        measuring.stop(folder=profiler_outdir)
        _Trace.profiles = False
    trace_off()
    if recorder is not None:
        content = np.array(_metadata(recorder).SerializeToString(), dtype=object)
        summaries.write(events.add_tensor, name, content, step, _PLUGIN, None, b"1")


def trace_off() -> None:
    """Stop, and forget what was noted."""
    if _Trace.recorder is not None:
        _Trace.recorder.__exit__(None, None, None)
        _Trace.recorder = None
    if _Trace.profiles:
        measuring.stop(save=False)
        _Trace.profiles = False


def _metadata(recorder: _Recorder) -> Any:
    """The noted operations in the form that TensorBoard draws."""
    from tensorboard.compat.proto import config_pb2

    metadata = config_pb2.RunMetadata()
    graph = metadata.function_graphs.add().pre_optimization_graph
    for name, kind, inputs in recorder.nodes:
        graph.node.add(name=name, op=f"aten.{kind}", input=inputs)
    return metadata

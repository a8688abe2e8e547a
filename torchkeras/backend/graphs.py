"""``K.*`` of tf.keras 2 on symbolic tensors: gradients of them, and functions of graphs."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from torchkeras import ops
from torchkeras.core import nested, scopes
from torchkeras.core.checks import moment_error
from torchkeras.core.variable import Variable
from torchkeras.models import Model
from torchkeras.tracer import KerasTensor, is_symbolic
from torchkeras.tracer.symbolic import Call, record


def gradients(loss: Any, variables: Any) -> list[Any]:
    """Gradients of the sum of ``loss`` by variables or tensors that it was computed from.

    Args:
        loss: A tensor, or several. Symbolic ones, such as ``model.output[:, 0]``, give symbolic
            gradients, whose values ``K.function`` computes.
        variables: Variables or tensors, symbolic ones such as ``model.input`` or
            ``layer.output`` among them; a list, or one of them.

    Returns:
        A gradient for each; None for what ``loss`` doesn't depend on.

    Example:
        >>> x = keras.Input((2,))
        >>> slope = keras.backend.gradients(x**2, x)[0]
        >>> keras.backend.function([x], [slope])([np.array([[1.0, 3.0]])])[0].tolist()
        [[2.0, 6.0]]
    """
    losses = list(loss) if isinstance(loss, (list, tuple)) else [loss]
    sources = list(variables) if isinstance(variables, (list, tuple)) else [variables]
    if any(map(is_symbolic, losses)):
        return _symbolic_gradients(losses, sources)
    total = sum(ops.sum(one) for one in losses)
    return list(torch.autograd.grad(total, sources, allow_unused=True, retain_graph=True))


def _symbolic_gradients(losses: list[Any], sources: list[Any]) -> list[KerasTensor | None]:
    calls, tensors = _ancestors(losses)
    weights = {
        id(variable)
        for call in calls
        for variable in (call.operation.variables if hasattr(call.operation, "variables") else ())
    } | {id(leaf) for call in calls for leaf in nested.leaves((call.args, call.kwargs))}
    known = tensors | weights
    found = [s for s in sources if id(s) in known and "float" in str(ops.dtype(s))]
    if not found:
        return [None] * len(sources)
    for call in calls:
        if isinstance(call.operation, _Gradients):
            call.operation.is_differentiated = True
    operation = _Gradients([source for source in found if isinstance(source, Variable)])
    symbols = [source for source in found if is_symbolic(source)]
    ordered = [*symbols, *operation.variables_]
    specs = [KerasTensor(tuple(one.shape), ops.dtype(one)) for one in ordered]
    made = record(operation, ([one for one in losses if is_symbolic(one)], symbols), {}, specs)
    by_source = {id(source): slope for source, slope in zip(ordered, made, strict=True)}
    return [by_source.get(id(source)) for source in sources]


def _ancestors(tensors: Sequence[Any]) -> tuple[list[Call], set[int]]:
    """The calls that tensors were made by, and the ids of all symbolic tensors that went in."""
    seen: dict[int, Call] = {}
    found: set[int] = set()
    waiting = [tensor for tensor in tensors if is_symbolic(tensor)]
    while waiting:
        tensor = waiting.pop()
        found.add(id(tensor))
        call = tensor.call
        if call is not None and id(call) not in seen:
            seen[id(call)] = call
            waiting += call.inputs
    return list(seen.values()), found


class _Gradients:
    """Gradients of a sum as an operation of a graph.

    Args:
        variables: What is differentiated by besides the tensors of a call.
    """

    __name__ = "gradients"

    def __init__(self, variables: list[Variable]) -> None:
        self.variables_ = variables
        self.is_differentiated = False  # whether further gradients are taken of these

    def __call__(self, losses: list[Tensor], tensors: list[Tensor]) -> list[Tensor]:
        total = sum(loss.sum() for loss in losses)
        if not total.requires_grad:
            raise moment_error("K.gradients", "nothing was recorded", "Compute it by K.function.")
        sources = [*tensors, *[variable.parameter for variable in self.variables_]]
        slopes = torch.autograd.grad(
            total, sources, retain_graph=True, create_graph=self.is_differentiated,
            allow_unused=True,
        )  # fmt: skip
        slopes = [
            torch.zeros_like(source) if slope is None else slope
            for source, slope in zip(sources, slopes, strict=True)
        ]
        stored = slopes[len(tensors) :]
        shown = [v.layout.to_keras(s) for v, s in zip(self.variables_, stored, strict=True)]
        return [*slopes[: len(tensors)], *shown]


def function(
    inputs: Any, outputs: Any, updates: Any = None, name: str | None = None, **options: Any
) -> Callable[[Any], Any]:
    """What computes symbolic ``outputs`` from arrays for ``inputs``; it gives NumPy arrays.

    What is computed of variables alone, before any symbolic tensor, is a constant of it.

    Args:
        inputs: Symbolic tensors; ``K.learning_phase()`` among them stands for a truth value.
        outputs: Structure of symbolic tensors and variables.
        updates: Pairs of a variable and the symbolic value that it takes over after each run.
        name: Name of the function.

    Raises:
        ValueError: options of a session are given, which only static graphs have, or updates of
            another kind.
    """
    if options:
        raise ValueError(
            f"K.function: {sorted(options)} are given; expected none, as there is no session."
        )
    changes = list(updates or ())
    if any(not isinstance(change, (list, tuple)) or len(change) != 2 for change in changes):
        raise ValueError("K.function: updates are no pairs of a variable and its new value.")
    return _Function(inputs, outputs, changes, name)


class _Function:
    """A function of arrays; see ``function``."""

    def __init__(self, inputs: Any, outputs: Any, changes: list[Any], name: str | None) -> None:
        self.__name__ = name or "function"
        self.outputs = outputs
        self.changes = changes
        phases = isinstance(inputs, (list, tuple)) and [
            number for number, one in enumerate(inputs) if isinstance(one, (bool, int))
        ]
        self.phase = phases[0] if phases else None
        if phases:
            inputs = [one for one in inputs if not isinstance(one, (bool, int))]
        wanted = [*nested.flatten(outputs), *[value for _, value in changes]]
        self.symbols = [one for one in wanted if is_symbolic(one)]
        self.model = Model(inputs=inputs, outputs=self.symbols) if self.symbols else None
        calls, _ = _ancestors(self.symbols)
        self.differentiates = any(isinstance(call.operation, _Gradients) for call in calls)

    def __call__(self, values: Any) -> Any:
        training = bool(scopes.local.training)
        if self.phase is not None:
            values = list(values)
            training = bool(values.pop(self.phase))
        found = iter(self._computed(values, training))
        flat = [next(found) if is_symbolic(one) else one for one in nested.flatten(self.outputs)]
        arrays = [np.asarray(ops.convert_to_numpy(one))[()] for one in flat]
        for variable, value in self.changes:
            variable.assign(next(found) if is_symbolic(value) else value)
        return nested.pack_sequence_as(self.outputs, arrays)

    def _computed(self, values: Any, training: bool) -> list[Tensor]:
        if self.model is None:
            return []
        values = nested.map_structure(ops.convert_to_tensor, values)
        single = isinstance(values, (list, tuple)) and len(values) == 1
        values = values[0] if single else values
        if self.differentiates:
            with _everything_recorded(self.model):
                values = nested.map_structure(_differentiable, values)
                results = self.model(values, training=training)
        else:
            with torch.no_grad():
                results = self.model(values, training=training)
        return [one.detach() for one in (results if len(self.symbols) > 1 else [results])]


def _differentiable(value: Tensor) -> Tensor:
    return value.detach().requires_grad_(True) if value.is_floating_point() else value


@contextlib.contextmanager
def _everything_recorded(model: nn.Module) -> Iterator[None]:
    """Record gradients inside, through frozen weights too."""
    frozen = [p for p in model.parameters() if not p.requires_grad and p.is_floating_point()]
    for parameter in frozen:
        parameter.requires_grad_(True)
    try:
        with torch.enable_grad():
            yield
    finally:
        for parameter in frozen:
            parameter.requires_grad_(False)

"""Derivatives beyond tapes: functions with their own, forward ones, and those of graphs."""

import functools
import inspect
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from tensorflow.autodiff import GradientTape, UnconnectedGradients
from torchkeras import backend
from torchkeras.core import nested
from torchkeras.core.checks import argument_error, moment_error
from torchkeras.core.variable import Variable
from torchkeras.tracer import is_symbolic


class _CustomGradient(torch.autograd.Function):
    """A function that brings its own derivative along."""

    @staticmethod
    def forward(ctx: Any, function: Callable[..., Any], count: int, *inputs: Any) -> Any:
        result, ctx.derivative = function(*inputs[:count])
        ctx.function, ctx.count = function, count
        ctx.inputs = inputs
        flat = nested.flatten(result)
        ctx.mark_non_differentiable(*[t for t in flat if not t.is_floating_point()])
        return tuple(value.clone() if any(value is i for i in inputs) else value for value in flat)

    @staticmethod
    def backward(ctx: Any, *upstream: Tensor) -> Any:
        derivative, count = ctx.derivative, ctx.count
        if torch.is_grad_enabled():  # what it uses is to be differentiated too
            _, derivative = ctx.function(*ctx.inputs[:count])
        variables = list(ctx.inputs[count:])
        if "variables" in inspect.signature(derivative).parameters and variables:
            found, of_variables = derivative(*upstream, variables=variables)
        else:
            found, of_variables = derivative(*upstream), [None] * len(variables)
        return (None, None, *_listed(found), *_listed(of_variables))


def _listed(gradients: Any) -> list[Any]:
    return list(gradients) if isinstance(gradients, (list, tuple)) else [gradients]


def custom_gradient(f: Callable[..., Any]) -> Callable[..., Any]:
    """Decorator for a function that gives ``(result, derivative)``.

    ``derivative`` takes the gradient of each result and gives that of each argument; with an
    argument ``variables``, it also gives those of the variables that the function uses.

    Source: ``tf.custom_gradient``; ``torch.autograd.Function``.
    """

    @functools.wraps(f)
    def call(*args: Any, **kwargs: Any) -> Any:
        flat = [_value(leaf) for leaf in nested.flatten(args)]
        form: list[Any] = []

        def compute(*leaves: Any) -> Any:
            result, derivative = f(*nested.pack_sequence_as(args, list(leaves)), **kwargs)
            form[:] = [result]
            return nested.map_structure(_value, result), derivative

        variables = _variables_of(compute, flat) if torch.is_grad_enabled() else []
        results = _CustomGradient.apply(compute, len(flat), *flat, *variables)
        return nested.pack_sequence_as(form[0], list(results))

    return call


def _variables_of(compute: Callable[..., Any], inputs: list[Any]) -> list[Tensor]:
    """The trained tensors that a function uses beside its inputs, if its derivative asks."""
    free = [leaf.detach() if isinstance(leaf, Tensor) else leaf for leaf in inputs]
    result, derivative = compute(*free)
    if "variables" not in inspect.signature(derivative).parameters:
        return []
    stack = [leaf.grad_fn for leaf in nested.flatten(result) if isinstance(leaf, Tensor)]
    found: dict[int, Tensor] = {}
    seen = set()
    while stack:
        node = stack.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if hasattr(node, "variable"):
            found[id(node.variable)] = node.variable
        stack += [next_node for next_node, _ in node.next_functions]
    return list(found.values())


def _value(item: Any) -> Any:
    return item.value if isinstance(item, Variable) else item


def recompute_grad(f: Callable[..., Any]) -> Callable[..., Any]:
    """``f``, whose intermediate results are computed again for gradients, to save memory."""

    @functools.wraps(f)
    def call(*args: Any, **kwargs: Any) -> Any:
        if not torch.is_grad_enabled():
            return f(*args, **kwargs)
        return checkpoint(f, *args, use_reentrant=False, **kwargs)

    return call


def grad_pass_through(f: Callable[..., Any]) -> Callable[..., Any]:
    """``f``, with the gradients of the identity."""

    @functools.wraps(f)
    def call(x: Any) -> Any:
        value = _value(x)
        with torch.no_grad():
            result = f(value)
        return value + (result - value).detach()

    return call


def no_gradient(op_type: str) -> None:
    """Nothing: operations have no types that gradients are registered for."""


def gradients(
    ys: Any,
    xs: Any,
    grad_ys: Any = None,
    name: str = "gradients",
    gate_gradients: bool = False,
    aggregation_method: Any = None,
    stop_gradients: Any = None,
    unconnected_gradients: Any = UnconnectedGradients.NONE,
) -> list[Any]:
    """Gradients of the sum of ``ys`` by each of ``xs``, inside ``tf.function``.

    Args:
        ys: A tensor, or a list of them.
        xs: A tensor or variable, or a list of them.
        grad_ys: Gradients of something later by ``ys``.
        name: Accepted.
        gate_gradients, aggregation_method: Change nothing here: torch adds gradients up itself.
        stop_gradients: Not taken: use ``tf.stop_gradient`` where the tensor is used.
        unconnected_gradients: What stands where nothing leads: ``"none"`` or ``"zero"``.

    Raises:
        RuntimeError: nothing is recorded, which is so outside ``tf.function`` and tapes, unless
            ``ys`` are symbolic tensors of a model.
    """
    symbols = [y for y in (ys if isinstance(ys, (list, tuple)) else [ys]) if is_symbolic(y)]
    if symbols and grad_ys is None and stop_gradients is None:
        return backend.gradients(symbols, xs)
    if stop_gradients is not None:
        raise argument_error(
            "tf.gradients", "stop_gradients", stop_gradients, "None",
            "Wrap the tensor in tf.stop_gradient.",
        )  # fmt: skip
    if not torch.is_grad_enabled():
        raise moment_error(
            "tf.gradients", "it is not supported when eager execution is enabled",
            "Use tf.GradientTape.",
        )  # fmt: skip
    tape = GradientTape(persistent=True)
    sources = xs if isinstance(xs, (list, tuple)) else [xs]
    return list(tape.gradient(ys, list(sources), grad_ys, unconnected_gradients))


def hessians(
    ys: Any,
    xs: Any,
    gate_gradients: bool = False,
    aggregation_method: Any = None,
    name: str = "hessians",
) -> list[Any]:
    """Second derivatives of the sum of ``ys`` by each of ``xs``, inside ``tf.function``.

    ``gate_gradients`` and ``aggregation_method`` change nothing here; see ``gradients``.

    Returns:
        Tensors of shape ``x.shape + x.shape``.
    """
    sources = list(xs) if isinstance(xs, (list, tuple)) else [xs]
    with GradientTape(persistent=True) as tape:
        first = gradients(ys, sources)
    return [tape.jacobian(one, source) for one, source in zip(first, sources, strict=True)]


class ForwardAccumulator:
    """Products of Jacobians with vectors, computed forward.

    Args:
        primals: A tensor or variable, or a structure of them.
        tangents: The vectors, in the same structure.

    Source: ``tf.autodiff.ForwardAccumulator``; twice ``torch.autograd.grad``.

    Example:
        >>> x = tf.constant(3.0)
        >>> with tf.autodiff.ForwardAccumulator(x, tf.constant(1.0)) as accumulator:
        ...     y = x * x
        >>> float(accumulator.jvp(y))
        6.0
    """

    def __init__(self, primals: Any, tangents: Any) -> None:
        self._primals = nested.flatten(primals)
        self._tangents = [_value(tangent) for tangent in nested.flatten(tangents)]
        if len(self._primals) != len(self._tangents):
            raise argument_error(
                self, "tangents", f"{len(self._tangents)} tensors", f"{len(self._primals)}"
            )
        self._tape = GradientTape(persistent=True)

    def __enter__(self) -> "ForwardAccumulator":
        self._tape.__enter__()
        self._tape.watch(self._primals)
        return self

    def __exit__(self, *exc: object) -> None:
        self._tape.__exit__(*exc)

    def jvp(self, primals: Any, unconnected_gradients: Any = UnconnectedGradients.NONE) -> Any:
        """The product for ``primals``, computed from those given first.

        Args:
            primals: A tensor or a structure of them.
            unconnected_gradients: What stands where nothing leads: ``"none"`` or ``"zero"``.
        """
        return nested.map_structure(
            lambda item: self._product(_value(item), unconnected_gradients), primals
        )

    def _product(self, value: Tensor, unconnected: Any) -> Tensor | None:
        missing = None
        if UnconnectedGradients(unconnected) is UnconnectedGradients.ZERO:
            missing = torch.zeros_like(value)
        if not value.requires_grad:
            return missing
        # The gradient is linear in what it is multiplied by, so its own gradient is the product.
        with torch.enable_grad():
            free = torch.zeros_like(value).requires_grad_(True)
            with GradientTape(persistent=True) as tape:
                tape.watch(free)
                back = self._tape.gradient(value, self._primals, output_gradients=free)
            pairs = [
                (one, tangent)
                for one, tangent in zip(back, self._tangents, strict=True)
                if one is not None and one.requires_grad
            ]
            if not pairs:
                return missing
            outputs, tangents = zip(*pairs, strict=True)
            found = tape.gradient(list(outputs), free, output_gradients=list(tangents))
        return missing if found is None else found.detach()

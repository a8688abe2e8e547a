"""``tf.autodiff``: gradients recorded on tapes."""

import enum
import importlib
import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torchkeras_shim.names import missing
from torchkeras_shim.rowwise import check_apart

from torchkeras.core import nested
from torchkeras.core.checks import argument_error, kind_error, moment_error
from torchkeras.core.keeping import as_recorded
from torchkeras.core.variable import ShownTensor, Variable

_report_missing = missing(__name__)


def __getattr__(name: str) -> Any:
    if name == "ForwardAccumulator":
        return importlib.import_module("tensorflow.gradients").ForwardAccumulator
    return _report_missing(name)


class UnconnectedGradients(enum.Enum):
    """What stands for a gradient when the target doesn't depend on the source."""

    NONE = "none"
    ZERO = "zero"


class _Open(threading.local):
    """The tapes that record in this thread, outermost first."""

    def __init__(self) -> None:
        self.tapes: list[GradientTape] = []
        self.recording: Any = None  # entered with the first of them


_open = _Open()


class GradientTape:
    """Records what happens inside ``with``, so that gradients can be asked for.

    Args:
        persistent: Whether gradients may be asked for more than once.
        watch_accessed_variables: Whether trainable variables are watched without being told to.

    Raises:
        RuntimeError: a second set of gradients is asked of a tape that isn't persistent.

    Source: ``tf.GradientTape``; ``torch.autograd.grad``.

    Example:
        >>> x = tf.constant(3.0)
        >>> with tf.GradientTape() as tape:
        ...     tape.watch(x)
        ...     y = x * x
        >>> float(tape.gradient(y, x))
        6.0
    """

    def __init__(self, persistent: bool = False, watch_accessed_variables: bool = True) -> None:
        self.persistent = persistent
        self.watch_accessed_variables = watch_accessed_variables
        self._watched: dict[int, tuple[Tensor, Variable | None]] = {}
        self._is_used = False
        # A graph that another tape may hold too outlives the first gradient taken from it.
        self._is_shared = False

    def __enter__(self) -> "GradientTape":
        if self in _open.tapes:
            raise moment_error("GradientTape", "it is recording already")
        check_apart("GradientTape")
        self._is_shared = self._is_shared or bool(_open.tapes)
        for tape in _open.tapes:
            tape._is_shared = True
        if not _open.tapes and not torch.compiler.is_compiling():
            _open.recording = as_recorded()
            _open.recording.__enter__()
        _open.tapes.append(self)
        self._was_on = torch.is_grad_enabled()
        torch.set_grad_enabled(True)
        return self

    def __exit__(self, *exc: object) -> None:
        torch.set_grad_enabled(self._was_on)
        _open.tapes.remove(self)
        if not _open.tapes and _open.recording is not None:
            _open.recording.__exit__(*exc)
            _open.recording = None

    def watch(self, tensor: Any) -> None:
        """Record what is done with ``tensor``, a tensor, variable or structure of them.

        Raises:
            TypeError: it is neither.
        """
        for item in nested.flatten(tensor):
            if not isinstance(item, (Tensor, Variable)):
                raise kind_error("GradientTape.watch", "tensor", item, "a tensor or a variable")
            stored = _stored(item)
            if stored.is_floating_point() or stored.is_complex():
                self._watched[id(stored)] = stored, _variable(item)
                if stored.is_leaf and not stored.requires_grad:
                    stored.requires_grad_(True)

    def watched_variables(self) -> tuple[Variable, ...]:
        """The variables among what was handed to ``watch``."""
        found = [variable for _, variable in self._watched.values()]
        return tuple([variable for variable in found if variable is not None])

    @contextmanager
    def stop_recording(self) -> Iterator[None]:
        """Record nothing inside ``with``."""
        with torch.no_grad():
            yield

    def reset(self) -> None:
        """Forget what is watched and that gradients were asked for."""
        self._watched.clear()
        self._is_used = False

    def gradient(
        self,
        target: Any,
        sources: Any,
        output_gradients: Any = None,
        unconnected_gradients: Any = UnconnectedGradients.NONE,
    ) -> Any:
        """Gradients of the sum of ``target`` with respect to ``sources``, in their structure.

        Args:
            target: A tensor or a structure of them.
            sources: Variables, watched tensors, or a structure of them.
            output_gradients: Gradients of something later with respect to ``target``; ones if None.
            unconnected_gradients: ``"none"`` or ``"zero"``: what stands where nothing leads.
        """
        self._use()
        targets, outer = [], []
        given = nested.flatten(output_gradients) if output_gradients is not None else None
        for index, item in enumerate(nested.flatten(target)):
            value = _value(item)
            if isinstance(value, Tensor) and value.requires_grad:
                targets.append(value)
                upstream = None if given is None else given[index]
                outer.append(torch.ones_like(value) if upstream is None else _value(upstream))
        flat = nested.flatten(sources)
        return nested.pack_sequence_as(
            sources, self._gradients(targets, flat, outer, unconnected_gradients)
        )

    def jacobian(
        self,
        target: Any,
        sources: Any,
        unconnected_gradients: Any = UnconnectedGradients.NONE,
        parallel_iterations: int | None = None,
        experimental_use_pfor: bool = True,
    ) -> Any:
        """Derivatives of each element of ``target`` by each of ``sources``.

        Args:
            target: A tensor.
            sources: Variables, watched tensors, or a structure of them.
            unconnected_gradients: ``"none"`` or ``"zero"``: what stands where nothing leads.
            parallel_iterations: Accepted; torch decides how much runs at once.
            experimental_use_pfor: False takes the elements one by one, which needs less memory.

        Returns:
            Tensors of shape ``target.shape + source.shape``.
        """
        self._use()
        value = _value(target)
        flat = nested.flatten(sources)
        if not value.requires_grad:
            found = self._gradients([], flat, [], unconnected_gradients, repeats=value.shape)
            return nested.pack_sequence_as(sources, found)
        unit = torch.eye(value.numel(), dtype=value.dtype, device=value.device)
        unit = unit.reshape(value.numel(), *value.shape)  # (targets, *target.shape)
        if experimental_use_pfor:
            rows = self._gradients([value], flat, [unit], unconnected_gradients, batched=True)
        else:
            each = [
                self._gradients([value], flat, [one], unconnected_gradients, keeps=True)
                for one in unit
            ]
            rows = [None if row[0] is None else torch.stack(row) for row in zip(*each, strict=True)]
        return nested.pack_sequence_as(
            sources,
            [None if r is None else r.reshape(*value.shape, *r.shape[1:]) for r in rows],
        )

    def batch_jacobian(
        self,
        target: Any,
        source: Any,
        unconnected_gradients: Any = UnconnectedGradients.NONE,
        parallel_iterations: int | None = None,
        experimental_use_pfor: bool = True,
    ) -> Any:
        """Derivatives of each row of ``target`` by the same row of ``source``.

        ``parallel_iterations`` and ``experimental_use_pfor`` change nothing here: all rows are
        taken at once.

        Returns:
            A tensor of shape ``(batch, *target.shape[1:], *source.shape[1:])``.
        """
        self._use()
        value, at = _value(target), _value(source)
        if value.shape[0] != at.shape[0]:
            raise argument_error(
                "GradientTape.batch_jacobian",
                "target",
                tuple(value.shape),
                f"as many rows as source, {tuple(at.shape)}, has",
            )
        if not value.requires_grad:
            return self._unconnected(source, unconnected_gradients, value.shape)
        width = math.prod(value.shape[1:])
        unit = torch.eye(width, dtype=value.dtype, device=value.device)
        unit = unit.reshape(width, 1, *value.shape[1:]).expand(width, *value.shape)
        (found,) = self._gradients(
            [value], [source], [unit], UnconnectedGradients.NONE, batched=True
        )  # (width, batch, ...)
        if found is None:
            return self._unconnected(source, unconnected_gradients, value.shape)
        return torch.movedim(found, 0, 1).reshape(*value.shape, *at.shape[1:])

    def _use(self) -> None:
        if self._is_used and not self.persistent:
            raise moment_error(
                "GradientTape",
                "a non-persistent GradientTape can only be used to compute one set of gradients "
                "(or jacobians)",
                "Make it with persistent=True.",
            )
        self._is_used = True

    def _gradients(
        self,
        targets: list[Tensor],
        sources: list[Any],
        outer: list[Tensor],
        unconnected: Any,
        batched: bool = False,
        keeps: bool = False,
        repeats: tuple[int, ...] = (),
    ) -> list[Tensor | None]:
        """The gradient of each source in Keras's layout, with what stands for a missing one."""
        stored = [_stored(source) for source in sources]
        wanted = [
            index
            for index, tensor in enumerate(stored)
            if tensor.requires_grad and self._is_watched(tensor)
        ]
        found: list[Tensor | None] = [None] * len(sources)
        if targets and wanted:
            # Inside a tape, this one or another, the gradient itself is recorded.
            higher = bool(_open.tapes)
            gradients = torch.autograd.grad(
                targets,
                [stored[index] for index in wanted],
                outer,
                retain_graph=self.persistent or self._is_shared or higher or keeps,
                create_graph=higher,
                allow_unused=True,
                is_grads_batched=batched,
            )
            for index, gradient in zip(wanted, gradients, strict=True):
                found[index] = _in_keras_layout(sources[index], gradient, batched)
        return [
            self._unconnected(source, unconnected, repeats) if gradient is None else gradient
            for source, gradient in zip(sources, found, strict=True)
        ]

    def _is_watched(self, tensor: Tensor) -> bool:
        return self.watch_accessed_variables or not tensor.is_leaf or id(tensor) in self._watched

    @staticmethod
    def _unconnected(source: Any, unconnected: Any, repeats: tuple[int, ...]) -> Tensor | None:
        if UnconnectedGradients(unconnected) is UnconnectedGradients.NONE:
            return None
        value = _value(source)
        return torch.zeros((*repeats, *value.shape), dtype=value.dtype, device=value.device)


def _variable(item: Any) -> Variable | None:
    """The variable that ``item`` is or shows."""
    if isinstance(item, ShownTensor):
        return vars(item).get("variable")
    return item if isinstance(item, Variable) else None


def _stored(item: Any) -> Tensor:
    """The tensor that autograd knows ``item`` by."""
    variable = _variable(item)
    if variable is not None:
        return variable.parameter
    if not isinstance(item, Tensor):
        raise kind_error("GradientTape.gradient", "sources", item, "a tensor or a variable")
    return item


def _value(item: Any) -> Any:
    return item.value if isinstance(item, Variable) else item


def _in_keras_layout(source: Any, gradient: Tensor | None, batched: bool) -> Tensor | None:
    variable = _variable(source)
    if gradient is None or variable is None or variable.layout.is_identity:
        return gradient
    if batched:
        return torch.stack([variable.layout.to_keras(row) for row in gradient])
    return variable.layout.to_keras(gradient)

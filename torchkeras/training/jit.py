"""Steps that ``torch.compile`` compiles, and what happens where it can't.

A training step is first tried as one graph: forward, loss, backward and the optimizer's change.
What torch can't take as one graph is compiled in parts, and what it can't compile runs as it is;
each time a warning names the reason.
"""

import functools
import re
import types
import warnings
import weakref
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from torchkeras import optimizers
from torchkeras.core import keeping, nested
from torchkeras.training.precision import Precision, Scaled, parameters_of, scaled

# Folders of packages made of torch's functions that the compiler leaves out because of their names.
LET_IN: list[str] = []
STEP, LOSS = "the training step", "forward and loss"
BY_THEMSELVES = "Forward and loss are compiled by themselves."
IN_PARTS, UNCOMPILED = "It is compiled in parts.", "It isn't compiled."


class Compiled:
    """A function compiled as one graph, in parts, or not at all, as far as torch can.

    Args:
        function: What to compile. The owner of a method isn't held: it may hold this in turn.
        about: What it is, for warnings.
        instead_of: Why more than it isn't one graph; told when it is known what comes instead.
        or_in_parts: Whether it is compiled in parts if it isn't one graph.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        about: str,
        instead_of: Exception | None = None,
        or_in_parts: bool = True,
    ) -> None:
        self._owner: Callable[[], Any] | None = None
        if isinstance(function, types.MethodType):
            self._owner, function = weakref.ref(function.__self__), function.__func__
        self.function = function
        self.about = about
        self.instead_of = instead_of
        self.or_in_parts = or_in_parts
        self.run = _compile(function, fullgraph=True, isolate_recompiles=True)
        self.is_whole = True

    def __call__(self, *arguments: Any) -> Any:
        keeping.anything_may_change()
        first = () if self._owner is None else (self._owner(),)
        try:
            with _traced_with_gradients():
                result = self.run(*first, *arguments)
        except failures() as failure:
            self._give_way(failure)
            return self(*arguments)
        if self.instead_of is not None:
            warn(STEP, self.instead_of, BY_THEMSELVES)
            self.instead_of = None
        return result

    def _give_way(self, failure: Exception) -> None:
        """Go on in parts after the first failure, uncompiled after the next."""
        in_parts = self.is_whole and self.or_in_parts and not of_backend(failure)
        about = self.about if self.instead_of is None else STEP
        warn(about, self.instead_of or failure, IN_PARTS if in_parts else UNCOMPILED)
        self.instead_of = None
        self.run = _compile(self.function) if in_parts else self.function
        self.is_whole = False


class WholeStep:
    """Outputs and loss of a training step that changes the weights, as one compiled function.

    As in Keras, attributes of layers are read when the step is made: a change of them asks for
    ``compile``. The model keeps the step, and is handed to it at each call.

    Args:
        model: The model.
        precision: How to step where the step can't be one graph.

    Source: ``torch.compile``.
    """

    def __init__(self, model: Any, precision: Precision) -> None:
        self.precision = precision
        self.optimizer = model.optimizer
        self.optimizer.count_on_device()  # before it is compiled, or it is compiled twice
        self.parameters = parameters_of(self.optimizer)
        self.settings = _settings(self.optimizer)
        self.run = _compile(
            WholeStep._step,
            fullgraph=True,
            isolate_recompiles=True,
            options={"guard_filter_fn": _about_the_batch},
        )

    def __call__(
        self, module: torch.nn.Module, x: Any, y: Any, sample_weight: Any
    ) -> tuple[Any, Tensor]:
        """A step with ``module``, the model's outputs and loss as one module."""
        keeping.anything_may_change()
        try:
            with _traced_with_gradients():
                return self.run(self, module, x, y, sample_weight)
        except failures() as failure:
            reason = failure
        return self._in_parts(module, reason)(x, y, sample_weight)

    def fits(self, model: Any) -> bool:
        """Whether it is still the step of ``model``, whose parameters may have been replaced, and
        of its optimizer, whose settings may have been changed."""
        parameters = parameters_of(model.optimizer)
        return (
            self.optimizer is model.optimizer
            and self.settings == _settings(model.optimizer)
            and len(parameters) == len(self.parameters)
            and all(a is b for a, b in zip(parameters, self.parameters, strict=True))
        )

    def _step(self, module: Any, x: Any, y: Any, sample_weight: Any) -> tuple[Any, Tensor]:
        # torch fails to guard attributes of inputs such as x.mT twice, as the filter asks for.
        x = nested.map_leaves(_detached, x)
        y_pred, loss = module(x, y, sample_weight)
        scaled_loss = scaled(loss, self.optimizer)
        gradients = torch.autograd.grad(scaled_loss, self.parameters, allow_unused=True)
        module.model._detach_losses()  # a graph that is done with can't be given back
        self.optimizer.step_with(gradients)
        return y_pred, loss.detach()

    def _in_parts(self, module: Any, failure: Exception) -> Callable[..., Any]:
        """Let the model go on with forward and loss compiled, and the optimizer by itself."""
        plan, state = module.model._compile_plan, module.model.__dict__
        plan.compiles_whole, plan.whole_step = False, None
        plan.compiles = not of_backend(failure)
        if plan.compiles:
            state["_together"] = Compiled(module, LOSS, instead_of=failure)
        else:
            warn(STEP, failure, UNCOMPILED)
            state["_together"] = module
        self.precision.compiles = plan.compiles
        state["_step_precision"] = self.precision
        return state["_together"]


def _compile(function: Callable[..., Any], **options: Any) -> Callable[..., Any]:
    """``torch.compile``, which sees into the packages of ``LET_IN``, too.

    Source: ``torch._dynamo.trace_rules``.
    """
    rules = torch._dynamo.trace_rules  # imported by torch when it is first asked for
    kept = [place for place in rules.SKIP_DIRS if not any(map(place.startswith, LET_IN))]
    if len(kept) < len(rules.SKIP_DIRS):
        rules.SKIP_DIRS[:] = kept
        rules._recompile_re()
    return torch.compile(function, **options)


class _traced_with_gradients:
    """The compiler takes gradients into the graph.

    Source: ``torch._dynamo.config``.
    """

    __slots__ = ("before",)

    def __enter__(self) -> None:
        config = torch._dynamo.config  # imported by torch when it is first asked for
        self.before, config.trace_autograd_ops = config.trace_autograd_ops, True

    def __exit__(self, *exception: object) -> None:
        torch._dynamo.config.trace_autograd_ops = self.before


def _detached(leaf: Any) -> Any:
    return leaf.detach() if isinstance(leaf, Tensor) else leaf


def _settings(optimizer: Any) -> dict[str, Any]:
    """What a compiled step takes for constant of an optimizer, and which rate it follows."""
    found = {
        name: value
        for name, value in vars(optimizer).items()
        if isinstance(value, _PLAIN) and not name.startswith("_")
    }
    numbers = [type(optimizer.param_groups[0][name]) for name in optimizer.host_entries]
    return {**found, "rate": id(optimizer._learning_rate), "numbers": numbers}


_PLAIN = (bool, int, float, str, type(None))


def _about_the_batch(guards: list[Any]) -> list[bool]:
    """Which of the compiler's questions are asked at each step: those about the batch.

    Whether layers and optimizer are as they were isn't: ``compile`` makes a new step, and so does
    ``fit`` where parameters were replaced.
    """
    return [_OF_THE_STEP.search(guard.name) is None for guard in guards]


_OF_THE_STEP = re.compile(r"\bL\['(self|module)'\]")  # the step, and what it is done with


class Stepped(Precision):
    """No step, since the optimizer's is part of what has been run.

    Args:
        otherwise: How to step outside of ``fit``.
    """

    def __init__(self, otherwise: Precision) -> None:
        super().__init__(otherwise.group)
        self.otherwise = otherwise

    def step(self, loss: Tensor, optimizer: Any) -> None:
        pass


def together(
    model: Any, module: torch.nn.Module, precision: Precision, is_alone: bool
) -> tuple[Callable[..., Any], Precision]:
    """What gives outputs and loss of a training step, compiled, and how to step after it.

    Args:
        model: A model with ``jit_compile``.
        module: Outputs and loss as one module.
        precision: How to step if that isn't part of it.
        is_alone: Whether no other process takes part.
    """
    plan = model._compile_plan
    if not plan.compiles:
        precision.compiles = False
        return module, precision
    is_ours = isinstance(model.optimizer, optimizers.Optimizer)
    reason = None
    if is_ours and model.optimizer.gradient_accumulation_steps:
        precision.compiles = False
        reason = "the optimizer accumulates gradients."
    elif isinstance(precision, Scaled):
        reason = "steps whose float16 gradients overflow are left out."
    if reason is not None and plan.compiles_whole:
        plan.compiles_whole = False
        warn(STEP, reason, BY_THEMSELVES)
    if not (is_alone and is_ours and plan.compiles_whole and type(precision) is Precision):
        return Compiled(module, LOSS), precision
    if plan.whole_step is None or not plan.whole_step.fits(model):
        plan.whole_step = WholeStep(model, precision)
    return functools.partial(plan.whole_step, module), Stepped(precision)


def failures() -> tuple[type[Exception], ...]:
    """What ``torch.compile`` raises when it can't go on."""
    found = torch._dynamo.exc
    of_values = torch.fx.experimental.symbolic_shapes.GuardOnDataDependentSymNode
    return found.TorchDynamoException, found.FailOnRecompileLimitHit, of_values


def of_backend(failure: Exception) -> bool:
    """Whether what makes code of a graph has failed, for want of a C++ compiler perhaps."""
    return isinstance(failure, torch._dynamo.exc.BackendCompilerFailed)


def warn(what: str, reason: object, consequence: str) -> None:
    """Say that something can't be compiled as asked for."""
    text = str(reason).strip()
    lines = text.partition("from user code:")[2].splitlines()
    places = [number for number, line in enumerate(lines) if line.lstrip().startswith("File ")]
    place = "".join(f"\n{line}" for line in lines[places[-1] : places[-1] + 2]) if places else ""
    text = text.partition("\n\n")[0] + place
    warnings.warn(
        f"jit_compile: {what} can't be compiled as one graph: {text}\n{consequence}", stacklevel=2
    )

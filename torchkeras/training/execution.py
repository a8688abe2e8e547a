"""What runs the steps of a model: one by one, compiled, or as the user has it."""

import itertools
import weakref
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import torch

from torchkeras.distribution import Alone
from torchkeras.training.jit import LOSS, Compiled

Step = Callable[[Any], Any]


class BatchList(list):
    """Batches to run at a time, for functions that index them or ask for the next."""

    def __next__(self) -> Any:
        if not self:
            raise StopIteration
        return self.pop(0)


class Run:
    """How a step is run; the model keeps it, and it doesn't hold the model.

    Args:
        name: Name of the method that is the step.
        compiles: Whether ``torch.compile`` compiles it.
        gradients: Whether gradients are recorded in it.
    """

    def __init__(self, name: str, compiles: bool, gradients: bool = True) -> None:
        self.name = name
        self.compiles = compiles
        self.gradients = gradients
        self.compiled: Step | None = None
        self.living: Callable[[], Any] = _nothing

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "compiled": None, "living": _nothing}


def _nothing() -> None:
    """Stands for what isn't there."""


class Execution:
    """Runs a step of a model on each of a list of batches.

    Args:
        model: The model.
        how: How.
    """

    def __init__(self, model: Any, how: Run) -> None:
        self.model = model
        self.how = how
        how.living = weakref.ref(self)

    def step(self) -> Step:
        """The step on one batch."""
        how = self.how
        step = getattr(self.model, how.name)
        if how.compiles:
            step = how.compiled = how.compiled or Compiled(step, f"`{how.name}`")
        if how.gradients:
            return step

        no_grad = torch.no_grad()

        def without_gradients(batch: Any) -> Any:
            with no_grad:
                return step(batch)

        return without_gradients

    def __call__(self, batches: Iterable[Any]) -> Any:
        """Logs of the last of these batches; of an iterator, the next ones are taken."""
        model = self.model
        if isinstance(batches, Iterator):
            batches = list(itertools.islice(batches, model.steps_per_execution))
        if self.how.gradients and getattr(model.optimizer, "built", True) is False and model.built:
            model.optimizer.build(model.trainable_variables)
        step, logs = self.step(), {}
        for batch in batches:
            logs = step(batch)
        return logs


class _Runs:
    """An attribute of a model for what runs its steps: an ``Execution`` is kept without the model,
    so that a dropped model is freed at once."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.key = f"_{name}"

    def __get__(self, model: Any, owner: type | None = None) -> Any:
        found = None if model is None else model.__dict__.get(self.key)
        return (found.living() or Execution(model, found)) if isinstance(found, Run) else found

    def __set__(self, model: Any, value: Any) -> None:
        model.__dict__[self.key] = value.how if isinstance(value, Execution) else value


def with_gradients(step: Step) -> Step:
    """``step`` for a caller who has turned gradients off."""

    def run(batch: Any) -> Any:
        with torch.enable_grad():
            return step(batch)

    return run


def groups(batches: Iterable[Any], size: int) -> Iterator[tuple[Any, ...]]:
    """``batches`` by ``size``, the last group perhaps smaller."""
    if size == 1:
        yield from zip(batches)
        return
    iterator = iter(batches)
    while group := tuple(itertools.islice(iterator, size)):
        yield group


class Executions:
    """The part of a model that makes what runs its steps.

    Attributes:
        train_function, test_function, predict_function: What runs a list of batches; made when
            needed, or set by an override of ``make_train_function`` and so on.
    """

    train_function = _Runs()
    test_function = _Runs()
    predict_function = _Runs()
    _replica_group: Alone = Alone()

    def make_train_function(self, force: bool = False) -> Any:
        """What runs ``train_step`` on a list of batches, kept as ``train_function``.

        An override sets ``train_function`` to a callable on a list of batches (which is an
        iterator over them, too) that gives the logs of the last.

        Args:
            force: Whether to make it anew.

        Source: Keras 3 ``Model.make_train_function``.
        """
        if self.train_function is None or force:
            compiles = self.jit_compile and self.overrides_train_step
            self.train_function = Execution(self, Run("train_step", compiles))
        return self.train_function

    def make_test_function(self, force: bool = False) -> Any:
        """What runs ``test_step``, kept as ``test_function``; see ``make_train_function``.

        Source: Keras 3 ``Model.make_test_function``.
        """
        if self.test_function is None or force:
            compiles = self.jit_compile and self.overrides_test_step
            self.test_function = Execution(self, Run("test_step", compiles, gradients=False))
        return self.test_function

    def make_predict_function(self, force: bool = False) -> Any:
        """What runs ``predict_step``, kept as ``predict_function``; see ``make_train_function``.

        Source: Keras 3 ``Model.make_predict_function``.
        """
        if self.predict_function is None or force:
            run = Run("predict_step", self.jit_compile, gradients=False)
            self.predict_function = Execution(self, run)
        return self.predict_function

    def _train_runner(self) -> Step:
        step = self._runner_of_step(self.make_train_function() or self.train_function)
        return step if torch.is_grad_enabled() else with_gradients(step)

    def _test_runner(self) -> Step:
        plan = self._compile_plan
        if self.jit_compile and plan.tested is None and not self.overrides_test_step:
            plan.tested = Compiled(self._outputs_and_loss, LOSS)
        return self._runner_of_step(self.make_test_function() or self.test_function)

    def _predict_runner(self) -> Step:
        return self._runner_of_step(self.make_predict_function() or self.predict_function)

    def _runner_of_step(self, function: Any) -> Step:
        """``function`` on one batch instead of a list."""
        if isinstance(function, Execution):
            return self._replica_group.step(function.step(), self)
        return self._replica_group.step(lambda batch: function(BatchList([batch])), self)

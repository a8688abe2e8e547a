"""``compile`` and what follows from it: the loss, the metrics and their results."""

import contextlib
import functools
import inspect
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.optim.lr_scheduler import LRScheduler

from torchkeras import optimizers
from torchkeras.callbacks.logs import Logs
from torchkeras.core import nested, serialization
from torchkeras.core.checks import argument_error, kind_error, moment_error, nearest
from torchkeras.core.notices import warn
from torchkeras.core.scopes import local
from torchkeras.distribution import Alone, current_group, distribution
from torchkeras.saving import older_metrics
from torchkeras.training import freezing
from torchkeras.training.compiled import CompiledLoss, CompiledMetrics
from torchkeras.training.delayed import LossAverage
from torchkeras.training.foreign import advances_by_batch

# Arguments of Keras 2's compile that have no meaning on torch.
_OF_TF_ONLY = (
    "sample_weight_mode",
    "distribute",
    "target_tensors",
    "from_serialized",
    "autotune_steps_per_execution",
)


class NotCompiledError(RuntimeError, ValueError):
    """``compile`` has to come first: a ValueError in Keras 3, a RuntimeError in tf.keras 2."""


class _Plan:
    """What ``compile`` was told, worked out.

    Attributes:
        arguments: As they were given, for configurations.
        loss: Total loss; None if there is none.
        metrics: Metrics for the outputs; None if there are none.
        average: Mean of the total loss over an epoch.
        is_watched: Whether metrics are looked at by the clock, as progress bars do.
        auto_scale_loss: Whether float16 gradients are scaled.
        whole_step, tested: The compiled training step, and outputs and loss of evaluation; None
            before there are.
        scaled: What scales gradients, from one run to the next; None if nothing does.
        compiles, compiles_whole: Whether ``torch.compile`` has taken what it was given so far, and
            the training step as one graph.
    """

    is_watched = False
    whole_step: Any = None
    tested: Any = None
    scaled: Any = None
    compiles = compiles_whole = True

    def __init__(self, arguments: dict[str, Any], output_names: Any) -> None:
        self.arguments = arguments
        self.loss = self.metrics = None
        if arguments["loss"] is not None:
            self.loss = CompiledLoss(arguments["loss"], arguments["loss_weights"], output_names)
        given = arguments["metrics"], arguments["weighted_metrics"]
        if given != (None, None):
            self.metrics = CompiledMetrics(*given, output_names)
        self.average = LossAverage("loss")
        self.auto_scale_loss = arguments["auto_scale_loss"]

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "whole_step": None, "tested": None}

    @contextlib.contextmanager
    def unchanged(self) -> Iterator[None]:
        """Leave states of losses and metrics, and what waits to be added to them, as they are.

        How sums are rounded depends on how they are grouped, which mustn't depend on when somebody
        looks.
        """
        parts: list[Any] = [self.average]
        parts += [] if self.loss is None else self.loss.metrics
        parts += [] if self.metrics is None or not self.metrics.is_built else [self.metrics]
        kept = [(part, nested.map_leaves(_copied, part.get_state())) for part in parts]
        yield
        for part, state in kept:
            part.set_state(state)

    @property
    def is_built(self) -> bool:
        """Whether losses and metrics know the outputs they belong to."""
        return all(part is None or part.is_built for part in (self.loss, self.metrics))


class Compilation:
    """The part of a model that ``compile`` makes: optimizer, loss and metrics.

    Attributes:
        compiled: Whether ``compile`` was called.
        optimizer: The optimizer; None before.
        lr_scheduler: The schedule of torch's that was given with it, if any.
        loss: The loss as given.
        run_eagerly: Whether steps are run one by one for debugging, metrics at once.
        jit_compile: Whether steps are compiled by ``torch.compile``.
        steps_per_execution: Steps between two calls of callbacks.
    """

    compiled = False
    optimizer: Any = None
    lr_scheduler: LRScheduler | None = None
    _advances_rate = False
    loss: Any = None
    run_eagerly = False
    jit_compile = False
    steps_per_execution = 1
    _compile_plan: _Plan | None = None
    _replica_group: Alone = Alone()
    _has_penalties = True
    _loss_takes_training = True

    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        run_eagerly: bool | None = False,
        steps_per_execution: int | None = 1,
        jit_compile: bool | str | None = "auto",
        auto_scale_loss: bool = True,
        pss_evaluation_shards: int | str = 0,
        **older: Any,
    ) -> None:
        """Say how the model is to be trained.

        Args:
            optimizer: Name, object or class; also a ``torch.optim.Optimizer``, its class or
                ``functools.partial(torch.optim.SGD, lr=0.1)``, for all trainable parameters of a
                model that is built; or a schedule of torch's with its optimizer, which is advanced
                after each epoch (``OneCycleLR`` and ``CyclicLR``: each batch). None for a model
                that is only evaluated.
            loss: Name, function or ``Loss``; torch's modules and functions, too; or a list or dict
                of them for several outputs, with None for outputs that have none. The total is
                their sum.
            loss_weights: Factor of each loss, a list or dict.
            metrics: List of names, functions or ``Metric`` objects, torchmetrics' included; for
                several outputs a list with an entry for each, or a dict. ``"accuracy"`` and
                ``"crossentropy"`` choose their kind by the shapes. Taken before ``loss_weights``
                too, as tf.keras 2 has it.
            weighted_metrics: Metrics that weigh samples as the loss does.
            run_eagerly: Whether to compile nothing and to update metrics in each step.
            steps_per_execution: Steps between two calls of callbacks, 1 or more.
            jit_compile: Whether forward, loss and backward are compiled by ``torch.compile``;
                ``"auto"`` means no.
            auto_scale_loss: Whether the policy ``"mixed_float16"`` scales gradients.
            pss_evaluation_shards, **older: Arguments of tf.keras 2 that change nothing on torch
                (this one: how parameter servers share evaluation).

        Raises:
            TypeError: an unknown argument, or metrics that are no list or dict.
            ValueError: an unknown name, or a number of steps below 1.

        Source: Keras 3 ``Model.compile``.
        """
        for name in older:
            if name not in _OF_TF_ONLY:
                known = inspect.signature(Compilation.compile).parameters
                hint = nearest(name, known)
                raise TypeError(
                    f"compile: got an unexpected keyword argument {name!r}. {hint}".rstrip()
                )
        loss_weights, metrics = _sorted_by_kind(loss_weights, metrics)
        if loss_weights is not None and not isinstance(loss_weights, (list, tuple, Mapping, float)):
            raise argument_error(
                "compile",
                "loss_weights",
                loss_weights,
                "a float, or a list, tuple or dict of floats",
                "Expected `loss_weights` argument to be a float (single output case) or a list, "
                "tuple, or dict (multiple output case).",
            )
        jit_compile = False if jit_compile in ("auto", None) else bool(jit_compile)
        if jit_compile and run_eagerly:
            warn(
                "If `run_eagerly` is True, then `jit_compile` cannot also be True. Disabling "
                "`jit_compile`."
            )
            jit_compile = False
        steps = 1 if steps_per_execution in (None, "auto") else steps_per_execution
        if steps < 1:
            raise argument_error("compile", "steps_per_execution", steps, "an integer, 1 or more")
        schedule = optimizer if isinstance(optimizer, LRScheduler) else None
        arguments = {
            "optimizer": _optimizer(self, optimizer if schedule is None else schedule.optimizer),
            "loss": loss,
            "loss_weights": loss_weights,
            "metrics": metrics,
            "weighted_metrics": weighted_metrics,
            "run_eagerly": bool(run_eagerly),
            "steps_per_execution": steps,
            "jit_compile": jit_compile,
            "auto_scale_loss": auto_scale_loss,
        }
        # Written past __setattr__, which would take lists and torch losses for parts of the model.
        self.__dict__.update(
            optimizer=arguments["optimizer"],
            lr_scheduler=schedule,
            _advances_rate=advances_by_batch(schedule),
            loss=loss,
            run_eagerly=arguments["run_eagerly"],
            jit_compile=jit_compile,
            steps_per_execution=steps,
            compiled=True,
            stop_training=False,
            _chosen_distribution=distribution(),
            _compile_plan=_Plan(arguments, getattr(self, "output_names", None)),
            _flags_at_compile=freezing.flags(self),
            _loss_takes_training="training" in inspect.signature(self.compute_loss).parameters,
        )
        self.train_function = self.test_function = self.predict_function = None

    def _init_trainer(self) -> None:
        """Start as a model that isn't compiled."""
        self.__dict__.update(compiled=False, optimizer=None, loss=None, _compile_plan=None)

    def _check_compiled(self, method: str) -> None:
        if not self.compiled:
            raise NotCompiledError(
                f"{method}: the model isn't compiled. You must call `compile()` before using the "
                "model: model.compile(optimizer, loss)."
            )

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Tensor:
        """The loss to minimize: that of ``compile`` plus ``losses`` of layers. Override it at will.

        Args:
            x, y, sample_weight: The batch; the default doesn't look at ``x``.
            y_pred: Outputs of the model.
            training: Whether this is a training step.

        Raises:
            ValueError: there is nothing to minimize.

        Source: Keras 3 ``Model.compute_loss``.
        """
        total = None
        plan = self._compile_plan
        if plan is not None and plan.loss is not None:
            samples = None if self._replica_group.number == 1 else self._replica_group.weight(0)
            total = plan.loss(y, y_pred, sample_weight, samples)
        if self._has_penalties or local.losses_recorded:
            for extra in self.losses:
                extra = current_group().beside(extra.sum() if extra.dim() else extra)
                total = extra if total is None else total + extra
        if total is None:
            raise argument_error(
                "fit",
                "loss",
                None,
                "a loss, or layers that add one",
                "No loss to compute. Provide a `loss` argument in `compile()`.",
            )
        return total

    def _compute_loss(
        self, x: Any, y: Any, y_pred: Any, sample_weight: Any, training: bool
    ) -> Tensor:
        """``compute_loss``, which older overrides write without ``training``."""
        if self._loss_takes_training:
            return self.compute_loss(
                x=x, y=y, y_pred=y_pred, sample_weight=sample_weight, training=training
            )
        return self.compute_loss(x=x, y=y, y_pred=y_pred, sample_weight=sample_weight)

    @property
    def skipped_steps(self) -> int:
        """How many steps under ``"mixed_float16"`` were left out since ``compile``, because a
        gradient wasn't finite."""
        plan = self._compile_plan
        return 0 if plan is None or plan.scaled is None else int(plan.scaled.skipped)

    def stateless_compute_loss(
        self,
        trainable_variables: Any,
        non_trainable_variables: Any,
        metrics_variables: Any,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> tuple[Tensor, tuple[Any, Any, Any]]:
        """``compute_loss`` for given values of all variables, which themselves stay as they are.

        Returns:
            The loss, and the three lists of values after it.

        Source: Keras 3 ``Model.stateless_compute_loss``.
        """
        groups = (self.trainable_variables, self.non_trainable_variables, self.metrics_variables)
        given = (trainable_variables, non_trainable_variables, metrics_variables)
        variables = [v for group in groups for v in group]
        values = [value for group in given for value in group]
        if len(variables) != len(values):
            raise argument_error(
                "stateless_compute_loss", "variables", len(values), f"{len(variables)} values"
            )
        before = [v.tensor.detach().clone() for v in variables]
        try:
            for variable, value in zip(variables, values, strict=True):
                variable.assign(value)
            loss = self._compute_loss(x, y, y_pred, sample_weight, training)
            after = tuple([v.tensor.detach().clone() for v in group] for group in groups)
        finally:
            for variable, value in zip(variables, before, strict=True):
                variable.assign(value)
        return loss, after

    def compute_metrics(
        self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None
    ) -> Mapping[str, Any]:
        """Show a batch to the metrics of ``compile`` and give all results. Override it at will.

        Args:
            x, y, sample_weight: The batch; the default doesn't look at ``x``.
            y_pred: Outputs of the model.

        Returns:
            Results by name, computed when they are read.

        Source: Keras 3 ``Model.compute_metrics``.
        """
        plan = self._compile_plan
        if plan is not None and plan.metrics is not None:
            plan.metrics.update_state(y, y_pred, sample_weight)
        return Logs(self._peek if plan is not None and plan.is_watched else self.get_metrics_result)

    def get_metrics_result(self) -> dict[str, Any]:
        """Results of ``metrics`` by name, as tensors.

        Source: Keras 3 ``Model.get_metrics_result``.
        """
        return self._results_of(self.metrics)

    def _peek(self) -> dict[str, Any]:
        """``get_metrics_result`` without any effect on later ones."""
        with self._compile_plan.unchanged():
            return nested.map_leaves(_copied, dict(self.get_metrics_result()))

    def _results_so_far(self, metrics: list[Any]) -> dict[str, Any]:
        """Results of ``metrics``, the mean loss among them only if steps have reported to it."""
        average = self._compile_plan.average
        return self._results_of([m for m in metrics if m is not average or not m.is_empty])

    def _results_of(self, metrics: list[Any]) -> dict[str, Any]:
        results: dict[str, Any] = {}
        names = self._names_in_logs()
        for metric in metrics:
            result = metric.result()
            if isinstance(result, Mapping):
                results.update(result)
            else:
                results[names.get(id(metric), metric.name)] = result
        return results

    def _names_in_logs(self) -> dict[int, str]:
        """Names of the metrics of ``compile``, by identity of the metric."""
        plan = self._compile_plan
        if plan is None or plan.metrics is None or not plan.metrics.is_built:
            return {}
        found = plan.metrics
        return {id(m): name for m, name in zip(found.metrics, found.names, strict=True)}

    @property
    def metrics(self) -> list[Any]:
        """The mean loss, means of single losses, the metrics of ``compile``, then other metrics
        kept in the model and its layers."""
        found = {id(metric): metric for metric in self._compiled_metrics()}
        for metric in super().metrics:
            found.setdefault(id(metric), metric)
        return list(found.values())

    def _metrics_inside(self) -> list[Any]:
        """Metrics kept in the model and its layers."""
        return super().metrics

    def _compiled_metrics(self) -> list[Any]:
        plan = self._compile_plan
        if plan is None:
            return []
        single = [] if plan.loss is None else plan.loss.metrics
        compiled = [] if plan.metrics is None else plan.metrics.metrics
        return [plan.average, *single, *compiled]

    @property
    def metrics_names(self) -> list[str]:
        """The names of ``metrics`` in logs, in the order in which ``evaluate`` gives them.

        These are the loss, the losses of several outputs and the metrics in the order of
        ``compile``; those of several outputs come last and sorted, as in Keras 3.
        """
        names = self._names_in_logs()
        found = [names.get(id(metric), metric.name) for metric in self.metrics]
        if (
            self._compile_plan is None
            or self._compile_plan.metrics is None
            or not self._compile_plan.metrics.has_prefixes
        ):
            return found
        compiled = set(names.values())
        return [name for name in found if name not in compiled] + sorted(compiled)

    def reset_metrics(self) -> None:
        """Start ``metrics`` anew."""
        plan = self._compile_plan
        if plan is not None and plan.metrics is not None:
            plan.metrics.reset_state()
        for metric in self.metrics:
            metric.reset_state()

    @property
    def _loss_tracker(self) -> LossAverage | None:
        """The mean of the total loss."""
        return None if self._compile_plan is None else self._compile_plan.average

    @property
    def compiled_metrics(self) -> CompiledMetrics | None:
        """The metrics of ``compile``, maybe none, under the name of tf.keras 2."""
        return (
            None if self._compile_plan is None else self._compile_plan.metrics or CompiledMetrics()
        )

    def compiled_loss(
        self,
        y_true: Any,
        y_pred: Any,
        sample_weight: Any = None,
        regularization_losses: Any = None,
    ) -> Tensor:
        """The loss of ``compile``, noted in its mean, as tf.keras 2 has it.

        Args:
            y_true, y_pred, sample_weight: The batch.
            regularization_losses: Losses to add to it.
        """
        self._check_compiled("compiled_loss")
        total = self._compile_plan.loss(y_true, y_pred, sample_weight)
        for extra in regularization_losses or ():
            total = total + extra
        samples = next(nested.leaves(y_pred)).shape[0]
        self._compile_plan.average.add(total, self._replica_group.weight(samples))
        return total

    def get_compile_config(self) -> dict[str, Any]:
        """The arguments of ``compile`` as plain data.

        Source: Keras 3 ``Model.get_compile_config``.
        """
        if self._compile_plan is None:
            return {}
        arguments = {
            k: v for k, v in self._compile_plan.arguments.items() if k != "auto_scale_loss"
        }
        return serialization.serialize_keras_object(arguments)

    def compile_from_config(self, config: Mapping[str, Any]) -> None:
        """Call ``compile`` with what ``get_compile_config`` gave.

        Source: Keras 3 ``Model.compile_from_config``.
        """
        if type(self).compile is not Compilation.compile:
            warn(
                "`compile()` was not called as part of model loading because the model's "
                "`compile()` method is custom. All subclassed Models that have `compile()` "
                "overridden should also override `get_compile_config()` and "
                "`compile_from_config(config)`. Alternatively, you can call `compile()` manually "
                "after loading."
            )
            return
        config = older_metrics.for_each_output(dict(config), self)
        arguments = serialization.deserialize_keras_object(config)
        for name in ("metrics", "weighted_metrics"):  # of which tf.keras 2 took a single one, too
            given = arguments.get(name)
            if given is not None and not isinstance(given, (list, tuple, dict)):
                arguments[name] = [given]
        self.compile(**arguments)
        if self.built and isinstance(self.optimizer, optimizers.Optimizer):
            self.optimizer.build(self.trainable_variables)


def _copied(leaf: Any) -> Any:
    return leaf.detach().clone() if isinstance(leaf, Tensor) else leaf


def _optimizer(model: Any, identifier: Any) -> Any:
    """The optimizer object that ``compile`` was told of.

    Raises:
        RuntimeError: a class of torch's before the model has the parameters that it takes.
    """
    if identifier is None or isinstance(identifier, torch.optim.Optimizer):
        return identifier
    kind = identifier.func if isinstance(identifier, functools.partial) else identifier
    if inspect.isclass(kind) and issubclass(kind, LRScheduler):
        raise kind_error("compile", "optimizer", kind, "a schedule made for an optimizer")
    if inspect.isclass(kind) and issubclass(kind, torch.optim.Optimizer):
        if issubclass(kind, optimizers.Optimizer):
            return identifier()
        if not model.built:
            raise moment_error(
                "compile",
                f"optimizer is the class {kind.__name__}, and the model has no weights yet",
                "Call `build` before, or give the first layer an Input.",
            )
        return identifier([p for p in model.parameters() if p.requires_grad])
    return optimizers.get(identifier)


def _sorted_by_kind(loss_weights: Any, metrics: Any) -> tuple[Any, Any]:
    """The two in Keras 3's order, also if they were given in that of tf.keras 2."""
    if loss_weights is None or metrics is None:
        if _are_metrics(loss_weights):
            return None, loss_weights
        if _are_numbers(metrics):
            return metrics, None
        return loss_weights, metrics
    if _are_metrics(loss_weights) and _are_numbers(metrics):
        return metrics, loss_weights
    return loss_weights, metrics


def _are_numbers(given: Any) -> bool:
    leaves = [leaf for leaf in nested.flatten(given) if leaf is not None]
    return bool(leaves) and all(
        isinstance(leaf, (int, float)) and not isinstance(leaf, bool) for leaf in leaves
    )


def _are_metrics(given: Any) -> bool:
    leaves = [leaf for leaf in nested.flatten(given) if leaf is not None]
    is_list = isinstance(given, (list, tuple, Mapping))
    return (
        is_list and bool(leaves) and all(isinstance(leaf, str) or callable(leaf) for leaf in leaves)
    )

"""What ``compile`` makes of losses and metrics once it sees the outputs of the model."""

import functools
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from torchkeras import losses, metrics
from torchkeras.core import nested
from torchkeras.core.checks import argument_error, kind_error
from torchkeras.core.naming import to_snake_case
from torchkeras.training.delayed import Backlog, LossAverage
from torchkeras.training.foreign import (
    ForeignMetric,
    PredictionsFirst,
    is_foreign_metric,
    takes_predictions_first,
)
from torchkeras.training.outputs import Outputs
from torchkeras.training.states import get_metric_state, set_metric_state


class Term(NamedTuple):
    """One summand of the total loss."""

    place: int  # of the output it belongs to
    loss: losses.Loss
    weight: float | None
    name: str


class CompiledLoss:
    """The total loss: the weighted sum of the losses of all outputs.

    Args:
        loss: As given to ``compile``: one loss, or lists and dicts of them.
        loss_weights: Factors, in the same form; None weighs each by 1.
        output_names: Names of the model's outputs; None if it has none.

    Attributes:
        metrics: Averages of the losses one by one, if there are several.
        is_built: Whether it has seen outputs.
    """

    def __init__(
        self, loss: Any, loss_weights: Any = None, output_names: Iterable[str] | None = None
    ) -> None:
        self.metrics: list[LossAverage] = []
        self.is_built = False
        self._loss = loss
        self._loss_weights = loss_weights
        self._output_names = output_names
        self._terms: list[Term] = []
        self._only: Term | None = None

    def build(self, y_true: Any, y_pred: Any) -> None:
        """Find out which loss belongs to which output.

        Raises:
            ValueError: the losses, their weights or the targets don't fit the outputs.
            TypeError: the targets are text.
        """
        outputs = self._outputs = Outputs(y_pred, self._output_names)
        matched = [_listed(entry) for entry in outputs.match(self._loss, "loss")]
        self._wanted = [place for place, entries in enumerate(matched) if any(entries)]
        targets = outputs.align(y_true, "y", self._wanted)
        predictions = outputs.row(y_pred)
        _check_no_text([targets[place] for place in self._wanted])
        weights = self._weights(outputs, matched)
        self._classes = [x.shape[-1] if len(x.shape) else 1 for x in predictions]
        self._terms = []
        for place, entries in enumerate(matched):
            for position, identifier in enumerate(entries):
                if identifier is None:
                    continue
                loss = _as_loss(identifier, targets[place], predictions[place])
                name = outputs.names[place] or loss.name
                self._terms.append(Term(place, loss, weights[place][position], name))
        is_single = len(self._terms) == 1 and outputs.paths == [()]
        self._only = self._terms[0] if is_single else None
        names = _unique(f"{term.name}_loss" for term in self._terms)
        self.metrics = [LossAverage(name) for name in names] if len(self._terms) > 1 else []
        self.is_built = True

    def _weights(self, outputs: Outputs, matched: list[list[Any]]) -> list[list[float | None]]:
        """A weight for each loss of each output."""
        given = self._loss_weights
        if given is None:
            return [[None] * len(entries) for entries in matched]
        if isinstance(given, (list, tuple)) and len(given) == len(self._wanted) < outputs.number:
            full: list[Any] = [None] * outputs.number
            for place, weight in zip(self._wanted, given, strict=True):
                full[place] = weight
            given = full
        weights = []
        for entries, weight in zip(matched, outputs.match(given, "loss_weights"), strict=True):
            listed = list(weight) if isinstance(weight, (list, tuple)) else [weight] * len(entries)
            if len(listed) != len(entries):
                raise argument_error(
                    "compile",
                    "loss_weights",
                    given,
                    f"{len(entries)} weight(s)",
                    "`loss_weights` must match the number of losses.",
                )
            weights.append(listed)
        return weights

    def __call__(
        self, y_true: Any, y_pred: Any, sample_weight: Any = None, samples: float | None = None
    ) -> Tensor | None:
        """The total loss of a batch; None if no output has one.

        Args:
            y_true, y_pred, sample_weight: The batch, in the structure of the outputs.
            samples: Number of samples that count in the averages of the single losses; None
                takes the length of the outputs.
        """
        if not self.is_built:
            self.build(y_true, y_pred)
        only = self._only
        if only is not None and isinstance(y_true, Tensor) and isinstance(y_pred, Tensor):
            value = only.loss(y_true, y_pred, sample_weight)
            return value if only.weight is None else value * only.weight
        return self._total(y_true, y_pred, sample_weight, samples)

    def _total(
        self, y_true: Any, y_pred: Any, sample_weight: Any, samples: float | None
    ) -> Tensor | None:
        targets = self._outputs.align(y_true, "y", self._wanted)
        predictions = self._outputs.row(y_pred)
        weights = self._outputs.align(sample_weight, "sample_weight", self._wanted)
        total = None
        for number, (place, loss, weight, _) in enumerate(self._terms):
            target, prediction = targets[place], predictions[place]
            if target is None:
                raise argument_error(
                    "fit",
                    "y",
                    None,
                    f"targets for {self._outputs.names[place] or 'the output'}",
                    f"The loss {loss.name!r} compares the outputs with them.",
                )
            value = loss(target, prediction, weights[place])
            if self.metrics:
                counted = prediction.shape[0] if samples is None else samples
                self.metrics[number].add(value, counted)
            value = value if weight is None else value * weight
            total = value if total is None else total + value
        return total

    @property
    def has_sums(self) -> bool:
        """Whether a loss adds up its values over the samples instead of taking their mean."""
        return any(term.loss.reduction == "sum" for term in self._terms)

    def check_labels(self, y_true: Any) -> None:
        """See whether class indices among the targets are those of the outputs' classes.

        The outputs have to be known (``build``).

        Raises:
            ValueError: an index is negative or beyond the last class.
        """
        targets = self._outputs.align(y_true, "y", self._wanted)
        for place, loss, _, _ in self._terms:
            if isinstance(loss, losses.SparseCategoricalCrossentropy) or (
                getattr(loss, "fn", None) is losses.sparse_categorical_crossentropy
            ):
                name = self._outputs.names[place] or "output"
                _check_indices(targets[place], self._classes[place], loss, name)


class CompiledMetrics:
    """The metrics given to ``compile``, for the outputs they belong to.

    Args:
        metrics: Metrics that see each sample alike.
        weighted_metrics: Metrics that weigh samples as the loss does.
        output_names: Names of the model's outputs; None if it has none.

    Raises:
        TypeError: ``metrics`` is no list, tuple or dict.

    Attributes:
        is_built: Whether it has seen outputs.
        delays: Whether batches are collected before metrics see them.
    """

    def __init__(
        self,
        metrics: Any = None,
        weighted_metrics: Any = None,
        output_names: Iterable[str] | None = None,
    ) -> None:
        for name, given in (("metrics", metrics), ("weighted_metrics", weighted_metrics)):
            if given is not None and not isinstance(given, (list, tuple, Mapping)):
                raise kind_error(
                    "compile", name, given, "a list, tuple, or dict", f'Try ["{given}"].'
                )
        self.is_built = False
        self.delays = False
        self._given = (metrics, weighted_metrics)
        self._output_names = output_names
        self._members: list[tuple[int, bool, str, Any]] = []

    def build(self, y_true: Any, y_pred: Any) -> None:
        """Find out which metric belongs to which output.

        Raises:
            ValueError: the metrics or the targets don't fit the outputs.
        """
        outputs = self._outputs = Outputs(y_pred, self._output_names)
        targets, predictions = outputs.align(y_true, "y", self._places()), outputs.row(y_pred)
        self._members, used, names = [], set(), _Names()
        for is_weighted, given in enumerate(self._given):
            argument = "weighted_metrics" if is_weighted else "metrics"
            if not given:
                continue
            for place, entries in enumerate(outputs.match(given, argument, repeats=True)):
                prefix = outputs.names[place] if outputs.number > 1 else None
                for identifier in _listed(entries):
                    if identifier is None:
                        continue
                    metric = _as_metric(identifier, targets[place], predictions[place])
                    if id(metric) in used:  # one object can't count for two outputs
                        metric = type(metric).from_config(metric.get_config())
                    used.add(id(metric))
                    name = names.free(prefix, metric.name, bool(is_weighted))
                    if metric is not identifier:
                        metric.name = name
                    self._members.append((place, bool(is_weighted), name, metric))
        self._make_backlogs()
        self.is_built = True

    def _places(self) -> list[int] | None:
        """Places of the outputs that metrics are given for, if they alone have targets."""
        places: set[int] = set()
        for given in self._given:
            if given:
                matched = self._outputs.match(given, "metrics", repeats=True)
                places |= {place for place, entries in enumerate(matched) if entries}
        return sorted(places)

    def _make_backlogs(self) -> None:
        self._backlogs: list[tuple[int, bool, Backlog, Any]] = []
        for place in sorted({member[0] for member in self._members}):
            of_place = [member for member in self._members if member[0] == place]
            plain = [metric for _, is_weighted, _, metric in of_place if not is_weighted]
            weighted = [metric for _, is_weighted, _, metric in of_place if is_weighted]
            for group, is_weighted in ((plain, False), (weighted, True)):
                if group:
                    show = functools.partial(_show, group)  # unlike a closure, it copies
                    self._backlogs.append((place, is_weighted, Backlog(show), show))
        self._can_delay = all(_takes_joined_batches(member[3]) for member in self._members)

    @property
    def metrics(self) -> list[Any]:
        """The metrics, in the order of the outputs."""
        self.catch_up()
        return [metric for *_, metric in self._members]

    @property
    def has_prefixes(self) -> bool:
        """Whether names in logs begin with the names of outputs."""
        return self.is_built and self._outputs.number > 1

    @property
    def names(self) -> list[str]:
        """The name of each metric in logs."""
        return [name for _, _, name, _ in self._members]

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Show a batch to the metrics, at once or with later ones."""
        if not self.is_built:
            self.build(y_true, y_pred)
        outputs = self._outputs
        if outputs.paths == [()] and isinstance(y_true, Tensor):
            targets, predictions, weights = (y_true,), (y_pred,), (sample_weight,)
        else:
            targets = outputs.align(y_true, "y", self._places())
            predictions = outputs.row(y_pred)
            weights = outputs.align(sample_weight, "sample_weight", self._places())
        delays = self.delays and self._can_delay
        for place, is_weighted, backlog, show in self._backlogs:
            batch = targets[place], predictions[place], weights[place] if is_weighted else None
            if delays and _can_be_joined(*batch):
                backlog.add(*batch)
            else:
                backlog.catch_up()
                show(*batch)

    def catch_up(self) -> None:
        """Show the metrics all that they have still to see."""
        if self.is_built:
            for _, _, backlog, _ in self._backlogs:
                backlog.catch_up()

    def result(self) -> dict[str, Any]:
        """Values by name."""
        self.catch_up()
        return {name: metric.result() for _, _, name, metric in self._members}

    def get_state(self) -> dict[str, Any]:
        """States of the metrics, and the batches that they have still to see."""
        return {
            "metrics": [get_metric_state(metric) for *_, metric in self._members],
            "batches": [backlog.get_state() for _, _, backlog, _ in self._backlogs],
        }

    def set_state(self, state: dict[str, Any]) -> None:
        """Take over what ``get_state`` gave."""
        for (*_, metric), found in zip(self._members, state["metrics"], strict=True):
            set_metric_state(metric, found)
        for (_, _, backlog, _), rows in zip(self._backlogs, state["batches"], strict=True):
            backlog.set_state(rows)

    def reset_state(self) -> None:
        """Forget all batches."""
        if self.is_built:
            for _, _, backlog, _ in self._backlogs:
                backlog.clear()
        for *_, metric in self._members:
            metric.reset_state()


class _Names:
    """Gives each metric a name of its own, as Keras does."""

    def __init__(self) -> None:
        self._taken: dict[str, int] = {}

    def free(self, prefix: str | None, name: str, is_weighted: bool) -> str:
        full = f"{prefix}_{name}" if prefix else name
        if full in self._taken and is_weighted:
            full = f"{prefix}_weighted_{name}" if prefix else f"weighted_{name}"
        number = self._taken.get(full, 0)
        self._taken[full] = number + 1
        return f"{full}_{number}" if number else full


def _unique(names: Iterable[str]) -> list[str]:
    taken = _Names()
    return [taken.free(None, name, False) for name in names]


def _listed(entry: Any) -> list[Any]:
    return nested.flatten(entry) if isinstance(entry, (list, tuple)) else [entry]


def _show(group: list[Any], y_true: Tensor, y_pred: Tensor, sample_weight: Tensor | None) -> None:
    with torch.no_grad():
        for metric in group:
            metric.update_state(y_true, y_pred, sample_weight=sample_weight)


def _takes_joined_batches(metric: Any) -> bool:
    """Whether a metric counts samples, whatever batches they come in."""
    return bool(getattr(metric, "is_concatenable", False))


def _can_be_joined(y_true: Any, y_pred: Any, weight: Any) -> bool:
    """Whether a batch is of plain tensors, whose masks needn't be carried along."""
    return (
        isinstance(y_pred, Tensor)
        and isinstance(y_true, Tensor)
        and y_pred.dim() > 0
        and y_true.dim() > 0
        and (weight is None or isinstance(weight, Tensor))
        and getattr(y_pred, "_keras_mask", None) is None
    )


def kind_of_targets(y_true: Any, y_pred: Any) -> str:
    """How targets name classes: ``"binary"``, ``"sparse_categorical"`` or ``"categorical"``."""
    if len(y_pred.shape) < 2 or y_pred.shape[-1] == 1:
        return "binary"
    if y_true is None:
        raise argument_error(
            "compile", "metrics", '"accuracy"', "targets to tell the kind of accuracy from"
        )
    if len(y_true.shape) < len(y_pred.shape) or y_true.shape[-1] == 1:
        return "sparse_categorical"
    return "categorical"


def _as_loss(identifier: Any, y_true: Any, y_pred: Any) -> losses.Loss:
    if isinstance(identifier, losses.Loss):
        return identifier
    if takes_predictions_first(identifier):
        identifier = PredictionsFirst(identifier)
    name = identifier if isinstance(identifier, str) else None
    if name is not None and name.lower() in ("crossentropy", "ce"):
        loss = losses.get(f"{kind_of_targets(y_true, y_pred)}_crossentropy")
    else:
        loss = losses.get(identifier)
    if isinstance(loss, losses.Loss):
        return loss
    return losses.LossFunctionWrapper(loss, name=name or _name_of(loss))


def _as_metric(identifier: Any, y_true: Any, y_pred: Any) -> metrics.Metric:
    if isinstance(identifier, metrics.Metric):
        return identifier
    if is_foreign_metric(identifier):
        return ForeignMetric(identifier)
    if takes_predictions_first(identifier):
        identifier = PredictionsFirst(identifier)
    name = identifier if isinstance(identifier, str) else None
    short = name.lower() if name else ""
    if short in ("accuracy", "acc"):
        metric = metrics.get(f"{kind_of_targets(y_true, y_pred)}_accuracy")
    elif short in ("crossentropy", "ce"):
        metric = metrics.get(f"{kind_of_targets(y_true, y_pred)}_crossentropy")
    else:
        metric = metrics.get(identifier)
    if not isinstance(metric, metrics.Metric):
        return metrics.MeanMetricWrapper(metric, name=name or _name_of(metric))
    if name is not None:
        metric.name = name
    return metric


def _name_of(function: Any) -> str:
    name = getattr(function, "name", None)
    if isinstance(name, str) and name:
        return name
    name = getattr(function, "__name__", None)
    return to_snake_case(name if isinstance(name, str) else type(function).__name__)


def _check_no_text(targets: list[Any]) -> None:
    for target in targets:
        if isinstance(target, np.ndarray) and target.dtype.kind in "OSU":
            raise kind_error(
                "fit",
                "y",
                f"an array of {target.dtype}",
                "numbers",
                "Turn names of classes into indices first: a StringLookup layer, or pandas' "
                '.astype("category").cat.codes.',
            )


def _check_indices(y_true: Any, classes: int, loss: Any, output: str) -> None:
    options = getattr(loss, "options", {})
    axis = options.get("axis", -1)
    if not isinstance(y_true, Tensor) or not y_true.numel() or axis != -1:
        return
    ignored = options.get("ignore_class", getattr(loss, "ignore_class", None))
    labels = y_true if ignored is None else y_true[y_true != ignored]
    if not labels.numel():
        return
    low, high = (int(value) for value in torch.aminmax(labels))
    if low < 0 or high >= classes:
        raise argument_error(
            "fit",
            "y",
            f"labels from {low} to {high}",
            f'labels from 0 to {classes - 1}, since "{output}" has {classes} classes',
            f"Try {high + 1} units in the last layer, or labels that start at 0."
            if low >= 0
            else "A loss with ignore_class leaves a label out.",
        )

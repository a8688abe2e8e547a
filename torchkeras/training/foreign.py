"""What ``compile`` takes of torch's own: losses, torchmetrics' metrics, schedules of the rate."""

import inspect
import warnings
from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn
from torch.optim import lr_scheduler

from torchkeras import metrics
from torchkeras.core.checks import argument_error
from torchkeras.distribution import current_group

# Losses whose targets are numbers of classes, if they have an axis less than the predictions.
_OF_CLASSES = (nn.CrossEntropyLoss, nn.NLLLoss, nn.MultiMarginLoss)
# Schedules that torch documents to be advanced after each batch instead of each epoch.
_BY_BATCH = (lr_scheduler.OneCycleLR, lr_scheduler.CyclicLR)


def takes_predictions_first(function: Any) -> bool:
    """Whether it is called as torch's losses are, ``(predictions, targets)``.

    So are the functions of ``torch.nn.functional`` and modules, unless the first argument of
    ``forward`` is named for targets.
    """
    if getattr(function, "__module__", None) == "torch.nn.functional":
        return True
    if not isinstance(function, nn.Module) or hasattr(function, "call"):
        return False
    first = next(iter(inspect.signature(function.forward).parameters), "")
    return not first.startswith(("y_true", "true", "target", "label"))


class PredictionsFirst:
    """A loss of torch's, to be called with targets first.

    Args:
        function: What takes ``(predictions, targets)``.

    Example:
        >>> loss = PredictionsFirst(torch.nn.CrossEntropyLoss())
        >>> loss(torch.tensor([[0], [1]]), torch.zeros(2, 3))
        tensor(1.0986)
    """

    def __init__(self, function: Any) -> None:
        self.function = function
        self.__name__ = getattr(function, "__name__", None) or type(function).__name__

    def __call__(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        is_column = y_true.dim() == y_pred.dim() and y_true.shape[-1] == 1 < y_pred.shape[-1]
        if is_column and isinstance(self.function, _OF_CLASSES):
            y_true = y_true.squeeze(-1)
        if y_true.dim() < y_pred.dim():
            y_true = y_true.long()  # numbers of classes
        return self.function(y_pred, y_true)


def is_foreign_metric(value: Any) -> bool:
    """Whether it is a metric as torchmetrics has them: ``update``, ``compute`` and ``reset``."""
    return not isinstance(value, (type, metrics.Metric)) and all(
        callable(getattr(value, name, None)) for name in ("update", "compute", "reset")
    )


class ForeignMetric(metrics.Metric):
    """A metric as torchmetrics has them.

    Args:
        metric: The metric; its ``update`` takes predictions and targets.
        name: A name; None takes the class's.
    """

    is_concatenable = False

    def __init__(self, metric: Any, name: str | None = None) -> None:
        super().__init__(name=name or type(metric).__name__)
        self.metric = metric
        self._is_synced = False
        for member in self._members():
            # A look at it is no matter of all processes, and no result is that of others.
            member.sync_on_compute = member.compute_with_cache = False
            member._to_sync = member._should_unsync = False

    def _members(self) -> list[Any]:
        """The metric and those that it is made of, as far as they can be synchronized."""
        is_module = isinstance(self.metric, nn.Module)
        found = self.metric.modules() if is_module else [self.metric]
        return [one for one in found if hasattr(one, "sync") and hasattr(one, "unsync")]

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        if sample_weight is not None:
            raise argument_error(
                self, "sample_weight", "given", "none", "Give this metric to `metrics`."
            )
        self._go_on()
        y_pred = y_pred.detach()
        if current_group().is_idle:
            states = getattr(self.metric, "metric_state", {})
            if not any(isinstance(state, list) and not state for state in states.values()):
                return
            y_true, y_pred = y_true[:0], y_pred[:0]  # tells of what kind its lists are
        if isinstance(self.metric, nn.Module):
            self.metric.to(y_pred.device)
        self.metric.update(y_pred, y_true)

    def result(self) -> Any:
        return self.metric.compute()

    def reset_state(self) -> None:
        self._go_on()
        self.metric.reset()

    def settle(self, members: Any = None) -> None:
        """Take in what the metrics of the other processes have seen, until the next batch.

        Args:
            members: torch's group of these processes; None is all there are.
        """
        found = self._members()
        if not found:
            warnings.warn(
                f"{self.name} has no `sync` and `unsync`, as torchmetrics' metrics have: what a "
                "process shows of it is of its own samples.",
                stacklevel=2,
            )
        if not self._is_synced:
            for member in found:
                member.sync(process_group=members)
        self._is_synced = bool(found)

    def _go_on(self) -> None:
        if self._is_synced:
            for member in self._members():
                member.unsync()
            self._is_synced = False


def advance_by_epoch(schedule: Any, logs: Mapping[str, Any]) -> None:
    """Advance a schedule of torch's after an epoch.

    ``ReduceLROnPlateau`` looks at the validation's loss, or at that of training without one.
    """
    if isinstance(schedule, lr_scheduler.ReduceLROnPlateau):
        schedule.step(logs.get("val_loss", logs.get("loss")))
    elif schedule is not None and not isinstance(schedule, _BY_BATCH):
        schedule.step()


def advances_by_batch(schedule: Any) -> bool:
    """Whether a schedule is to be advanced after each batch."""
    return isinstance(schedule, _BY_BATCH)

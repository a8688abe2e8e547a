"""How far a student is from its teacher."""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from torchkeras import losses
from torchkeras.core import nested
from torchkeras.core.checks import argument_error
from torchkeras.core.configurable import Configurable


class DistillationLoss(Configurable):
    """Base of distances between teacher and student; a subclass has ``compute_loss``.

    Source: Keras 3 ``DistillationLoss``.
    """

    def compute_loss(self, teacher_outputs: Any, student_outputs: Any, **kwargs: Any) -> Tensor:
        """The distance, a tensor without axes.

        Args:
            teacher_outputs: Outputs of the teacher, or of one of its layers.
            student_outputs: The student's.
            **kwargs: For subclasses.
        """
        raise NotImplementedError(f"{type(self).__name__} must implement compute_loss.")

    def validate_outputs(self, teacher_outputs: Any, student_outputs: Any) -> None:
        """Raise a ValueError unless both have the same structure."""
        nested.assert_same_structure(teacher_outputs, student_outputs)

    def validate_model_compatibility(self, teacher: Any, student: Any) -> None:
        """Raise unless these models can be compared; any two can, unless a subclass says no."""


class FeatureDistillation(DistillationLoss):
    """The loss between a layer of the teacher and one of the student, as target and prediction.

    Args:
        loss: Name, function or object of a loss, or a structure of them (None among them leaves
            an output out).
        teacher_layer_name: Layer of the teacher; None is its output.
        student_layer_name: Layer of the student; None is its output.

    Raises:
        ValueError: there is no loss at all.

    Source: Keras 3 ``FeatureDistillation``.
    """

    def __init__(
        self,
        loss: Any = "mse",
        teacher_layer_name: str | None = None,
        student_layer_name: str | None = None,
    ) -> None:
        self.teacher_layer_name = teacher_layer_name
        self.student_layer_name = student_layer_name
        self.loss = losses_of(self, loss)

    def validate_model_compatibility(self, teacher: Any, student: Any) -> None:
        """Raise a ValueError unless both models have the layers named."""
        sides = (teacher, self.teacher_layer_name), (student, self.student_layer_name)
        for (model, name), side in zip(sides, ("teacher", "student"), strict=True):
            if name is None:
                continue
            if getattr(model, "inputs", None) is None:
                raise argument_error(
                    self,
                    f"{side}_layer_name",
                    name,
                    f"None, or a functional or sequential {side}",
                    f"The {side} seems to be subclassed: it has no symbolic inputs.",
                )
            model.get_layer(name=name)

    def validate_outputs(self, teacher_outputs: Any, student_outputs: Any) -> None:
        """Raise a ValueError unless both, and the losses, have the same structure."""
        super().validate_outputs(teacher_outputs, student_outputs)
        if nested.is_nested(self.loss):
            nested.assert_same_structure(self.loss, teacher_outputs)

    def compute_loss(self, teacher_outputs: Any, student_outputs: Any, **kwargs: Any) -> Tensor:
        """The sum of the mean losses. ``kwargs`` change nothing here."""
        pairs = _pairs(self.loss, teacher_outputs, student_outputs)
        return sum_of(mean_loss(loss, teacher, student) for loss, teacher, student in pairs)


class LogitsDistillation(DistillationLoss):
    """The loss between softened outputs.

    With ``"kl_divergence"`` the logits divided by ``temperature`` become probabilities, and the
    loss is multiplied by ``temperature ** 2``; other losses compare the divided logits.

    Args:
        temperature: Divides the logits, positive; larger is softer.
        loss: Name, function or object of a loss, or a structure of them (None among them leaves
            an output out).

    Raises:
        ValueError: there is no loss at all, or ``temperature`` isn't positive.

    Source: Hinton, Vinyals and Dean 2015, "Distilling the Knowledge in a Neural Network"; Keras 3
    ``LogitsDistillation``.
    """

    ranges = {"temperature": "number in (0, inf)"}

    def __init__(self, temperature: float = 3.0, loss: Any = "kl_divergence") -> None:
        self.temperature = temperature
        self.loss = losses_of(self, loss)

    def compute_loss(self, teacher_outputs: Any, student_outputs: Any, **kwargs: Any) -> Tensor:
        """The sum of the mean losses. ``kwargs`` change nothing here."""
        pairs = _pairs(self.loss, teacher_outputs, student_outputs)
        return sum_of(self._softened(loss, teacher, student) for loss, teacher, student in pairs)

    def _softened(self, loss: Any, teacher: Tensor, student: Tensor) -> Tensor:
        teacher, student = teacher / self.temperature, student / self.temperature
        if not (loss is losses.kl_divergence or isinstance(loss, losses.KLDivergence)):
            return mean_loss(loss, teacher, student)
        probabilities = F.softmax(teacher, dim=-1), F.softmax(student, dim=-1)
        return mean_loss(loss, *probabilities) * self.temperature**2


def losses_of(owner: Any, given: Any) -> Any:
    """The losses that names stand for, in the structure they were given in.

    Raises:
        ValueError: there is none.
    """
    found = nested.map_structure(losses.get, given)
    if all(loss is None for loss in nested.flatten(found)):
        raise argument_error(
            owner, "loss", given, "a loss", "It must contain at least one non-`None` value."
        )
    return found


def mean_loss(loss: Any, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Tensor:
    """A loss, or the mean of what a function gives for each sample, weighted."""
    if isinstance(loss, losses.Loss):
        return loss(y_true, y_pred, sample_weight=sample_weight).mean()
    return losses.LossFunctionWrapper(loss)(y_true, y_pred, sample_weight=sample_weight)


def sum_of(values: Any) -> Tensor:
    """The sum of tensors without axes."""
    return torch.stack(list(values)).sum()


def _pairs(loss: Any, teacher: Any, student: Any) -> list[tuple[Any, Any, Any]]:
    """Each loss with what it compares; one loss serves all outputs."""
    teachers, students = nested.flatten(teacher), nested.flatten(student)
    each = nested.flatten(loss) if nested.is_nested(loss) else [loss] * len(teachers)
    triples = zip(each, teachers, students, strict=True)
    return [triple for triple in triples if triple[0] is not None]

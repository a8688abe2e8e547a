"""``Distiller``: a model that trains its student to do as its teacher."""

from typing import Any

from torch import Tensor

from torchkeras.core import nested
from torchkeras.core.checks import argument_error, kind_error
from torchkeras.core.serialization import deserialize_value
from torchkeras.distillation.losses import losses_of, mean_loss, sum_of
from torchkeras.metrics import Mean
from torchkeras.models import Model, Sequential


class Distiller(Model):
    """Trains a student on the targets and on what a teacher gives for the same samples.

    The loss is ``w * student_loss + (1 - w) * distillation_loss``, ``w`` being
    ``student_loss_weight``. Calls and ``predict`` are the student's. The teacher infers and
    isn't trained.

    Args:
        teacher: A trained model.
        student: The model to train.
        distillation_losses: A ``DistillationLoss``, or a list of them.
        distillation_loss_weights: A number for each of a list; None takes 1.
        student_loss_weight: Share of the loss on the targets, in [0, 1].
        name: Name of the model.
        **kwargs: Of ``Model``.

    Raises:
        ValueError: the models' inputs or outputs differ in shape or number type, there is no
            loss, or the weights are other than described.

    Source: Keras 3 ``Distiller``.

    Example:
        >>> teacher = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
        >>> student = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
        >>> loss = keras.distillation.LogitsDistillation(temperature=2.0)
        >>> distiller = keras.distillation.Distiller(teacher, student, loss)
        >>> loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        >>> distiller.compile("adam", loss)
        >>> history = distiller.fit(np.ones((8, 4)), np.zeros(8), verbose=0)
        >>> sorted(history.history)
        ['distillation_loss', 'loss', 'student_loss', 'total_loss']
    """

    ranges = {"student_loss_weight": "number in [0, 1]"}

    def __init__(
        self,
        teacher: Model,
        student: Model,
        distillation_losses: Any,
        distillation_loss_weights: Any = None,
        student_loss_weight: float = 0.5,
        name: str = "distiller",
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **kwargs)
        if distillation_losses is None:
            raise argument_error(
                self, "distillation_losses", None, "a distillation loss or a list of them"
            )
        is_list = isinstance(distillation_losses, (list, tuple))
        all_losses = list(distillation_losses) if is_list else [distillation_losses]
        weights = distillation_loss_weights if is_list else None
        weights = [1.0] * len(all_losses) if weights is None else list(weights)
        if len(weights) != len(all_losses):
            raise argument_error(
                self,
                "distillation_loss_weights",
                f"{len(weights)} of them",
                f"{len(all_losses)}, as many as distillation_losses",
            )
        _check_models(self, teacher, student)
        for loss in all_losses:
            loss.validate_model_compatibility(teacher, student)
        self.teacher = teacher
        self.student = student
        self.distillation_losses = all_losses
        self.distillation_loss_weights = weights
        self.student_loss_weight = student_loss_weight
        self.teacher.trainable = False
        self.student_loss_tracker = Mean(name="student_loss")
        self.distillation_loss_tracker = Mean(name="distillation_loss")
        self.total_loss_tracker = Mean(name="total_loss")
        self._teacher_features = _features(
            teacher, [getattr(loss, "teacher_layer_name", None) for loss in all_losses]
        )
        self._student_features = _features(
            student, [getattr(loss, "student_layer_name", None) for loss in all_losses]
        )

    def compile(
        self, optimizer: Any = "adam", loss: Any = None, metrics: Any = None, **kwargs: Any
    ) -> None:
        """Set how the student is trained.

        Args:
            optimizer: As in ``Model.compile``.
            loss: Of the student's outputs and the targets: name, function or object, or a
                structure of them like the outputs.
            metrics: A list, as in ``Model.compile``.
            **kwargs: Of ``Model.compile``.

        Raises:
            ValueError: there is no loss, or ``metrics`` is no list.
        """
        if loss is None:
            raise argument_error(self, "loss", None, "a loss for the targets in compile()")
        if metrics is not None and not isinstance(metrics, (list, tuple)):
            raise argument_error(self, "metrics", metrics, "a list or tuple")
        self._student_loss = losses_of(self, loss)
        super().compile(optimizer=optimizer, loss=None, metrics=metrics, **kwargs)

    def call(self, inputs: Any, training: bool | None = None, **kwargs: Any) -> Any:
        """The student's outputs."""
        return self.student(inputs, training=training, **kwargs)

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Tensor:
        """The student's loss and its distances from the teacher, weighted.

        ``sample_weight`` weights the loss on the targets, not the distances.

        Raises:
            ValueError: a distillation loss gives other than a tensor without axes.
        """
        y_pred = self(x, training=training) if y_pred is None else y_pred
        share = self.student_loss_weight
        total = student = distance = 0.0
        if share > 0 and y is not None:
            student = self._loss_on_targets(y, y_pred, sample_weight)
            total = share * student
        if share < 1:
            distance = self._distance(x, y_pred, training)
            total = total + (1 - share) * distance
        self.student_loss_tracker.update_state(student)
        self.distillation_loss_tracker.update_state(distance)
        self.total_loss_tracker.update_state(total)
        return total

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Distiller":
        """A distiller with models and losses made anew from their configurations."""
        return cls(**{name: deserialize_value(value) for name, value in config.items()})

    def _loss_on_targets(self, y: Any, y_pred: Any, sample_weight: Any) -> Tensor:
        if not nested.is_nested(self._student_loss):
            return mean_loss(self._student_loss, y, y_pred, sample_weight)
        triples = zip(*map(nested.flatten, (self._student_loss, y, y_pred)), strict=True)
        return sum_of(mean_loss(*triple, sample_weight) for triple in triples)

    def _distance(self, x: Any, y_pred: Any, training: bool) -> Any:
        theirs = _outputs(self.teacher, self._teacher_features, x, training=False)
        ours = {"final_output": y_pred}
        if self._student_features is not None:
            ours = self._student_features(x, training=training)
        distance = 0.0
        pairs = zip(self.distillation_losses, self.distillation_loss_weights, strict=True)
        for loss, weight in pairs:
            teacher = theirs[getattr(loss, "teacher_layer_name", None) or "final_output"]
            name = getattr(loss, "student_layer_name", None)
            student = y_pred if name is None else ours[name]
            loss.validate_outputs(teacher, student)
            value = loss.compute_loss(teacher, student)
            if getattr(value, "ndim", 0):
                raise argument_error(
                    self,
                    f"{type(loss).__name__}.compute_loss",
                    f"a tensor of shape {tuple(value.shape)}",
                    "a tensor without axes",
                )
            distance = distance + weight * value
        return distance


def _outputs(model: Model, features: Model | None, x: Any, training: bool) -> dict[str, Any]:
    if features is None:
        return {"final_output": model(x, training=training)}
    return features(x, training=training)


def _features(model: Model, names: list[str | None]) -> Model | None:
    """A model of the outputs of ``model`` and of these layers, by name; None without layers."""
    named = [name for name in dict.fromkeys(names) if name is not None]
    if not named:
        return None
    final = model.layers[-1].output if isinstance(model, Sequential) else model.output
    outputs = {"final_output": final, **{name: model.get_layer(name).output for name in named}}
    return Model(model.inputs, outputs, name=f"{model.name}_multi_feature_extractor")


def _check_models(owner: Distiller, teacher: Any, student: Any) -> None:
    for side, model in (("teacher", teacher), ("student", student)):
        if not isinstance(model, Model):
            raise kind_error(owner, side, type(model).__name__, "a keras.Model")
    for ends in ("inputs", "outputs"):
        theirs, ours = getattr(teacher, ends, None), getattr(student, ends, None)
        if theirs is None or ours is None:
            continue
        nested.assert_same_structure(theirs, ours)
        for one, other in zip(nested.flatten(theirs), nested.flatten(ours), strict=True):
            if not _fit(one.shape, other.shape) or one.dtype != other.dtype:
                raise argument_error(
                    owner,
                    "student",
                    f"{ends} of shape {other.shape}, {other.dtype}",
                    f"{one.shape}, {one.dtype} as the teacher",
                    f"Teacher and student {ends} are incompatible.",
                )


def _fit(one: tuple, other: tuple) -> bool:
    return len(one) == len(other) and all(
        a is None or b is None or a == b for a, b in zip(one, other, strict=True)
    )
